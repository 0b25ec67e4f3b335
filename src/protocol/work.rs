//! Work that a peer causes, counted in units of about a nanosecond, so that one connection cannot take the loop from
//! the others.
//!
//! What a chunk costs has little to do with its size: 64 KiB may be one frame, ten thousand messages, or compressed
//! messages that come to 64 MiB. So the parser counts its work, and stops once the work of a turn is used up; the rest
//! of the chunk waits until the other connections had their turn. The prices are rough: they only have to be high
//! enough for every kind of traffic that costs the loop much.

/// A row: JavaScript takes it, calls a handler, and has the answer framed.
const ROW: i32 = 512;
/// A frame's header, and finding the place of its payload.
const FRAME: i32 = 32;
/// An inflated byte, with the string or Buffer that it becomes, as a shift: twice a nanosecond.
const INFLATED_SHIFT: u32 = 1;
/// The end of a compressed block: the next one may come with Huffman codes of its own.
const BLOCK: i32 = 2 * 1024;
/// The end of a compressed stream: a new one begins, and learns the window.
const STREAM: i32 = 8 * 1024;

/// The work that may still be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    left: i32,
}

impl Work {
    /// The work that one connection may cause in one turn of the loop: about a millisecond.
    pub const TURN: Work = Work { left: 1024 * 1024 };

    /// So many units.
    pub fn of(left: i32) -> Self {
        Work { left }
    }

    /// Without a limit.
    pub fn unlimited() -> Self {
        Work { left: i32::MAX }
    }

    /// Whether the work is used up. A frame or block that is being worked on is finished nevertheless.
    #[inline]
    pub fn is_done(self) -> bool {
        self.left <= 0
    }

    /// The units that are left; negative if more was done than allowed.
    pub fn left(self) -> i32 {
        self.left
    }

    #[inline]
    fn spend(&mut self, units: i32) {
        // Only work without a limit could reach the end of the numbers, and nobody reads its count.
        self.left = self.left.saturating_sub(units);
    }

    /// A row was written.
    #[inline]
    pub(crate) fn row(&mut self) {
        self.spend(ROW);
    }

    /// A header was read, and so many bytes of payload, which are unmasked, checked and copied.
    #[inline]
    pub(crate) fn frame(&mut self, bytes: usize) {
        self.spend(FRAME.saturating_add(units(bytes)));
    }

    /// How many frames of up to so many bytes, each of which is a row, are surely taken.
    #[inline]
    pub(crate) fn takes(self, bytes: usize) -> usize {
        let left = usize::try_from(self.left).unwrap_or_default();
        left.div_ceil(units_of_row(bytes))
    }

    /// So many rows were written, of as many frames with so many bytes together.
    #[inline]
    pub(crate) fn rows(&mut self, count: usize, bytes: usize) {
        self.spend(units(count.saturating_mul(units_of_row(0)).saturating_add(bytes)));
    }

    /// So many bytes were inflated, and so many blocks and streams ended meanwhile.
    pub(crate) fn inflated(&mut self, bytes: usize, blocks: u32, streams: u32) {
        self.spend(units(bytes.saturating_mul(1 << INFLATED_SHIFT)));
        self.spend(units(blocks as usize).saturating_mul(BLOCK));
        self.spend(units(streams as usize).saturating_mul(STREAM));
    }
}

/// What a row of a frame with so many bytes costs.
#[inline]
fn units_of_row(bytes: usize) -> usize {
    (ROW + FRAME) as usize + bytes
}

fn units(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[cfg(test)]
#[path = "work_tests.rs"]
mod tests;
