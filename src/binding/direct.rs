//! The direct transport's face: a turn of the loop is one call into JavaScript for all connections that are ready.
//!
//! Callbacks of libuv and exports of napi reach the registry by the same pointer, on one thread. A turn borrows it
//! to gather, lets go, calls JavaScript (whose handlers call exports, which borrow it in their turn), and borrows
//! it again to flush.

use super::export::{Export, Exports, register as export};
use super::extensions;
use super::registry::{Registry, Shared, cells, find};
use super::send::encode_large;
use super::values::{self, Args};
use crate::protocol::hybi::sender::MAX_HEADER;
use crate::protocol::hybi::{close, mask};
use crate::protocol::rows::{Kind, Rows};
use crate::transcode;
use crate::transport::reactor::{Outcome, Pause, Reactor, index_of};
use crate::transport::uv::{self, Callbacks, Handle, Handles, Uv};
use napi::{Error, Result, Status, sys};
use std::ffi::{c_int, c_void};
use std::ptr;

/// A read is only begun with this much room in the scratch.
const MIN_READ: usize = 32 * 1024;
/// Frames with payloads from this size up leave at once, and uncopied.
const LARGE: usize = 16 * 1024;
/// Texts up to this many UTF-16 units are encoded by V8 in one call.
const SHORT_TEXT: usize = 128;

/// The direct transport of one environment.
pub(super) struct Direct {
    pub(super) reactor: Reactor,
    env: sys::napi_env,
    callback: sys::napi_ref,
    scratch: Shared,
    /// A chunk that had more rows than fit: its session's number, where to go on, and its end in the scratch.
    unfinished: Option<(u32, usize, usize)>,
}

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<DirectOpen>(exports)?;
    export::<DirectAttach>(exports)?;
    export::<DirectDetach>(exports)?;
    export::<DirectText>(exports)?;
    export::<DirectBytes>(exports)?;
    export::<DirectClose>(exports)?;
    export::<DirectFlush>(exports)?;
    export::<DirectPending>(exports)?;
    export::<DirectPause>(exports)?;
    export::<DirectAlive>(exports)?;
    export::<DirectCounters>(exports)
}

/// `directOpen(scratch, callback)`: readies the transport. `callback(count)` is called with rows to dispatch, and
/// with -1 to go on after an exception. Returns whether the transport can be used.
struct DirectOpen;
impl Export for DirectOpen {
    const NAME: &'static str = "directOpen";
    const ARGUMENTS: usize = 2;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let opened = Uv::find().map(|uv| open(registry, args, uv)).transpose()?;
        args.number(i32::from(opened.is_some()))
    }
}

fn open(registry: &mut Registry, args: &Args<'_>, uv: Uv) -> Result<()> {
    let io = |error: std::io::Error| Error::new(Status::GenericFailure, error.to_string());
    let mut reactor = Reactor::new().map_err(io)?;
    let mut scratch = Shared::default();
    scratch.replace(args, 0)?;
    let callback = args.reference(1)?;
    let env = args.env();
    let data = registry.this;
    let callbacks = Callbacks { ready: on_ready, prepare: on_prepare, idle: on_idle };
    let mut event_loop = ptr::null_mut();
    // SAFETY: `env` is the running one. Its loop and the registry outlive the handles: `on_cleanup` closes them
    // before either goes.
    let handles = unsafe {
        values::check(sys::napi_get_uv_event_loop(env, &mut event_loop))?;
        Handles::open(uv, event_loop.cast(), reactor.descriptor(), data.cast(), callbacks)
            .map_err(|status| Error::new(Status::GenericFailure, format!("uv_poll_init: {status}")))?
    };
    reactor.tie(handles, callbacks);
    // SAFETY: the registry outlives the hook, which was added after the one that frees it and so runs before.
    unsafe {
        values::check(sys::napi_add_async_cleanup_hook(env, Some(on_cleanup), data.cast(), ptr::null_mut()))?;
    }
    registry.direct = Some(Direct { reactor, env, callback, scratch, unfinished: None });
    Ok(())
}

