//! The direct transport's exports: they take descriptors over and give them back, and put frames into outboxes. The
//! batches are in [`batch`](super::batch).

use super::batch::open;
use super::copies;
use super::export::{Export, Exports, register as export};
use super::extensions;
use super::frame::{append_argument, append_bytes, append_text, frame_behind};
use super::injected;
use super::js::values::{Args, reserve};
use super::state::direct::Direct;
use super::state::registry::{Registry, find, head_and_rows};
use crate::protocol::hybi::close;
use crate::protocol::hybi::sender::MAX_HEADER;
use crate::protocol::rows::Kind;
use crate::transport::connection::{Appended, Pause};
use crate::transport::reactor::Reactor;
use crate::transport::socket::peer_state;
use crate::transport::uv::Uv;
use napi::{Error, Result, Status, sys};
use std::ffi::c_int;

/// The largest Buffer in which unsent bytes are given back: runtimes limit the length of one, not the number.
const PART: usize = 64 << 20;

/// Frames with payloads from this size up are written to the socket at once, without a copy in the outbox.
const SEND_AT_ONCE_FROM: usize = 16 * 1024;

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<DirectOpen>(exports)?;
    export::<DirectAttach>(exports)?;
    export::<DirectDetach>(exports)?;
    export::<DirectText>(exports)?;
    export::<DirectBytes>(exports)?;
    export::<DirectPongs>(exports)?;
    export::<DirectClose>(exports)?;
    export::<DirectFlush>(exports)?;
    export::<DirectPending>(exports)?;
    export::<DirectPause>(exports)?;
    export::<DirectAlive>(exports)?;
    export::<DirectCounters>(exports)?;
    export::<PeerState>(exports)
}

/// `directOpen(scratch, callback)`: opens the transport, unless it is open. `callback(count)` is called with the number
/// of rows to dispatch; with -1 to go on after a handler threw; and with -2 when a handler runs the loop, to copy the
/// rows and bytes that are not dispatched yet before they are overwritten. The shim keeps both arguments alive. Returns
/// whether the transport can be used.
struct DirectOpen;
impl Export for DirectOpen {
    const NAME: &'static str = "directOpen";
    const ARGUMENTS: usize = 2;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        if registry.direct.is_none() {
            let Some(uv) = Uv::find() else { return args.number(0) };
            copies::begin_direct(registry.this);
            open(registry, args, uv)?;
        }
        args.number(1)
    }
}

/// `directAttach(slot, fd, alive)`: from now on Rust reads and writes the descriptor. Its owner calls `directDetach`
/// before closing it. Returns 0, or an error number.
struct DirectAttach;
impl Export for DirectAttach {
    const NAME: &'static str = "directAttach";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, fd, alive) = (args.u32(0)?, args.u32(1)? as c_int, args.u32(2)? != 0);
        registry.session(slot)?;
        if injected::refuse("watch").is_err() {
            return args.number(libc::ENOSPC);
        }
        // SAFETY: JavaScript has the number from an open handle, and detaches before that closes (`lib/transport/handle.js`). Only
        // the end of the environment closes it behind JavaScript's back (`batch::is_over`).
        let attached = unsafe { reactor(registry)?.attach(slot, fd, alive) };
        args.number(attached.err().map_or(0, |error| error.raw_os_error().unwrap_or(libc::EIO)))
    }
}

/// `directDetach(slot, keep, moved)`: sends what the kernel takes and gives the descriptor back. The two elements of `moved`
/// become the numbers of bytes that were received and sent. If `keep` is not 0 and some could not be sent, returns an array of
/// Buffers with them.
struct DirectDetach;
impl Export for DirectDetach {
    const NAME: &'static str = "directDetach";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, keep) = (args.u32(0)?, args.u32(1)? != 0);
        let reactor = reactor(registry)?;
        reactor.flush(slot);
        let (unsent, received, sent) = reactor.detach(slot).unwrap_or_default();
        copies::left_direct(registry);
        let moved = args.value(2);
        args.set(moved, 0, args.float(received as f64)?)?;
        args.set(moved, 1, args.float(sent as f64)?)?;
        if !keep || unsent.is_empty() {
            return Ok(args.undefined());
        }
        let parts = unsent.chunks(PART).map(|part| args.copy(part)).collect::<Result<Vec<_>>>()?;
        args.array(&parts)
    }
}

