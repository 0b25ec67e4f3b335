//! Frames, as much of RFC 6455 section 5.2 as a load generator needs.
//!
//! Builds frames once, ahead of the load, and walks the frames of whatever bytes arrive without copying them.
//! Promises to report every payload byte exactly once and in order, however the bytes were cut into reads. It
//! does not judge frames: the load and the bare server each decide what they accept.

use std::ops::Range;

/// Opcode of a text message.
pub(crate) const TEXT: u8 = 0x1;
/// Opcode of a binary message.
pub(crate) const BINARY: u8 = 0x2;
/// Opcode of a close frame.
pub(crate) const CLOSE: u8 = 0x8;
/// Opcode of a ping.
pub(crate) const PING: u8 = 0x9;
/// Opcode of a pong.
pub(crate) const PONG: u8 = 0xA;

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const MASKED: u8 = 0x80;
/// Two bytes, eight of extended length, four of key.
const LONGEST_HEADER: usize = 14;

/// What a frame's header says.
#[derive(Clone, Copy, Default)]
pub(crate) struct Header {
    /// The first byte as it came: FIN, the reserved bits and the opcode.
    pub(crate) first: u8,
    /// Payload length in bytes.
    pub(crate) length: u64,
    /// The masking key, if the frame is masked.
    pub(crate) key: Option<[u8; 4]>,
}

impl Header {
    /// Whether this is the last frame of its message.
    pub(crate) fn fin(&self) -> bool {
        self.first & FIN != 0
    }

    /// Whether the message is compressed (RFC 7692 section 6).
    pub(crate) fn rsv1(&self) -> bool {
        self.first & RSV1 != 0
    }

    /// The frame's opcode.
    pub(crate) fn opcode(&self) -> u8 {
        self.first & 0x0F
    }

    /// Whether the frame is a control frame.
    pub(crate) fn is_control(&self) -> bool {
        self.opcode() >= CLOSE
    }

    /// Reads a header from the start of `bytes` and its size; `None` when more bytes are needed.
    fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let (&first, &second) = (bytes.first()?, bytes.get(1)?);
        let (length, mut size) = match second & 0x7F {
            126 => (u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
            127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?), 10),
            short => (u64::from(short), 2),
        };
        let key = if second & MASKED == 0 {
            None
        } else {
            let key = bytes.get(size..size + 4)?.try_into().ok()?;
            size += 4;
            Some(key)
        };
        Some((Self { first, length, key }, size))
    }
}

/// Appends a frame header; `first` carries FIN, reserved bits and opcode.
pub(crate) fn push_header(out: &mut Vec<u8>, first: u8, length: u64, key: Option<[u8; 4]>) {
    let masked = if key.is_some() { MASKED } else { 0 };
    out.push(first);
    if length < 126 {
        out.push(masked | length as u8);
    } else if let Ok(medium) = u16::try_from(length) {
        out.push(masked | 126);
        out.extend_from_slice(&medium.to_be_bytes());
    } else {
        out.push(masked | 127);
        out.extend_from_slice(&length.to_be_bytes());
    }
    if let Some(key) = key {
        out.extend_from_slice(&key);
    }
}

/// Appends a whole masked frame of one message, as a client sends it.
pub(crate) fn push_masked(out: &mut Vec<u8>, opcode: u8, compressed: bool, payload: &[u8], key: [u8; 4]) {
    let first = FIN | if compressed { RSV1 } else { 0 } | opcode;
    push_header(out, first, payload.len() as u64, Some(key));
    let start = out.len();
    out.extend_from_slice(payload);
    mask(&mut out[start..], key, 0);
}

/// Applies a masking key to the bytes that start `at` bytes into a frame's payload (RFC 6455 section 5.3).
pub(crate) fn mask(bytes: &mut [u8], key: [u8; 4], at: u64) {
    let turn = (at % 4) as u32 * 8;
    let key = u32::from_le_bytes(key).rotate_right(turn);
    let wide = u64::from(key) << 32 | u64::from(key);
    let mut chunks = bytes.chunks_exact_mut(8);
    for chunk in &mut chunks {
        let mut eight = [0; 8];
        eight.copy_from_slice(chunk);
        chunk.copy_from_slice(&(u64::from_le_bytes(eight) ^ wide).to_le_bytes());
    }
    for (byte, key) in chunks.into_remainder().iter_mut().zip(wide.to_le_bytes()) {
        *byte ^= key;
    }
}

