//! From UTF-8 to the units of a string: bytes of Latin-1 where these can say all of it, or else UTF-16.

/// The first byte that no character up to U+00FF has: the lead bytes of U+0080 to U+00FF are C2 and C3.
const PAST_LATIN1: u8 = 0xC4;
/// Bytes that are looked at together: enough for the compiler to do so in vectors, and few when the first one tells.
const BLOCK: usize = 256;

/// Whether UTF-8 holds no character past U+00FF.
///
/// It is asked before [`utf8_to_latin1`] is tried, since some of that one's implementations come to their verdict only
/// at the end of the text.
pub fn is_latin1(bytes: &[u8]) -> bool {
    bytes.chunks(BLOCK).all(|block| block.iter().fold(0, |most, &byte| byte.max(most)) < PAST_LATIN1)
}

/// Converts UTF-8 to Latin-1, replacing what is in `out`. False, with nothing in `out`, if `bytes` are not UTF-8, if a
/// character is past U+00FF, and if there is no memory for it.
pub fn utf8_to_latin1(bytes: &[u8], out: &mut Vec<u8>) -> bool {
    out.clear();
    if out.try_reserve(bytes.len()).is_err() {
        return false;
    }
    // SAFETY: `out` has room for a unit for each byte, and a character takes a byte at least. What is counted was
    // written.
    unsafe {
        let written = simdutf::convert_utf8_to_latin1(bytes.as_ptr(), bytes.len(), out.as_mut_ptr());
        out.set_len(written);
    }
    bytes.is_empty() || !out.is_empty()
}

/// Converts UTF-8 to UTF-16, replacing what is in `out`. False, with nothing in `out`, if `bytes` are not UTF-8, and if
/// there is no memory for it.
pub fn utf8_to_utf16(bytes: &[u8], out: &mut Vec<u16>) -> bool {
    // SAFETY: `convert` writes what it says, and two units for each byte at most.
    unsafe { in_parts(bytes, out, convert) }
}

/// The same by any conversion.
///
/// # Safety
/// `convert` must write as many units as it says, and no more than two for each byte.
pub(super) unsafe fn in_parts(
    bytes: &[u8],
    out: &mut Vec<u16>,
    convert: unsafe fn(&[u8], *mut u16) -> usize,
) -> bool {
    out.clear();
    // A unit for each byte, and for the last part a second one.
    if out.try_reserve(bytes.len() + bytes.len().min(PART)).is_err() {
        return false;
    }
    let mut rest = bytes;
    while !rest.is_empty() {
        let (part, behind) = split(rest);
        // There is room as long as each byte before took a unit at most, but bytes that a worker changes meanwhile may have
        // taken two.
        if out.try_reserve(2 * part.len()).is_err() {
            out.clear();
            return false;
        }
        // SAFETY: `out` has room for two units for each byte of the part. What is counted was written.
        unsafe {
            let written = convert(part, out.as_mut_ptr().add(out.len()));
            if written == 0 {
                out.clear();
                return false;
            }
            out.set_len(out.len() + written);
        }
        rest = behind;
    }
    true
}

/// Bytes that are converted together, so that each part of a text is converted in the way that suits it.
const PART: usize = 16 * 1024;
/// What is looked at to choose the way: pieces of a part, which stand at equal distances.
const PIECE: usize = 64;
const PIECES: usize = 6;

/// The first part of `bytes`, which ends where a character may begin, and what is behind it.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut at = bytes.len().min(PART);
    // No character has more than three bytes behind its first.
    for _ in 0..3 {
        at -= usize::from(bytes.get(at).is_some_and(|byte| byte & 0xC0 == 0x80));
    }
    bytes.split_at(at)
}

/// Converts UTF-8 to UTF-16, and says how many units that are; 0 if it is not UTF-8.
///
/// # Safety
/// `out` must be valid for writes of two units for each byte.
unsafe fn convert(bytes: &[u8], out: *mut u16) -> usize {
    // SAFETY: of UTF-8 each byte takes a unit at most. Should somebody change the bytes between the two calls, then each
    // of them is taken for the first of a pair at worst.
    unsafe {
        if is_sparse(bytes) && simdutf::validate_utf8(bytes) {
            return simdutf::convert_valid_utf8_to_utf16(bytes.as_ptr(), bytes.len(), out);
        }
        simdutf::convert_utf8_to_utf16(bytes.as_ptr(), bytes.len(), out)
    }
}

/// Whether UTF-8 is ASCII with now and then an emoji or another character of four bytes, on a processor where such text is
/// validated and then converted in trust a quarter faster than it is converted with checks. With AVX-512 the checking
/// conversion then takes half as many bytes at a time, each time in its slow way; any other text it converts faster.
#[cfg(target_arch = "x86_64")]
fn is_sparse(bytes: &[u8]) -> bool {
    if bytes.len() < PIECE * PIECES || !is_x86_feature_detected!("avx512vbmi2") {
        return false;
    }
    let (mut four, mut others) = (0, 0);
    for piece in bytes.chunks_exact(bytes.len() / PIECES) {
        let piece = &piece[..PIECE];
        others += piece.iter().map(|&byte| byte >> 7).sum::<u8>();
        four += piece.iter().map(|&byte| u8::from(byte >= 0xF0)).sum::<u8>();
        if others as usize > PIECE * PIECES / 4 {
            return false;
        }
    }
    usize::from(four) > PIECE * PIECES / 100
}

#[cfg(not(target_arch = "x86_64"))]
fn is_sparse(_bytes: &[u8]) -> bool {
    false
}
