//! The codecs, shared by all connections of a thread.
//!
//! A codec's tables are large beside the window of a connection: 370 KiB to deflate, 50 KiB to inflate. So a connection
//! borrows a codec for each message, gives it the connection's [`Window`](super::window::Window) as its dictionary, and
//! gives the codec back. With more than a few connections this is also the faster way: tables that stay with their
//! connections have left the cache by the time that the next message comes.

use std::fmt;

use zlib_rs::{DeflateConfig, Inflate, Method};

use super::encoder::{Encoder, Workspace};
use super::options::{Level, MemLevel, Options, Strategy, WindowBits};
use super::totals::Totals;

/// Codecs beyond this number are freed when they come back.
const KEPT: usize = 4;

/// zlib refers back to all of its window but the bytes that it needs to look ahead.
const MIN_LOOKAHEAD: usize = 262;

/// The memory of an inflater: its window, its tables and state.
pub(super) const INFLATER_SIZE: usize = (32 << 10) + (16 << 10);

/// Idle codecs. Nothing is allocated before the first compressed message.
///
/// Any connection works with any pool; one pool a thread is enough.
#[derive(Default)]
pub struct CodecPool {
    deflaters: Vec<Deflater>,
    inflaters: Vec<Inflate>,
    encoder: Option<Encoder>,
    workspace: Workspace,
    pause: Option<fn()>,
    /// Bytes that were compressed and inflated with this pool.
    pub totals: Totals,
}

impl CodecPool {
    /// A pool for a thread with long jobs: `pause` is called between steps of some tenths of a millisecond.
    pub fn with_pause(pause: fn()) -> Self {
        CodecPool { pause: Some(pause), ..CodecPool::default() }
    }

    /// What to call between steps.
    pub(super) fn pause(&self) -> Option<fn()> {
        self.pause
    }

    /// Frees the codecs; they are made anew when they are needed.
    pub fn trim(&mut self) {
        *self = CodecPool { pause: self.pause, totals: self.totals, ..CodecPool::default() };
    }

    /// Bytes of memory that the idle codecs take, by the layout of zlib-rs.
    pub fn memory_usage(&self) -> usize {
        let deflaters = self.deflaters.iter().map(|deflater| deflater.config.codec_size()).sum::<usize>();
        let encoder = self.encoder.as_ref().map_or(0, Encoder::memory_usage);
        deflaters + self.inflaters.len() * INFLATER_SIZE + encoder + self.workspace.memory_usage()
    }

    /// Memory for an [`Encoder`] to work in.
    pub(super) fn workspace(&mut self) -> &mut Workspace {
        &mut self.workspace
    }

    /// An encoder with an empty window for one message, and memory for it to work in.
    pub(super) fn encoder(&mut self, reach: usize) -> (&mut Encoder, &mut Workspace) {
        let encoder = self.encoder.get_or_insert_with(|| Encoder::new(reach));
        encoder.restart(reach);
        (encoder, &mut self.workspace)
    }

    /// A deflater without history.
    pub(super) fn take_deflater(&mut self, config: Config) -> Deflater {
        match self.deflaters.iter().position(|deflater| deflater.config == config) {
            Some(place) => {
                let mut deflater = self.deflaters.swap_remove(place);
                deflater.codec.reset();
                deflater
            }
            None => Deflater { config, codec: zlib_rs::Deflate::new_with_config(config.for_zlib()) },
        }
    }

    /// Takes a deflater back, in whatever state it is.
    pub(super) fn put_deflater(&mut self, deflater: Deflater) {
        if self.deflaters.len() == KEPT {
            self.deflaters.remove(0);
        }
        self.deflaters.push(deflater);
    }

    /// An inflater without history.
    pub(super) fn take_inflater(&mut self) -> Inflate {
        let mut inflater = self.inflaters.pop().unwrap_or_else(|| Inflate::new(false, 15));
        inflater.reset(false);
        inflater
    }

    /// Takes an inflater back, in whatever state it is.
    pub(super) fn put_inflater(&mut self, inflater: Inflate) {
        if self.inflaters.len() < KEPT {
            self.inflaters.push(inflater);
        }
    }
}

impl fmt::Debug for CodecPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodecPool")
            .field("deflaters", &self.deflaters.len())
            .field("inflaters", &self.inflaters.len())
            .finish()
    }
}

/// A codec that compresses, with the settings that it was made for.
pub(super) struct Deflater {
    config: Config,
    pub(super) codec: zlib_rs::Deflate,
}

/// The settings of a [`Deflater`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Config {
    level: Level,
    mem_level: MemLevel,
    strategy: Strategy,
    window_bits: WindowBits,
}

impl Config {
    pub(super) fn new(options: &Options, window_bits: WindowBits) -> Self {
        let Options { level, mem_level, strategy, .. } = *options;
        Config { level, mem_level, strategy, window_bits }
    }

    /// The settings as one number.
    pub(super) fn number(&self) -> u16 {
        let level = (self.level.value() + 1) as u16 & 15;
        let mem_level = self.mem_level.value() as u16 & 15;
        let strategy = match self.strategy {
            Strategy::Default => 0,
            Strategy::Filtered => 1,
            Strategy::HuffmanOnly => 2,
            Strategy::Rle => 3,
            Strategy::Fixed => 4,
        };
        // The window has 256 bytes at least, and 32 KiB at most.
        let bits = self.reach().trailing_zeros() as u16 & 15;
        level | mem_level << 4 | strategy << 8 | bits << 11
    }

    /// How far back a match may be.
    pub(super) fn reach(&self) -> usize {
        self.window_bits.window()
    }

    /// Whether this is what the [`Encoder`] does too: zlib's default level and strategy. The memory level is about
    /// tables that it does not have.
    pub(super) fn is_default(&self) -> bool {
        matches!(self.level.value(), -1 | 6) && self.strategy == Strategy::Default
    }

    /// How many bytes of the window to give to a codec for a message of `length` bytes. Reading the window costs about
    /// 1.4 ns a byte and compressing 10 ns, so a small message is not worth all of it. A codec that does not search for
    /// matches gets none.
    pub(super) fn history(&self, length: usize) -> usize {
        match (self.level.value(), self.strategy) {
            (0, _) | (_, Strategy::HuffmanOnly | Strategy::Rle) => 0,
            _ => length.saturating_mul(4).max(8 << 10).min(self.window_bits.codec_window() - MIN_LOOKAHEAD),
        }
    }

    fn for_zlib(self) -> DeflateConfig {
        DeflateConfig {
            level: self.level.value(),
            method: Method::Deflated,
            window_bits: -i32::from(self.window_bits.codec_bits()),
            mem_level: self.mem_level.value(),
            strategy: match self.strategy {
                Strategy::Default => zlib_rs::Strategy::Default,
                Strategy::Filtered => zlib_rs::Strategy::Filtered,
                Strategy::HuffmanOnly => zlib_rs::Strategy::HuffmanOnly,
                Strategy::Rle => zlib_rs::Strategy::Rle,
                Strategy::Fixed => zlib_rs::Strategy::Fixed,
            },
        }
    }

    /// Two windows, a link for each of a window's bytes, 64 Ki hash heads, seven bytes for each symbol of a block,
    /// the state.
    fn codec_size(self) -> usize {
        4 * self.window_bits.codec_window() + (128 << 10) + 7 * (64 << self.mem_level.value()) + (8 << 10)
    }
}
