//! From the UTF-16 of a string to UTF-8.
//!
//! Most of what is sent is ASCII, for which a byte is half of a unit, and which is known to be ASCII soonest by trying: two
//! to four times as fast as to convert it as other text. That costs the try as far as its first other character, and a large
//! one no more than that of its first part.

use std::collections::TryReserveError;
use std::ops::Range;

/// What stands for half of a surrogate pair.
const REPLACEMENT: u16 = 0xFFFD;
/// The most bytes that a unit takes: a pair takes four, and a half becomes U+FFFD.
const MOST: usize = 3;
/// Up to this size memory is asked for as if all units took the most, so that they need not be counted.
const GENEROUS: usize = 64 * 1024;

/// Writes UTF-8 to `out`, behind as many bytes as `front` says for its length. Says where it stands, or nothing, with
/// anything in `out`, if that is too short.
///
/// Halves of surrogate pairs become U+FFFD, as WebIDL's USVString has it, and are replaced in `units` as well.
#[must_use]
pub fn write(units: &mut [u16], out: &mut [u8], front: impl Fn(usize) -> usize) -> Option<Range<usize>> {
    // SAFETY: `out` has so much room.
    unsafe { put(units, out.as_mut_ptr(), out.len(), &front) }
}

/// Appends UTF-8 to `out`, behind as many zeros as `front` says for its length, and says where it stands behind what there
/// was.
///
/// # Errors
/// There is no memory for it.
pub fn append(
    units: &mut [u16],
    out: &mut Vec<u8>,
    front: impl Fn(usize) -> usize,
) -> Result<Range<usize>, TryReserveError> {
    let start = out.len();
    let most = MOST * units.len();
    if start + front(most) + most <= GENEROUS {
        out.try_reserve(front(most) + most)?;
    }
    loop {
        let room = out.capacity() - start;
        // SAFETY: `out` has so much room behind its bytes. All that is counted was written, here or there.
        unsafe {
            let free = out.as_mut_ptr().add(start);
            if let Some(range) = put(units, free, room, &front) {
                free.write_bytes(0, range.start);
                out.set_len(start + range.end);
                return Ok(range);
            }
        }
        // There was no room for units that are well-formed now.
        let length = simdutf::utf8_length_from_utf16(units);
        out.try_reserve(front(length) + length)?;
    }
}

/// Writes UTF-8 to `out`, behind as many bytes as `front` says for its length, unless there is no room; then `units` are
/// well-formed.
///
/// The conversion finds the halves of pairs, so that to look for them before would be in vain; and where the size of the
/// front is known, nothing is counted, either. Both need room for whatever the units may take.
///
/// # Safety
/// `out` must be valid for writes of `room` bytes.
unsafe fn put(
    units: &mut [u16],
    out: *mut u8,
    room: usize,
    front: &impl Fn(usize) -> usize,
) -> Option<Range<usize>> {
    let most = MOST * units.len();
    if front(most) + most > room {
        // SAFETY: as here.
        return unsafe { put_counted(units, out, room, front) };
    }
    loop {
        let mut start = front(most);
        if front(units.len()) != start {
            start = front(simdutf::utf8_length_from_utf16(units));
        }
        // SAFETY: there is room for the most bytes that so many units take, be they well-formed or not.
        let written = unsafe { simdutf::convert_utf16_to_utf8(units.as_ptr(), units.len(), out.add(start)) };
        if written > 0 || units.is_empty() {
            return Some(start..start + written);
        }
        mend(units);
    }
}

/// The same where there may be no more room than the units take.
///
/// # Safety
/// As for [`put`].
unsafe fn put_counted(
    units: &mut [u16],
    out: *mut u8,
    room: usize,
    front: &impl Fn(usize) -> usize,
) -> Option<Range<usize>> {
    if !simdutf::validate_utf16(units) {
        mend(units);
    }
    let length = simdutf::utf8_length_from_utf16(units);
    let start = front(length);
    if start + length > room {
        return None;
    }
    // SAFETY: the units are well-formed, and the conversion writes the bytes that were counted, no more.
    let written =
        unsafe { simdutf::convert_valid_utf16_to_utf8(units.as_ptr(), units.len(), out.add(start)) };
    Some(start..start + written)
}

/// Units that are tried at once: few at first, since most text that is not ASCII soon shows it.
const FIRST: usize = 256;
const NEXT: usize = 4096;

/// Writes ASCII to the front of `out`. False, with anything in `out`, if `units` are not ASCII or `out` is too short.
#[must_use]
pub fn write_ascii(units: &[u16], out: &mut [u8]) -> bool {
    // SAFETY: `out` has a byte for each unit.
    out.len() >= units.len() && unsafe { convert_ascii(units, out.as_mut_ptr()) }
}

/// Appends ASCII to `out`. False, with nothing appended, if `units` are not ASCII.
///
/// # Errors
/// There is no memory for a byte for each unit.
pub fn append_ascii(units: &[u16], out: &mut Vec<u8>) -> Result<bool, TryReserveError> {
    out.try_reserve(units.len())?;
    // SAFETY: `out` has room for a byte for each unit, and if the answer is yes, all of them were written.
    unsafe {
        let ascii = convert_ascii(units, out.as_mut_ptr().add(out.len()));
        if ascii {
            out.set_len(out.len() + units.len());
        }
        Ok(ascii)
    }
}

/// Appends a large text to `out`, part by part, so that what is looked at twice is in the cache the second time.
///
/// # Errors
/// There is no memory for it; a part of it may have been appended.
pub fn append_large(mut units: &mut [u16], out: &mut Vec<u8>) -> Result<(), TryReserveError> {
    out.try_reserve(units.len())?;
    let mut ascii = true;
    while !units.is_empty() {
        let mut cut = units.len().min(NEXT);
        if cut < units.len() && is_high(units[cut - 1]) {
            cut -= 1;
        }
        let (part, rest) = units.split_at_mut(cut);
        ascii = ascii && append_ascii(part, out)?;
        if !ascii {
            append(part, out, |_| 0)?;
        }
        units = rest;
    }
    Ok(())
}

/// Writes ASCII to `out`; whether all of `units` are.
///
/// # Safety
/// `out` must be valid for writes of a byte for each unit.
unsafe fn convert_ascii(units: &[u16], out: *mut u8) -> bool {
    let (mut done, mut step) = (0, FIRST);
    while done < units.len() {
        let part = &units[done..units.len().min(done + step)];
        // SAFETY: the part ends where the units do, and the conversion writes a byte for each unit or says 0.
        let bytes = unsafe {
            let written = simdutf::convert_utf16_to_latin1(part.as_ptr(), part.len(), out.add(done));
            std::slice::from_raw_parts(out.add(done), written)
        };
        if bytes.len() < part.len() || !bytes.is_ascii() {
            return false;
        }
        done += part.len();
        step = NEXT;
    }
    true
}

/// Replaces the halves of surrogate pairs.
#[cold]
fn mend(units: &mut [u16]) {
    let mut at = 0;
    while let Some(&unit) = units.get(at) {
        let is_pair = is_high(unit) && units.get(at + 1).is_some_and(|&next| is_low(next));
        if !is_pair && (is_high(unit) || is_low(unit)) {
            units[at] = REPLACEMENT;
        }
        at += if is_pair { 2 } else { 1 };
    }
}

fn is_high(unit: u16) -> bool {
    unit & 0xFC00 == 0xD800
}

fn is_low(unit: u16) -> bool {
    unit & 0xFC00 == 0xDC00
}