/// `directAttach(slot, fd, alive)`: takes over the descriptor's bytes. Returns 0, or an error number.
struct DirectAttach;
impl Export for DirectAttach {
    const NAME: &'static str = "directAttach";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, fd, alive) = (args.u32(0)?, args.u32(1)? as c_int, args.u32(2)? != 0);
        registry.session(slot)?;
        let attached = reactor(registry)?.attach(slot, index_of(slot), fd, alive);
        args.number(attached.err().map_or(0, |error| error.raw_os_error().unwrap_or(libc::EIO)))
    }
}

/// `directDetach(slot)`: gives the descriptor back. Returns what could not be sent, as a string of bytes, or
/// nothing.
struct DirectDetach;
impl Export for DirectDetach {
    const NAME: &'static str = "directDetach";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let index = index_of(args.u32(0)?);
        let reactor = reactor(registry)?;
        reactor.flush(index);
        match reactor.detach(index) {
            Some((unsent, ..)) if !unsent.is_empty() => args.latin1(&unsent),
            _ => Ok(args.undefined()),
        }
    }
}

/// `directText(slot, string, units)`: sends a text message. Returns 1 if the connection is backed up.
struct DirectText;
impl Export for DirectText {
    const NAME: &'static str = "directText";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, units) = (args.u32(0)?, args.u32(2)? as usize);
        if registry.session(slot)?.deflates() {
            extensions::pack_text(registry, args, slot, 1, units)?;
            return args.number(i32::from(send_packed(registry, slot)?));
        }
        if units >= LARGE {
            let backed_up = send_large_text(registry, args, slot, units)?;
            return args.number(i32::from(backed_up));
        }
        let mask = mask_for(registry, slot)?;
        let header = registry.session(slot)?.header(1, mask);
        let Registry { direct, utf16, .. } = registry;
        let reactor = &mut direct.as_mut().ok_or_else(closed)?.reactor;
        let index = index_of(slot);
        let out = reactor.outbox(index).ok_or_else(closed)?;
        let start = out.len();
        // The header's size depends on the length in bytes, which for most text is the length in units.
        let guess = header.len(units);
        let length = if units <= SHORT_TEXT {
            out.resize(start + guess + units * 3 + 1, 0);
            args.write_utf8(1, &mut out[start + guess..])?
        } else {
            args.read_utf16(1, units, utf16)?;
            out.resize(start + guess + units * 3, 0);
            let (_, length) = transcode::utf16_to_utf8(utf16, &mut out[start + guess..]);
            length
        };
        let size = header.len(length);
        if size != guess {
            out.resize(out.len() + MAX_HEADER, 0);
            out.copy_within(start + guess..start + guess + length, start + size);
        }
        header.write(length, &mut out[start..]);
        out.truncate(start + size + length);
        if let Some(key) = mask {
            mask::apply(&mut out[start + size..], key);
        }
        args.number(i32::from(reactor.appended(index)))
    }
}

/// `directBytes(slot, opcode, bytes)`: sends a frame. Returns 1 if the connection is backed up.
struct DirectBytes;
impl Export for DirectBytes {
    const NAME: &'static str = "directBytes";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, opcode, bytes) = (args.u32(0)?, args.u32(1)? as u8, args.bytes(2)?);
        let backed_up = send(registry, slot, opcode, bytes)?;
        args.number(i32::from(backed_up))
    }
}

/// `directClose(slot, code, reason)`: sends a close frame.
struct DirectClose;
impl Export for DirectClose {
    const NAME: &'static str = "directClose";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let mut payload = Vec::with_capacity(2 + close::MAX_REASON);
        close::write(args.u32(1)? as u16, args.string(2)?.as_deref().unwrap_or_default(), &mut payload);
        send(registry, args.u32(0)?, 8, &payload)?;
        Ok(args.undefined())
    }
}

/// `directFlush(slot)`: sends what waits, now; without a slot, of all connections. Returns 1 if that one is backed
/// up.
struct DirectFlush;
impl Export for DirectFlush {
    const NAME: &'static str = "directFlush";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let reactor = reactor(registry)?;
        match args.u32(0) {
            Ok(slot) => args.number(i32::from(reactor.flush(index_of(slot)))),
            Err(_) => {
                reactor.flush_all();
                args.number(0)
            }
        }
    }
}

