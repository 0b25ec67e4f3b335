//! Two ends of a connection, and what travels between them.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod hostile;
mod memory;
mod messages;
pub(in crate::protocol::deflate) mod naive;
mod transcripts;

use super::*;
use crate::protocol::extension::header;

/// Options in short: `o` for our own messages, `r` for the peer's, `!` for no context takeover, a number for window
/// bits; and `L`, `M`, `S`, `T` for level, memLevel, strategy and threshold.
fn options(short: &str) -> Options {
    let mut options = Options::default();
    for word in short.split_whitespace() {
        let (what, value) = word.split_at(1);
        let number = || value.parse::<f64>().unwrap();
        match (what, value) {
            ("o", "!") => options.no_context_takeover = true,
            ("r", "!") => options.request_no_context_takeover = true,
            ("o", _) => options.max_window_bits = Some(WindowBits::new(number()).unwrap()),
            ("r", _) => options.request_max_window_bits = Some(WindowBits::new(number()).unwrap()),
            ("L", _) => options.level = Level::new(number()).unwrap(),
            ("M", _) => options.mem_level = MemLevel::new(number()).unwrap(),
            ("S", _) => options.strategy = Strategy::new(number()).unwrap(),
            ("T", _) => options.threshold = value.parse().unwrap(),
            _ => panic!("{word}"),
        }
    }
    options
}

/// A server and a client with these options, after their handshake.
fn pair(server: &str, client: &str) -> (Deflate, Deflate) {
    let (server, client) = (options(server), options(client));
    let offers = header::parse(&header::serialize(&[negotiation::offer(&client)])).unwrap();
    let (theirs, answer) = negotiation::accept(&server, &offers).unwrap();
    let ours = negotiation::activate(Some(&client), &answer.to_string()).unwrap().unwrap();
    for (sender, receiver) in [(ours.outgoing, theirs.incoming), (theirs.outgoing, ours.incoming)] {
        assert_eq!(sender.context_takeover, receiver.context_takeover);
        assert!(sender.window_bits <= receiver.window_bits);
    }
    (Deflate::new(&server, &theirs), Deflate::new(&client, &ours))
}

fn compressed(deflate: &mut Deflate, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    deflate.force();
    deflate.compress(&mut CodecPool::default(), payload, &mut out).unwrap();
    out
}

fn try_inflate(deflate: &mut Deflate, message: &[u8], limit: u64) -> Result<Vec<u8>, Violation> {
    let mut out = Vec::new();
    deflate.decompress(&mut CodecPool::default(), message, true, &mut out, limit)?;
    Ok(out)
}

fn inflated(deflate: &mut Deflate, message: &[u8]) -> Vec<u8> {
    try_inflate(deflate, message, 1 << 26).unwrap()
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits: Vec<u8> = hexadecimal.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Bytes without any repetition.
pub(in crate::protocol::deflate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// Records such as messages are made of.
pub(in crate::protocol::deflate) fn records(length: usize) -> Vec<u8> {
    let record = |n: &u8| {
        format!("{{\"id\":{},\"name\":\"user-{}\",\"on\":{}}},", u32::from(*n) * 7919, n / 9, n & 1 == 0)
    };
    let mut text: Vec<u8> = noise(length).iter().flat_map(|n| record(n).into_bytes()).collect();
    text.truncate(length);
    text
}
