//! A message that did not arrive in one piece: fragments (RFC 6455 section 5.4) or a frame over several chunks.
//!
//! The bytes are appended to one buffer, which grows as they arrive: for a length that a header announces, at most
//! [`MAX_RESERVE`] bytes are reserved in advance. A fragment costs no memory but its bytes.

use super::utf8::Utf8;
use crate::protocol::{Violation, memory};

/// The most that is reserved for bytes which were announced but have not arrived.
const MAX_RESERVE: u64 = 256 * 1024;

/// The bytes of an unfinished message and what is known about them.
#[derive(Debug)]
pub struct Message {
    /// The opcode of the first frame: 1 text, 2 binary.
    pub opcode: u8,
    /// RSV1, RSV2, RSV3 of the first frame, as bits 2, 1, 0.
    pub rsv: u8,
    /// Whether the text is checked as it arrives; not so for bytes that an extension has yet to decode.
    checked: bool,
    ascii: bool,
    empty_fragments: u32,
    utf8: Utf8,
    bytes: Vec<u8>,
    /// The length that the current frame leads to.
    expected: u64,
    /// How many of the bytes are unmasked and checked; those behind them were read into our [`room`](Message::room).
    known: usize,
}

impl Message {
    /// Begins a message in the empty buffer `bytes`. `encoded` says that an extension decodes it later, so its
    /// bytes are not text yet.
    pub fn new(opcode: u8, rsv: u8, encoded: bool, bytes: Vec<u8>) -> Self {
        Message {
            opcode,
            rsv,
            checked: opcode == 1 && !encoded,
            ascii: true,
            empty_fragments: 0,
            utf8: Utf8::default(),
            bytes,
            expected: 0,
            known: 0,
        }
    }

    /// Bytes so far.
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Makes room for a frame of `length` bytes of which the first are about to arrive.
    ///
    /// # Errors
    /// [`Violation::OutOfMemory`] if there is no such room.
    pub fn expect_frame(&mut self, length: u64) -> Result<(), Violation> {
        self.expected = (self.bytes.len() as u64).saturating_add(length);
        memory::reserve(&mut self.bytes, usize::try_from(length.min(MAX_RESERVE)).unwrap_or_default())
    }

    /// Grows the buffer fourfold, since each move copies it, but not past the length that the frame has announced.
    fn make_room(&mut self, more: usize) -> Result<(), Violation> {
        let length = self.bytes.len();
        if self.bytes.capacity() - length < more {
            let expected = usize::try_from(self.expected).unwrap_or(usize::MAX);
            let target = expected.min(length.saturating_mul(4)).max(length.saturating_add(more));
            return memory::reserve_exact(&mut self.bytes, target - length);
        }
        Ok(())
    }

    /// Counts a fragment without bytes.
    ///
    /// # Errors
    /// [`Violation::TooManyFragments`] once there are `limit` of them.
    pub fn count_empty(&mut self, limit: u32) -> Result<(), Violation> {
        self.empty_fragments += 1;
        if self.empty_fragments >= limit { Err(Violation::TooManyFragments) } else { Ok(()) }
    }

    /// Appends unmasked bytes; `ascii` says what the unmasking saw of them.
    ///
    /// # Errors
    /// [`Violation::InvalidUtf8`] for a text message that has become invalid, [`Violation::OutOfMemory`] without room.
    pub fn append(&mut self, part: &[u8], ascii: bool) -> Result<(), Violation> {
        if self.checked && !(ascii && self.ascii) {
            self.utf8.feed(part)?;
        }
        self.ascii &= ascii;
        self.make_room(part.len())?;
        self.bytes.extend_from_slice(part);
        Ok(())
    }

    /// The buffer, and how many masked bytes of the frame, which misses `missing`, may be appended to it: at most
    /// `most`. `None` if there is no room for `least`.
    pub fn room(&mut self, least: usize, most: usize, missing: usize) -> Option<(&mut Vec<u8>, usize)> {
        self.known = self.bytes.len();
        self.make_room(least.min(missing)).ok()?;
        let room = self.bytes.capacity() - self.known;
        Some((&mut self.bytes, room.min(most).min(missing)))
    }

    /// Takes the bytes that were appended to that [`room`](Message::room), and unmasks them by `unmask`. Returns how
    /// many they are.
    ///
    /// # Errors
    /// [`Violation::InvalidUtf8`] for a text message that has become invalid.
    pub fn take_room(&mut self, unmask: impl FnOnce(&mut [u8]) -> bool) -> Result<usize, Violation> {
        let part = self.bytes.get_mut(self.known..).unwrap_or_default();
        let ascii = unmask(part);
        if self.checked && !(ascii && self.ascii) {
            self.utf8.feed(part)?;
        }
        self.ascii &= ascii;
        Ok(part.len())
    }

    /// Ends the message: its bytes, and whether they are all ASCII.
    ///
    /// # Errors
    /// [`Violation::InvalidUtf8`] for a text that ends inside a character.
    pub fn finish(mut self) -> Result<(Vec<u8>, bool), Violation> {
        if self.checked {
            self.utf8.finish()?;
        }
        Ok((self.bytes, self.ascii))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gather(length: usize, step: usize) -> (Message, Vec<usize>) {
        let mut message = Message::new(2, 0, false, Vec::new());
        let mut capacities = Vec::new();
        assert_eq!(message.expect_frame(length as u64), Ok(()));
        for _ in 0..length / step {
            assert_eq!(message.append(&vec![1; step], false), Ok(()));
            if capacities.last() != Some(&message.bytes.capacity()) {
                capacities.push(message.bytes.capacity());
            }
        }
        (message, capacities)
    }

    #[test]
    fn a_large_frame_grows_fourfold_and_to_its_length_at_most() {
        let (message, capacities) = gather(3 << 20, 64 << 10);
        assert_eq!(message.length(), 3 << 20);
        assert_eq!(capacities, [256 << 10, 1 << 20, 3 << 20]);
    }

    #[test]
    fn what_is_announced_takes_no_more_than_a_modest_start() {
        let mut message = Message::new(2, 0, false, Vec::new());
        assert_eq!(message.expect_frame(u64::MAX), Ok(()));
        assert_eq!(message.append(&[1], false), Ok(()));
        assert_eq!(message.bytes.capacity(), 256 << 10);
    }

    #[test]
    fn many_small_frames_move_what_is_there_seldom() {
        let mut message = Message::new(2, 0, false, Vec::new());
        let (mut moves, mut before) = (0, 0);
        for _ in 0..100_000 {
            assert_eq!(message.expect_frame(1), Ok(()));
            assert_eq!(message.append(&[1], false), Ok(()));
            moves += i32::from(message.bytes.capacity() != before);
            before = message.bytes.capacity();
        }
        assert!(moves < 30, "{moves} moves");
    }
}