/// A stretch of one frame found in a read.
pub(crate) struct Step {
    /// The frame's header.
    pub(crate) header: Header,
    /// Whether the header ended in this read, so that this is the frame's first stretch.
    pub(crate) started: bool,
    /// Whether the frame's payload is complete.
    pub(crate) ended: bool,
    /// How much of the payload came in earlier stretches.
    pub(crate) at: u64,
    /// Where the payload bytes of this stretch are in the read.
    pub(crate) range: Range<usize>,
}

/// Walks the frames of a byte stream.
#[derive(Default)]
pub(crate) struct Cursor {
    pending: [u8; LONGEST_HEADER],
    held: usize,
    header: Header,
    at: u64,
    inside: bool,
}

impl Cursor {
    /// The next stretch of `input` from position `from`; `None` when the read holds no more. Call again with the
    /// end of the stretch's range.
    pub(crate) fn step(&mut self, input: &[u8], mut from: usize) -> Option<Step> {
        let started = !self.inside;
        if started {
            from = self.read_header(input, from)?;
            self.at = 0;
            self.inside = true;
        } else if from == input.len() {
            return None;
        }
        let rest = input.len() - from;
        let take = usize::try_from(self.header.length - self.at).map_or(rest, |left| left.min(rest));
        let at = self.at;
        self.at += take as u64;
        let ended = self.at == self.header.length;
        self.inside = !ended;
        Some(Step { header: self.header, started, ended, at, range: from..from + take })
    }

    /// Reads a header that may have begun in an earlier read; answers where its payload starts.
    fn read_header(&mut self, input: &[u8], from: usize) -> Option<usize> {
        if self.held == 0 {
            let rest = &input[from..];
            if let Some((header, size)) = Header::parse(rest) {
                self.header = header;
                return Some(from + size);
            }
            self.pending[..rest.len()].copy_from_slice(rest);
            self.held = rest.len();
            return None;
        }
        for (index, &byte) in input.iter().enumerate().skip(from) {
            self.pending[self.held] = byte;
            self.held += 1;
            if let Some((header, _)) = Header::parse(&self.pending[..self.held]) {
                self.header = header;
                self.held = 0;
                return Some(index + 1);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(cursor: &mut Cursor, read: &[u8], found: &mut Vec<(u8, Vec<u8>)>) {
        let mut from = 0;
        while let Some(step) = cursor.step(read, from) {
            if step.started {
                found.push((step.header.opcode(), Vec::new()));
            }
            let mut piece = read[step.range.clone()].to_vec();
            mask(&mut piece, step.header.key.unwrap_or_default(), step.at);
            found.last_mut().unwrap().1.extend(piece);
            from = step.range.end;
        }
    }

    #[test]
    fn frames_come_out_the_same_for_every_cut_in_two() {
        let payloads = [vec![7; 5], vec![8; 300], vec![9; 70_000], Vec::new()];
        let mut bytes = Vec::new();
        for payload in &payloads {
            push_masked(&mut bytes, BINARY, false, payload, [1, 2, 3, 4]);
        }
        let cuts =
            (0..400).chain(bytes.len() - 70_020..bytes.len() - 69_000).chain(bytes.len() - 20..bytes.len());
        for cut in cuts {
            let (mut cursor, mut found) = (Cursor::default(), Vec::new());
            walk(&mut cursor, &bytes[..cut], &mut found);
            walk(&mut cursor, &bytes[cut..], &mut found);
            let expected: Vec<_> = payloads.iter().map(|payload| (BINARY, payload.clone())).collect();
            assert!(found == expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_frame_read_byte_by_byte_is_whole() {
        let mut bytes = Vec::new();
        push_masked(&mut bytes, TEXT, false, &[b'x'; 130], [9, 0, 255, 1]);
        let (mut cursor, mut found) = (Cursor::default(), Vec::new());
        for byte in &bytes {
            walk(&mut cursor, &[*byte], &mut found);
        }
        assert_eq!(found, [(TEXT, vec![b'x'; 130])]);
    }

    #[test]
    fn masking_from_any_position_equals_masking_at_once() {
        let key = [3, 141, 59, 26];
        let mut whole: Vec<u8> = (0..100).collect();
        mask(&mut whole, key, 0);
        for cut in 0..100 {
            let mut parts: Vec<u8> = (0..100).collect();
            mask(&mut parts[..cut], key, 0);
            mask(&mut parts[cut..], key, cut as u64);
            assert_eq!(parts, whole, "cut at {cut}");
        }
    }
}
