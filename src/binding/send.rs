//! Frames out: written into the slab that the shim shares, or into a Buffer of their own when they are large.

use super::export::{Export, Exports, register as export};
use super::registry::{Registry, Sending};
use super::values::Args;
use crate::protocol::hybi::sender::{Header, MAX_HEADER};
use crate::protocol::hybi::{close, mask};
use crate::transcode;
use napi::{Error, Result, Status, sys};
use std::ops::Range;

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<ShareSlab>(exports)?;
    export::<SendText>(exports)?;
    export::<SendBytes>(exports)?;
    export::<SendClose>(exports)?;
    export::<EncodeText>(exports)?;
    export::<FrameBytes>(exports)
}

/// What the exports return when the slab has no room left.
const NO_ROOM: i32 = -1;
/// Room that the converter of text wants past what it writes.
pub(super) const SLACK: usize = 16;

/// Texts up to this many UTF-16 units are encoded by V8 in one call; above, V8's encoder is slower than copying
/// the units out and encoding them here.
const SHORT_TEXT: usize = 128;

/// `shareSlab(bytes)`: frames are written to this memory from now on.
struct ShareSlab;
impl Export for ShareSlab {
    const NAME: &'static str = "shareSlab";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        registry.slab.replace(args, 0)?;
        Ok(args.undefined())
    }
}

/// `sendText(slot, string, units, cursor)`: writes a text frame at `cursor`. Returns the slab's new end, or -1
/// when three bytes for each of the string's `units` would not fit.
struct SendText;
impl Export for SendText {
    const NAME: &'static str = "sendText";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (units, cursor) = (args.u32(2)? as usize, args.u32(3)?);
        let Sending { header, slab, utf16 } = registry.sending(args.u32(0)?, 1, cursor)?;
        if slab.len() < units.saturating_mul(3).saturating_add(MAX_HEADER + 1) {
            return args.number(NO_ROOM);
        }
        // The header's size depends on the length in bytes, which for most text is the length in units.
        let guess = header.len(units);
        let length = if units <= SHORT_TEXT {
            args.write_utf8(1, &mut slab[guess..])?
        } else {
            args.read_utf16(1, units, utf16)?;
            transcode::utf16_to_utf8(utf16, &mut slab[guess..]).1
        };
        let size = header.len(length);
        if size != guess {
            slab.copy_within(guess..guess + length, size);
        }
        header.write(length, slab);
        if let Some(key) = header.mask {
            mask::apply(&mut slab[size..size + length], key);
        }
        args.number((cursor as usize + size + length) as i32)
    }
}

/// `sendBytes(slot, opcode, bytes, cursor)`: writes a frame at `cursor`; the slab's new end, or -1.
struct SendBytes;
impl Export for SendBytes {
    const NAME: &'static str = "sendBytes";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (opcode, bytes, cursor) = (args.u32(1)? as u8, args.bytes(2)?, args.u32(3)?);
        write_frame(registry, args, opcode, bytes, cursor)
    }
}

/// `sendClose(slot, code, reason, cursor)`: writes a close frame; the slab's new end, or -1.
struct SendClose;
impl Export for SendClose {
    const NAME: &'static str = "sendClose";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (code, cursor) = (args.u32(1)? as u16, args.u32(3)?);
        let mut payload = Vec::with_capacity(2 + close::MAX_REASON);
        close::write(code, args.string(2)?.as_deref().unwrap_or_default(), &mut payload);
        write_frame(registry, args, 8, &payload, cursor)
    }
}

/// `encodeText(slot, string, units, target)`: the frame of a large text, in `target`. Returns its end, and its
/// start in the first of the shared cells; or, when `target` is too small, what is enough as a negative number.
struct EncodeText;
impl Export for EncodeText {
    const NAME: &'static str = "encodeText";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, units, target) = (args.u32(0)?, args.u32(2)? as usize, args.bytes(3)?);
        if target.len() < MAX_HEADER {
            return Err(wrong_size());
        }
        let Sending { header, utf16, .. } = registry.sending(slot, 1, 0)?;
        args.read_utf16(1, units, utf16)?;
        let length = match encode_large(utf16, &mut target[MAX_HEADER..]) {
            Ok(length) => length,
            Err(needed) => return args.number(-((needed + MAX_HEADER) as i32)),
        };
        let frame = frame_in_front(header, length, target);
        *registry.receiving(slot)?.reached = frame.start as i32;
        args.number(frame.end as i32)
    }
}

/// `frameBytes(slot, opcode, bytes, target)`: a large frame into a Buffer with room for it; the frame's size.
struct FrameBytes;
impl Export for FrameBytes {
    const NAME: &'static str = "frameBytes";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (opcode, bytes) = (args.u32(1)? as u8, args.bytes(2)?);
        let header = registry.header(args.u32(0)?, opcode)?;
        let size = frame_into(header, bytes, args.bytes(3)?).ok_or_else(wrong_size)?;
        args.number(size as i32)
    }
}

fn write_frame(
    registry: &mut Registry,
    args: &Args<'_>,
    opcode: u8,
    payload: &[u8],
    cursor: u32,
) -> Result<sys::napi_value> {
    let Sending { header, slab, .. } = registry.sending(args.u32(0)?, opcode, cursor)?;
    let size = frame_into(header, payload, slab);
    args.number(size.map_or(NO_ROOM, |size| (cursor as usize + size) as i32))
}

/// Writes a frame to the front of `target`; its size, or nothing if there is no room.
pub(super) fn frame_into(header: Header, payload: &[u8], target: &mut [u8]) -> Option<usize> {
    let target = target.get_mut(..header.len(payload.len()) + payload.len())?;
    let size = header.write(payload.len(), target);
    let body = &mut target[size..];
    body.copy_from_slice(payload);
    if let Some(key) = header.mask {
        mask::apply(body, key);
    }
    Some(target.len())
}

/// Makes a frame of a payload of `length` bytes that stands in `memory` behind [`MAX_HEADER`] bytes: puts the header
/// right before it, as its size depends on the length. Where the frame stands.
pub(super) fn frame_in_front(header: Header, length: usize, memory: &mut [u8]) -> Range<usize> {
    let (start, end) = (MAX_HEADER - header.len(length), MAX_HEADER + length);
    header.write(length, &mut memory[start..]);
    if let Some(key) = header.mask {
        mask::apply(&mut memory[MAX_HEADER..end], key);
    }
    start..end
}

/// Encodes a large text into `out`: its length, or, when `out` is too small, a size that is enough.
///
/// It is tried before it is counted, since most large texts are ASCII and take a byte for each unit; [`SLACK`] more
/// lets the converter try the last ones.
pub(super) fn encode_large(units: &[u16], out: &mut [u8]) -> std::result::Result<usize, usize> {
    let (read, length) = transcode::utf16_to_utf8(units, out);
    if read == units.len() { Ok(length) } else { Err(transcode::utf8_bound(units) + SLACK) }
}

fn wrong_size() -> Error {
    Error::new(Status::InvalidArg, "The target is not of the frame's size")
}
