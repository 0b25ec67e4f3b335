//! Short texts, which most messages are: one frame with a header of two bytes and a mask key, all of it in the chunk. They
//! are read here by a few comparisons. Whatever else comes, and whatever is wrong, takes the way of all frames.

use super::{Receiver, Role, mask};
use crate::protocol::Limits;
use crate::protocol::rows::{Kind, Rows};
use crate::transcode::is_utf8;

/// The first byte of a text in one frame without RSV bits (RFC 6455 section 5.2).
const FINAL_TEXT: u8 = 0x81;
/// The longest payload whose length is in the second byte.
const LONGEST: u8 = 125;

/// Whether no limit is below what is short.
pub(super) fn allows(limits: &Limits) -> bool {
    limits.max_length.min(limits.max_text) >= u64::from(LONGEST)
}

impl Receiver {
    /// Reports the frame at the beginning of `rest` if it is a short text, and returns its size. Otherwise `rest` is as it
    /// was, and nothing is returned.
    #[inline]
    pub(super) fn read_short(&self, rest: &mut [u8], at: usize, rows: &mut Rows<'_>) -> Option<usize> {
        let &mut [FINAL_TEXT, second, ..] = rest else { return None };
        if !self.reads_short || self.message.is_some() || second & 0x7F > LONGEST {
            return None;
        }
        let masked = second & 0x80 != 0;
        if masked != (self.role == Role::Server) {
            return None;
        }
        let size = if masked { 6 } else { 2 };
        let (header, body) = rest.split_at_mut_checked(size)?;
        let payload = body.get_mut(..usize::from(second & 0x7F))?;
        let key = header.last_chunk::<4>().filter(|_| masked);
        let ascii = match key {
            Some(key) => mask::apply(payload, *key),
            None => payload.is_ascii(),
        };
        let kind = if ascii {
            Kind::Ascii
        } else if is_utf8(payload) {
            Kind::Text
        } else {
            if let Some(key) = key {
                mask::apply(payload, *key);
            }
            return None;
        };
        rows.push(kind, (at + size) as i32, payload.len(), 0);
        Some(size + payload.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Buffers;
    use crate::protocol::rows::{CELLS, Row};

    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let key = [0x37, 0xFA, 0x21, 0x3D];
        let mut bytes = vec![first, 0x80 | payload.len() as u8];
        bytes.extend(key);
        bytes.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        bytes
    }

    fn receiver(max_length: u64) -> Receiver {
        Receiver::new(Role::Server, Limits { max_length, ..Limits::default() })
    }

    /// The rows of `bytes`, in pieces of so many bytes; offsets only if they are one piece.
    fn rows_of(mut receiver: Receiver, mut bytes: Vec<u8>, piece: usize) -> Vec<(i32, i32, Vec<u8>)> {
        let mut told = Vec::new();
        let mut buffers = Buffers::default();
        for chunk in bytes.chunks_mut(piece) {
            let mut cells = [0; CELLS * 8];
            let mut rows = Rows::new(&mut cells);
            receiver.receive(chunk, 0, &mut rows, &mut buffers);
            let found: Vec<_> = rows.iter().collect();
            for Row { kind, offset, length, extra } in found {
                let bytes = match usize::try_from(offset) {
                    Ok(start) => chunk[start..start + length as usize].to_vec(),
                    Err(_) => receiver.take().unwrap_or_default(),
                };
                told.push((kind, extra, bytes));
            }
        }
        told
    }

    #[test]
    fn the_short_way_tells_what_the_long_one_does() {
        let first_bytes = [0x81, 0x01, 0x80, 0x82, 0x89, 0xC1, 0x83];
        let payloads =
            [&b""[..], b"a", &[b'x'; 125], "caf\u{e9}".as_bytes(), &[b'a', 0xFF], "\u{1F600}".as_bytes()];
        for before in first_bytes {
            for first in first_bytes {
                for payload in payloads {
                    for limit in [3, 124, 1000] {
                        let bytes = [masked(before, b"ab"), masked(first, payload)].concat();
                        let whole = rows_of(receiver(limit), bytes.clone(), bytes.len());
                        assert_eq!(
                            whole,
                            rows_of(receiver(limit), bytes, 1),
                            "{before:x} {first:x} {payload:?} {limit}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_short_text_is_left_as_it_was() {
        let open = {
            let mut open = receiver(1000);
            open.receive(
                &mut masked(0x01, b"a"),
                0,
                &mut Rows::new(&mut [0; CELLS]),
                &mut Buffers::default(),
            );
            open
        };
        let whole = masked(0x81, b"abc");
        for (receiver, bytes) in [
            (receiver(1000), masked(0x81, &[b'a', 0xFF])),
            (receiver(1000), masked(0x82, b"abc")),
            (receiver(1000), masked(0xC1, b"abc")),
            (receiver(1000), vec![0x81, 3, b'a', b'b', b'c']),
            (receiver(1000), vec![0x81, 0xFE, 0, 126]),
            (receiver(1000), whole[..whole.len() - 1].to_vec()),
            (receiver(1000), whole[..4].to_vec()),
            (receiver(124), whole.clone()),
            (open, whole),
        ] {
            let mut copy = bytes.clone();
            let mut cells = [0; CELLS];
            let mut rows = Rows::new(&mut cells);
            assert_eq!((receiver.read_short(&mut copy, 0, &mut rows), rows.count()), (None, 0), "{bytes:x?}");
            assert_eq!(copy, bytes);
        }
    }
}
