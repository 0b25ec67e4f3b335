//! Writing one block, in whichever of DEFLATE's three forms is the shortest (RFC 1951 section 3.2.3).

use super::bits::BitWriter;
use super::huffman::{Code, LONGEST, Leaves, Word, word_lengths};
use super::token::{Symbols, Token};

/// Symbols for literals, the end of block and lengths. The last two never occur.
const LITERALS: usize = 288;
const END_OF_BLOCK: usize = 256;
/// Symbols for distances.
const DISTANCES: usize = 30;
/// Symbols of the code in which the lengths of the other codes are written.
const LENGTHS: usize = 19;
/// The longest code word of that code.
const LONGEST_OF_LENGTHS: usize = 7;
/// The order in which that code's own lengths are written.
const ORDER: [usize; LENGTHS] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The block types, below them the bit that says whether the block is the last one: it never is.
const STORED: u32 = 0b000;
const FIXED: u32 = 0b010;
const DYNAMIC: u32 = 0b100;

/// Writes the block of `tokens`, which stand for `plain`: at most 65,535 bytes.
pub(super) fn write(bits: &mut BitWriter<'_>, tokens: &[Token], plain: &[u8]) {
    let census = Census::new(tokens);
    let fixed_size = 3 + census.fixed_size();
    let stored_size = 8 * (5 + plain.len());
    let dynamic = census.dynamic_below(fixed_size.min(stored_size));
    match dynamic {
        Some(dynamic) => {
            bits.put(DYNAMIC, 3);
            dynamic.write_header(bits);
            let (literals, distances) = (Code::new(&dynamic.literals), Code::new(&dynamic.distances));
            body(bits, tokens, |symbol| literals.word(symbol), |symbol| distances.word(symbol));
        }
        None if stored_size < fixed_size => stored(bits, plain),
        None => {
            bits.put(FIXED, 3);
            body(bits, tokens, fixed_literal, fixed_distance);
        }
    }
}

/// The bytes that the shortest of the three forms takes, and what ends a message.
#[cfg(test)]
pub(super) fn shortest(tokens: &[Token], plain: &[u8]) -> usize {
    let census = Census::new(tokens);
    let dynamic = Dynamic::new(&census);
    let dynamic_size = 3 + dynamic.header_size() + census.size(&dynamic.literals, &dynamic.distances);
    let bits = dynamic_size.min(3 + census.fixed_size()).min(8 * (5 + plain.len()));
    (bits + 3).div_ceil(8) + 4
}

/// The beginning of an empty stored block, with which every message ends; the rest of it is the tail that is left
/// out on the wire (RFC 7692 section 7.2.1).
pub(super) fn finish(bits: &mut BitWriter<'_>) {
    bits.put(STORED, 3);
    bits.align();
}

fn stored(bits: &mut BitWriter<'_>, plain: &[u8]) {
    bits.put(STORED, 3);
    bits.align();
    let length = plain.len() as u16;
    bits.bytes(&length.to_le_bytes());
    bits.bytes(&(!length).to_le_bytes());
    bits.bytes(plain);
}

fn body(
    bits: &mut BitWriter<'_>,
    tokens: &[Token],
    literal: impl Fn(usize) -> Word,
    distance: impl Fn(usize) -> Word,
) {
    for token in tokens {
        match token.symbols() {
            Symbols::Literal(symbol) => bits.put_word(literal(symbol), 0, 0),
            Symbols::Match { length, distance: back } => {
                bits.put_word(literal(length.symbol), length.extra, length.extra_count);
                bits.put_word(distance(back.symbol), back.extra, back.extra_count);
            }
        }
    }
    bits.put_word(literal(END_OF_BLOCK), 0, 0);
}

/// How often each symbol occurs in a block.
struct Census {
    literals: [u16; LITERALS],
    distances: [u16; DISTANCES],
    /// Bits behind the symbols.
    extra: usize,
}

impl Census {
    fn new(tokens: &[Token]) -> Self {
        let mut census = Census { literals: [0; LITERALS], distances: [0; DISTANCES], extra: 0 };
        for token in tokens {
            match token.symbols() {
                Symbols::Literal(symbol) => count(&mut census.literals, symbol),
                Symbols::Match { length, distance } => {
                    count(&mut census.literals, length.symbol);
                    count(&mut census.distances, distance.symbol);
                    census.extra += (length.extra_count + distance.extra_count) as usize;
                }
            }
        }
        count(&mut census.literals, END_OF_BLOCK);
        census
    }