/// `directText(slot, string, size)`: sends a text message. `size` is four times its units, two more if it is known to be
/// ASCII, and one more if messages of the connection are about to be handled in this batch: each argument costs 50
/// instructions. Returns 1 if the connection is backed up, 2 if the frame waits for the end
/// of the burst, and otherwise nothing.
struct DirectText;
impl Export for DirectText {
    const NAME: &'static str = "directText";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, size) = (args.u32(0)?, args.u32(2)?);
        let (units, is_ascii, more) = (size as usize / 4, size & 2 != 0, size & 1 != 0);
        if registry.session(slot)?.deflates() {
            extensions::pack_text(registry, args, slot, 1, units)?;
            return tell(args, send_packed(registry, slot, more)?);
        }
        if units >= SEND_AT_ONCE_FROM {
            return tell(args, send_large_text(registry, args, slot, units, is_ascii)?);
        }
        let header = registry.header(slot, 1)?;
        args.read_utf16(1, units, &mut registry.utf16)?;
        let Registry { direct, utf16, .. } = registry;
        let reactor = &mut direct.as_mut().ok_or_else(closed)?.reactor;
        append_text(header, utf16, reactor.outbox(slot).ok_or_else(closed)?)?;
        tell(args, reactor.appended(slot, more))
    }
}

/// `directBytes(slot, kind, bytes)`: sends a frame. `kind` is twice its opcode, and one more if messages of the connection are
/// about to be handled in this batch. Returns 1 if the connection is backed up, 2 if the frame waits for the end
/// of the burst, and otherwise nothing.
struct DirectBytes;
impl Export for DirectBytes {
    const NAME: &'static str = "directBytes";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, kind, bytes) = (args.u32(0)?, args.u32(1)?, args.bytes(2)?);
        tell(args, send(registry, slot, (kind >> 1) as u8, bytes, kind & 1 != 0)?)
    }
}

/// `directPongs(slot, chunk, row, end)`: answers the pings of a chunk that stand one behind the other in the shared rows, from
/// `row` on and in front of `end`, until the connection is backed up. Returns twice the number of them, and one more if it is.
struct DirectPongs;
impl Export for DirectPongs {
    const NAME: &'static str = "directPongs";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, chunk, row, end) = (args.u32(0)?, args.bytes(1)?, args.u32(2)?, args.u32(3)? as usize);
        let Registry { slots, masks, rows, direct, .. } = registry;
        let session = find(slots, slot)?;
        let reactor = &mut direct.as_mut().ok_or_else(closed)?.reactor;
        let (_, rows) = head_and_rows(rows).ok_or_else(closed)?;
        let (mut at, mut is_backed_up) = (row as usize, false);
        while at < end
            && !is_backed_up
            && let Some(payload) = rows.payload(at, Kind::Ping, chunk)
        {
            at += 1;
            let mask = if session.masks() { Some(masks.next()?) } else { None };
            append_bytes(session.header(10, mask), payload, reactor.outbox(slot).ok_or_else(closed)?)?;
            is_backed_up = reactor.appended(slot, at < end) == Appended::BackedUp;
        }
        args.number((at as i32 - row as i32) * 2 + i32::from(is_backed_up))
    }
}

/// `directClose(slot, code, reason, more)`: sends a close frame.
struct DirectClose;
impl Export for DirectClose {
    const NAME: &'static str = "directClose";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let mut payload = Vec::with_capacity(2 + close::MAX_REASON);
        close::write(args.u32(1)? as u16, args.string(2)?.as_deref().unwrap_or_default(), &mut payload);
        send(registry, args.u32(0)?, 8, &payload, args.u32(3)? != 0)?;
        Ok(args.undefined())
    }
}

/// `directFlush(slot)`: writes the outbox of a connection to its socket now; without a slot, all outboxes. Returns 1 if
/// the connection is backed up.
struct DirectFlush;
impl Export for DirectFlush {
    const NAME: &'static str = "directFlush";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let Some(Direct { reactor, .. }) = &mut registry.direct else { return args.number(0) };
        match args.u32(0) {
            Ok(slot) => args.number(i32::from(reactor.flush(slot))),
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
        let pending = reactor(registry)?.connection(args.u32(0)?).map_or(0, |one| one.pending());
        args.number(i32::try_from(pending).unwrap_or(i32::MAX))
    }
}

