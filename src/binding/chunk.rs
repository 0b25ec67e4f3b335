//! Turns the bytes that a read of the direct transport has brought into rows.

use super::receive::{break_off, receive};
use super::state::direct::Chunk;
use crate::protocol::deflate::CodecPool;
use crate::protocol::rows::{Kind, Rows};
use crate::protocol::{Buffers, Session, Work};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What is left of a chunk.
pub(super) enum Left {
    Nothing,
    /// More rows than fit: the next rows are of this.
    Unfinished(Chunk),
    /// The last row hands JavaScript what may not be parsed yet.
    Rest,
}

/// Writes a row about the socket of a session: that it has drained, or that a write failed.
pub(super) fn tell(rows: &mut Rows<'_>, slot: u32, kind: Kind, extra: i32) {
    rows.push(Kind::Session, 0, 1, slot as i32);
    rows.push(kind, 0, 0, extra);
}

/// Counts bytes that were read straight into the buffer of a message, and writes the message's row once it is complete.
pub(super) fn fill(
    session: &mut Session,
    slot: u32,
    rows: &mut Rows<'_>,
    buffers: &mut Buffers,
    codecs: &mut CodecPool,
) {
    let before = rows.count();
    rows.push(Kind::Session, 0, 1, slot as i32);
    rows.work = Work::TURN;
    if catch_unwind(AssertUnwindSafe(|| session.take_room(rows, buffers, codecs))).is_err() {
        rows.truncate(before + 1);
        break_off(session, rows);
    }
    if rows.count() == before + 1 {
        rows.truncate(before);
    }
}

/// Writes the rows of a chunk, behind a row that names its session. Returns the part of the chunk that is still to be
/// parsed because the rows were full.
pub(super) fn parse(
    session: &mut Session,
    chunk: Chunk,
    scratch: &mut [u8],
    rows: &mut Rows<'_>,
    buffers: &mut Buffers,
    codecs: &mut CodecPool,
) -> Left {
    let Chunk { slot, at, end, work } = chunk;
    let before = rows.count();
    rows.push(Kind::Session, 0, 0, slot as i32);
    rows.work = work;
    let mut reached = at;
    if !work.is_done() {
        // No caller of this function catches a panic.
        let received = catch_unwind(AssertUnwindSafe(|| {
            receive(session, &mut scratch[..end], at, rows, buffers, codecs)
        }));
        // A call that parses no byte and writes no row would be repeated for ever, so it is treated as a panic.
        let moved = |&reached: &usize| reached > at || rows.count() > before + 1 || session.holds();
        reached = received.ok().filter(moved).unwrap_or_else(|| {
            rows.truncate(before + 1);
            break_off(session, rows);
            end
        });
    }
    // The next read overwrites the scratch. So JavaScript copies the unparsed bytes of a session that holds (a message
    // of it is being inflated), and those that exceed the work of this turn.
    let waits = reached < end && (session.holds() || rows.work.is_done());
    let kept = waits && !rows.is_full();
    if kept {
        rows.push(Kind::Rest, reached as i32, end - reached, 0);
    }
    let count = rows.count() - before - 1;
    if count == 0 {
        rows.truncate(before)
    } else {
        rows.set_length(before, count)
    }
    if kept {
        Left::Rest
    } else if reached < end {
        Left::Unfinished(Chunk { slot, at: reached, end, work: rows.work })
    } else {
        Left::Nothing
    }
}
