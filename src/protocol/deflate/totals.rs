//! Counts of compressed and inflated bytes, which tell what compression is worth.

use std::ops::AddAssign;

/// Bytes of the messages that were sent and received compressed. Messages that were refused, and those sent
/// uncompressed, do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// What was compressed here.
    pub outgoing: Sizes,
    /// What was inflated here.
    pub incoming: Sizes,
}

/// The same messages in both forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes as the application has them.
    pub plain: u64,
    /// Bytes on the wire, without the headers of frames.
    pub compressed: u64,
}

impl Sizes {
    /// A message, or a part of one.
    pub(super) fn count(&mut self, plain: usize, compressed: usize) {
        self.plain += plain as u64;
        self.compressed += compressed as u64;
    }
}

impl Totals {
    /// As JavaScript gets them: plain and compressed bytes that were compressed here, and then that were inflated.
    pub fn cells(&self) -> [u64; 4] {
        let Totals { outgoing, incoming } = self;
        [outgoing.plain, outgoing.compressed, incoming.plain, incoming.compressed]
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, more: Totals) {
        self.outgoing += more.outgoing;
        self.incoming += more.incoming;
    }
}

impl AddAssign for Sizes {
    fn add_assign(&mut self, more: Sizes) {
        self.plain += more.plain;
        self.compressed += more.compressed;
    }
}
