//! A message that did not arrive in one piece: fragments (RFC 6455 section 5.4) or a frame over several chunks.
//!
//! The bytes are appended to one buffer, which grows as they arrive: of a length that a header announces, at most
//! [`MAX_RESERVE`] bytes are reserved in advance, or eight times what has arrived. A fragment costs no memory but its bytes.

use super::utf8::Utf8;
use crate::protocol::{Violation, memory};

/// The most that is reserved for bytes which were announced, of which hardly any have arrived.
const MAX_RESERVE: usize = 256 * 1024;

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

    /// Makes room for a frame of `length` bytes of which the first are about to arrive. A large one that begins a message gets
    /// its room when it is known how many of them have come with the header.
    ///
    /// # Errors
    /// [`Violation::OutOfMemory`] if there is no such room.
    pub fn expect_frame(&mut self, length: u64) -> Result<(), Violation> {
        self.expected = (self.bytes.len() as u64).saturating_add(length);
        if self.bytes.is_empty() && length > MAX_RESERVE as u64 {
            return Ok(());
        }
        memory::reserve(&mut self.bytes, usize::try_from(length).unwrap_or(usize::MAX).min(MAX_RESERVE))
    }

    /// Makes room for `more` bytes: for four times as many as have `arrived` with these, since each move copies what is there,
    /// but not past the length that the frame has announced. If that is no more than twice as far, for all of it, so that the
    /// buffer is not moved for a little rest.
    fn make_room(&mut self, more: usize, arrived: usize) -> Result<(), Violation> {
        let length = self.bytes.len();
        if self.bytes.capacity() - length < more {
            let expected = usize::try_from(self.expected).unwrap_or(usize::MAX);
            let grown = arrived.saturating_mul(4);
            let target = if expected <= grown.saturating_mul(2) { expected } else { grown };
            let target = target.max(expected.min(MAX_RESERVE)).max(length.saturating_add(more));
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
        self.make_room(part.len(), self.bytes.len().saturating_add(part.len()))?;
        self.bytes.extend_from_slice(part);
        Ok(())
    }

    /// The buffer, and how many masked bytes of the frame, which misses `missing`, may be appended to it: at most
    /// `most`. `None` if there is no room for `least`.
    pub fn room(&mut self, least: usize, most: usize, missing: usize) -> Option<(&mut Vec<u8>, usize)> {
        self.known = self.bytes.len();
        self.make_room(least.min(missing), self.known).ok()?;
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
        assert_eq!(capacities, [256 << 10, 5 << 18, 3 << 20]);
    }

    #[test]
    fn a_frame_that_begins_with_much_is_never_moved() {
        let (first, all) = ((256 << 10) - 14, 1 << 20);
        let mut message = Message::new(1, 0, false, Vec::new());
        assert_eq!(message.expect_frame(all as u64), Ok(()));
        assert_eq!(message.append(&vec![b'a'; first], true), Ok(()));
        assert_eq!(message.bytes.capacity(), all);
    }

    #[test]
    fn what_has_not_arrived_takes_eight_times_what_has_at_most() {
        for length in [300 << 10, 600 << 10, 1 << 20, 64 << 20] {
            for arrived in [1, 1000, 40_000, 70_000, 100_000] {
                let mut message = Message::new(1, 0, false, Vec::new());
                assert_eq!(message.expect_frame(length), Ok(()));
                assert_eq!(message.append(&vec![b'a'; arrived], true), Ok(()));
                assert!(message.room(64 << 10, 256 << 10, length as usize - arrived).is_some());
                let most = (8 * arrived).max(MAX_RESERVE).max(arrived + (64 << 10));
                assert!(message.bytes.capacity() <= most, "{length} {arrived}");
            }
        }
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
