//! The header of a frame (RFC 6455 section 5.2), and the rules that it can break.
//!
//! The checks are made in the reference's order, since a frame can break several rules and the error's text names the
//! first one found; and each is made as soon as its byte has arrived. A parser of whole headers, such as
//! `tungstenite`'s, would read the same bytes a second time, so it is used in a test, which compares the two.

use super::{Frame, Receiver, Role};
use crate::protocol::Violation;

pub(super) const CONTINUATION: u8 = 0;
pub(super) const TEXT: u8 = 1;
pub(super) const BINARY: u8 = 2;
pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;

/// The longest payload of a control frame (section 5.5).
const MAX_CONTROL: u64 = 125;

impl Receiver {
    /// Checks as much of a header as is there; the header's size and the frame once it is complete.
    pub(super) fn parse_header(&self, bytes: &[u8]) -> Result<Option<(usize, Frame)>, Violation> {
        let Some(&first) = bytes.first() else { return Ok(None) };
        let (fin, rsv, opcode) = (first & 0x80 != 0, (first >> 4) & 7, first & 0x0F);
        self.check_first(fin, rsv, opcode)?;
        let Some(&second) = bytes.get(1) else { return Ok(None) };
        let short = u64::from(second & 0x7F);
        if short < 126 {
            self.check_length(short)?;
        }
        if self.role == Role::Server && second & 0x80 == 0 {
            return Err(Violation::Unmasked);
        }
        if self.role == Role::Client && second & 0x80 != 0 {
            return Err(Violation::Masked);
        }
        let (length, mut size) = if short < 126 {
            (short, 2)
        } else {
            let Some((length, size)) = extended_length(bytes, short) else { return Ok(None) };
            if opcode >= CLOSE && length > MAX_CONTROL {
                return Err(Violation::ControlTooLong(length));
            }
            self.check_length(length)?;
            (length, size)
        };
        let mut mask = None;
        if second & 0x80 != 0 {
            let Some(key) = bytes.get(size..).and_then(<[u8]>::first_chunk::<4>) else { return Ok(None) };
            mask = Some(*key);
            size += 4;
        }
        if opcode == CONTINUATION && self.message.is_none() {
            return Err(Violation::UnexpectedContinuation);
        }
        Ok(Some((size, Frame { fin, opcode, rsv, mask, length, received: 0 })))
    }

    /// The rules that the first byte of a header can break.
    fn check_first(&self, fin: bool, rsv: u8, opcode: u8) -> Result<(), Violation> {
        let data = matches!(opcode, TEXT | BINARY);
        let allowed = if data { self.extension_rsv } else { 0 };
        if rsv & !allowed != 0 {
            return Err(Violation::ReservedBits(rsv & 4 != 0, rsv & 2 != 0, rsv & 1 != 0));
        }
        if !matches!(opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG) {
            return Err(Violation::UnknownOpcode(opcode));
        }
        if opcode >= CLOSE && !fin {
            return Err(Violation::FragmentedControl(opcode));
        }
        if data && self.message.is_some() {
            return Err(Violation::UnfinishedMessage);
        }
        Ok(())
    }

    /// A frame's announced length counts together with the fragments before it.
    fn check_length(&self, length: u64) -> Result<(), Violation> {
        let before = self.message.as_ref().map_or(0, |message| message.length() as u64);
        match before.checked_add(length) {
            Some(sum) if sum <= self.limits.max_length => Ok(()),
            _ => Err(Violation::TooLarge),
        }
    }
}

/// The length in the two or eight bytes behind the second, once they are all there, and where they end.
fn extended_length(bytes: &[u8], short: u64) -> Option<(u64, usize)> {
    let rest = bytes.get(2..)?;
    if short == 126 {
        rest.first_chunk::<2>().map(|bytes| (u64::from(u16::from_be_bytes(*bytes)), 4))
    } else {
        rest.first_chunk::<8>().map(|bytes| (u64::from_be_bytes(*bytes), 10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Limits;
    use std::io::Cursor;
    use tungstenite::protocol::frame::FrameHeader;

    #[test]
    fn headers_are_read_as_tungstenite_reads_them() {
        let limits = Limits { max_length: u64::MAX, ..Limits::default() };
        let mut compared = 0;
        for first in 0..=255_u8 {
            for (role, masked) in [(Role::Server, 0x80), (Role::Client, 0)] {
                for length in [
                    &[0][..],
                    &[5],
                    &[125],
                    &[126, 0, 126],
                    &[126, 0xFF, 0xFF],
                    &[127, 0, 0, 0, 0, 0, 1, 0, 0],
                ] {
                    let mut bytes = vec![first, length[0] | masked];
                    bytes.extend_from_slice(&length[1..]);
                    if masked != 0 {
                        bytes.extend_from_slice(&[1, 2, 3, 4]);
                    }
                    let whole = bytes.len();
                    bytes.extend_from_slice(b"payload");
                    let receiver = Receiver::new(role, limits);
                    let Ok(found) = receiver.parse_header(&bytes) else { continue };
                    let (size, frame) = found.expect("the header is whole");
                    let mut cursor = Cursor::new(&bytes);
                    let (header, length) = FrameHeader::parse(&mut cursor).unwrap().expect("the same");
                    assert_eq!((size as u64, size), (cursor.position(), whole));
                    assert_eq!((frame.length, frame.mask, frame.fin), (length, header.mask, header.is_final));
                    assert_eq!(frame.opcode, u8::from(header.opcode));
                    for end in 0..whole {
                        assert!(
                            matches!(receiver.parse_header(&bytes[..end]), Ok(None)),
                            "{end} of {bytes:?}"
                        );
                    }
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, 66);
    }
}
