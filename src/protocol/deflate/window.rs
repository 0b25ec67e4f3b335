//! The window of one direction: the last plain bytes, which later messages may refer to (RFC 7692 section 7.1.1).
//!
//! Its memory grows with the traffic and, on an idle connection, never exceeds its limit. The codecs, which are larger,
//! are shared (see [`pool`](super::pool)).

/// The last bytes that went through one direction.
#[derive(Debug)]
pub(super) struct Window {
    bytes: Vec<u8>,
    limit: usize,
}

impl Window {
    /// An empty window that keeps the last `limit` bytes at least.
    pub(super) fn new(limit: usize) -> Self {
        Window { bytes: Vec::new(), limit }
    }

    /// Appends `data`, or the end of it that fits into the window. Returns how many bytes were dropped for that,
    /// counted from the oldest one of the window on.
    pub(super) fn push(&mut self, data: &[u8]) -> usize {
        let Some(kept) = data.len().checked_sub(self.limit).and_then(|skipped| data.get(skipped..)) else {
            return self.append(data, self.limit - data.len());
        };
        let forgotten = self.bytes.len() + data.len() - kept.len();
        self.bytes.clear();
        self.append(kept, 0);
        forgotten
    }

    /// Appends all of `piece`, and keeps at least the last `kept` bytes before it, so that a search sees both. Returns
    /// how many bytes were dropped.
    pub(super) fn append(&mut self, piece: &[u8], kept: usize) -> usize {
        let room = self.limit + self.limit / 4;
        let mut forgotten = 0;
        // The bytes are moved to the front only when the buffer is full.
        if self.bytes.len() + piece.len() > room {
            forgotten = self.bytes.len().saturating_sub(kept);
            self.bytes.drain(..forgotten);
        }
        let needed = self.bytes.len() + piece.len();
        if needed > self.bytes.capacity() {
            // The capacity doubles, as a vector's does, but not past what will be used.
            let capacity = needed.max((self.bytes.capacity() * 2).min(room));
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(piece);
        forgotten
    }

    /// Takes the last `length` bytes off again, or all.
    pub(super) fn take_back(&mut self, length: usize) {
        self.bytes.truncate(self.bytes.len().saturating_sub(length));
    }

    /// How far references go.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// All bytes that are still there.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The last `length` bytes within the limit, or as many as there are.
    pub(super) fn last(&self, length: usize) -> &[u8] {
        let length = length.min(self.limit);
        self.bytes.get(self.bytes.len().saturating_sub(length)..).unwrap_or_default()
    }

    /// Forgets everything, keeps the memory, and has another limit from now on.
    pub(super) fn restart(&mut self, limit: usize) {
        self.bytes.clear();
        self.limit = limit;
    }

    /// Gives back all memory but that of the bytes within the limit. Returns how many bytes were forgotten.
    pub(super) fn shrink(&mut self) -> usize {
        let surplus = self.bytes.len().saturating_sub(self.limit);
        self.bytes.drain(..surplus);
        self.bytes.shrink_to_fit();
        surplus
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
        fn it_holds_the_last_bytes_and_counts_what_it_forgot(
            limit in 1_usize..300,
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 0..20),
            length in 0_usize..400,
        ) {
            let mut window = Window::new(limit);
            let mut forgotten = 0;
            for piece in &pieces {
                forgotten += window.push(piece);
                prop_assert!(window.bytes().len() <= limit + limit / 4);
            }
            let all = pieces.concat();
            prop_assert_eq!(window.bytes(), &all[forgotten..]);
            let kept = all.len().min(limit).min(length);
            prop_assert_eq!(window.last(length), &all[all.len() - kept..]);

            forgotten += window.shrink();
            prop_assert_eq!(window.bytes(), &all[forgotten..]);
            prop_assert_eq!(window.memory_usage(), all.len().min(limit));
        }
    }

    #[test]
    fn nothing_is_allocated_before_the_first_byte() {
        let mut window = Window::new(1 << 15);
        window.push(&[]);
        assert_eq!(window.memory_usage(), 0);
    }
}
