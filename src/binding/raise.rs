//! Raises the exception of a handler as an uncaught one while the async context and the domain of the handler's
//! connection are still current, so that they see it.

use super::export::{Exports, set_length};
use super::js::values;
use napi::{Result, sys};
use std::ptr;

/// Adds `raise(error)`: makes `error` an uncaught exception, now. It returns once a handler of uncaught exceptions has
/// run; without one the process ends. It is no [`Export`](super::export::Export): an export borrows the registry, and
/// such a handler may call exports.
pub(super) fn register(Exports { env, object, .. }: Exports) -> Result<()> {
    let mut function = ptr::null_mut();
    // SAFETY: `env` and `object` are those of the running call; the name ends with a NUL.
    unsafe {
        let name = c"raise";
        values::check(sys::napi_create_function(
            env,
            name.as_ptr(),
            name.count_bytes() as isize,
            Some(raise),
            ptr::null_mut(),
            &mut function,
        ))?;
        values::check(sys::napi_set_named_property(env, object, name.as_ptr(), function))?;
        set_length(env, function, 1)
    }
}

unsafe extern "C" fn raise(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let (mut argc, mut error) = (1, ptr::null_mut());
    // SAFETY: napi calls us with a valid `env` and `info`, and there is room for one value. Nothing of ours is borrowed
    // while the exception's handlers run.
    unsafe {
        let status =
            sys::napi_get_cb_info(env, info, &mut argc, &mut error, ptr::null_mut(), ptr::null_mut());
        if status == sys::Status::napi_ok {
            sys::napi_fatal_exception(env, error);
        }
    }
    ptr::null_mut()
}
