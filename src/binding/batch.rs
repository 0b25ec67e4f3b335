//! A batch of the direct transport: all connections that are ready are read, one call into JavaScript dispatches their
//! rows, and what their handlers have sent leaves.
//!
//! Callbacks of libuv and exports of napi reach the registry by the same pointer, on one thread. A batch borrows it to
//! gather rows, ends the borrow, calls JavaScript (whose handlers call exports, which borrow it too), and borrows it
//! again to flush.
//!
//! A handler may run the loop itself (an addon that calls `uv_run`, as `deasync` does). The inner batch first has
//! JavaScript copy the rows and bytes that the outer batch has not dispatched yet, since reading overwrites the shared
//! memory; and an idle handle makes the inner loop call us again to dispatch them.
//!
//! Descriptors are Node's, which closes them behind our back in one case: when the environment ends. It then runs the
//! loop until all is closed, and only afterwards calls our [cleanup hook](super::leaving). So a callback of the loop first
//! asks whether JavaScript [can still be called](is_over): before it closes anything, Node says no to that for good.

use super::chunk::{Left, fill, parse, tell};
use super::copies;
use super::injected;
use super::js::values::{self, Args};
use super::leaving::{tie, untie};
use super::state::direct::{Chunk, Direct};
use super::state::registry::{Registry, find, head_and_rows};
use super::state::shared::Shared;
use crate::protocol::Work;
use crate::protocol::rows::Kind;
use crate::transport::connection::Outcome;
use crate::transport::reactor::Reactor;
use crate::transport::uv::{self, Callbacks, Handle, Handles, Uv};
use napi::{Error, Result, Status, sys};
use std::ffi::c_int;
use std::ptr;

/// No read begins with less room than this in the scratch.
const MIN_READ: usize = 32 * 1024;

/// While at least so many bytes of a message are missing, they are read straight into its buffer.
const MIN_FILL: usize = 64 * 1024;

/// What the callback is called with instead of a number of rows: to go on after a handler threw, and to copy what the
/// shared memory holds.
const GO_ON: i32 = -1;
const SET_ASIDE: i32 = -2;

/// Ties the transport to the environment's loop, with scratch and callback from the arguments.
pub(super) fn open(registry: &mut Registry, args: &Args<'_>, uv: Uv) -> Result<()> {
    let io = |error: std::io::Error| Error::new(Status::GenericFailure, error.to_string());
    injected::refuse("set").map_err(io)?;
    let mut reactor = Reactor::new().map_err(io)?;
    let mut scratch = Shared::default();
    scratch.replace(args, 0)?;
    let callback = args.weak(1)?;
    let env = args.env();
    let data = registry.this;
    let callbacks = Callbacks { ready: on_ready, prepare: on_prepare, idle: on_idle };
    let mut event_loop = ptr::null_mut();
    // SAFETY: `env` is the running one.
    values::check(unsafe { sys::napi_get_uv_event_loop(env, &mut event_loop) })?;
    let tie = tie(env, data)?;
    // SAFETY: the loop and the registry outlive the handles (see `leaving`).
    let opened =
        unsafe { Handles::open(uv, event_loop.cast(), reactor.descriptor(), data.cast(), callbacks) };
    let handles = opened.map_err(|status| {
        untie(tie);
        Error::new(Status::GenericFailure, format!("uv_poll_init: {status}"))
    })?;
    reactor.tie(handles, callbacks);
    registry.direct = Some(Direct { reactor, env, callback, scratch, tie, unfinished: None, depth: 0 });
    Ok(())
}