/// `directPending(slot)`: bytes that have not reached the kernel.
struct DirectPending;
impl Export for DirectPending {
    const NAME: &'static str = "directPending";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let pending = reactor(registry)?.connection(index_of(args.u32(0)?)).map_or(0, |one| one.pending());
        args.number(i32::try_from(pending).unwrap_or(i32::MAX))
    }
}

/// `directPause(slot, pause)`: 0 reads on, 1 stops reading, 2 stops after one more chunk.
struct DirectPause;
impl Export for DirectPause {
    const NAME: &'static str = "directPause";
    const ARGUMENTS: usize = 2;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let pause = match args.u32(1)? {
            0 => Pause::No,
            1 => Pause::Now,
            _ => Pause::AfterNext,
        };
        let slot = args.u32(0)?;
        reactor(registry)?.pause(index_of(slot), pause);
        Ok(args.undefined())
    }
}

/// `directAlive(slot, alive)`: whether the connection keeps the process alive.
struct DirectAlive;
impl Export for DirectAlive {
    const NAME: &'static str = "directAlive";
    const ARGUMENTS: usize = 2;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, alive) = (args.u32(0)?, args.u32(1)? != 0);
        reactor(registry)?.keep_alive(index_of(slot), alive);
        Ok(args.undefined())
    }
}

/// `directCounters(slot)`: `[received, sent]`, bytes so far.
struct DirectCounters;
impl Export for DirectCounters {
    const NAME: &'static str = "directCounters";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let index = index_of(args.u32(0)?);
        let (received, sent) = reactor(registry)?.connection(index).map_or((0, 0), |one| one.counters());
        args.array(&[args.float(received as f64)?, args.float(sent as f64)?])
    }
}

fn closed() -> Error {
    Error::new(Status::GenericFailure, "The connection does not use the direct transport")
}

fn reactor(registry: &mut Registry) -> Result<&mut Reactor> {
    registry.direct.as_mut().map(|direct| &mut direct.reactor).ok_or_else(closed)
}

fn mask_for(registry: &mut Registry, slot: u32) -> Result<Option<[u8; 4]>> {
    if registry.session(slot)?.masks() { Ok(Some(registry.masks.next()?)) } else { Ok(None) }
}

/// Sends a frame: into the outbox, or, when it is large, at once.
fn send(registry: &mut Registry, slot: u32, opcode: u8, payload: &[u8]) -> Result<bool> {
    if extensions::packs(registry, slot, opcode)? {
        extensions::pack(registry, slot, opcode, payload)?;
        return send_packed(registry, slot);
    }
    let mask = mask_for(registry, slot)?;
    let header = registry.session(slot)?.header(opcode, mask);
    let reactor = reactor(registry)?;
    let index = index_of(slot);
    if payload.len() >= LARGE && mask.is_none() {
        let mut bytes = [0; MAX_HEADER];
        let size = header.write(payload.len(), &mut bytes);
        return Ok(reactor.flush_with(index, &bytes[..size], payload));
    }
    if payload.len() >= LARGE {
        // Masked in memory that is used again: an outbox would have to grow, and fresh pages are dear.
        let Registry { direct, frame, .. } = registry;
        let reactor = &mut direct.as_mut().ok_or_else(closed)?.reactor;
        frame.clear();
        header.append_frame(payload, frame);
        return Ok(reactor.flush_with(index, frame, &[]));
    }
    header.append_frame(payload, reactor.outbox(index).ok_or_else(closed)?);
    Ok(reactor.appended(index))
}

/// Sends the frame that was packed last.
fn send_packed(registry: &mut Registry, slot: u32) -> Result<bool> {
    let Registry { direct, codecs, .. } = registry;
    let reactor = &mut direct.as_mut().ok_or_else(closed)?.reactor;
    let index = index_of(slot);
    codecs.packed.append_to(reactor.outbox(index).ok_or_else(closed)?);
    Ok(reactor.appended(index))
}

