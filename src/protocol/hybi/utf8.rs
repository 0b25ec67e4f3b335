//! Incremental validation of UTF-8 (RFC 6455 section 8.1): bad text fails as early as its bad byte arrives.

use crate::protocol::Violation;
use crate::transcode::is_utf8;

/// The state between two parts of one text: the bytes of a character that is not complete yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utf8 {
    tail: [u8; 4],
    kept: u8,
}

impl Utf8 {
    /// Takes the next part.
    ///
    /// # Errors
    /// [`Violation::InvalidUtf8`] as soon as no continuation could make the text valid.
    pub fn feed(&mut self, part: &[u8]) -> Result<(), Violation> {
        let mut part = part;
        while self.kept > 0 {
            let Some((&byte, rest)) = part.split_first() else { return Ok(()) };
            part = rest;
            self.keep(byte);
            match std::str::from_utf8(self.kept()) {
                Ok(_) => self.kept = 0,
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(Violation::InvalidUtf8),
            }
        }
        let (whole, tail) = split_incomplete(part);
        if !is_utf8(whole) {
            return Err(Violation::InvalidUtf8);
        }
        // The tail starts with a lead byte; its first continuation can be wrong already (E0 80, ED A0, F4 90).
        match std::str::from_utf8(tail) {
            Err(error) if error.error_len().is_none() => tail.iter().for_each(|&byte| self.keep(byte)),
            Err(_) => return Err(Violation::InvalidUtf8),
            Ok(_) => {}
        }
        Ok(())
    }

    /// The text is over.
    ///
    /// # Errors
    /// [`Violation::InvalidUtf8`] when it ends inside a character.
    pub fn finish(&mut self) -> Result<(), Violation> {
        if std::mem::take(&mut self.kept) == 0 { Ok(()) } else { Err(Violation::InvalidUtf8) }
    }

    fn kept(&self) -> &[u8] {
        self.tail.get(..usize::from(self.kept)).unwrap_or_default()
    }

    fn keep(&mut self, byte: u8) {
        if let Some(cell) = self.tail.get_mut(usize::from(self.kept)) {
            *cell = byte;
            self.kept += 1;
        }
    }
}

/// Cuts an incomplete character off the end: at most three bytes, from a lead byte on.
fn split_incomplete(part: &[u8]) -> (&[u8], &[u8]) {
    for back in 1..=part.len().min(3) {
        let at = part.len() - back;
        let (whole, tail) = part.split_at(at);
        let Some(&lead) = tail.first() else { break };
        let length = match lead {
            0xC0..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xFF => 4,
            0x80..=0xBF => continue,
            _ => 1,
        };
        return if length > back { (whole, tail) } else { (part, &[]) };
    }
    (part, &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Feeds `parts` one after the other; the index of the part that failed, `parts.len()` for the end.
    fn failing_part(parts: &[&[u8]]) -> Option<usize> {
        let mut utf8 = Utf8::default();
        for (i, part) in parts.iter().enumerate() {
            if utf8.feed(part).is_err() {
                return Some(i);
            }
        }
        utf8.finish().err().map(|_| parts.len())
    }

    #[test]
    fn every_split_of_valid_text_is_valid() {
        let text = "a£€𝄞κόσμε\u{10FFFF}\u{7FF}\u{800}\u{FFFF}z".as_bytes();
        for i in 0..=text.len() {
            for j in i..=text.len() {
                assert_eq!(failing_part(&[&text[..i], &text[i..j], &text[j..]]), None, "{i} {j}");
            }
        }
    }

    #[test]
    fn a_bad_byte_fails_with_the_part_that_brings_it() {
        for bad in
            [&b"\xff"[..], b"\xc0", b"\xe0\x80", b"\xed\xa0", b"\xf4\x90", b"\xf5", b"\x80", b"\xe2\x28"]
        {
            let bytes: Vec<&[u8]> = bad.chunks(1).collect();
            assert_eq!(failing_part(&bytes), Some(bytes.len() - 1), "{bad:x?}");
            assert_eq!(failing_part(&[bad]), Some(0), "{bad:x?}");
        }
    }

    #[test]
    fn text_that_ends_inside_a_character_fails_at_the_end() {
        assert_eq!(failing_part(&[b"ab\xe2\x82"]), Some(1));
        assert_eq!(failing_part(&[b"\xf0", b"\x9d", b"\x84"]), Some(3));
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_parts_are_judged_as_the_whole(bytes: Vec<u8>, cut: prop::sample::Index) {
            let (left, right) = bytes.split_at(cut.index(bytes.len() + 1));
            prop_assert_eq!(failing_part(&[left, right]).is_none(), std::str::from_utf8(&bytes).is_ok());
        }

        #[test]
        fn any_text_in_any_parts_is_valid(text: String, cuts: [prop::sample::Index; 2]) {
            let bytes = text.as_bytes();
            let (mut i, mut j) = (cuts[0].index(bytes.len() + 1), cuts[1].index(bytes.len() + 1));
            if i > j { std::mem::swap(&mut i, &mut j); }
            prop_assert_eq!(failing_part(&[&bytes[..i], &bytes[i..j], &bytes[j..]]), None);
        }
    }
}
