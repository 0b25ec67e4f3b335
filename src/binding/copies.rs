//! Copies of the shim in one environment, and for how long the registry of each lives.
//!
//! Hot reloading, and test runners that give each file modules of its own, load the JavaScript again and again while
//! the binary stays. Each copy opens a [`Registry`] of its own, so that no two write to the same rows. It is freed with
//! the copy: every function that was made for a copy keeps a value alive, and once that value has been collected no
//! function of the copy can be called any more. A registry refers weakly to the arrays that the copy has shared with
//! it, so it does not keep the copy alive.
//!
//! The descriptors of the direct transport are closed without waiting for a collection: of the copies of a thread, only
//! the one that has used the transport last keeps its descriptors while it has no connection.

use super::export::Exports;
use super::js::values;
use super::state::registry::Registry;
use napi::{Result, sys};
use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr;

thread_local! {
    /// The registries of this thread.
    static COPIES: RefCell<Vec<*mut Registry>> = const { RefCell::new(Vec::new()) };
}

/// Frees a registry when its value is collected, or when the environment ends.
struct Owner {
    /// Null once it has been dropped.
    registry: *mut Registry,
}

/// Defines `open` on `exports`: each call makes an object with all functions, for a copy of the shim.
///
/// # Safety
/// `env` and `exports` are those of the running module initialiser.
pub(super) unsafe fn register(env: sys::napi_env, exports: sys::napi_value) -> Result<()> {
    const NAME: &std::ffi::CStr = c"open";
    let mut function = ptr::null_mut();
    // SAFETY: as the caller says, and the name ends with a NUL.
    unsafe {
        let (name, length) = (NAME.as_ptr(), NAME.count_bytes() as isize);
        values::check(sys::napi_create_function(
            env,
            name,
            length,
            Some(open),
            ptr::null_mut(),
            &mut function,
        ))?;
        values::check(sys::napi_set_named_property(env, exports, NAME.as_ptr(), function))
    }
}

/// The C function behind `open()`.
unsafe extern "C" fn open(env: sys::napi_env, _info: sys::napi_callback_info) -> sys::napi_value {
    let mut object = ptr::null_mut();
    // SAFETY: napi calls us with the running environment.
    let made = unsafe {
        values::check(sys::napi_create_object(env, &mut object))
            .and_then(|()| install(env))
            .and_then(|(registry, keeper)| super::register(Exports { env, object, registry, keeper }))
    };
    match made {
        Ok(()) => object,
        Err(error) => {
            values::throw(env, &error);
            ptr::null_mut()
        }
    }
}

/// Makes a registry, and the value that keeps it.
///
/// # Safety
/// `env` is the running one.
unsafe fn install(env: sys::napi_env) -> Result<(*mut Registry, sys::napi_value)> {
    let registry = Registry::new(env);
    let owner = Box::into_raw(Box::new(Owner { registry }));
    let mut keeper = ptr::null_mut();
    // SAFETY: `collected` frees the owner, once: when the value is collected, or when the environment has ended, which
    // is after its hooks have run. Until one of the two the registry stays where it is.
    unsafe {
        values::check(sys::napi_create_external(
            env,
            owner.cast(),
            Some(collected),
            ptr::null_mut(),
            &mut keeper,
        ))?;
        values::check(sys::napi_add_env_cleanup_hook(env, Some(ended), owner.cast()))?;
    }
    COPIES.with_borrow_mut(|copies| copies.push(registry));
    Ok((registry, keeper))
}

/// The copy of the shim has been collected.
unsafe extern "C" fn collected(env: sys::napi_env, owner: *mut c_void, _hint: *mut c_void) {
    // SAFETY: `install` made the owner, and this is called once. If its registry is still there, the hook is too, and
    // nobody can reach either any more.
    unsafe {
        let owner = Box::from_raw(owner.cast::<Owner>());
        if !owner.registry.is_null() {
            sys::napi_remove_env_cleanup_hook(env, Some(ended), ptr::from_ref(&*owner).cast_mut().cast());
            (*owner.registry).retire();
            drop_registry(owner.registry);
        }
    }
}

/// The environment ends. The references of the registry go with it and need no call.
unsafe extern "C" fn ended(owner: *mut c_void) {
    // SAFETY: `collected` has not run yet, or it would have removed this hook.
    unsafe {
        let owner = &mut *owner.cast::<Owner>();
        drop_registry(std::mem::replace(&mut owner.registry, ptr::null_mut()));
    }
}

/// # Safety
/// Nobody uses the registry, and nobody will.
unsafe fn drop_registry(registry: *mut Registry) {
    // A thread that ends may have dropped the list before its environment.
    let _ = COPIES.try_with(|copies| copies.borrow_mut().retain(|one| *one != registry));
    // SAFETY: as the caller says; `Registry::new` made the box.
    drop(unsafe { Box::from_raw(registry) });
}

/// The copy of `registry` begins to use the direct transport: it is the last now, and every other copy that has no
/// connection closes its descriptors.
#[cfg(unix)]
pub(super) fn begin_direct(registry: *mut Registry) {
    let others = COPIES.with_borrow_mut(|copies| {
        copies.retain(|one| *one != registry);
        copies.push(registry);
        copies[..copies.len() - 1].to_vec()
    });
    for other in others {
        // SAFETY: what is in the list has not been dropped, and only the registry of the running call is borrowed.
        unsafe { (*other).end_idle_direct() };
    }
}

/// A connection of the copy of `registry` has left the direct transport: if another copy has used the transport since,
/// and this was the last connection, the copy closes its descriptors.
#[cfg(unix)]
pub(super) fn left_direct(registry: &mut Registry) {
    let last = COPIES.with_borrow(|copies| copies.last().copied());
    if last != Some(registry.this) {
        registry.end_idle_direct();
    }
}
