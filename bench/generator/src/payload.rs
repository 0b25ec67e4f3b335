//! The messages of the load: the same bytes on every run, so that runs compare.
//!
//! A scenario sends a *pool* of messages in turn rather than one message for ever. That matters with deflate: a
//! message that still lies in the peer's window would compress to nothing, so the JSON pool is larger than the
//! window (RFC 7692 section 7: at most 32 KiB).

use crate::Outcome;
use crate::frame::{BINARY, TEXT};
use crate::texts;

/// The JSON pool's size: eight windows.
const JSON_POOL: usize = 256 * 1024;
/// Pools of other small messages; large messages are a pool of one.
const SMALL_POOL: usize = 8;
const LARGE: usize = 256 * 1024;

/// Makes a message of a size.
type Maker<'a> = dyn Fn(&mut Dice, usize) -> Vec<u8> + 'a;

/// A pool of messages of one kind and one length.
pub(crate) struct Pool {
    /// The opcode they are sent with.
    pub(crate) opcode: u8,
    /// The messages, each of exactly the wanted length.
    pub(crate) messages: Vec<Vec<u8>>,
}

impl Pool {
    /// Reads a description: `ascii:64`, `cjk:4096`, `json:512`, `binary:1048576`, `french:4096`.
    pub(crate) fn parse(description: &str) -> Outcome<Self> {
        let (kind, size) =
            description.split_once(':').ok_or("a payload reads KIND:BYTES, such as ascii:64")?;
        let size: usize = size.parse()?;
        let count = if size >= LARGE { 1 } else { SMALL_POOL };
        let paragraph = texts::find(kind);
        let (opcode, count, make): (u8, usize, &Maker<'_>) = match (kind, paragraph) {
            (_, Some(text)) => (TEXT, count, &|dice, size| texts::excerpt(text, dice, size)),
            ("ascii", _) => (TEXT, count, &ascii),
            ("cjk", _) => (TEXT, count, &cjk),
            ("random", _) => (TEXT, count, &texts::random),
            ("names", _) => (TEXT, (JSON_POOL / size.max(1)).max(1), &texts::names),
            ("json", _) => (TEXT, (JSON_POOL / size.max(1)).max(1), &json),
            ("binary", _) => (BINARY, count, &binary),
            _ => return Err(format!("unknown payload kind {kind}").into()),
        };
        let mut dice = Dice::new(0x9E37_79B9_7F4A_7C15);
        Ok(Self { opcode, messages: (0..count).map(|_| make(&mut dice, size)).collect() })
    }
}

/// A small fixed-seed generator (xorshift64*): repeatable, and good enough to be incompressible.
pub(crate) struct Dice(u64);

impl Dice {
    /// A generator that rolls the same numbers for the same seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// The next number.
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A masking key without a zero byte, so that every payload byte changes.
    pub(crate) fn key(&mut self) -> [u8; 4] {
        (self.roll() as u32 | 0x0101_0101).to_le_bytes()
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }
}

fn ascii(dice: &mut Dice, size: usize) -> Vec<u8> {
    (0..size).map(|_| b' ' + dice.below(95) as u8).collect()
}

fn binary(dice: &mut Dice, size: usize) -> Vec<u8> {
    (0..size).map(|_| dice.roll() as u8).collect()
}

/// Chinese characters, three bytes each in UTF-8, filled up with full stops of one byte.
fn cjk(dice: &mut Dice, size: usize) -> Vec<u8> {
    let mut text = String::new();
    while text.len() + 3 <= size {
        text.extend(char::from_u32(0x4E00 + dice.below(0x5000) as u32));
    }
    while text.len() < size {
        text.push('.');
    }
    text.into_bytes()
}

/// An array of records with the repetition that real JSON has, cut to size within its last string.
fn json(dice: &mut Dice, size: usize) -> Vec<u8> {
    const NAMES: [&str; 8] = ["amira", "bo", "chidi", "dunya", "eilidh", "farid", "goran", "hanne"];
    const ACTIONS: [&str; 5] = ["joined", "left", "wrote", "edited", "reacted"];
    let mut text = String::from("[");
    while text.len() < size {
        let name = NAMES[dice.below(8) as usize];
        let action = ACTIONS[dice.below(5) as usize];
        text.push_str(&format!(
            "{{\"id\":{},\"user\":\"{name}\",\"action\":\"{action}\",\"at\":{},\"room\":\"room-{}\",\"score\":{}.{:02}}},",
            dice.below(1_000_000),
            1_790_000_000_000 + dice.below(1_000_000_000),
            dice.below(40),
            dice.below(1000),
            dice.below(100),
        ));
    }
    text.truncate(size.saturating_sub(3));
    text.push_str("\"}]");
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_the_length_asked_for() {
        for description in ["ascii:64", "cjk:4096", "json:512", "names:4096", "binary:1024", "french:1048576"]
        {
            let size: usize = description.split_once(':').unwrap().1.parse().unwrap();
            let pool = Pool::parse(description).unwrap();
            assert!(pool.messages.iter().all(|message| message.len() == size), "{description}");
        }
    }

    #[test]
    fn texts_are_utf_8() {
        for description in ["ascii:64", "cjk:4096", "json:512", "names:4096", "random:4096", "thai:64"] {
            let pool = Pool::parse(description).unwrap();
            assert!(
                pool.messages.iter().all(|message| std::str::from_utf8(message).is_ok()),
                "{description}"
            );
        }
    }

    #[test]
    fn the_json_pool_is_larger_than_a_deflate_window_and_repeats_no_message() {
        let pool = Pool::parse("json:512").unwrap();
        let mut messages = pool.messages;
        assert!(messages.len() * 512 > 4 * 32 * 1024);
        let count = messages.len();
        messages.sort();
        messages.dedup();
        assert_eq!(messages.len(), count);
    }

    #[test]
    fn an_unknown_kind_is_refused() {
        assert!(Pool::parse("gif:64").is_err());
        assert!(Pool::parse("ascii").is_err());
    }
}
