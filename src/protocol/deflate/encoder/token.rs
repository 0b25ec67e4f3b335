//! What a block consists of: literal bytes and matches (RFC 1951 section 3.2.5).

/// The shortest match that is worth looking for here; DEFLATE itself begins at 3.
pub(super) const SHORTEST_MATCH: usize = 5;

/// The longest match of DEFLATE.
pub(super) const LONGEST_MATCH: usize = 258;

/// Literals and lengths share an alphabet; lengths begin here, behind the end of block.
const FIRST_LENGTH: usize = 257;

/// A literal, or a match as `1 << 31 | length << 16 | distance - 1`.
#[derive(Clone, Copy)]
pub(super) struct Token(u32);

/// A number in one of the ranges that a symbol stands for, and where in the range it is.
#[derive(Clone, Copy)]
pub(super) struct Ranged {
    pub(super) symbol: usize,
    pub(super) extra: u32,
    pub(super) extra_count: u32,
}

/// A token as symbols.
pub(super) enum Symbols {
    Literal(usize),
    Match { length: Ranged, distance: Ranged },
}

impl Token {
    pub(super) fn literal(byte: u8) -> Self {
        Token(u32::from(byte))
    }

    /// A match of 3 to 258 bytes, 1 to 32,768 bytes back.
    pub(super) fn matched(length: usize, distance: usize) -> Self {
        Token(1 << 31 | (length as u32) << 16 | (distance as u32 - 1))
    }

    #[inline]
    pub(super) fn symbols(self) -> Symbols {
        if self.0 >> 31 == 0 {
            return Symbols::Literal(self.0 as usize);
        }
        let length = self.0 >> 16 & 0x1ff;
        let distance = self.0 & 0xffff;
        Symbols::Match { length: length_symbol(length), distance: ranged(distance, 1) }
    }
}

/// Four symbols for each doubling of the length, and one for the longest alone.
#[inline]
fn length_symbol(length: u32) -> Ranged {
    if length as usize == LONGEST_MATCH {
        return Ranged { symbol: FIRST_LENGTH + 28, extra: 0, extra_count: 0 };
    }
    let ranged = ranged(length - 3, 2);
    Ranged { symbol: FIRST_LENGTH + ranged.symbol, ..ranged }
}

/// The symbol of a number where `1 << fine` symbols share each power of two, and each of the first numbers has its
/// own.
#[inline]
fn ranged(number: u32, fine: u32) -> Ranged {
    let extra_count = (31 - fine).saturating_sub(number.leading_zeros());
    let symbol = ((extra_count << fine) + (number >> extra_count)) as usize;
    Ranged { symbol, extra: number & ((1 << extra_count) - 1), extra_count }
}
