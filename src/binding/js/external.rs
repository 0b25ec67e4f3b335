//! Large strings whose characters stay where Rust has put them.
//!
//! V8 maps fresh memory for every large string of its own, at a page fault every 4 KiB. An external string refers to
//! characters outside of its heap until it is collected (Node-API's `node_api_create_external_string_*`, version 10,
//! there as an experiment since 18.18). Where the runtime does not have the calls, or copies the characters, strings
//! are made as usual.

use crate::symbol::symbol;
use napi::sys;
use std::ffi::{CStr, c_void};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Strings from this size up, in bytes, are made external.
pub(in crate::binding) const MIN_SIZE: usize = 64 * 1024;
/// The engine is not told of the first so many bytes: it counts all that is made between two full collections, and the strings
/// of an echo of large texts are garbage at once. V8 of Node.js 26 collects in full for 33 MiB, that of Node.js 20 for 64.
const UNTOLD: usize = 16 * 1024 * 1024;
/// Longer ones, in units, are left to V8, which refuses them from 2^29 - 24 on.
const MAX_LENGTH: usize = 1 << 28;

/// `node_api_create_external_string_latin1`, and `_utf16` with a pointer to its units.
type Create = unsafe extern "C" fn(
    sys::napi_env,
    *mut c_void,
    usize,
    sys::napi_finalize,
    *mut c_void,
    *mut sys::napi_value,
    *mut bool,
) -> sys::napi_status;

/// A unit of a string: a byte of Latin-1 or two of UTF-16.
pub(in crate::binding) trait Unit: Copy {
    const NAME: &'static CStr;
    fn cell() -> &'static OnceLock<Option<Create>>;
}

impl Unit for u8 {
    const NAME: &'static CStr = c"node_api_create_external_string_latin1";
    fn cell() -> &'static OnceLock<Option<Create>> {
        static CELL: OnceLock<Option<Create>> = OnceLock::new();
        &CELL
    }
}

impl Unit for u16 {
    const NAME: &'static CStr = c"node_api_create_external_string_utf16";
    fn cell() -> &'static OnceLock<Option<Create>> {
        static CELL: OnceLock<Option<Create>> = OnceLock::new();
        &CELL
    }
}

fn creator<T: Unit>() -> Option<Create> {
    *T::cell().get_or_init(|| {
        // SAFETY: Node-API documents the function under this name with this type.
        symbol(T::NAME).map(|found| unsafe { std::mem::transmute::<*mut c_void, Create>(found) })
    })
}

/// The bytes of the process's external strings that no engine was told of.
static NOT_TOLD: AtomicUsize = AtomicUsize::new(0);

/// Whether the engine need not be told of so many bytes. If so, [`give_back`] ends that.
fn may_hold_back(size: usize) -> bool {
    let add = |held: usize| held.checked_add(size).filter(|sum| *sum <= UNTOLD);
    NOT_TOLD.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
}

fn give_back(size: usize) {
    NOT_TOLD.fetch_sub(size, Ordering::Relaxed);
}

/// The characters of an external string.
struct Held<T> {
    units: Vec<T>,
    /// Their size in bytes, as it was reported to the garbage collector.
    counted: i64,
    /// Their size, if it was not.
    held_back: usize,
}

/// A string of `units` that keeps their memory. `Err` gives them back when the runtime cannot make one.
pub(in crate::binding) fn string<T: Unit>(
    env: sys::napi_env,
    mut units: Vec<T>,
) -> Result<sys::napi_value, Vec<T>> {
    let Some(create) =
        creator::<T>().filter(|_| size_of_val(&*units) >= MIN_SIZE && units.len() <= MAX_LENGTH)
    else {
        return Err(units);
    };
    units.shrink_to_fit();
    let size = size_of_val(&*units) as i64;
    let held = Box::into_raw(Box::new(Held { units, counted: 0, held_back: 0 }));
    let (mut value, mut copied, mut total) = (ptr::null_mut(), false, 0);
    // SAFETY: the units stay where they are until `finalize` drops them, which is called once: when the string is
    // collected or, if the runtime has copied them, before this returns.
    let status = unsafe {
        let (data, length) = ((*held).units.as_mut_ptr().cast(), (*held).units.len());
        create(env, data, length, Some(finalize::<T>), held.cast(), &mut value, &mut copied)
    };
    if status == sys::Status::napi_ok && !copied {
        // SAFETY: the string is in the open handle scope and keeps `held`.
        unsafe {
            if may_hold_back(size as usize) {
                (*held).held_back = size as usize;
            } else {
                (*held).counted = size;
                sys::napi_adjust_external_memory(env, size, &mut total);
            }
        }
    }
    // After a failure, which is only known for strings that are too long, the runtime may or may not finalize.
    // Leaking is the safe side, and an undefined value makes the caller fail.
    Ok(value)
}

/// Drops the characters of a string that was collected. Runs during a collection: no JavaScript may be touched.
unsafe extern "C" fn finalize<T>(env: sys::napi_env, _data: *mut c_void, held: *mut c_void) {
    // SAFETY: `string` made the box and gave it away; this is called once.
    let held = unsafe { Box::from_raw(held.cast::<Held<T>>()) };
    give_back(held.held_back);
    if held.counted > 0 && !env.is_null() {
        let mut total = 0;
        // SAFETY: the call may be made during a collection; `env` is only null while it ends.
        unsafe { sys::napi_adjust_external_memory(env, -held.counted, &mut total) };
    }
}
