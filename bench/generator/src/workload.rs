//! What every connection sends: frames built and masked once, laid end to end in a ring.
//!
//! A connection with credit for `n` messages writes a slice of the ring, so sending costs one system call and no
//! copying in user space, whatever the depth. That keeps the generator from being the bottleneck.

use flate2::{Compress, Compression, FlushCompress};

use crate::Outcome;
use crate::arguments::Arguments;
use crate::frame::{CLOSE, push_masked};
use crate::handshake;
use crate::payload::{Dice, Pool};
use crate::stream::Layer;

/// How a connection speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// RFC 6455: handshake, then frames.
    Frames,
    /// Bytes both ways from the start: the peer is a raw echo.
    Raw,
    /// A handshake, then bytes both ways: the peer is an upgraded socket without a WebSocket.
    Upgraded,
}

/// The frames of a load and what is expected back.
pub(crate) struct Workload {
    /// How connections speak.
    pub(crate) wire: Wire,
    /// What is between the frames and the socket.
    pub(crate) layer: Layer,
    /// Whether permessage-deflate is offered and the frames are compressed.
    pub(crate) deflate: bool,
    /// The opcode of the messages.
    pub(crate) opcode: u8,
    /// The messages, sent in turn.
    pub(crate) pool: Vec<Vec<u8>>,
    /// Every how many messages the content of a reply is compared.
    pub(crate) stride: u64,
    /// Whether any message is a reply that has the opcode.
    pub(crate) any: bool,
    /// The request head.
    pub(crate) request: Vec<u8>,
    /// A close frame with code 1000.
    pub(crate) close: Vec<u8>,
    ring: Vec<u8>,
    /// Where each frame of the ring ends, after a leading zero.
    bounds: Vec<usize>,
}

impl Workload {
    /// Builds the load that the arguments describe, with room for `depth` frames in one write.
    pub(crate) fn new(arguments: &Arguments, depth: usize) -> Outcome<Self> {
        let wire = match arguments.text("wire", "frames") {
            "frames" => Wire::Frames,
            "raw" => Wire::Raw,
            "upgraded" => Wire::Upgraded,
            other => return Err(format!("unknown wire {other}: frames, raw or upgraded").into()),
        };
        let deflate = arguments.flag("deflate");
        let Pool { opcode, messages: pool } = Pool::parse(arguments.text("payload", "ascii:64"))?;
        let mut dice = Dice::new(0x0123_4567_89AB_CDEF);
        let (mut ring, mut bounds) = (Vec::new(), vec![0]);
        let laps = if pool.len() == 1 { depth } else { (2 * depth).div_ceil(pool.len()) };
        for _ in 0..laps.max(1) {
            for message in &pool {
                if deflate {
                    push_masked(&mut ring, opcode, true, &compress(message)?, dice.key());
                } else {
                    push_masked(&mut ring, opcode, false, message, dice.key());
                }
                bounds.push(ring.len());
            }
        }
        let mut close = Vec::new();
        push_masked(&mut close, CLOSE, false, &1000_u16.to_be_bytes(), dice.key());
        let stride = if pool.iter().all(|message| message.len() <= 128) { 1 } else { 16 };
        Ok(Self {
            wire,
            layer: if arguments.flag("tls") { Layer::client()? } else { Layer::Plain },
            deflate,
            opcode,
            pool,
            stride,
            any: false,
            request: handshake::request(deflate),
            close,
            ring,
            bounds,
        })
    }

    /// The same load where the replies are the server's own texts.
    pub(crate) fn with_any_text(self) -> Self {
        Self { any: true, ..self }
    }

    /// How many frames the ring holds.
    pub(crate) fn frames(&self) -> usize {
        self.bounds.len() - 1
    }

    /// Up to `count` frames from the one at `first`, as far as the end of the ring.
    pub(crate) fn run(&self, first: usize, count: usize) -> &[u8] {
        let last = (first + count).min(self.frames());
        &self.ring[self.bounds[first]..self.bounds[last]]
    }
}

/// Compresses one message with an empty window, which any receiver can inflate whatever it holds (RFC 7692
/// section 7.2.1: sync flush, and its last four bytes left away).
fn compress(message: &[u8]) -> Outcome<Vec<u8>> {
    let mut out = Vec::with_capacity(message.len() + 64);
    Compress::new(Compression::new(6), false).compress_vec(message, &mut out, FlushCompress::Sync)?;
    if !out.ends_with(&[0, 0, 0xFF, 0xFF]) {
        return Err("a compressed message did not end with a sync flush".into());
    }
    out.truncate(out.len() - 4);
    Ok(out)
}
