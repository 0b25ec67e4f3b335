//! Rows: what a chunk meant, as fixed-size records of integers.
//!
//! The core parses a whole chunk and reports each event as one row of four cells, `kind, offset, length, extra`.
//! Whoever owns the memory (the binding shares it with JavaScript) dispatches the rows in order afterwards, so
//! one crossing serves any number of frames. Bytes stay where they are: a row points into the chunk, which was
//! unmasked in place, or, with the offset [`QUEUED`], at the front of the receiver's queue.

use crate::protocol::Work;

/// Cells of one row.
pub const CELLS: usize = 4;

/// The offset of a row whose bytes are not in the chunk but at the front of the queue.
pub const QUEUED: i32 = -1;

/// The kind of a row. The numbers are shared with the shim (`lib/native/rows.js`) and tested to be equal there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Kind {
    /// A text message of ASCII only: each byte is one UTF-16 unit.
    Ascii = 1,
    /// A text message with other characters; valid UTF-8.
    Text = 2,
    /// A binary message.
    Binary = 3,
    /// A ping; offset and length are its payload.
    Ping = 4,
    /// A pong; offset and length are its payload.
    Pong = 5,
    /// A close frame; extra is the code (0: none was given), offset and length are the reason.
    Close = 6,
    /// The peer broke a rule; extra is the close code, and the queue's front holds the text.
    Violation = 7,
    /// The client's handshake is complete; `extra` is the status code.
    Open = 8,
    /// The handshake failed; the queue's front holds the text, extra is the HTTP status or 0.
    Refused = 9,
    /// A message as it came, for extensions to decode: extra is the opcode and, from bit 4 up, RSV3, RSV2, RSV1.
    Raw = 10,
    /// The rows behind this one, as many as length says, are those of the session whose slot is extra (direct
    /// transport).
    Session = 11,
    /// The peer has ended its side (direct transport).
    End = 12,
    /// Reading failed with the error number in extra (direct transport).
    ReadFailed = 13,
    /// Writing failed with the error number in extra (direct transport).
    WriteFailed = 14,
    /// A connection that was backed up has room again (direct transport).
    Drained = 15,
    /// The client's proxy agreed to a tunnel; offset and length are what came through it already.
    Tunnel = 16,
    /// A compressed message is to be inflated elsewhere; the bytes behind it are not parsed until that is done.
    Inflate = 17,
    /// The unparsed part of a chunk. JavaScript passes it again once the session goes on, or in its next turn (direct
    /// transport).
    Rest = 18,
}

/// One row in the types of Rust, as tests read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// A [`Kind`] as its number.
    pub kind: i32,
    /// Where the bytes begin in the chunk, or [`QUEUED`].
    pub offset: i32,
    /// How many bytes.
    pub length: i32,
    /// A code, a flag or a status, by kind.
    pub extra: i32,
}

/// Writes rows into cells that the caller owns, and counts the work that they stand for.
#[derive(Debug)]
pub struct Rows<'a> {
    cells: &'a mut [[i32; CELLS]],
    count: usize,
    /// The work that may still be done before the parsing of the chunk stops.
    pub work: Work,
}

impl<'a> Rows<'a> {
    /// Rows go into `cells`; a trailing part of less than one row stays unused.
    pub fn new(cells: &'a mut [i32]) -> Self {
        let (cells, _) = cells.as_chunks_mut();
        Rows { cells, count: 0, work: Work::unlimited() }
    }

    /// The same for as much work.
    #[must_use]
    pub fn with_work(self, work: Work) -> Self {
        Rows { work, ..self }
    }

    /// How many rows were written.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether the next row would not fit. The receiver stops here and goes on when asked again.
    pub fn is_full(&self) -> bool {
        self.count >= self.cells.len()
    }

    /// Whether the receiver goes on: the next row would fit, and not all work is done.
    #[inline]
    pub(crate) fn takes_more(&self) -> bool {
        !self.is_full() && !self.work.is_done()
    }

