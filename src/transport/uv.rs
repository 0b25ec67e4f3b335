//! The functions of libuv, Node's event loop, that we need; they are looked up when first used.
//!
//! In a runtime without libuv the symbols are missing, and the stream transport is used. (Bun has the symbols and
//! aborts when they are called; the shim recognises Bun by its name and never calls this.)

use crate::symbol::symbol;
use std::ffi::{c_int, c_uint, c_void};
use std::os::fd::RawFd;
use std::ptr;

/// An opaque `uv_loop_t`.
pub(crate) type Loop = c_void;
/// An opaque handle of any kind.
pub(crate) type Handle = c_void;

type PollCallback = unsafe extern "C" fn(*mut Handle, c_int, c_int);
type Callback = unsafe extern "C" fn(*mut Handle);

const UV_IDLE: c_int = 6;
const UV_POLL: c_int = 8;
const UV_PREPARE: c_int = 9;
const UV_READABLE: c_int = 1;

/// The functions, with their types from `uv.h`, which are stable over all of libuv 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uv {
    handle_size: unsafe extern "C" fn(c_int) -> usize,
    set_data: unsafe extern "C" fn(*mut Handle, *mut c_void),
    reference: unsafe extern "C" fn(*mut Handle),
    unreference: unsafe extern "C" fn(*mut Handle),
    close: unsafe extern "C" fn(*mut Handle, Option<Callback>),
    poll_init: unsafe extern "C" fn(*mut Loop, *mut Handle, c_int) -> c_int,
    poll_start: unsafe extern "C" fn(*mut Handle, c_int, PollCallback) -> c_int,
    prepare_init: unsafe extern "C" fn(*mut Loop, *mut Handle) -> c_int,
    prepare_start: unsafe extern "C" fn(*mut Handle, Callback) -> c_int,
    prepare_stop: unsafe extern "C" fn(*mut Handle) -> c_int,
    idle_init: unsafe extern "C" fn(*mut Loop, *mut Handle) -> c_int,
    idle_start: unsafe extern "C" fn(*mut Handle, Callback) -> c_int,
    idle_stop: unsafe extern "C" fn(*mut Handle) -> c_int,
}

/// Looks a function up as the type that its field has.
macro_rules! function {
    ($name:literal) => {
        // SAFETY: libuv documents the function under this name with the type of the field; a pointer to it is as
        // large as any.
        unsafe { std::mem::transmute::<*mut c_void, _>(symbol($name)?) }
    };
}

impl Uv {
    /// All functions, or nothing if one is missing.
    #[expect(clippy::missing_transmute_annotations, reason = "the field of the struct names the type")]
    pub(crate) fn find() -> Option<Self> {
        let version = symbol(c"uv_version")?;
        // SAFETY: `unsigned int uv_version(void)`.
        let version =
            unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> c_uint>(version)() };
        if version >> 16 != 1 {
            return None;
        }
        Some(Uv {
            handle_size: function!(c"uv_handle_size"),
            set_data: function!(c"uv_handle_set_data"),
            reference: function!(c"uv_ref"),
            unreference: function!(c"uv_unref"),
            close: function!(c"uv_close"),
            poll_init: function!(c"uv_poll_init"),
            poll_start: function!(c"uv_poll_start"),
            prepare_init: function!(c"uv_prepare_init"),
            prepare_start: function!(c"uv_prepare_start"),
            prepare_stop: function!(c"uv_prepare_stop"),
            idle_init: function!(c"uv_idle_init"),
            idle_start: function!(c"uv_idle_start"),
            idle_stop: function!(c"uv_idle_stop"),
        })
    }
}

/// Our three handles on one loop, all with the same `data`.
#[derive(Debug)]
pub(crate) struct Handles {
    uv: Uv,
    poll: *mut Handle,
    prepare: *mut Handle,
    idle: *mut Handle,
    prepared: bool,
    idling: bool,
}

/// What the handles call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Callbacks {
    /// Something in the watched set is ready.
    pub(crate) ready: PollCallback,
    /// The loop is about to wait.
    pub(crate) prepare: Callback,
    /// There is work left from the last batch.
    pub(crate) idle: Callback,
}

