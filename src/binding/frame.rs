//! The one place where a payload or a text becomes a frame (RFC 6455 section 5.2): behind what an outbox holds, at the front
//! of a slab, or in memory of its own.

use super::injected;
use super::js::values::{Args, no_memory, reserve};
use crate::protocol::hybi::mask;
use crate::protocol::hybi::sender::{Header, MAX_HEADER};
use crate::transcode::{self, append_ascii, append_large, write_ascii};
use napi::Result;
use std::ops::Range;

/// Writes a frame to the front of `target`; its size, or nothing if there is no room.
pub(in crate::binding) fn frame_into(header: Header, payload: &[u8], target: &mut [u8]) -> Option<usize> {
    let target = target.get_mut(..header.len(payload.len()) + payload.len())?;
    let size = header.write(payload.len(), target);
    injected::panics("frame");
    let body = &mut target[size..];
    body.copy_from_slice(payload);
    if let Some(key) = header.mask {
        mask::apply(body, key);
    }
    Some(target.len())
}

/// Writes the frame of `units` units of ASCII, an argument of the running call, to the front of `target`, which has a byte more
/// than that; its size, or nothing if it does not.
pub(in crate::binding) fn ascii_into(
    header: Header,
    args: &Args<'_>,
    index: usize,
    units: usize,
    target: &mut [u8],
) -> Result<Option<usize>> {
    let size = header.len(units);
    let body = target.get_mut(size..).and_then(|rest| rest.get_mut(..=units));
    let Some(body) = body else { return Ok(None) };
    if args.write_ascii(index, body)? != units {
        return Ok(None);
    }
    injected::panics("frame");
    if let Some(key) = header.mask {
        mask::apply(&mut body[..units], key);
    }
    header.write(units, target);
    Ok(Some(size + units))
}

/// Writes the frame of a text to the front of `target`; its size, or nothing if there is no room.
pub(in crate::binding) fn write_text(header: Header, units: &mut [u16], target: &mut [u8]) -> Option<usize> {
    // ASCII is tried first: it takes a byte per unit, the least that any text takes.
    let size = header.len(units.len());
    let mut range = size..size + units.len();
    if !write_ascii(units, target.get_mut(range.clone())?) {
        range = transcode::write(units, target, |length| header.len(length))?;
    }
    header.write(range.len(), target);
    injected::panics("frame");
    if let Some(key) = header.mask {
        mask::apply(&mut target[range.clone()], key);
    }
    Some(range.end)
}

/// Appends the frame of a text to an outbox, where it counts once it is finished.
pub(in crate::binding) fn append_text(header: Header, units: &mut [u16], out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    reserve(out, MAX_HEADER + units.len())?;
    let mut size = header.append(units.len(), out);
    injected::panics("frame");
    if !append_ascii(units, out).map_err(no_memory)? {
        out.truncate(start);
        let range = transcode::append(units, out, |length| header.len(length)).map_err(no_memory)?;
        size = header.write(range.len(), &mut out[start..]);
    }
    if let Some(key) = header.mask {
        mask::apply(&mut out[start + size..], key);
    }
    Ok(())
}

/// Appends the frame of bytes to an outbox, where it counts once it is finished.
pub(in crate::binding) fn append_bytes(header: Header, payload: &[u8], out: &mut Vec<u8>) -> Result<()> {
    reserve(out, MAX_HEADER + payload.len())?;
    header.append_frame(payload, out);
    injected::panics("frame");
    Ok(())
}

/// Appends the UTF-8 of a large text, an argument of the running call, to `out`; `is_ascii` says whether it is known to be ASCII.
pub(in crate::binding) fn append_argument(
    args: &Args<'_>,
    index: usize,
    units: usize,
    is_ascii: bool,
    utf16: &mut Vec<u16>,
    out: &mut Vec<u8>,
) -> Result<()> {
    if is_ascii {
        return args.append_ascii(index, units, out);
    }
    args.read_utf16(index, units, utf16)?;
    append_large(utf16, out).map_err(no_memory)
}

/// Makes a frame of a payload in `memory` that has [`MAX_HEADER`] bytes in front of it: where it stands in there, since its
/// header is only known behind it.
pub(in crate::binding) fn frame_behind(header: Header, memory: &mut [u8]) -> Range<usize> {
    let length = memory.len() - MAX_HEADER;
    let start = MAX_HEADER - header.len(length);
    header.write(length, &mut memory[start..]);
    injected::panics("frame");
    if let Some(key) = header.mask {
        mask::apply(&mut memory[MAX_HEADER..], key);
    }
    start..memory.len()
}
