//! Memory of a typed array that JavaScript and Rust share for longer than a call.
//!
//! Code that has such an array can transfer its buffer to another thread, which takes the memory away. The shim hands
//! the array to nobody and marks its buffer as untransferable; even so, no pointer here is used before the same call
//! has confirmed that the array still has its memory.

use crate::binding::js::values::{self, Args};
use napi::{Result, sys};
use std::{ptr, slice};

/// A typed array that the shim keeps, and where its memory was when it came.
pub(in crate::binding) struct Shared {
    env: sys::napi_env,
    reference: sys::napi_ref,
    data: *mut u8,
    length: usize,
}

impl Default for Shared {
    fn default() -> Self {
        Shared { env: ptr::null_mut(), reference: ptr::null_mut(), data: ptr::null_mut(), length: 0 }
    }
}

impl Shared {
    /// Takes the typed array at argument `index`, and drops the reference to the one before.
    pub(in crate::binding) fn replace(&mut self, args: &Args<'_>, index: usize) -> Result<()> {
        let bytes = args.bytes(index)?;
        let (data, length) = (bytes.as_mut_ptr(), bytes.len());
        let reference = args.weak(index)?;
        self.drop_reference();
        *self = Shared { env: args.env(), reference, data, length };
        Ok(())
    }

    /// Drops the reference to the array.
    pub(in crate::binding) fn drop_reference(&mut self) {
        let before = std::mem::take(self);
        if !before.reference.is_null() {
            // SAFETY: the reference is one of `env`, which is the running one, and nobody else has it.
            unsafe { sys::napi_delete_reference(before.env, before.reference) };
        }
    }

    /// The memory; nothing if the array does not have it any more.
    pub(in crate::binding) fn bytes(&mut self) -> &mut [u8] {
        if self.reference.is_null() || self.ask() != Some((self.data, self.length)) {
            return &mut [];
        }
        // SAFETY: the array has just said that this is its memory. JavaScript does not run while Rust does, and no
        // argument of an export overlaps it (see `Args::bytes`).
        unsafe { slice::from_raw_parts_mut(self.data, self.length) }
    }

    /// Where the memory of the array is now.
    fn ask(&self) -> Option<(*mut u8, usize)> {
        let (mut scope, mut array, mut data, mut length) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), 0);
        // SAFETY: the reference is one of `env`, which is the running one, and is held until it is replaced. Callbacks
        // of libuv have no scope, so one is opened, and closed when the array is not needed any more.
        unsafe {
            values::check(sys::napi_open_handle_scope(self.env, &mut scope)).ok()?;
            let found = sys::napi_get_reference_value(self.env, self.reference, &mut array)
                == sys::Status::napi_ok
                && sys::napi_get_buffer_info(self.env, array, &mut data, &mut length) == sys::Status::napi_ok;
            sys::napi_close_handle_scope(self.env, scope);
            found.then_some((data.cast(), length))
        }
    }

    /// The last `room` bytes, and where they begin; nothing if there are fewer.
    ///
    /// `room` is what the shim has just subtracted from the array's length. An array whose memory was taken away has none,
    /// which leaves 0 or a negative number, and that is more than the array ever had.
    #[inline]
    pub(in crate::binding) fn last(&mut self, room: u32) -> (usize, &mut [u8]) {
        let room = room as usize;
        if room == 0 || room > self.length {
            return (0, &mut []);
        }
        let start = self.length - room;
        // SAFETY: as above; that some of the array's length was left has confirmed it.
        (start, unsafe { slice::from_raw_parts_mut(self.data.add(start), room) })
    }
}