impl Registry {
    /// Reads from connections that are ready, `budget` of them at most, until rows or scratch are full. Returns the
    /// number of rows.
    fn gather(&mut self, budget: &mut usize) -> usize {
        let Registry { direct: Some(direct), slots, rows, buffers, codecs, .. } = self else { return 0 };
        let Direct { reactor, scratch, unfinished, .. } = direct;
        // The memory is not asked for in vain: that takes as long as a small message.
        if unfinished.is_none() && !reactor.is_busy() {
            return 0;
        }
        let Some((_, mut rows)) = head_and_rows(rows) else { return 0 };
        let scratch = scratch.bytes();
        let mut filled = 0;
        let mut pending = unfinished.take();
        // Two rows are kept free for the unfinished chunk.
        while rows.has_room(4)
            && let Some((slot, outcome)) = reactor.next_outcome()
        {
            match outcome {
                Outcome::Drained => tell(&mut rows, slot, Kind::Drained, 0),
                Outcome::Failed(number) => tell(&mut rows, slot, Kind::WriteFailed, number),
            }
        }
        loop {
            let chunk = match pending.take() {
                Some(chunk) => chunk,
                None if scratch.len() - filled < MIN_READ || !rows.has_room(2) || *budget == 0 => break,
                None => {
                    let Some(slot) = reactor.next_ready() else { break };
                    *budget -= 1;
                    let Some(connection) = reactor.connection(slot) else { continue };
                    let session = find(slots, slot).ok();
                    let room = session.and_then(|session| session.room(MIN_FILL, scratch.len()));
                    let fills = room.is_some();
                    let told = rows.count();
                    let read = match room {
                        Some((bytes, most)) => connection.receive_behind(bytes, most),
                        None => connection.receive(&mut scratch[filled..]),
                    };
                    match read {
                        Ok(0) => {
                            tell(&mut rows, slot, Kind::End, 0);
                            continue;
                        }
                        Ok(_) if fills => {
                            reactor.requeue(slot);
                            if let Ok(session) = find(slots, slot) {
                                fill(session, slot, &mut rows, buffers, &mut codecs.pool);
                            }
                            note_untold(reactor, slot, rows.count() == told);
                            continue;
                        }
                        Ok(count) => {
                            reactor.requeue(slot);
                            Chunk { slot, at: filled, end: filled + count, work: Work::TURN }
                        }
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
                        Err(error) => {
                            let number = error.raw_os_error().unwrap_or(libc::EIO);
                            tell(&mut rows, slot, Kind::ReadFailed, number);
                            continue;
                        }
                    }
                }
            };
            filled = chunk.end;
            let Ok(session) = find(slots, chunk.slot) else { continue };
            let slot = chunk.slot;
            let told = rows.count();
            let left = parse(session, chunk, scratch, &mut rows, buffers, &mut codecs.pool);
            note_untold(reactor, slot, rows.count() == told);
            match left {
                Left::Nothing => {}
                Left::Rest => reactor.rest_kept(slot),
                Left::Unfinished(chunk) => {
                    *unfinished = Some(chunk);
                    break;
                }
            }
        }
        rows.count()
    }
}

/// Notes that a read has brought nothing to tell JavaScript of, if that is so.
fn note_untold(reactor: &mut Reactor, slot: u32, is_untold: bool) {
    if is_untold && let Some(connection) = reactor.connection(slot) {
        connection.moved_untold();
    }
}

/// One batch: everything that is ready, read once, dispatched and answered.
///
/// # Safety
/// `registry` is that of the running environment, and nobody has borrowed it.
unsafe fn run_batch(registry: *mut Registry) {
    // SAFETY: as the caller says; the borrow ends with the block.
    let (env, callback, mut budget, inside) = unsafe {
        let Some(direct) = &mut (*registry).direct else { return };
        // A handler of a connection over the stream transport may run the loop as well; its undispatched rows are in
        // the same memory.
        let depth = head_and_rows(&mut (*registry).rows).map_or(0, |(head, _)| head.depth);
        (direct.env, direct.callback, direct.reactor.waiting(), direct.depth > 0 || depth > 0)
    };
    if inside {
        // SAFETY: nothing is borrowed while JavaScript runs.
        unsafe { dispatch(env, callback, SET_ASIDE) };
    }
    loop {
        // SAFETY: as above.
        let count = unsafe { (*registry).gather(&mut budget) };
        if count == 0 {
            break;
        }
        // SAFETY: as above.
        unsafe {
            let Some(direct) = &mut (*registry).direct else { return };
            direct.depth += 1;
            if count > 2 {
                // If the first handler runs the loop, the inner loop has to dispatch the rows behind it.
                direct.reactor.stir();
            }
        }
        // SAFETY: nothing is borrowed while JavaScript runs.
        unsafe { dispatch(env, callback, count as i32) };
        // SAFETY: as above. A handler may have ended the environment's use of the transport.
        unsafe {
            let Some(direct) = &mut (*registry).direct else { return };
            direct.depth -= 1;
            direct.reactor.flush_all();
        }
    }
    // SAFETY: as above.
    unsafe {
        if let Some(direct) = &mut (*registry).direct {
            direct.reactor.let_wait();
            if direct.reactor.is_empty() {
                copies::left_direct(&mut *registry);
            }
        }
    }
}

