//! From the UTF-16 of a string to UTF-8.

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
    #[inline]
    pub fn append(&self, out: &mut Vec<u8>) {
        out.reserve(self.length);
        // SAFETY: `out` has room for as many bytes as the conversion writes, and all that is counted is written.
        unsafe {
            let written = self.convert(out.as_mut_ptr().add(out.len()));
            out.set_len(out.len() + written);
        }
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
