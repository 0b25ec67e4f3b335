//! Counts the replies of one connection and checks them.
//!
//! Opcode and length of every reply are checked. Content is compared for every reply of up to 128 bytes and for every
//! sixteenth of longer ones. Compressed replies are inflated and compared for the first few messages of each
//! connection, after which only their frames are counted: inflating all would make the generator the bottleneck.

use flate2::{Decompress, FlushDecompress};

use crate::Outcome;
use crate::frame::{CLOSE, Cursor};
use crate::workload::{Wire, Workload};

/// How many compressed replies a connection inflates.
const INFLATED: u64 = 4;

/// What a read brought.
#[derive(Default)]
pub(crate) struct Arrival {
    /// Complete messages.
    pub(crate) messages: u64,
    /// A close frame.
    pub(crate) closed: bool,
}

/// The replies of one connection.
#[derive(Default)]
pub(crate) struct Replies {
    cursor: Cursor,
    /// Bytes of the current message so far.
    at: usize,
    /// Whether the current message has begun.
    inside: bool,
    received: u64,
    compressed: bool,
    inflater: Option<Box<Inflater>>,
}

impl Replies {
    /// Prepares for inflating, as the server's extension header says.
    pub(crate) fn negotiated(&mut self, extensions: &str) {
        if extensions.contains("permessage-deflate") {
            let keeps_window = !extensions.contains("server_no_context_takeover");
            let inflater = Inflater { codec: Decompress::new(false), keeps_window, gathered: Vec::new() };
            self.inflater = Some(Box::new(inflater));
        }
    }

    /// Whether the last reply was compressed.
    pub(crate) fn compressed(&self) -> bool {
        self.compressed
    }

    /// Counts and checks what one read brought.
    pub(crate) fn take(&mut self, bytes: &[u8], load: &Workload) -> Outcome<Arrival> {
        match load.wire {
            Wire::Frames => self.take_frames(bytes, load),
            Wire::Raw | Wire::Upgraded => self.take_raw(bytes, load),
        }
    }

    /// A raw echo returns the frames of the ring, byte for byte.
    fn take_raw(&mut self, mut bytes: &[u8], load: &Workload) -> Outcome<Arrival> {
        let mut arrival = Arrival::default();
        while !bytes.is_empty() {
            let expected = load.run((self.received % load.frames() as u64) as usize, 1);
            let (piece, rest) = bytes.split_at(bytes.len().min(expected.len() - self.at));
            if self.received.is_multiple_of(load.stride) && expected[self.at..self.at + piece.len()] != *piece
            {
                return Err("a raw reply differs from what was sent".into());
            }
            self.at += piece.len();
            if self.at == expected.len() {
                self.at = 0;
                self.received += 1;
                arrival.messages += 1;
            }
            bytes = rest;
        }
        Ok(arrival)
    }

    fn take_frames(&mut self, bytes: &[u8], load: &Workload) -> Outcome<Arrival> {
        let mut arrival = Arrival::default();
        let mut from = 0;
        while let Some(step) = self.cursor.step(bytes, from) {
            from = step.range.end;
            let header = step.header;
            if header.key.is_some() {
                return Err("the server masked a frame".into());
            }
            if header.is_control() {
                arrival.closed |= step.ended && header.opcode() == CLOSE;
                continue;
            }
            if step.started {
                self.check_start(header.opcode(), header.rsv1(), load)?;
            }
            self.take_payload(&bytes[step.range], load)?;
            if step.ended && header.fin() {
                self.finish(load)?;
                arrival.messages += 1;
            }
        }
        Ok(arrival)
    }

    fn check_start(&mut self, opcode: u8, compressed: bool, load: &Workload) -> Outcome<()> {
        let expected = if self.inside { 0 } else { load.opcode };
        if opcode != expected {
            return Err(format!("a reply has opcode {opcode}, not {expected}").into());
        }
        if !self.inside {
            self.compressed = compressed;
        }
        self.inside = true;
        Ok(())
    }

    fn take_payload(&mut self, piece: &[u8], load: &Workload) -> Outcome<()> {
        if self.compressed {
            if let Some(inflater) = &mut self.inflater {
                inflater.gathered.extend_from_slice(piece);
            }
        } else if self.received.is_multiple_of(load.stride) {
            let expected = self.expected(load).get(self.at..self.at + piece.len());
            if expected != Some(piece) {
                return Err("a reply differs from what was sent".into());
            }
        }
        self.at += piece.len();
        Ok(())
    }

    fn finish(&mut self, load: &Workload) -> Outcome<()> {
        if self.compressed {
            if let Some(mut inflater) = self.inflater.take() {
                if inflater.inflate(self.expected(load).len())? != *self.expected(load) {
                    return Err("an inflated reply differs from what was sent".into());
                }
                self.inflater = (self.received + 1 < INFLATED).then_some(inflater);
            }
        } else if self.at != self.expected(load).len() {
            return Err(format!("a reply has {} bytes, not {}", self.at, self.expected(load).len()).into());
        }
        self.at = 0;
        self.inside = false;
        self.received += 1;
        Ok(())
    }

    fn expected<'a>(&self, load: &'a Workload) -> &'a [u8] {
        &load.pool[(self.received % load.pool.len() as u64) as usize]
    }
}

/// The receiving half of permessage-deflate (RFC 7692 section 7.2.2).
struct Inflater {
    codec: Decompress,
    keeps_window: bool,
    gathered: Vec<u8>,
}

impl Inflater {
    /// Inflates what was gathered, which should come to `size` bytes.
    fn inflate(&mut self, size: usize) -> Outcome<Vec<u8>> {
        self.gathered.extend_from_slice(&[0, 0, 0xFF, 0xFF]);
        let mut out = Vec::with_capacity(size + 64);
        self.codec.decompress_vec(&self.gathered, &mut out, FlushDecompress::Sync)?;
        self.gathered.clear();
        if !self.keeps_window {
            self.codec.reset(false);
        }
        Ok(out)
    }
}
