//! What a read of the direct transport has brought becomes rows.

use super::receive::{break_off, receive};
use super::state::direct::Chunk;
use crate::protocol::deflate::CodecPool;
use crate::protocol::rows::{Kind, Rows};
use crate::protocol::{Buffers, Session, Work};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Tells of a session what is not of its protocol.
pub(super) fn tell(rows: &mut Rows<'_>, slot: u32, kind: Kind, extra: i32) {
    rows.push(Kind::Session, 0, 1, slot as i32);
    rows.push(kind, 0, 0, extra);
}

/// Takes what was read to where it belongs, and writes the row of the message if that is all of it.
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

/// Writes the rows of a chunk, and of the session in front of them; what of it did not fit.
pub(super) fn parse(
    session: &mut Session,
    chunk: Chunk,
    scratch: &mut [u8],
    rows: &mut Rows<'_>,
    buffers: &mut Buffers,
    codecs: &mut CodecPool,
) -> Option<Chunk> {
    let Chunk { slot, at, end, work } = chunk;
    let before = rows.count();
    rows.push(Kind::Session, 0, 0, slot as i32);
    rows.work = work;
    let mut reached = at;
    if !work.is_done() {
        // Nothing above us would stop a panic.
        let received = catch_unwind(AssertUnwindSafe(|| {
            receive(session, &mut scratch[..end], at, rows, buffers, codecs)
        }));
        // One that takes no byte and says nothing would have us go round for ever.
        let moved = |&reached: &usize| reached > at || rows.count() > before + 1 || session.is_held();
        reached = received.ok().filter(moved).unwrap_or_else(|| {
            rows.truncate(before + 1);
            break_off(session, rows);
            end
        });
    }
    // The scratch is written over, so JavaScript keeps what a session that holds has not taken, and what is too much
    // work for this turn.
    let waits = reached < end && (session.is_held() || rows.work.is_done());
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
    (reached < end && !kept).then_some(Chunk { slot, at: reached, end, work: rows.work })
}
