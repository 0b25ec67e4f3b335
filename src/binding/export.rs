//! One trampoline from JavaScript to Rust for all exports.

use super::js::values::{self, Args, MAX_ARGUMENTS, PANICKED};
use super::state::registry::Registry;
use napi::{Error, Result, sys};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// Where exports go.
#[derive(Clone, Copy)]
pub(super) struct Exports {
    pub(super) env: sys::napi_env,
    /// The object that gets them.
    pub(super) object: sys::napi_value,
    /// The registry behind every function.
    pub(super) registry: *mut Registry,
    /// What every function keeps, and what keeps the registry.
    pub(super) keeper: sys::napi_value,
}

/// A function that JavaScript can call.
pub(super) trait Export {
    /// Its property name on `exports`.
    const NAME: &'static str;
    /// How many arguments it reads; missing ones are `undefined`.
    const ARGUMENTS: usize;
    /// Whether an error is returned, as an object, for the shim to throw (`lib/native/by_names.js`). It is so where errors
    /// come of what an application or a peer has said: with `--abort-on-uncaught-exception`, V8 ends a process at
    /// whatever an addon throws, although somebody catches it.
    const RETURNS_ERRORS: bool = false;

    /// The body. An error becomes an exception.
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value>;

    /// What to return after the body panicked; an exception unless overridden.
    fn recover(_registry: &mut Registry, _args: &Args<'_>) -> Result<sys::napi_value> {
        Err(panicked(Self::NAME))
    }
}

/// The exception for a panic in the export of that name.
pub(super) fn panicked(name: &str) -> Error {
    Error::new(PANICKED, format!("faye-websocket-native: {name} panicked"))
}

/// Defines `E` as a property of the object.
pub(super) fn register<E: Export>(exports: Exports) -> Result<()> {
    let Exports { env, object, registry, keeper } = exports;
    let mut function = ptr::null_mut();
    let name = E::NAME;
    let kept = sys::napi_property_descriptor {
        utf8name: c"registry".as_ptr(),
        name: ptr::null_mut(),
        method: None,
        getter: None,
        setter: None,
        value: keeper,
        attributes: sys::PropertyAttributes::default,
        data: ptr::null_mut(),
    };
    // SAFETY: all values are those of the running call, and the name is valid for its length. The registry goes when
    // nobody has the keeper any more, and so no function (see `copies`).
    unsafe {
        values::check(sys::napi_create_function(
            env,
            name.as_ptr().cast(),
            name.len() as isize,
            Some(callback::<E>),
            registry.cast::<c_void>(),
            &mut function,
        ))?;
        let mut key = ptr::null_mut();
        values::check(sys::napi_create_string_latin1(
            env,
            name.as_ptr().cast(),
            name.len() as isize,
            &mut key,
        ))?;
        values::check(sys::napi_set_property(env, object, key, function))?;
        values::check(sys::napi_define_properties(env, function, 1, &kept))?;
        set_length(env, function, E::ARGUMENTS)
    }
}

/// Gives a function the property `length` of JavaScript's own functions, by which the declaration in
/// `lib/native/index.d.ts` is compared with what there is.
///
/// # Safety
///
/// `env` is the running one, and `function` a function of it.
pub(super) unsafe fn set_length(
    env: sys::napi_env,
    function: sys::napi_value,
    arguments: usize,
) -> Result<()> {
    let mut value = ptr::null_mut();
    // SAFETY: as the caller says; the descriptor is read before the call returns.
    unsafe {
        values::check(sys::napi_create_uint32(env, arguments as u32, &mut value))?;
        let property = sys::napi_property_descriptor {
            utf8name: c"length".as_ptr(),
            name: ptr::null_mut(),
            method: None,
            getter: None,
            setter: None,
            value,
            attributes: sys::PropertyAttributes::configurable,
            data: ptr::null_mut(),
        };
        values::check(sys::napi_define_properties(env, function, 1, &property))
    }
}

/// The C function behind each export.
unsafe extern "C" fn callback<E: Export>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    let mut argc = E::ARGUMENTS;
    let mut argv = [ptr::null_mut(); MAX_ARGUMENTS];
    let mut data = ptr::null_mut();
    debug_assert!(argc <= MAX_ARGUMENTS);
    // SAFETY: napi calls us with a valid `env` and `info`; `argv` has room for `argc` values.
    let status =
        unsafe { sys::napi_get_cb_info(env, info, &mut argc, argv.as_mut_ptr(), ptr::null_mut(), &mut data) };
    if status != sys::Status::napi_ok || data.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: `data` is the registry that `register` passed. Exports run on the environment's one thread and
    // never call back into JavaScript, so this is the only reference to it.
    let registry = unsafe { &mut *data.cast::<Registry>() };
    let args = Args::new(env, &argv);
    let outcome = catch_unwind(AssertUnwindSafe(|| E::call(registry, &args)));
    match outcome.unwrap_or_else(|_| E::recover(registry, &args)) {
        Ok(value) => value,
        Err(error) if E::RETURNS_ERRORS => values::object_of(env, &error),
        Err(error) => {
            values::throw(env, &error);
            ptr::null_mut()
        }
    }
}
