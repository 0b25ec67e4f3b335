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
    let body = &mut target[size..];
    body.copy_from_slice(payload);
    if let Some(key) = header.mask {
        mask::apply(body, key);
    }
    Some(target.len())
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
    if let Some(key) = header.mask {
        mask::apply(&mut target[range.clone()], key);
    }
    Some(range.end)
}

/// A frame that is being appended to an outbox. Unless it is finished, what there is of it goes: after a panic, or without
/// memory, a header without its payload would have the peer take the next frames for that.
struct Unfinished<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Unfinished<'a> {
    fn begin(out: &'a mut Vec<u8>) -> Self {
        Unfinished { start: out.len(), out }
    }

    fn finish(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.out.truncate(self.start);
    }
}

/// Appends the frame of a text to `out`; nothing of it, if that fails.
pub(in crate::binding) fn append_text(header: Header, units: &mut [u16], out: &mut Vec<u8>) -> Result<()> {
    let frame = Unfinished::begin(out);
    let start = frame.start;
    reserve(frame.out, MAX_HEADER + units.len())?;
    let mut size = header.append(units.len(), frame.out);
    injected::panics("frame");
    if !append_ascii(units, frame.out).map_err(no_memory)? {
        frame.out.truncate(start);
        let range = transcode::append(units, frame.out, |length| header.len(length)).map_err(no_memory)?;
        size = header.write(range.len(), &mut frame.out[start..]);
    }
    if let Some(key) = header.mask {
        mask::apply(&mut frame.out[start + size..], key);
    }
    frame.finish();
    Ok(())
}

/// Appends the UTF-8 of a large text, an argument of the running call, to `out`; `counts` says whether V8 counts it fast.
pub(in crate::binding) fn append_argument(
    args: &Args<'_>,
    index: usize,
    units: usize,
    counts: bool,
    utf16: &mut Vec<u16>,
    out: &mut Vec<u8>,
) -> Result<()> {
    if counts && args.append_ascii(index, units, out)? {
        return Ok(());
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
    if let Some(key) = header.mask {
        mask::apply(&mut memory[MAX_HEADER..], key);
    }
    start..memory.len()
}
