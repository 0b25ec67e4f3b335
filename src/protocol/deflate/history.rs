//! The window of one direction between messages: the last plain bytes that later messages may refer to.
//!
//! It holds no more than the traffic has filled and never more than its limit, so that a connection costs what its
//! messages were worth, while the codecs, ten times as large, are shared (see [`pool`](super::pool)).

use std::collections::VecDeque;

/// The last bytes that went through one direction.
#[derive(Debug)]
pub(super) struct History {
    bytes: VecDeque<u8>,
    limit: usize,
}

impl History {
    /// An empty history that will keep the last `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        History { bytes: VecDeque::new(), limit }
    }

    /// Appends `data`, and forgets what falls out of the window.
    pub(super) fn push(&mut self, data: &[u8]) {
        let kept = data.get(data.len().saturating_sub(self.limit)..).unwrap_or_default();
        let surplus = (self.bytes.len() + kept.len()).saturating_sub(self.limit);
        self.bytes.drain(..surplus);
        let needed = self.bytes.len() + kept.len();
        if needed > self.bytes.capacity() {
            // Twofold as a vector would, but not past the limit.
            let capacity = needed.max(self.bytes.capacity() * 2).min(self.limit);
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend(kept);
    }

    /// The last `length` bytes, or as many as there are, in two parts of which either may be empty.
    pub(super) fn last(&self, length: usize) -> [&[u8]; 2] {
        let (older, newer) = self.bytes.as_slices();
        let skipped = self.bytes.len().saturating_sub(length);
        [
            older.get(skipped..).unwrap_or_default(),
            newer.get(skipped.saturating_sub(older.len())..).unwrap_or_default(),
        ]
    }

    /// Gives back memory beyond the bytes held.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// Bytes of memory.
    pub(super) fn memory_usage(&self) -> usize {
        self.bytes.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_holds_the_last_bytes_within_its_limit(
            limit in 1_usize..300,
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20),
            length in 0_usize..400,
        ) {
            let mut history = History::new(limit);
            for piece in &pieces {
                history.push(piece);
                prop_assert!(history.memory_usage() <= limit);
            }
            let all = pieces.concat();
            let kept = all.len().min(limit).min(length);
            prop_assert_eq!(history.last(length).concat(), &all[all.len() - kept..]);
            history.shrink();
            prop_assert_eq!(history.memory_usage(), all.len().min(limit));
        }
    }

    #[test]
    fn nothing_is_allocated_before_the_first_byte() {
        let mut history = History::new(1 << 15);
        history.push(&[]);
        assert_eq!(history.memory_usage(), 0);
    }
}
