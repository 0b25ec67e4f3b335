//! Functions of the running process that not every runtime has, by name.

use std::ffi::{CStr, c_void};

/// Finds a symbol of this process.
#[cfg(unix)]
pub(crate) fn symbol(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: `dlsym` reads the name and nothing else.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}

/// Finds nothing: elsewhere, callers do without.
#[cfg(not(unix))]
pub(crate) fn symbol(_name: &CStr) -> Option<*mut c_void> {
    None
}
