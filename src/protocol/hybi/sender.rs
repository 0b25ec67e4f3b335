//! Frames on the way out (RFC 6455 section 5.2).

use super::mask;
use std::io::Write;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::OpCode;

/// The longest header: two bytes, eight of length, four of mask.
pub const MAX_HEADER: usize = 14;

/// How one frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// 1 text, 2 binary, 8 close, 9 ping, 10 pong.
    pub opcode: u8,
    /// RSV1, RSV2, RSV3 as bits 2, 1, 0.
    pub rsv: u8,
    /// The key that masks the payload; clients must have one (section 5.3), servers none.
    pub mask: Option<[u8; 4]>,
}

impl Header {
    /// A header without extension bits.
    pub fn new(opcode: u8, mask: Option<[u8; 4]>) -> Self {
        Header { opcode, rsv: 0, mask }
    }

    /// Bytes of this header in front of a payload of `length` bytes.
    #[inline]
    pub fn len(&self, length: usize) -> usize {
        let extended = match length {
            0..=125 => 0,
            126..=0xFFFF => 2,
            _ => 8,
        };
        2 + extended + if self.mask.is_some() { 4 } else { 0 }
    }

    /// Writes the header of a final frame to the front of `out` and says how many bytes it took.
    ///
    /// `out` must hold [`len`](Header::len) bytes; 0 is returned when it does not.
    #[inline]
    pub fn write(&self, length: usize, mut out: &mut [u8]) -> usize {
        // Most frames have the short header, which is written without the general writer.
        if let (0..=125, [first, second, rest @ ..]) = (length, &mut *out) {
            let start = 0x80 | (self.rsv << 4) | self.opcode;
            match (self.mask, rest.first_chunk_mut()) {
                (None, _) => {
                    (*first, *second) = (start, length as u8);
                    return 2;
                }
                (Some(key), Some(place)) => {
                    (*first, *second, *place) = (start, 0x80 | length as u8, key);
                    return 6;
                }
                (Some(_), None) => return 0,
            }
        }
        let room = out.len();
        let header = FrameHeader {
            is_final: true,
            rsv1: self.rsv & 4 != 0,
            rsv2: self.rsv & 2 != 0,
            rsv3: self.rsv & 1 != 0,
            opcode: OpCode::from(self.opcode & 0x0F),
            mask: self.mask,
        };
        if self.len(length) > room {
            return 0;
        }
        match header.format(length as u64, &mut out).and_then(|()| Ok(out.flush()?)) {
            Ok(()) => room - out.len(),
            Err(_) => 0,
        }
    }

    /// Appends the header of a final frame to `out` and says how many bytes it took.
    #[inline]
    pub fn append(&self, length: usize, out: &mut Vec<u8>) -> usize {
        let mut header = [0; MAX_HEADER];
        let size = self.write(length, &mut header);
        out.extend_from_slice(header.get(..size).unwrap_or_default());
        size
    }

    /// Appends a whole frame to `out`; the payload is masked on the way when there is a key.
    pub fn append_frame(&self, payload: &[u8], out: &mut Vec<u8>) {
        self.append(payload.len(), out);
        let start = out.len();
        out.extend_from_slice(payload);
        if let (Some(key), Some(bytes)) = (self.mask, out.get_mut(start..)) {
            mask::apply(bytes, key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_form_equals_the_general_writer() {
        for length in 0..=125 {
            for (opcode, rsv) in [(1, 0), (2, 4), (8, 0), (9, 3), (10, 0)] {
                for mask in [None, Some([1, 0x82, 3, 0xFF])] {
                    let header = Header { opcode, rsv, mask };
                    let general = FrameHeader {
                        is_final: true,
                        rsv1: rsv & 4 != 0,
                        rsv2: rsv & 2 != 0,
                        rsv3: rsv & 1 != 0,
                        opcode: OpCode::from(opcode),
                        mask,
                    };
                    let (mut short, mut long) = ([0; MAX_HEADER], Vec::new());
                    general.format(length as u64, &mut long).unwrap();
                    assert_eq!(header.write(length, &mut short), long.len());
                    assert_eq!(short[..long.len()], long);
                    assert_eq!(header.write(length, &mut short[..long.len() - 1]), 0);
                }
            }
        }
    }

    #[test]
    fn lengths_take_the_shortest_form() {
        for (length, size, start) in [
            (125, 2, &[0x82, 125][..]),
            (126, 4, &[0x82, 126, 0, 126]),
            (65_535, 4, &[0x82, 126, 255, 255]),
            (65_536, 10, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let header = Header::new(2, None);
            let mut out = [0; MAX_HEADER];
            assert_eq!(header.len(length), size);
            assert_eq!(header.write(length, &mut out), size);
            assert_eq!(&out[..size], start);
        }
    }

    #[test]
    fn a_masked_frame_carries_its_key_and_the_masked_bytes() {
        let mut out = Vec::new();
        Header::new(1, Some([0x37, 0xfa, 0x21, 0x3d])).append_frame(b"Hello", &mut out);
        // The example of RFC 6455 section 5.7.
        assert_eq!(out, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }

    #[test]
    fn a_header_that_does_not_fit_is_not_written() {
        assert_eq!(Header::new(1, None).write(70_000, &mut [0; 9]), 0);
        assert_eq!(Header::new(1, None).write(0, &mut [0; 1]), 0);
    }
}
