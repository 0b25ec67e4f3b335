//! Failures that tests ask for: panics of our own code, threads and memory that the system refuses.
//!
//! They exist in builds with the feature `injected-failures` alone, which nothing but the tests makes
//! (`__test__/failures/build.js`). In any other build the functions are empty, and there is nothing to ask with.
//!
//! | places that panic | what is at work there |
//! |---|---|
//! | `receive`, `accept`, `draft` | bytes of a peer, on the loop |
//! | `pack`, `codecRun` | compression on the loop |
//! | `inflate`, `deflate`, `codec`, `text` | each kind of job for a thread |
//! | `finished` | taking a job back |
//! | `frame` | a frame, a part of which is in an outbox, the slab, or memory of its own |
//! | `many` | the frame of many connections, before one of them gets it |
//!
//! | places that refuse | what is refused |
//! |---|---|
//! | `thread` | a thread for jobs |
//! | `wake` | the way from the threads to the loop |
//! | `set`, `hook`, `watch` | the direct transport's descriptor, what ends it with its environment, and the watch on a connection's |
//! | `text memory`, `external buffer` | memory for a text, a Buffer of our own memory |
//! | `progress` | nothing: a session takes no byte and says nothing |
//!
//! Memory of any size is refused from a bound up (`refuseMemory`).

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
