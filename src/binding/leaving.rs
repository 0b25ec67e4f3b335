//! The end of a copy's use of the direct transport: with its environment, or before, when the copy has no connection and
//! another one uses the transport, or when the copy itself has been collected.
//!
//! libuv closes handles asynchronously, and the environment must not end before they are closed. So the cleanup hook,
//! which delays that end, stays until then. It refers to no registry any more, so that the registry can be freed at
//! once.

use super::injected;
use super::js::values;
use super::state::direct::{Direct, Tie};
use super::state::registry::Registry;
use crate::transport::uv::{self, Handle};
use napi::{Error, Result, Status, sys};
use std::ffi::c_void;
use std::ptr;

/// Makes the transport of `registry` end with its environment: adds the cleanup hook, before a handle is open that nobody
/// would close without it.
pub(super) fn tie(env: sys::napi_env, registry: *mut Registry) -> Result<*mut Tie> {
    injected::refuse("hook").map_err(|error| Error::new(Status::GenericFailure, error.to_string()))?;
    let tie =
        Box::into_raw(Box::new(Tie { registry: registry.cast(), hook: ptr::null_mut(), open: uv::HANDLES }));
    // SAFETY: `tie` stays until the last handle is closed, which removes the hook, or until `untie`; and the hook was added
    // after the one that frees the registry and so runs before.
    let added = unsafe {
        let hook = &raw mut (*tie).hook;
        values::check(sys::napi_add_async_cleanup_hook(env, Some(on_cleanup), tie.cast(), hook))
    };
    if let Err(error) = added {
        // SAFETY: no hook has the box.
        drop(unsafe { Box::from_raw(tie) });
        return Err(error);
    }
    Ok(tie)
}

/// Takes back what [`tie`] did, where no handle could be opened.
pub(super) fn untie(tie: *mut Tie) {
    // SAFETY: the box is there as long as the hook is, and nobody else has borrowed it.
    let tie = unsafe { Box::from_raw(tie) };
    // SAFETY: the hook was added, and has not run: its environment is the running one.
    unsafe { sys::napi_remove_async_cleanup_hook(tie.hook) };
}

impl Registry {
    /// Ends the use of the direct transport, if no connection uses it and none of its batches is under way.
    pub(super) fn end_idle_direct(&mut self) {
        if self.direct.as_ref().is_some_and(|direct| direct.reactor.is_empty() && direct.depth == 0) {
            self.end_direct();
        }
    }

    /// Ends the use of the direct transport, before the environment ends.
    pub(super) fn end_direct(&mut self) {
        let Some(mut direct) = self.direct.take() else { return };
        direct.scratch.drop_reference();
        // SAFETY: nobody else has the reference, and the environment is the running one.
        unsafe { sys::napi_delete_reference(self.env, direct.callback) };
        leave(direct);
    }
}

/// Closes the handles. Descriptors are Node's, and none is left, or Node has closed them.
fn leave(mut direct: Direct) {
    // SAFETY: the box is there as long as a handle is open, and nobody else has borrowed it.
    unsafe { (*direct.tie).registry = ptr::null_mut() };
    if let Some(handles) = direct.reactor.untie() {
        handles.close(on_closed, direct.tie.cast());
    }
    // The set of descriptors is closed after the handle that watches it.
    drop(direct);
}

/// The environment ends, and waits for the handles.
unsafe extern "C" fn on_cleanup(_hook: sys::napi_async_cleanup_hook_handle, tie: *mut c_void) {
    // SAFETY: the box is there as long as the hook is, and the registry if it is named; no JavaScript runs any more.
    let direct = unsafe {
        let registry = (*tie.cast::<Tie>()).registry.cast::<Registry>();
        if registry.is_null() { None } else { (*registry).direct.take() }
    };
    if let Some(direct) = direct {
        leave(direct);
    }
}

/// A handle is closed; with the last one, the environment may end.
unsafe extern "C" fn on_closed(handle: *mut Handle) {
    // SAFETY: `leave` put the box into the handle, which libuv is done with. It is freed with the last of them.
    unsafe {
        let tie = uv::data(handle).cast::<Tie>();
        uv::free(handle);
        (*tie).open -= 1;
        if (*tie).open == 0 {
            let tie = Box::from_raw(tie);
            sys::napi_remove_async_cleanup_hook(tie.hook);
        }
    }
}
