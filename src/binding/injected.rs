//! Failures that tests ask for: panics of our own code, threads and memory that the system refuses.
//!
//! They exist in builds with the feature `injected-failures` alone, which nothing but the tests makes
//! (`__test__/failures/build.js`). In any other build the functions are empty, and there is nothing to ask with.

#[cfg(feature = "injected-failures")]
#[path = "injected_armed.rs"]
mod armed;

#[cfg(feature = "injected-failures")]
pub(super) use armed::{PLAN, REFUSALS, REFUSED_FROM, panics, refuse};

#[cfg(not(feature = "injected-failures"))]
pub(super) use unarmed::{panics, refuse};

/// Published builds: both functions are empty.
#[cfg(not(feature = "injected-failures"))]
mod unarmed {
    use std::io;

    /// Panics if a test asked for it.
    #[inline]
    pub(in crate::binding) fn panics(_place: &str) {}

    /// Fails if a test asked for it.
    #[inline]
    pub(in crate::binding) fn refuse(_place: &str) -> io::Result<()> {
        Ok(())
    }
}
