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
    /// Reports the short texts that stand from `at` on one behind the other, as many as `rows` and their work allow, and
    /// returns where they end; what is there is as it was. Work is counted once for as many as there is surely enough for, and not
    /// for each of them.
    #[inline]
    pub(super) fn read_shorts(&self, chunk: &mut [u8], at: usize, rows: &mut Rows<'_>) -> usize {
        if chunk.get(at) != Some(&FINAL_TEXT) || !self.reads_short || self.message.is_some() {
            return at;
        }
        match self.role {
            Role::Server => read_all::<6>(chunk, at, rows),
            Role::Client => read_all::<2>(chunk, at, rows),
        }
    }
}

/// See [`Receiver::read_shorts`]; `HEADER` is the size of a header, which has a mask key if there is room for one.
fn read_all<const HEADER: usize>(chunk: &mut [u8], mut at: usize, rows: &mut Rows<'_>) -> usize {
    loop {
        let (start, mut count) = (at, 0);
        let free = rows.free(HEADER + usize::from(LONGEST));
        let most = free.len();
        for row in free {
            let Some((kind, length)) = chunk.get_mut(at..).and_then(read_one::<HEADER>) else { break };
            *row = [kind as i32, (at + HEADER) as i32, length as i32, 0];
            at += HEADER + length;
            count += 1;
        }
        rows.fill(count, at - start);
        if count < most || most == 0 {
            return at;
        }
    }
}

/// The kind and length of the short text at the beginning of `rest`, which it unmasks. Otherwise `rest` is as it was.
#[inline]
fn read_one<const HEADER: usize>(rest: &mut [u8]) -> Option<(Kind, usize)> {
    let masked = HEADER > 2;
    let (header, body) = rest.split_first_chunk_mut::<HEADER>()?;
    let (&[FINAL_TEXT, second], key) = header.split_first_chunk::<2>()? else { return None };
    if (second & 0x80 != 0) != masked || second & 0x7F > LONGEST {
        return None;
    }
    let length = usize::from(second & 0x7F);
    let payload = body.get_mut(..length)?;
    let key = key.first_chunk::<4>();
    let ascii = match key {
        Some(key) => mask::apply(payload, *key),
        None => payload.is_ascii(),
    };
    if ascii {
        return Some((Kind::Ascii, length));
    }
    if is_utf8(payload) {
        return Some((Kind::Text, length));
    }
    if let Some(key) = key {
        mask::apply(payload, *key);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::rows::{CELLS, Row};
    use crate::protocol::{Buffers, Work};

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
    fn short_texts_one_behind_the_other_stop_where_the_long_way_does() {
        let bytes = [masked(0x81, b""), masked(0x81, &[b'x'; 125]), masked(0x81, "\u{20AC}".as_bytes())]
            .concat()
            .repeat(7);
        for work in [1, 600, 5000, 6000, i32::MAX] {
            for most in [1, 2, 5, 21, 30] {
                // With that limit, when it begins, none is read in the short way.
                let (mut short, mut long) = (receiver(1000), receiver(124));
                long.limits.max_length = 1000;
                let [mut one, mut other] = [bytes.clone(), bytes.clone()];
                let (mut cells, mut others) = (vec![0; CELLS * most], vec![0; CELLS * most]);
                let mut rows = Rows::new(&mut cells).with_work(Work::of(work));
                let mut expected = Rows::new(&mut others).with_work(Work::of(work));
                let reached = short.receive(&mut one, 0, &mut rows, &mut Buffers::default());
                let reaches = long.receive(&mut other, 0, &mut expected, &mut Buffers::default());
                assert_eq!((reached, rows.work), (reaches, expected.work), "{most} rows, {work}");
                assert!(rows.iter().eq(expected.iter()) && one == other, "{most} rows, {work}");
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
            assert_eq!((receiver.read_shorts(&mut copy, 0, &mut rows), rows.count()), (0, 0), "{bytes:x?}");
            assert_eq!(copy, bytes);
        }
    }
}
