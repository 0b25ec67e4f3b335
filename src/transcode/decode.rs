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
    out.clear();
    if out.try_reserve(bytes.len()).is_err() {
        return false;
    }
    // SAFETY: `out` has room for a unit for each byte: a character of one to three bytes takes a unit, and one of four
    // takes two. What is counted was written.
    unsafe {
        let written = simdutf::convert_utf8_to_utf16(bytes.as_ptr(), bytes.len(), out.as_mut_ptr());
        out.set_len(written);
    }
    bytes.is_empty() || !out.is_empty()
}