/// Sends a large text at once.
fn send_large_text(registry: &mut Registry, args: &Args<'_>, slot: u32, units: usize) -> Result<bool> {
    let mask = mask_for(registry, slot)?;
    let header = registry.session(slot)?.header(1, mask);
    let Registry { direct, utf16, frame, .. } = registry;
    let reactor = &mut direct.as_mut().ok_or_else(closed)?.reactor;
    let needed = MAX_HEADER + args.utf8_length(1)? + 1;
    if frame.len() < needed {
        frame.resize(needed, 0);
    }
    // The header is put right before the payload once its size is known.
    let length = encode_large(args, 1, units, utf16, &mut frame[MAX_HEADER..])?;
    let (start, end) = (MAX_HEADER - header.len(length), MAX_HEADER + length);
    header.write(length, &mut frame[start..]);
    if let Some(key) = mask {
        mask::apply(&mut frame[MAX_HEADER..end], key);
    }
    Ok(reactor.flush_with(index_of(slot), &frame[start..end], &[]))
}

impl Registry {
    /// Reads from connections that are ready, `budget` of them at most, until rows or scratch are full. Returns the
    /// number of rows.
    fn gather(&mut self, budget: &mut usize) -> usize {
        let Registry { direct: Some(direct), slots, rows, buffers, codecs, .. } = self else { return 0 };
        let Direct { reactor, scratch, unfinished, .. } = direct;
        let Some((_, cells)) = cells(rows).split_at_mut_checked(4) else { return 0 };
        let mut rows = Rows::new(cells);
        let scratch = scratch.bytes();
        let mut filled = 0;
        let mut pending = unfinished.take();
        while rows.has_room(2)
            && let Some((slot, outcome)) = reactor.next_outcome()
        {
            rows.push(Kind::Session, 0, 0, slot as i32);
            match outcome {
                Outcome::Drained => rows.push(Kind::Drained, 0, 0, 0),
                Outcome::Failed(number) => rows.push(Kind::WriteFailed, 0, 0, number),
            }
        }
        loop {
            let (slot, at, end) = match pending.take() {
                Some(rest) => rest,
                None if scratch.len() - filled < MIN_READ || !rows.has_room(2) || *budget == 0 => break,
                None => {
                    let Some(index) = reactor.next_ready() else { break };
                    *budget -= 1;
                    let Some(connection) = reactor.connection(index) else { continue };
                    let result = connection.receive(&mut scratch[filled..]);
                    let slot = connection.slot();
                    match result {
                        Ok(0) => {
                            rows.push(Kind::Session, 0, 0, slot as i32);
                            rows.push(Kind::End, 0, 0, 0);
                            continue;
                        }
                        Ok(count) => {
                            reactor.requeue(index);
                            (slot, filled, filled + count)
                        }
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
                        Err(error) => {
                            rows.push(Kind::Session, 0, 0, slot as i32);
                            let number = error.raw_os_error().unwrap_or(libc::EIO);
                            rows.push(Kind::ReadFailed, 0, 0, number);
                            continue;
                        }
                    }
                }
            };
            filled = end;
            let before = rows.count();
            let Ok(session) = find(slots, slot) else { continue };
            rows.push(Kind::Session, 0, 0, slot as i32);
            let reached = session.receive(&mut scratch[..end], at, &mut rows, buffers, &mut codecs.pool);
            if rows.count() == before + 1 {
                rows.truncate(before);
            }
            if reached < end && session.is_held() && !rows.is_full() {
                rows.push(Kind::Rest, reached as i32, end - reached, 0);
            } else if reached < end {
                *unfinished = Some((slot, reached, end));
                break;
            }
        }
        rows.count()
    }
}

