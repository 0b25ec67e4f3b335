//! Texts that are on their way to other threads, piece by piece.

use std::collections::HashMap;

/// What was read so far, by slot: a connection has one message at most under way to other threads.
#[derive(Default)]
pub(in crate::binding) struct Stages(HashMap<u32, Vec<u8>>);

impl Stages {
    /// What was read of the message of a slot, to add to; `begin` makes it for a new one.
    pub(in crate::binding) fn of(&mut self, slot: u32, begin: impl FnOnce() -> Vec<u8>) -> &mut Vec<u8> {
        self.0.entry(slot).or_insert_with(begin)
    }

    /// The whole message of a slot.
    pub(in crate::binding) fn take(&mut self, slot: u32) -> Vec<u8> {
        self.0.remove(&slot).unwrap_or_default()
    }

    /// Bytes of memory.
    pub(in crate::binding) fn capacity(&self) -> usize {
        self.0.values().map(Vec::capacity).sum()
    }
}
