//! permessage-deflate (RFC 7692): compression of messages, agreed on in the handshake.
//!
//! [`negotiation`] decides in the handshake whether and how; a [`Deflate`] is what a connection that agreed keeps.
//! It promises that an inflated message never takes more memory than its limit, that nothing is allocated before the
//! first compressed message, and that whatever the peer sends is a message or a [`Violation`], never a panic.
//!
//! ```text
//!   Deflate ─┬─ Outgoing ── Encoder ── Window       messages at the default level, without zlib
//!            │     └─ borrows a deflater ───┐       those at others
//!            └─ Incoming ── Window          ├──▶ CodecPool, one a thread
//!                  └─ borrows an inflater ──┘
//! ```
//!
//! The windows, and an index of the outgoing one, are all that a connection keeps between messages.

mod encoder;
mod incoming;
pub mod negotiation;
pub mod options;
mod outgoing;
mod pool;
mod recent;
mod totals;
mod window;

pub use negotiation::{Agreement, Direction};
pub use options::{Level, MemLevel, Options, Strategy, WindowBits};
pub use pool::CodecPool;
pub use totals::{Sizes, Totals};

use crate::protocol::Violation;
use incoming::Incoming;
use outgoing::Outgoing;

/// What ends the compressed form of every message and is left out on the wire (RFC 7692 section 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// One connection's compression.
///
/// It may move between threads, and use another [`CodecPool`] each time.
#[derive(Debug)]
pub struct Deflate {
    outgoing: Outgoing,
    incoming: Incoming,
    threshold: usize,
}

impl Deflate {
    /// The compression of a connection on which `agreement` was reached.
    pub fn new(options: &Options, agreement: &Agreement) -> Self {
        Deflate {
            outgoing: Outgoing::new(options, agreement.outgoing),
            incoming: Incoming::new(agreement.incoming),
            threshold: options.threshold,
        }
    }

    /// Whether a message of `length` bytes shall be compressed. Otherwise it is sent without RSV1, and is not put into
    /// the window.
    pub fn compresses(&self, length: usize) -> bool {
        length >= self.threshold
    }

    /// What the compressed form of a message depends on besides the message, as a number that other connections have if
    /// theirs is the same; nothing if messages before are among it.
    pub fn shared(&self) -> Option<u16> {
        self.outgoing.shared()
    }

    /// Another codec that compresses a message to the same bytes; nothing if messages before matter to this one.
    pub fn alike(&self) -> Option<Self> {
        Some(Deflate {
            outgoing: self.outgoing.alike()?,
            incoming: Incoming::new(Direction { context_takeover: false, window_bits: WindowBits::MAX }),
            threshold: self.threshold,
        })
    }

    /// Appends the payload of a compressed message to `out` (RFC 7692 section 7.2.1), and returns true; or returns
    /// false if the message would become longer: it is to be sent uncompressed, without RSV1, and is not put into the
    /// window. Frames carry a payload in any fragmentation, in the order of these calls, RSV1 on the first.
    pub fn compress(
        &mut self,
        pool: &mut CodecPool,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<bool, Violation> {
        let start = out.len();
        let pays = self.outgoing.compress(pool, payload, out)?;
        if pays {
            pool.totals.outgoing.count(payload.len(), out.len() - start);
        }
        Ok(pays)
    }

    /// Compresses messages even if that makes them longer, so that tests of inflating have input.
    #[cfg(test)]
    pub(in crate::protocol) fn force(&mut self) {
        self.outgoing.forced = true;
    }

    /// Inflates the next bytes of a message with RSV1 and appends to `out` (section 7.2.2); `fin` with the last of
    /// them. Parts may be fragments or any pieces of them.
    ///
    /// `limit` is the most bytes that the message may come to; at one more, it is a [`Violation::TooLarge`]. After
    /// a violation no other message can be inflated.
    pub fn decompress(
        &mut self,
        pool: &mut CodecPool,
        part: &[u8],
        fin: bool,
        out: &mut Vec<u8>,
        limit: u64,
    ) -> Result<(), Violation> {
        self.decompress_until(usize::MAX, pool, (part, fin), out, limit).map(drop)
    }

    /// The same until `out` has come to `full` bytes, or somewhat more. Returns how much of the part was read: the rest is to be
    /// given to the next call, also of the last part.
    pub fn decompress_until(
        &mut self,
        full: usize,
        pool: &mut CodecPool,
        (part, fin): (&[u8], bool),
        out: &mut Vec<u8>,
        limit: u64,
    ) -> Result<usize, Violation> {
        let start = out.len();
        let read = self.incoming.decompress(pool, (part, fin), out, limit, full)?;
        pool.totals.incoming.count(out.len() - start, read);
        Ok(read)
    }

    /// How many streams have ended within messages so far (section 7.2.3.4); each costs as much as a window. The number
    /// begins anew behind 2^32.
    pub fn streams(&self) -> u32 {
        self.incoming.streams()
    }

    /// How many blocks were read to their end in parts of a kilobyte and less, but for the last of each part; each may have
    /// Huffman codes of its own, for which the inflater makes tables. The number begins anew behind 2^32.
    pub fn blocks(&self) -> u32 {
        self.incoming.blocks()
    }

    /// Frees the memory that can be made again while the connection is idle. The window stays, since later messages may
    /// refer to it.
    pub fn hibernate(&mut self) {
        self.outgoing.shrink();
        self.incoming.shrink();
    }

    /// Gives a codec that is in the middle of a message back to the pool, when the connection ends.
    pub fn close(&mut self, pool: &mut CodecPool) {
        self.incoming.abandon(pool);
    }

    /// Bytes of memory, without the pool's.
    pub fn memory_usage(&self) -> usize {
        size_of::<Self>() + self.outgoing.memory_usage() + self.incoming.memory_usage()
    }
}

#[cfg(test)]
mod tests;
