//! Buffers of large messages, kept for the next ones: fresh memory costs a page fault every 4 KiB, which for a megabyte
//! is more than all other work on it.

/// Buffers below this size are not worth keeping.
const MIN_KEPT: usize = 64 * 1024;
/// How many are kept.
const MAX_KEPT: usize = 4;

/// A few empty buffers of large messages. The owner calls [`trim`](Buffers::trim) after a while without any.
#[derive(Debug, Default)]
pub struct Buffers {
    kept: Vec<Vec<u8>>,
}

impl Buffers {
    /// A buffer for a message whose next frame has `expected` bytes; one that was kept, if the message is going to be
    /// large.
    pub fn take(&mut self, expected: u64) -> Vec<u8> {
        if expected < MIN_KEPT as u64 { Vec::new() } else { self.kept.pop().unwrap_or_default() }
    }

    /// Keeps a buffer whose message was taken, if it is large and few are kept.
    pub fn give(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() >= MIN_KEPT && self.kept.len() < MAX_KEPT {
            buffer.clear();
            self.kept.push(buffer);
        }
    }

    /// Empties the store, and returns the buffers.
    pub fn trim(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.kept)
    }

    /// Bytes that are kept.
    pub fn capacity(&self) -> usize {
        self.kept.iter().map(Vec::capacity).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_buffers_come_back_empty() {
        let mut buffers = Buffers::default();
        buffers.give(vec![7; 100_000]);
        assert!(buffers.capacity() >= 100_000);
        let buffer = buffers.take(100_000);
        assert!(buffer.is_empty() && buffer.capacity() >= 100_000);
        assert_eq!(buffers.capacity(), 0);
    }

    #[test]
    fn small_buffers_and_too_many_are_not_kept() {
        let mut buffers = Buffers::default();
        buffers.give(Vec::with_capacity((64 << 10) - 1));
        assert_eq!(buffers.capacity(), 0);
        (0..10).for_each(|_| buffers.give(Vec::with_capacity(MIN_KEPT)));
        assert_eq!(buffers.kept.len(), MAX_KEPT);
        assert_eq!(buffers.take((64 << 10) - 1).capacity(), 0);
        assert_eq!(buffers.take(64 << 10).capacity(), 64 << 10);
        assert_eq!(buffers.kept.len(), MAX_KEPT - 1);
        assert_eq!(buffers.trim().len(), MAX_KEPT - 1);
        assert_eq!(buffers.capacity(), 0);
    }
}
