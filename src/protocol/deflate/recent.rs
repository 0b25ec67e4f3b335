//! The newest messages that were sent uncompressed, since compression would have made them longer.
//!
//! They are not in the window, so a short message that is sent again and again would never get shorter. So a message
//! that repeats a recent one is compressed even if that makes it longer: it is in the window then, and the following
//! ones get shorter.

/// How many messages are remembered: as many kinds may alternate.
const MESSAGES: usize = 4;
/// Messages below this length do not get shorter by a back reference.
const SHORTEST: usize = 8;
/// A text above this length gets shorter without any window.
const LONGEST: usize = 256;

/// Nothing is allocated before the first message.
#[derive(Debug, Default)]
pub(super) struct Recent {
    messages: Vec<Vec<u8>>,
    /// The place of the next message.
    next: usize,
}

impl Recent {
    /// Whether half of `message` is the beginning and the end of one that is remembered. That one is forgotten.
    pub(super) fn take_repeated(&mut self, message: &[u8]) -> bool {
        let found = self.messages.iter_mut().find(|known| !known.is_empty() && resemble(known, message));
        found.map(|known| known.clear()).is_some()
    }

    /// Remembers a message.
    pub(super) fn push(&mut self, message: &[u8]) {
        if !(SHORTEST..=LONGEST).contains(&message.len()) {
            return;
        }
        if self.messages.len() < MESSAGES {
            self.messages.push(message.to_vec());
            return;
        }
        if let Some(place) = self.messages.get_mut(self.next) {
            place.clear();
            place.extend_from_slice(message);
        }
        self.next = (self.next + 1) % MESSAGES;
    }

    /// Forgets all, and gives the memory back.
    pub(super) fn clear(&mut self) {
        *self = Recent::default();
    }

    /// Bytes of memory.
    pub(super) fn memory_usage(&self) -> usize {
        let bytes: usize = self.messages.iter().map(Vec::capacity).sum();
        bytes + self.messages.capacity() * size_of::<Vec<u8>>()
    }
}

/// Whether half of `new` is the beginning and the end of `old`.
fn resemble(old: &[u8], new: &[u8]) -> bool {
    let start = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let rest = old.len().min(new.len()) - start;
    let end =
        old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(one, other)| one == other).count();
    (start + end) * 2 >= new.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_repeated_if_half_of_it_was_there() {
        for (old, new, repeated) in [
            ("{\"tick\": 1}", "{\"tick\": 2}", true),
            ("{\"tick\": 1}", "{\"tick\": 1}", true),
            ("abcdefgh", "abcdxxxx", true),
            ("abcdefgh", "abcxxxxx", false),
            ("abcdefgh", "xxxxefgh", true),
            ("abcdefgh", "abxxxxgh", true),
            ("aaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("abcdefgh", "", true),
        ] {
            assert_eq!(resemble(old.as_bytes(), new.as_bytes()), repeated, "{old} {new}");
        }
    }

    #[test]
    fn the_latest_four_are_remembered_and_each_is_found_once() {
        let mut recent = Recent::default();
        assert_eq!(recent.memory_usage(), 0);
        for round in 0..3_u8 {
            for letter in b'a'..=b'e' {
                recent.push(&[letter + round * 8; 10]);
            }
        }
        for letter in b'b'..=b'e' {
            assert!(recent.take_repeated(&[letter + 16; 10]));
            assert!(!recent.take_repeated(&[letter + 16; 10]));
        }
        assert!(!recent.take_repeated(&[b'a' + 16; 10]));
    }

    #[test]
    fn what_is_too_short_or_too_long_is_not_remembered() {
        let mut recent = Recent::default();
        recent.push(&[1; SHORTEST - 1]);
        recent.push(&[1; LONGEST + 1]);
        recent.push(&[]);
        assert_eq!(recent.memory_usage(), 0);
        assert!(!recent.take_repeated(&[1; 7]));
    }
}