impl Handles {
    /// Opens the handles on `event_loop` and watches `fd`. None of them keeps the loop alive yet.
    ///
    /// # Safety
    /// `event_loop` is the loop of this thread and lives until [`close`](Handles::close) has called back; `data`
    /// lives as long, and is what `callbacks` expect.
    pub(crate) unsafe fn open(
        uv: Uv,
        event_loop: *mut Loop,
        fd: RawFd,
        data: *mut c_void,
        callbacks: Callbacks,
    ) -> Result<Self, c_int> {
        // SAFETY: each block is of the size that libuv asks for and is initialised before any other use. The
        // caller vouches for the loop, `fd` and `data`.
        unsafe {
            let (poll, prepare, idle) =
                (allocate(&uv, UV_POLL), allocate(&uv, UV_PREPARE), allocate(&uv, UV_IDLE));
            let status = (uv.poll_init)(event_loop, poll, fd);
            if status != 0 {
                // The handles were not initialised, so libuv does not know them and we may free them.
                for block in [poll, prepare, idle] {
                    libc::free(block);
                }
                return Err(status);
            }
            (uv.prepare_init)(event_loop, prepare);
            (uv.idle_init)(event_loop, idle);
            for handle in [poll, prepare, idle] {
                (uv.set_data)(handle, data);
                (uv.unreference)(handle);
            }
            (uv.poll_start)(poll, UV_READABLE, callbacks.ready);
            Ok(Handles { uv, poll, prepare, idle, prepared: false, idling: false })
        }
    }

    /// Whether the loop stays alive for us.
    pub(crate) fn keep_alive(&self, alive: bool) {
        // SAFETY: the handle is open.
        unsafe { if alive { (self.uv.reference)(self.poll) } else { (self.uv.unreference)(self.poll) } }
    }

    /// Asks for one call before the loop waits, or no more.
    pub(crate) fn prepare(&mut self, on: bool, callback: Callback) {
        if self.prepared != on {
            self.prepared = on;
            // SAFETY: the handle is open.
            unsafe {
                if on {
                    (self.uv.prepare_start)(self.prepare, callback)
                } else {
                    (self.uv.prepare_stop)(self.prepare)
                }
            };
        }
    }

    /// Asks for a call in each turn of the loop, which then does not wait, or no more.
    pub(crate) fn idle(&mut self, on: bool, callback: Callback) {
        if self.idling != on {
            self.idling = on;
            // SAFETY: the handle is open.
            unsafe {
                if on { (self.uv.idle_start)(self.idle, callback) } else { (self.uv.idle_stop)(self.idle) }
            };
        }
    }

    /// Closes the handles; `closed` is called with each of them later, and finds `data` in it.
    pub(crate) fn close(self, closed: Callback, data: *mut c_void) {
        for handle in [self.poll, self.prepare, self.idle] {
            // SAFETY: the handle is open, and this is its one close. Its memory is freed in `closed`.
            unsafe {
                (self.uv.set_data)(handle, data);
                (self.uv.close)(handle, Some(closed));
            }
        }
    }
}

/// How many calls of `closed` one [`Handles::close`] makes.
pub(crate) const HANDLES: u32 = 3;

/// Zeroed memory for a handle.
unsafe fn allocate(uv: &Uv, kind: c_int) -> *mut Handle {
    // SAFETY: any size may be asked for.
    let block = unsafe { libc::calloc(1, (uv.handle_size)(kind)) };
    assert!(!ptr::eq(block, ptr::null()), "no memory for a libuv handle");
    block
}

/// The data of a handle, in a callback. It is the first field of every handle, as `uv.h` promises.
///
/// # Safety
/// `handle` is one of ours.
pub(crate) unsafe fn data(handle: *const Handle) -> *mut c_void {
    // SAFETY: `void* data` begins each handle.
    unsafe { *handle.cast::<*mut c_void>() }
}

/// Frees a handle in its close callback.
///
/// # Safety
/// `handle` is one of ours, and libuv is done with it.
pub(crate) unsafe fn free(handle: *mut Handle) {
    // SAFETY: `allocate` made it with `calloc`.
    unsafe { libc::free(handle) };
}