    /// The bits of the block's body with codes of these lengths.
    fn size(&self, literals: &[u8; LITERALS], distances: &[u8; DISTANCES]) -> usize {
        self.extra + weigh(&self.literals, literals) + weigh(&self.distances, distances)
    }

    /// The bits of the block's body with the codes of a block of type 1.
    fn fixed_size(&self) -> usize {
        let sum = |frequencies: Option<&[u16]>| {
            frequencies.into_iter().flatten().map(|frequency| u32::from(*frequency)).sum::<u32>() as usize
        };
        let longer = sum(self.literals.get(144..256));
        let shorter = sum(self.literals.get(256..280));
        self.extra + 8 * sum(Some(&self.literals)) + longer - shorter + 5 * sum(Some(&self.distances))
    }

    /// The codes of a block of type 2, if it takes fewer bits with them than `size`.
    fn dynamic_below(&self, size: usize) -> Option<Dynamic> {
        // Making codes takes longer than all else that a small block needs.
        if self.dynamic_guess() >= size {
            return None;
        }
        let dynamic = Dynamic::new(self);
        let dynamic_size = 3 + dynamic.header_size() + self.size(&dynamic.literals, &dynamic.distances);
        (dynamic_size < size).then_some(dynamic)
    }

    /// A number of bits that a block of type 2 hardly ever stays below. No code writes the symbols in fewer bits than
    /// their entropy. The header has 14 bits and at least four lengths; that the length of each symbol takes two bits, and each
    /// gap between symbols four, is a guess. It is wrong where many of the same length follow each other, and such symbols leave
    /// little to gain.
    fn dynamic_guess(&self) -> usize {
        let (literals, distances) = (Spread::new(&self.literals), Spread::new(&self.distances));
        3 + 14 + 3 * 4 + self.extra + literals.bits() + distances.bits()
    }
}

/// How the symbols of an alphabet are spread.
#[derive(Default)]
struct Spread {
    /// How many there are, those that occur, and the stretches between them of those that do not.
    total: u32,
    kinds: usize,
    gaps: usize,
    /// The sum of `f log2 f` over their frequencies.
    order: usize,
}

impl Spread {
    fn new<const N: usize>(frequencies: &[u16; N]) -> Self {
        let mut spread = Spread::default();
        let mut next = 0;
        for leaf in Leaves::occurring(frequencies).as_slice() {
            spread.kinds += 1;
            spread.gaps += usize::from(leaf.symbol() != next);
            spread.total += leaf.frequency();
            spread.order += leaf.frequency() as usize * log2(leaf.frequency());
            next = leaf.symbol() + 1;
        }
        spread
    }

    /// The entropy, two bits for the length of each symbol, and four for each gap.
    fn bits(&self) -> usize {
        let entropy = (self.total as usize * log2(self.total)).saturating_sub(self.order) >> 8;
        entropy + 2 * self.kinds + 4 * self.gaps
    }
}

#[inline]
fn count(frequencies: &mut [u16], symbol: usize) {
    if let Some(frequency) = frequencies.get_mut(symbol) {
        *frequency += 1;
    }
}

/// At most 2^32 / 15 symbols.
fn weigh<const N: usize>(frequencies: &[u16; N], lengths: &[u8; N]) -> usize {
    let pairs = frequencies.iter().zip(lengths);
    pairs.map(|(frequency, length)| u32::from(*frequency) * u32::from(*length)).sum::<u32>() as usize
}

/// 256 log2 `number`, within 1 %; 0 for 0.
fn log2(number: u32) -> usize {
    let Some(whole) = number.checked_ilog2() else { return 0 };
    let rest = (u64::from(number) << 8 >> whole & 0xff) as usize;
    (whole << 8) as usize + rest + ((rest * (256 - rest) * 89) >> 16)
}

/// The words of a block of type 1 (RFC 1951 section 3.2.6). [`Census::fixed_size`] adds up the same lengths.
#[inline]
fn fixed_literal(symbol: usize) -> Word {
    let (word, length) = match symbol {
        0..144 => (0b0011_0000 + symbol, 8),
        144..256 => (0b1_1001_0000 + symbol - 144, 9),
        256..280 => (symbol - 256, 7),
        _ => (0b1100_0000 + symbol - 280, 8),
    };
    Word::new(word as u16, length)
}

