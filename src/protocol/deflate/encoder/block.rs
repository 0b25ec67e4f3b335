//! Writing one block, in whichever of DEFLATE's three forms is the shortest (RFC 1951 section 3.2.3).

use super::bits::BitWriter;
use super::huffman::{Code, LONGEST, word_lengths};
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
    let dynamic = Dynamic::new(&census);
    let fixed_size = 3 + census.size(&fixed_literals(), &FIXED_DISTANCES);
    let dynamic_size = 3 + dynamic.header_size() + census.size(&dynamic.literals, &dynamic.distances);
    let stored_size = 8 * (5 + plain.len());
    if stored_size < fixed_size.min(dynamic_size) {
        stored(bits, plain);
    } else if fixed_size <= dynamic_size {
        bits.put(FIXED, 3);
        body(bits, tokens, &fixed_literals(), &FIXED_DISTANCES);
    } else {
        bits.put(DYNAMIC, 3);
        dynamic.write_header(bits);
        body(bits, tokens, &dynamic.literals, &dynamic.distances);
    }
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

fn body(bits: &mut BitWriter<'_>, tokens: &[Token], literals: &[u8; LITERALS], distances: &[u8; DISTANCES]) {
    let (literals, distances) = (Code::new(literals), Code::new(distances));
    for token in tokens {
        match token.symbols() {
            Symbols::Literal(symbol) => bits.put_word(literals.word(symbol), 0, 0),
            Symbols::Match { length, distance } => {
                bits.put_word(literals.word(length.symbol), length.extra, length.extra_count);
                bits.put_word(distances.word(distance.symbol), distance.extra, distance.extra_count);
            }
        }
    }
    bits.put_word(literals.word(END_OF_BLOCK), 0, 0);
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
    fn size(&self, literals: &[u8], distances: &[u8]) -> usize {
        self.extra + weigh(&self.literals, literals) + weigh(&self.distances, distances)
    }
}

#[inline]
fn count(frequencies: &mut [u16], symbol: usize) {
    if let Some(frequency) = frequencies.get_mut(symbol) {
        *frequency += 1;
    }
}

fn weigh(frequencies: &[u16], lengths: &[u8]) -> usize {
    frequencies
        .iter()
        .zip(lengths)
        .map(|(frequency, length)| usize::from(*frequency) * usize::from(*length))
        .sum()
}

/// The codes of a block of type 1 (RFC 1951 section 3.2.6).
fn fixed_literals() -> [u8; LITERALS] {
    std::array::from_fn(|symbol| match symbol {
        144..256 => 9,
        256..280 => 7,
        _ => 8,
    })
}

const FIXED_DISTANCES: [u8; DISTANCES] = [5; DISTANCES];

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