    /// Appends a row. Callers check [`is_full`](Rows::is_full) first; a row that does not fit is dropped.
    #[inline]
    pub fn push(&mut self, kind: Kind, offset: i32, length: usize, extra: i32) {
        debug_assert!(!self.is_full());
        if let Some(row) = self.cells.get_mut(self.count) {
            // Lengths are bounded by the size of a chunk or by `max_length`, both far below 2^31.
            *row = [kind as i32, offset, length as i32, extra];
            self.count += 1;
            self.work.row();
        }
    }

    /// Cells for rows that are surely taken, of frames with so many bytes at most. Who writes to them says so by
    /// [`fill`](Rows::fill).
    #[inline]
    pub(crate) fn free(&mut self, most: usize) -> &mut [[i32; CELLS]] {
        let count = self.work.takes(most);
        let free = self.cells.get_mut(self.count..).unwrap_or_default();
        let count = count.min(free.len());
        free.get_mut(..count).unwrap_or_default()
    }

    /// So many rows of as many frames, with so many bytes together, were written to [`free`](Rows::free) cells.
    #[inline]
    pub(crate) fn fill(&mut self, count: usize, bytes: usize) {
        self.count += count;
        self.work.rows(count, bytes);
    }

    /// Writes the length of the row at `index`, which was not known before.
    pub fn set_length(&mut self, index: usize, length: usize) {
        if let Some([_, _, cell, _]) = self.cells.get_mut(index) {
            *cell = length as i32;
        }
    }

    /// Whether `count` more rows fit.
    pub fn has_room(&self, count: usize) -> bool {
        self.cells.len() - self.count >= count
    }

    /// Takes back all rows but the first `count`.
    pub fn truncate(&mut self, count: usize) {
        self.count = self.count.min(count);
    }

    /// The bytes in `chunk` of the row at `index`, whoever has written it, if it is of that kind and they stand there.
    pub fn payload<'b>(&self, index: usize, kind: Kind, chunk: &'b [u8]) -> Option<&'b [u8]> {
        let &[found, offset, length, _] = self.cells.get(index)?;
        let start = usize::try_from(offset).ok().filter(|_| found == kind as i32)?;
        chunk.get(start..start.checked_add(usize::try_from(length).ok()?)?)
    }

    /// The rows written so far.
    pub fn iter(&self) -> impl Iterator<Item = Row> + '_ {
        self.cells.iter().take(self.count).map(|&[kind, offset, length, extra]| Row {
            kind,
            offset,
            length,
            extra,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fill_their_cells_in_order() {
        // A trailing part of a row stays unused.
        let mut cells = [0; CELLS * 2 + 3];
        let mut rows = Rows::new(&mut cells);
        assert!(!rows.is_full() && rows.has_room(0) && rows.has_room(2) && !rows.has_room(3));
        rows.push(Kind::Binary, 10, 20, 30);
        assert!(!rows.is_full() && rows.has_room(1) && !rows.has_room(2));
        rows.push(Kind::Refused, QUEUED, 5, 401);
        assert!(rows.is_full() && rows.has_room(0) && !rows.has_room(1));
        assert_eq!(rows.count(), 2);
        let first = Row { kind: 3, offset: 10, length: 20, extra: 30 };
        let second = Row { kind: 9, offset: -1, length: 5, extra: 401 };
        assert_eq!(rows.iter().collect::<Vec<_>>(), [first, second]);
        rows.truncate(3);
        assert_eq!(rows.count(), 2);
        rows.truncate(1);
        assert_eq!(rows.iter().collect::<Vec<_>>(), [first]);
        rows.set_length(0, 21);
        rows.set_length(2, 22);
        assert_eq!(cells, [3, 10, 21, 30, 9, -1, 5, 401, 0, 0, 0]);
    }

    #[test]
    fn a_payload_is_that_of_a_row_of_its_kind_within_the_chunk() {
        let mut cells = [4, 1, 2, 0, 4, QUEUED, 1, 0, 4, 2, 2, 0, 4, 1, -1, 0, 5, 0, 1, 0];
        let rows = Rows::new(&mut cells);
        let found: Vec<_> = (0..6).map(|index| rows.payload(index, Kind::Ping, b"abc")).collect();
        assert_eq!(found, [Some(&b"bc"[..]), None, None, None, None, None]);
    }
}