#[inline]
fn fixed_distance(symbol: usize) -> Word {
    Word::new(symbol as u16, 5)
}

/// The codes of a block of type 2, and how its header says them (RFC 1951 section 3.2.7).
struct Dynamic {
    literals: [u8; LITERALS],
    distances: [u8; DISTANCES],
    /// How many of each the header has (HLIT + 257, HDIST + 1).
    literal_count: usize,
    distance_count: usize,
    /// The lengths of both, written short.
    runs: Vec<Run>,
    /// The code of those.
    lengths: [u8; LENGTHS],
    /// How many of its own lengths the header has (HCLEN + 4), in [`ORDER`].
    length_count: usize,
}

/// A code length, or one of the three ways to repeat one.
#[derive(Clone, Copy)]
struct Run {
    symbol: u8,
    extra: u8,
}

impl Run {
    fn extra_count(self) -> u32 {
        match self.symbol {
            16 => 2,
            17 => 3,
            18 => 7,
            _ => 0,
        }
    }
}

impl Dynamic {
    fn new(census: &Census) -> Self {
        let literals = word_lengths(&census.literals, LONGEST);
        let distances = word_lengths(&census.distances, LONGEST);
        let literal_count = used(&literals);
        let distance_count = used(&distances);
        let mut written = [0; LITERALS + DISTANCES];
        let both = literals.iter().take(literal_count).chain(distances.iter().take(distance_count));
        for (place, length) in written.iter_mut().zip(both) {
            *place = *length;
        }
        let runs = runs(written.get(..literal_count + distance_count).unwrap_or_default());
        let mut frequencies = [0; LENGTHS];
        for run in &runs {
            count(&mut frequencies, usize::from(run.symbol));
        }
        let lengths = word_lengths(&frequencies, LONGEST_OF_LENGTHS);
        let in_order = ORDER.map(|symbol| lengths.get(symbol).copied().unwrap_or_default());
        let length_count = used(&in_order).max(4);
        Dynamic { literals, distances, literal_count, distance_count, runs, lengths, length_count }
    }

    fn header_size(&self) -> usize {
        let runs = self.runs.iter().map(|run| {
            let length = self.lengths.get(usize::from(run.symbol)).copied().unwrap_or_default();
            usize::from(length) + run.extra_count() as usize
        });
        14 + 3 * self.length_count + runs.sum::<usize>()
    }

    fn write_header(&self, bits: &mut BitWriter<'_>) {
        bits.put((self.literal_count - 257) as u32, 5);
        bits.put((self.distance_count - 1) as u32, 5);
        bits.put((self.length_count - 4) as u32, 4);
        for symbol in ORDER.iter().take(self.length_count) {
            bits.put(u32::from(self.lengths.get(*symbol).copied().unwrap_or_default()), 3);
        }
        let code = Code::new(&self.lengths);
        for run in &self.runs {
            bits.put_word(code.word(usize::from(run.symbol)), u32::from(run.extra), run.extra_count());
        }
    }
}

/// How many lengths there are up to the last word.
fn used(lengths: &[u8]) -> usize {
    lengths.iter().rposition(|length| *length > 0).map_or(0, |last| last + 1)
}

/// Code lengths with their repetitions written short.
fn runs(lengths: &[u8]) -> Vec<Run> {
    let mut runs = Vec::with_capacity(lengths.len());
    for same in lengths.chunk_by(|a, b| a == b) {
        let Some(length) = same.first() else { continue };
        let mut left = same.len();
        let mut put = |symbol: u8, extra: usize| runs.push(Run { symbol, extra: extra as u8 });
        if *length > 0 {
            put(*length, 0);
            left -= 1;
        }
        while left > 0 {
            let taken = match (*length, left) {
                (0, 11..) => {
                    let taken = left.min(138);
                    put(18, taken - 11);
                    taken
                }
                (0, 3..) => {
                    put(17, left - 3);
                    left
                }
                (1.., 3..) => {
                    let taken = left.min(6);
                    put(16, taken - 3);
                    taken
                }
                _ => {
                    put(*length, 0);
                    1
                }
            };
            left -= taken;
        }
    }
    runs
}
