//! Counts the replies of one connection and checks them.
//!
//! Opcode and length of every reply are checked. Content is compared for every reply of up to 128 bytes and for every
//! sixteenth of longer ones. Compressed replies are inflated and compared for the first few messages of each
//! connection, after which only their frames are counted: inflating all would make the generator the bottleneck.
//! Where the server makes texts of its own, only opcodes are checked.

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
        if load.any {
            return Ok(());
        }
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
        if load.any {
            self.inside = false;
            self.received += 1;
            return Ok(());
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use crate::frame::{BINARY, TEXT, push_header};

    fn load(words: &str) -> Workload {
        let words = words.split_whitespace().map(str::to_owned);
        Workload::new(&Arguments::parse(words).unwrap(), 1).unwrap()
    }

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        push_header(&mut bytes, first, payload.len() as u64, None);
        bytes.extend_from_slice(payload);
        bytes
    }

    #[test]
    fn faithful_replies_are_counted_for_every_cut_in_two() {
        let load = load("--payload ascii:64");
        let (first, second) = load.pool[1].split_at(20);
        let bytes = [
            frame(0x80 | TEXT, &load.pool[0]),
            frame(TEXT, first),
            frame(0x80, second),
            frame(0x80 | CLOSE, &[3, 232]),
        ]
        .concat();
        for cut in 0..=bytes.len() {
            let mut replies = Replies::default();
            let one = replies.take(&bytes[..cut], &load).unwrap();
            let other = replies.take(&bytes[cut..], &load).unwrap();
            assert_eq!(one.messages + other.messages, 2, "cut at {cut}");
            assert!(one.closed || other.closed, "cut at {cut}");
        }
    }

    #[test]
    fn wrong_content_length_opcode_and_masking_are_faults() {
        let load = load("--payload ascii:64");
        let mut changed = load.pool[0].clone();
        changed[63] ^= 1;
        let masked = {
            let mut bytes = Vec::new();
            push_header(&mut bytes, 0x80 | TEXT, 64, Some([1, 2, 3, 4]));
            bytes
        };
        let wrong = [
            frame(0x80 | TEXT, &changed),
            frame(0x80 | TEXT, &load.pool[0][..63]),
            frame(0x80 | BINARY, &load.pool[0]),
            masked,
        ];
        for bytes in wrong {
            assert!(Replies::default().take(&bytes, &load).is_err());
        }
    }

    #[test]
    fn a_raw_echo_must_return_the_same_bytes() {
        let load = load("--payload ascii:64 --wire raw");
        let mut bytes = [load.run(0, 1), load.run(1, 1)].concat();
        assert_eq!(Replies::default().take(&bytes, &load).unwrap().messages, 2);
        bytes[80] ^= 1;
        assert!(Replies::default().take(&bytes, &load).is_err());
    }

    #[test]
    fn compressed_replies_are_inflated_and_compared() {
        let load = load("--payload json:512 --deflate");
        let compressed = |index: usize| {
            let mut out = Vec::with_capacity(1024);
            let mut codec = flate2::Compress::new(flate2::Compression::new(1), false);
            codec.compress_vec(&load.pool[index], &mut out, flate2::FlushCompress::Sync).unwrap();
            frame(0xC0 | TEXT, &out[..out.len() - 4])
        };
        let mut replies = Replies::default();
        replies.negotiated("permessage-deflate");
        assert_eq!(replies.take(&[compressed(0), compressed(1)].concat(), &load).unwrap().messages, 2);
        assert!(replies.take(&compressed(1), &load).is_err());
    }
}
