//! From the UTF-16 of a string to UTF-8.
//!
//! Most of what is sent is ASCII, for which a byte is half of a unit, and which is known to be ASCII soonest by trying: two
//! to four times as fast as to count and to convert. Other text costs the try as far as its first other character, and a
//! large one no more than that of its first part.

use std::collections::TryReserveError;

/// What stands for half of a surrogate pair.
const REPLACEMENT: u16 = 0xFFFD;

/// Text that is about to be UTF-8: how long it will be is known before it is written, as the header of a frame and the
/// memory for it depend on that.
///
/// Halves of surrogate pairs have become U+FFFD, as WebIDL's USVString has it.
pub struct Utf8<'a> {
    /// Well-formed UTF-16.
    units: &'a [u16],
    length: usize,
}

impl<'a> Utf8<'a> {
    /// The UTF-8 of `units`, in which halves of surrogate pairs are replaced.
    #[inline]
    pub fn of(units: &'a mut [u16]) -> Self {
        let length = simdutf::utf8_length_from_utf16(units);
        // ASCII needs no check. A half counts as more than one byte, so that it cannot hide among ASCII.
        if length == units.len() || simdutf::validate_utf16(units) {
            return Utf8 { units, length };
        }
        mend(units);
        Utf8 { length: simdutf::utf8_length_from_utf16(units), units }
    }

    /// Its length in bytes.
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "nobody has to know")]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Writes it to the front of `out`, unless that is too short; whether it did.
    #[inline]
    #[must_use]
    pub fn write(&self, out: &mut [u8]) -> bool {
        if out.len() < self.length {
            return false;
        }
        // SAFETY: `out` has as many bytes as the conversion writes.
        unsafe { self.convert(out.as_mut_ptr()) };
        true
    }

    /// Appends it to `out`.
    ///
    /// # Errors
    /// There is no memory for it.
    #[inline]
    pub fn append(&self, out: &mut Vec<u8>) -> Result<(), TryReserveError> {
        out.try_reserve(self.length)?;
        // SAFETY: `out` has room for as many bytes as the conversion writes, and all that is counted is written.
        unsafe {
            let written = self.convert(out.as_mut_ptr().add(out.len()));
            out.set_len(out.len() + written);
        }
        Ok(())
    }

    /// Writes it to `out`, and says how many bytes that were.
    ///
    /// # Safety
    /// `out` must be valid for writes of `self.length` bytes.
    #[inline]
    unsafe fn convert(&self, out: *mut u8) -> usize {
        // SAFETY: the units are well-formed, and the conversion writes the bytes that were counted, no more.
        unsafe { simdutf::convert_valid_utf16_to_utf8(self.units.as_ptr(), self.units.len(), out) }
    }
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
            Utf8::of(part).append(out)?;
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
