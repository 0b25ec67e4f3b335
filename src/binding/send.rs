//! Sending: frames are written into the slab that the shim shares, or, when they are large, into a Buffer of their own.

use super::export::{Export, Exports, register as export};
use super::frame::{append_argument, ascii_into, frame_into, write_text};
use super::js::values::Args;
use super::state::registry::{Registry, Sending};
use crate::protocol::hybi::close;
use crate::protocol::hybi::sender::MAX_HEADER;
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

/// The units of a text that is written to the slab are fewer (`OWN_MEMORY_FROM_UNITS` in `lib/transport/stream.js`).
const UNITS: usize = 16 * 1024;
/// What the exports return when the slab has no room left.
const NO_ROOM: i32 = -1;
/// The bit that they add to the end of the frame if the stack has room for a write to a stream.
const SHALLOW: i32 = 1 << 20;

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

/// `sendText(slot, string, room)`: writes the frame of a text of less than [`UNITS`] where the last `room` bytes of the slab
/// begin. Returns where it ends, or -1, with bit 20 set where the stack has room for a write to a stream. Returns nothing
/// where there is room for a write and the text is ASCII: then the shim knows where the frame ends. Most calls end so, and
/// each number that passes costs 50 instructions.
struct SendText;
impl Export for SendText {
    const NAME: &'static str = "sendText";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let Sending { header, cursor, slab, utf16, is_shallow } =
            registry.sending(args.u32(0)?, 1, args.u32(2)?)?;
        args.read_utf16(1, UNITS, utf16)?;
        let size = write_text(header, utf16, slab);
        if is_shallow && size == Some(header.len(utf16.len()) + utf16.len()) {
            return Ok(args.undefined());
        }
        args.number(end_of(cursor, size, is_shallow))
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

/// `measureText(string, units, isAscii)`: how many bytes the frame of a large text needs. Text that is not known to be ASCII,
/// and cannot be counted fast, is encoded for that, and waits for `encodeText`.
struct MeasureText;
impl Export for MeasureText {
    const NAME: &'static str = "measureText";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let Registry { utf16, frame, counts, .. } = registry;
        let units = args.u32(1)? as usize;
        frame.clear();
        let mut length = units;
        if args.u32(2)? == 0 && !(*counts && args.is_ascii(0, units)?) {
            append_argument(args, 0, units, false, utf16, frame)?;
            length = frame.len();
        }
        args.number(i32::try_from(MAX_HEADER + length + 1).map_err(|_| wrong_size())?)
    }
}

/// `encodeText(slot, target, string, units)`: the frame of the text that was measured last, in `target`; the frame's size. What
/// does not wait is ASCII, and copied from the string to where it is to stand.
struct EncodeText;
impl Export for EncodeText {
    const NAME: &'static str = "encodeText";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let header = registry.header(args.u32(0)?, 1)?;
        let target = args.bytes(1)?;
        let size = if registry.frame.is_empty() {
            ascii_into(header, args, 2, args.u32(3)? as usize, target)?
        } else {
            frame_into(header, &registry.frame, target)
        };
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
    let Sending { header, cursor, slab, is_shallow, .. } = registry.sending(args.u32(0)?, opcode, room)?;
    let size = frame_into(header, payload, slab);
    args.number(end_of(cursor, size, is_shallow))
}

/// What tells JavaScript where a frame ends in the slab.
fn end_of(cursor: usize, size: Option<usize>, is_shallow: bool) -> i32 {
    let flag = if is_shallow { SHALLOW } else { 0 };
    size.map_or(NO_ROOM, |size| (cursor + size) as i32 | flag)
}

fn wrong_size() -> Error {
    Error::new(Status::InvalidArg, "The target is not of the frame's size")
}
