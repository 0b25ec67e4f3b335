//! The settings of permessage-deflate, checked once so that nothing later can be out of range.
//!
//! Names and defaults are those of the npm package `permessage-deflate`, plus `threshold`. The newtypes hold only
//! what zlib accepts; the codec relies on that.

use crate::protocol::extension::Value;

/// What one side of a connection wants of permessage-deflate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How hard to search.
    pub level: Level,
    /// How much memory the search may take.
    pub mem_level: MemLevel,
    /// What kind of data to expect.
    pub strategy: Strategy,
    /// Whether to begin each of our own messages with an empty window.
    pub no_context_takeover: bool,
    /// The largest window for our own messages.
    pub max_window_bits: Option<WindowBits>,
    /// Whether to ask the peer to begin each of its messages with an empty window.
    pub request_no_context_takeover: bool,
    /// The largest window that the peer shall use.
    pub request_max_window_bits: Option<WindowBits>,
    /// Messages with fewer bytes than this leave uncompressed.
    pub threshold: usize,
}

/// A compression level: -1 (zlib's default, 6), or 0 to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(i8);

impl Level {
    /// `None` if the number is not a level.
    pub fn new(level: f64) -> Option<Level> {
        whole(level, -1, 9).map(Level)
    }

    /// -1 to 9.
    pub fn value(self) -> i32 {
        i32::from(self.0)
    }
}

impl Default for Level {
    fn default() -> Self {
        Level(-1)
    }
}

/// A memory level: 1 to 9, zlib's default being 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemLevel(i8);

impl MemLevel {
    /// `None` if the number is not a memory level.
    pub fn new(mem_level: f64) -> Option<MemLevel> {
        whole(mem_level, 1, 9).map(MemLevel)
    }

    /// 1 to 9.
    pub fn value(self) -> i32 {
        i32::from(self.0)
    }
}

impl Default for MemLevel {
    fn default() -> Self {
        MemLevel(8)
    }
}

/// A strategy, by zlib's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// `Z_DEFAULT_STRATEGY`, 0.
    #[default]
    Default,
    /// `Z_FILTERED`, 1.
    Filtered,
    /// `Z_HUFFMAN_ONLY`, 2.
    HuffmanOnly,
    /// `Z_RLE`, 3.
    Rle,
    /// `Z_FIXED`, 4.
    Fixed,
}

impl Strategy {
    /// `None` if the number is not a strategy.
    pub fn new(strategy: f64) -> Option<Strategy> {
        let all = [Self::Default, Self::Filtered, Self::HuffmanOnly, Self::Rle, Self::Fixed];
        all.get(usize::try_from(whole(strategy, 0, 4)?).ok()?).copied()
    }
}

/// The base-2 logarithm of a window's size: 8 to 15 (RFC 7692 section 7.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WindowBits(u8);

impl WindowBits {
    /// The largest window of DEFLATE: 32 KiB.
    pub const MAX: WindowBits = WindowBits(15);

    /// `None` if the number is not a window size.
    pub fn new(bits: f64) -> Option<WindowBits> {
        whole(bits, 8, 15).and_then(|bits| u8::try_from(bits).ok()).map(WindowBits)
    }

    /// What a handshake parameter says; `None` if that is no window size.
    pub(super) fn from_param(value: &Value) -> Option<WindowBits> {
        if let Value::Number(number) = value { WindowBits::new(*number) } else { None }
    }

    /// As a handshake parameter.
    pub(super) fn to_param(self) -> Value {
        Value::Number(f64::from(self.0))
    }

    /// The window in bytes.
    pub fn window(self) -> usize {
        1 << self.0
    }

    /// What a codec uses for this. zlib has no window of 8 bits for raw streams; with 9 it still refers no further
    /// back than 250 bytes, and so do the peers that were asked for 8.
    pub fn codec_bits(self) -> u8 {
        self.0.max(9)
    }

    /// The window of such a codec in bytes.
    pub fn codec_window(self) -> usize {
        1 << self.codec_bits()
    }
}

fn whole(number: f64, least: i8, most: i8) -> Option<i8> {
    (least..=most).find(|candidate| f64::from(*candidate) == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_zlib_accepts_becomes_a_setting() {
        let accepted = |check: fn(f64) -> bool| {
            let numbers = (-20..40).map(f64::from).chain([8.5, f64::NAN, f64::INFINITY, 4294967305.0]);
            numbers.filter(|number| check(*number)).collect::<Vec<_>>()
        };
        let range = |least: i32, most: i32| (least..=most).map(f64::from).collect::<Vec<_>>();
        assert_eq!(accepted(|n| Level::new(n).is_some()), range(-1, 9));
        assert_eq!(accepted(|n| MemLevel::new(n).is_some()), range(1, 9));
        assert_eq!(accepted(|n| Strategy::new(n).is_some()), range(0, 4));
        assert_eq!(accepted(|n| WindowBits::new(n).is_some()), range(8, 15));
    }

    #[test]
    fn defaults_are_zlibs() {
        let options = Options::default();
        assert_eq!((options.level.value(), options.mem_level.value()), (-1, 8));
        assert_eq!(options.strategy, Strategy::Default);
        assert_eq!((options.max_window_bits, options.request_max_window_bits), (None, None));
        assert_eq!(options.threshold, 0);
    }

    #[test]
    fn strategies_have_zlibs_numbers() {
        assert_eq!(Strategy::new(3.0), Some(Strategy::Rle));
        assert_eq!(Strategy::new(4.0), Some(Strategy::Fixed));
    }
}