/// One turn: everything that is ready, read once, dispatched and answered.
///
/// # Safety
/// `registry` is that of the running environment, and nobody has borrowed it.
unsafe fn turn(registry: *mut Registry) {
    // SAFETY: as the caller says; the borrow ends with the block.
    let (env, callback, mut budget) = unsafe {
        let Some(direct) = &mut (*registry).direct else { return };
        (direct.env, direct.callback, direct.reactor.waiting())
    };
    loop {
        // SAFETY: as above.
        let count = unsafe { (*registry).gather(&mut budget) };
        if count == 0 {
            break;
        }
        // SAFETY: nothing is borrowed while JavaScript runs.
        unsafe { dispatch(env, callback, count as i32) };
        // SAFETY: as above. A handler may have ended the environment's use of the transport.
        unsafe {
            let Some(direct) = &mut (*registry).direct else { return };
            direct.reactor.flush_all();
        }
    }
    // SAFETY: as above.
    unsafe {
        if let Some(direct) = &mut (*registry).direct {
            direct.reactor.rest();
        }
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
        let (mut global, mut function) = (ptr::null_mut(), ptr::null_mut());
        sys::napi_get_global(env, &mut global);
        sys::napi_get_reference_value(env, callback, &mut function);
        let mut argument = count;
        loop {
            let mut value = ptr::null_mut();
            sys::napi_create_int32(env, argument, &mut value);
            let status =
                sys::napi_make_callback(env, ptr::null_mut(), global, function, 1, &value, ptr::null_mut());
            let mut error = ptr::null_mut();
            if status != sys::Status::napi_pending_exception
                || sys::napi_get_and_clear_last_exception(env, &mut error) != sys::Status::napi_ok
            {
                break;
            }
            if sys::napi_fatal_exception(env, error) != sys::Status::napi_ok {
                break;
            }
            argument = -1;
        }
        sys::napi_close_handle_scope(env, scope);
    }
}

unsafe extern "C" fn on_ready(handle: *mut Handle, _status: c_int, _events: c_int) {
    // SAFETY: `open` put the registry into the handle; libuv calls us with nothing borrowed.
    unsafe {
        let registry = uv::data(handle).cast::<Registry>();
        if let Some(direct) = &mut (*registry).direct {
            // The set itself cannot fail to be asked; if it does, the next call asks again.
            let _ = direct.reactor.collect();
        }
        turn(registry);
    }
}

unsafe extern "C" fn on_idle(handle: *mut Handle) {
    // SAFETY: as in `on_ready`.
    unsafe { turn(uv::data(handle).cast::<Registry>()) }
}

unsafe extern "C" fn on_prepare(handle: *mut Handle) {
    // SAFETY: as in `on_ready`.
    unsafe {
        if let Some(direct) = &mut (*uv::data(handle).cast::<Registry>()).direct {
            direct.reactor.flush_all();
        }
    }
}

/// Handles that are closing, and the hook that waits for them.
struct Closing {
    open: u32,
    hook: sys::napi_async_cleanup_hook_handle,
}

/// Ends the transport with its environment: what waits is sent, descriptors and handles are closed.
unsafe extern "C" fn on_cleanup(hook: sys::napi_async_cleanup_hook_handle, registry: *mut c_void) {
    // SAFETY: the registry is still there (see `open`), and no JavaScript runs any more.
    let direct = unsafe { (*registry.cast::<Registry>()).direct.take() };
    let handles = direct.and_then(|mut direct| {
        direct.reactor.flush_all();
        direct.reactor.untie()
    });
    let closing = Box::into_raw(Box::new(Closing { open: uv::HANDLES, hook }));
    match handles {
        Some(handles) => handles.close(on_closed, closing.cast()),
        // SAFETY: the box was just made, and the hook is to be removed once.
        None => unsafe { finish(closing) },
    }
}

unsafe extern "C" fn on_closed(handle: *mut Handle) {
    // SAFETY: `on_cleanup` put the box into the handle, which libuv is done with.
    unsafe {
        let closing = uv::data(handle).cast::<Closing>();
        uv::free(handle);
        (*closing).open -= 1;
        if (*closing).open == 0 {
            finish(closing);
        }
    }
}

/// # Safety
/// `closing` is a box that nobody else uses any more.
unsafe fn finish(closing: *mut Closing) {
    // SAFETY: as the caller says; the environment waits for the removal of its hook.
    unsafe {
        let closing = Box::from_raw(closing);
        sys::napi_remove_async_cleanup_hook(closing.hook);
    }
}
