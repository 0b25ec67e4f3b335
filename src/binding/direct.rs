//! The direct transport's exports: descriptors change hands, frames go into outboxes. The turns of the loop are in
//! [`turn`](super::turn).

use super::export::{Export, Exports, register as export};
use super::extensions;
use super::registry::Registry;
use super::send::{SLACK, encode_large};
use super::turn::open;
use super::values::Args;
use crate::protocol::hybi::sender::MAX_HEADER;
use crate::protocol::hybi::{close, mask};
use crate::transcode;
use crate::transport::reactor::{Pause, Reactor, index_of};
use crate::transport::uv::Uv;
use napi::{Error, Result, Status, sys};
use std::ffi::c_int;

/// Frames with payloads from this size up leave at once, and uncopied.
const LARGE: usize = 16 * 1024;

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
        let mut text = std::mem::take(&mut registry.utf16);
        let backed_up =
            args.read_utf16(1, units, &mut text).and_then(|()| append_text(registry, slot, &text));
        registry.utf16 = text;
        args.number(i32::from(backed_up?))
    }
}

/// Puts a text message into its connection's outbox. Whether the connection is backed up.
fn append_text(registry: &mut Registry, slot: u32, text: &[u16]) -> Result<bool> {
    let mask = mask_for(registry, slot)?;
    let header = registry.session(slot)?.header(1, mask);
    let reactor = reactor(registry)?;
    let index = index_of(slot);
    let out = reactor.outbox(index).ok_or_else(closed)?;
    let start = out.len();
    // Most text is ASCII, of as many bytes as units, and the header's size depends on that.
    let mut size = header.len(text.len());
    out.resize(start + size + text.len(), 0);
    let (read, mut length) = transcode::utf16_to_utf8(text, &mut out[start + size..]);
    if read < text.len() {
        let bound = transcode::utf8_bound(text);
        size = header.len(bound);
        out.resize(start + size + bound, 0);
        (_, length) = transcode::utf16_to_utf8(text, &mut out[start + size..]);
        if header.len(length) != size {
            out.copy_within(start + size..start + size + length, start + header.len(length));
            size = header.len(length);
        }
    }
    header.write(length, &mut out[start..]);
    out.truncate(start + size + length);
    if let Some(key) = mask {
        mask::apply(&mut out[start + size..], key);
    }
    Ok(reactor.appended(index))
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
    args.read_utf16(1, units, utf16)?;
    let mut needed = units + SLACK;
    // The header is put right before the payload once its size is known.
    let length = loop {
        if frame.len() < MAX_HEADER + needed {
            frame.resize(MAX_HEADER + needed, 0);
        }
        match encode_large(utf16, &mut frame[MAX_HEADER..]) {
            Ok(length) => break length,
            Err(more) => needed = more,
        }
    };
    let (start, end) = (MAX_HEADER - header.len(length), MAX_HEADER + length);
    header.write(length, &mut frame[start..]);
    if let Some(key) = mask {
        mask::apply(&mut frame[MAX_HEADER..end], key);
    }
    Ok(reactor.flush_with(index_of(slot), &frame[start..end], &[]))
}
