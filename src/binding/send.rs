//! Frames out: written into the slab that the shim shares, or into a Buffer of their own when they are large.

use super::export::{Export, Exports, register as export};
use super::registry::{Registry, Sending};
use super::values::Args;
use crate::protocol::hybi::sender::{Header, MAX_HEADER};
use crate::protocol::hybi::{close, mask};
use crate::transcode::Utf8;
use napi::{Error, Result, Status, sys};

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<ShareSlab>(exports)?;
    export::<SendText>(exports)?;
    export::<SendBytes>(exports)?;
    export::<SendClose>(exports)?;
    export::<MeasureText>(exports)?;
    export::<EncodeText>(exports)?;
    export::<FrameBytes>(exports)
}

/// What the exports return when the slab has no room left.
const NO_ROOM: i32 = -1;
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

/// `sendText(slot, string, units, room)`: writes a text frame where the last `room` bytes of the slab begin. Returns
/// where it ends, or -1.
struct SendText;
impl Export for SendText {
    const NAME: &'static str = "sendText";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (units, room) = (args.u32(2)? as usize, args.u32(3)?);
        let Sending { header, cursor, slab, utf16 } = registry.sending(args.u32(0)?, 1, room)?;
        args.read_utf16(1, units, utf16)?;
        let size = write_text(header, &Utf8::of(utf16), slab);
        args.number(size.map_or(NO_ROOM, |size| (cursor + size) as i32))
    }
}

/// `sendBytes(slot, opcode, bytes, room)`: the same for bytes.
struct SendBytes;
impl Export for SendBytes {
    const NAME: &'static str = "sendBytes";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (opcode, bytes, room) = (args.u32(1)? as u8, args.bytes(2)?, args.u32(3)?);
        write_frame(registry, args, opcode, bytes, room)
    }
}

/// `sendClose(slot, code, reason, room)`: the same for a close frame.
struct SendClose;
impl Export for SendClose {
    const NAME: &'static str = "sendClose";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (code, room) = (args.u32(1)? as u16, args.u32(3)?);
        let mut payload = Vec::with_capacity(2 + close::MAX_REASON);
        close::write(code, args.string(2)?.as_deref().unwrap_or_default(), &mut payload);
        write_frame(registry, args, 8, &payload, room)
    }
}

/// `measureText(string, units)`: reads a large text, for `encodeText`. Returns how many bytes its frame needs.
struct MeasureText;
impl Export for MeasureText {
    const NAME: &'static str = "measureText";
    const ARGUMENTS: usize = 2;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        args.read_utf16(0, args.u32(1)? as usize, &mut registry.utf16)?;
        let needed = MAX_HEADER + Utf8::of(&mut registry.utf16).len();
        args.number(i32::try_from(needed).map_err(|_| wrong_size())?)
    }
}

/// `encodeText(slot, target)`: the frame of the text that was measured last, in `target`; the frame's size.
struct EncodeText;
impl Export for EncodeText {
    const NAME: &'static str = "encodeText";
    const ARGUMENTS: usize = 2;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let header = registry.header(args.u32(0)?, 1)?;
        let size = write_text(header, &Utf8::of(&mut registry.utf16), args.bytes(1)?);
        args.number(size.ok_or_else(wrong_size)? as i32)
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
    room: u32,
) -> Result<sys::napi_value> {
    let Sending { header, cursor, slab, .. } = registry.sending(args.u32(0)?, opcode, room)?;
    let size = frame_into(header, payload, slab);
    args.number(size.map_or(NO_ROOM, |size| (cursor + size) as i32))
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

/// Writes the frame of a text to the front of `target`; its size, or nothing if there is no room.
fn write_text(header: Header, text: &Utf8<'_>, target: &mut [u8]) -> Option<usize> {
    let target = target.get_mut(..header.len(text.len()) + text.len())?;
    let size = header.write(text.len(), target);
    let body = &mut target[size..];
    if !text.write(body) {
        return None;
    }
    if let Some(key) = header.mask {
        mask::apply(body, key);
    }
    Some(target.len())
}

fn wrong_size() -> Error {
    Error::new(Status::InvalidArg, "The target is not of the frame's size")
}