/// Whether the environment is ending. Then no descriptor is ours any more, and the reactor has dropped them all.
/// Exports need not ask: JavaScript runs no more when the environment ends.
///
/// # Safety
/// `registry` is that of an environment whose cleanup hooks have not run, of this thread, and nobody has borrowed it.
unsafe fn is_over(registry: *mut Registry) -> bool {
    // SAFETY: as the caller says. Nothing of this runs JavaScript, and the values are constants, which need no scope.
    unsafe {
        let Some(direct) = &mut (*registry).direct else { return true };
        let (mut undefined, mut value, mut pending) = (ptr::null_mut(), ptr::null_mut(), false);
        sys::napi_get_undefined(direct.env, &mut undefined);
        // The cheapest call that fails when JavaScript can no longer be called.
        if sys::napi_coerce_to_bool(direct.env, undefined, &mut value) == sys::Status::napi_ok {
            return false;
        }
        // The call also fails while an exception is pending, in a handler that runs the loop.
        sys::napi_is_exception_pending(direct.env, &mut pending);
        if !pending {
            direct.reactor.abandon();
        }
        true
    }
}

/// Calls JavaScript with rows. An exception of a handler surfaces as an uncaught one, and the call goes on.
///
/// # Safety
/// `env` is the environment of this thread, which is in a callback of its loop.
unsafe fn dispatch(env: sys::napi_env, callback: sys::napi_ref, count: i32) {
    // SAFETY: a scope is opened before any value is made and closed after the last use of one.
    unsafe {
        let mut scope = ptr::null_mut();
        if sys::napi_open_handle_scope(env, &mut scope) != sys::Status::napi_ok {
            return;
        }
        let mut function = ptr::null_mut();
        sys::napi_get_reference_value(env, callback, &mut function);
        let mut argument = count;
        loop {
            let mut value = ptr::null_mut();
            sys::napi_create_int32(env, argument, &mut value);
            // The function is its own `this`: Node takes a `domain` there, such as a global of that name, for one to enter.
            let status =
                sys::napi_make_callback(env, ptr::null_mut(), function, function, 1, &value, ptr::null_mut());
            let mut error = ptr::null_mut();
            if status != sys::Status::napi_pending_exception
                || sys::napi_get_and_clear_last_exception(env, &mut error) != sys::Status::napi_ok
            {
                break;
            }
            if sys::napi_fatal_exception(env, error) != sys::Status::napi_ok {
                break;
            }
            argument = GO_ON;
        }
        sys::napi_close_handle_scope(env, scope);
    }
}

unsafe extern "C" fn on_ready(handle: *mut Handle, _status: c_int, _events: c_int) {
    // SAFETY: `open` put the registry into the handle; libuv calls us with nothing borrowed.
    unsafe {
        let registry = uv::data(handle).cast::<Registry>();
        if is_over(registry) {
            return;
        }
        if let Some(direct) = &mut (*registry).direct {
            // The set itself cannot fail to be asked; if it does, the next call asks again.
            let _ = direct.reactor.collect();
        }
        run_batch(registry);
    }
}

unsafe extern "C" fn on_idle(handle: *mut Handle) {
    // SAFETY: as in `on_ready`.
    unsafe {
        let registry = uv::data(handle).cast::<Registry>();
        if !is_over(registry) {
            run_batch(registry);
        }
    }
}

unsafe extern "C" fn on_prepare(handle: *mut Handle) {
    // SAFETY: as in `on_ready`.
    unsafe {
        let registry = uv::data(handle).cast::<Registry>();
        let writes = (*registry).direct.as_ref().is_some_and(|direct| direct.reactor.is_dirty());
        if writes && is_over(registry) {
            return;
        }
        if let Some(direct) = &mut (*registry).direct {
            direct.reactor.flush_all();
        }
    }
}
