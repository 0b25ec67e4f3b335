//! Large Buffers on memory of Rust's, which is freed when they are collected. A copy would block the loop for two
//! thirds of a millisecond per megabyte. Where the runtime allows no such Buffers (Electron), they are copied. They are
//! for our own use: nobody can transfer them to a worker thread.

use super::values::{self, Args};
use crate::binding::injected;
use napi::{Result, sys};
use std::ffi::c_void;
use std::ptr;

/// A Buffer of `bytes`.
pub(in crate::binding) fn buffer(args: &Args<'_>, mut bytes: Vec<u8>) -> Result<sys::napi_value> {
    bytes.shrink_to_fit();
    let (memory, mut value) = (Memory::new(bytes), ptr::null_mut());
    let status = match injected::refuse("external buffer") {
        // SAFETY: the memory stays where it is until `free` is called, once, and nobody else knows it.
        Ok(()) => unsafe {
            sys::napi_create_external_buffer(
                args.env(),
                memory.length,
                memory.data.cast(),
                Some(free),
                memory.hint(),
                &mut value,
            )
        },
        Err(_) => sys::Status::napi_no_external_buffers_allowed,
    };
    if status == sys::Status::napi_no_external_buffers_allowed {
        // SAFETY: the runtime has refused the memory and will not free it.
        return args.copy(&unsafe { memory.take() });
    }
    // After another failure the runtime may or may not have freed the memory: leaking is the safe side.
    values::check(status)?;
    Ok(value)
}

/// The parts of a vector, which somebody else has to put together again.
struct Memory {
    data: *mut u8,
    length: usize,
    capacity: usize,
}

impl Memory {
    fn new(bytes: Vec<u8>) -> Self {
        let mut bytes = std::mem::ManuallyDrop::new(bytes);
        Memory { data: bytes.as_mut_ptr(), length: bytes.len(), capacity: bytes.capacity() }
    }

    /// The capacity, as what [`free`] gets besides the address.
    fn hint(&self) -> *mut c_void {
        ptr::without_provenance_mut(self.capacity)
    }

    /// # Safety
    ///
    /// Nobody else may read or free the memory.
    unsafe fn take(self) -> Vec<u8> {
        // SAFETY: these are the parts of a vector, and nobody else has them.
        unsafe { Vec::from_raw_parts(self.data, self.length, self.capacity) }
    }
}

/// Frees memory that JavaScript has let go.
unsafe extern "C" fn free(_env: sys::napi_env, data: *mut c_void, capacity: *mut c_void) {
    // SAFETY: `data` and `capacity` are those of a vector of bytes that was taken apart, and this is called once.
    drop(unsafe { Vec::from_raw_parts(data.cast::<u8>(), 0, capacity.addr()) });
}