/// `directPause(slot, pause)`: 0 resumes reading, 1 stops it, 2 stops it after one more chunk.
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
        reactor(registry)?.pause(slot, pause);
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
        reactor(registry)?.keep_alive(slot, alive);
        Ok(args.undefined())
    }
}

/// `directCounters(slot)`: `[received, sent, untold]`: bytes so far, and a number that changes when some move of which
/// JavaScript is not told.
struct DirectCounters;
impl Export for DirectCounters {
    const NAME: &'static str = "directCounters";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let counters = reactor(registry)?.connection(args.u32(0)?).map_or([0; 3], |one| one.counters());
        let [received, sent, untold] = counters.map(|count| args.float(count as f64));
        args.array(&[received?, sent?, untold?])
    }
}

/// `peerState(fd)`: how many bytes the system holds that the peer of a socket, whoever reads that, has not acknowledged, as far
/// as is known; `~` that number unless the peer has ended its side.
struct PeerState;
impl Export for PeerState {
    const NAME: &'static str = "peerState";
    const ARGUMENTS: usize = 1;
    fn call(_: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (ended, count) = peer_state(args.u32(0)? as c_int);
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        args.number(if ended { count } else { !count })
    }
}

/// 1 or nothing, which need not be made.
#[inline]
fn tell(args: &Args<'_>, appended: Appended) -> Result<sys::napi_value> {
    match appended {
        Appended::Done => Ok(args.undefined()),
        Appended::BackedUp => args.number(1),
        Appended::Waits => args.number(2),
    }
}

fn closed() -> Error {
    Error::new(Status::GenericFailure, "The connection does not use the direct transport")
}

fn reactor(registry: &mut Registry) -> Result<&mut Reactor> {
    registry.direct.as_mut().map(|direct| &mut direct.reactor).ok_or_else(closed)
}

/// Sends a frame: into the outbox, or, when it is large, at once.
fn send(registry: &mut Registry, slot: u32, opcode: u8, payload: &[u8], more: bool) -> Result<Appended> {
    if extensions::packs(registry, slot, opcode)? {
        extensions::pack(registry, slot, opcode, payload)?;
        return send_packed(registry, slot, more);
    }
    let header = registry.header(slot, opcode)?;
    let Registry { direct, frame, .. } = registry;
    let reactor = &mut direct.as_mut().ok_or_else(closed)?.reactor;
    if payload.len() < SEND_AT_ONCE_FROM {
        let out = reactor.outbox(slot).ok_or_else(closed)?;
        append_bytes(header, payload, out)?;
        return Ok(reactor.appended(slot, more));
    }
    if header.mask.is_some() {
        // The payload is masked in memory that is kept for the next frame. In an outbox, which would have to grow,
        // fresh pages would cost a page fault each.
        frame.clear();
        reserve(frame, MAX_HEADER + payload.len())?;
        header.append_frame(payload, frame);
        injected::panics("frame");
        return Ok(reactor.flush_with(slot, frame, &[]).into());
    }
    let mut bytes = [0; MAX_HEADER];
    let size = header.write(payload.len(), &mut bytes);
    injected::panics("frame");
    Ok(reactor.flush_with(slot, &bytes[..size], payload).into())
}

/// Sends the frame that was packed last.
fn send_packed(registry: &mut Registry, slot: u32, more: bool) -> Result<Appended> {
    let Registry { direct, codecs, .. } = registry;
    let reactor = &mut direct.as_mut().ok_or_else(closed)?.reactor;
    codecs.packed.append_to(reactor.outbox(slot).ok_or_else(closed)?)?;
    Ok(reactor.appended(slot, more))
}

/// Sends a large text at once.
fn send_large_text(
    registry: &mut Registry,
    args: &Args<'_>,
    slot: u32,
    units: usize,
    is_ascii: bool,
) -> Result<Appended> {
    let header = registry.header(slot, 1)?;
    let Registry { direct, utf16, frame, counts, .. } = registry;
    let reactor = &mut direct.as_mut().ok_or_else(closed)?.reactor;
    frame.clear();
    frame.extend_from_slice(&[0; MAX_HEADER]);
    let is_ascii = is_ascii || (*counts && args.is_ascii(1, units)?);
    append_argument(args, 1, units, is_ascii, utf16, frame)?;
    let range = frame_behind(header, frame);
    Ok(reactor.flush_with(slot, &frame[range], &[]).into())
}
