//! The length of a text in UTF-16 units, as JavaScript counts it. V8 makes no string of 2^29 - 24 units or more on
//! 64-bit systems, or of 2^28 - 16 on 32-bit ones. A longer text is too large, whatever `maxLength` is (RFC 6455
//! section 7.4.1, code 1009).

use super::Violation;

/// The opcode of a text (RFC 6455 section 5.2).
const TEXT: u8 = 1;

/// Checks that a text of `bytes`, valid UTF-8, has at most `most` units.
///
/// # Errors
/// [`Violation::TooLarge`] if it has more.
#[inline]
pub(crate) fn check_units(bytes: &[u8], most: u64) -> Result<(), Violation> {
    // No character has more units than bytes.
    if bytes.len() as u64 <= most || units(bytes) <= most { Ok(()) } else { Err(Violation::TooLarge) }
}

/// The same for a message of any opcode.
///
/// # Errors
/// As [`check_units`], for a text.
#[inline]
pub(crate) fn check_message(opcode: u8, bytes: &[u8], most: u64) -> Result<(), Violation> {
    if opcode == TEXT { check_units(bytes, most) } else { Ok(()) }
}

/// The UTF-16 units of a text: one for each character, and one more for those of four bytes.
#[cold]
fn units(bytes: &[u8]) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte & 0xC0 != 0x80) + u64::from(byte >= 0xF0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_may_have_so_many_units_and_no_more() {
        for text in ["", "abc", "éé", "漢字", "a𝄞b"] {
            let length = text.encode_utf16().count() as u64;
            assert_eq!(check_units(text.as_bytes(), length), Ok(()), "{text}");
            if length > 0 {
                assert_eq!(check_units(text.as_bytes(), length - 1), Err(Violation::TooLarge), "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn units_are_those_of_utf_16(text: String) {
            prop_assert_eq!(units(text.as_bytes()), text.encode_utf16().count() as u64);
        }
    }
}
