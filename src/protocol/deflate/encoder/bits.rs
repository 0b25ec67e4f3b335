//! Bits into bytes (RFC 1951 section 3.1.1): the first bit is the lowest of a byte.

use super::huffman::Word;
use crate::protocol::{Violation, memory};

/// A writer of bits behind the bytes of a vector.
pub(super) struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    /// Bits that do not make four bytes yet, the first the lowest.
    pending: u64,
    count: u32,
}

impl<'a> BitWriter<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        BitWriter { out, pending: 0, count: 0 }
    }

    /// Makes room for `bytes` more bytes.
    pub(super) fn reserve(&mut self, bytes: usize) -> Result<(), Violation> {
        memory::reserve(self.out, bytes)
    }

    /// Writes the lowest `count` bits of `bits`, of which all others are 0; at most 32.
    #[inline]
    pub(super) fn put(&mut self, bits: u32, count: u32) {
        self.pending |= u64::from(bits) << self.count;
        self.count += count;
        if self.count >= 32 {
            self.out.extend_from_slice(&(self.pending as u32).to_le_bytes());
            self.pending >>= 32;
            self.count -= 32;
        }
    }

    /// Writes a code word and the extra bits behind it, together at most 32.
    #[inline]
    pub(super) fn put_word(&mut self, word: Word, extra: u32, extra_count: u32) {
        let length = u32::from(word.length);
        self.put(u32::from(word.bits) | extra << length, length + extra_count);
    }

    /// Fills the last byte with zeros.
    pub(super) fn align(&mut self) {
        let bytes = self.pending.to_le_bytes();
        self.out.extend(bytes.iter().take(self.count.div_ceil(8) as usize));
        self.pending = 0;
        self.count = 0;
    }

    /// Writes whole bytes behind an [`align`](BitWriter::align).
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }
}
