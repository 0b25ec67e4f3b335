//! Bytes in: one call for each 64 KiB of a chunk, and the calls that fetch what did not stay in the chunk.

use super::state::{CHUNK, FLAG, Receiving, state};
use crate::protocol::{Violation, Work};
use std::ptr::null;

/// What exports return for a slot without a session.
pub(super) const STALE: i32 = -1;

/// `receive(slot, length, work)`: parses so many bytes of the chunk, unmasking in place, for as much work. Returns the
/// number of rows; the head says how far it came and how much work is left.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "receive"))]
extern "C" fn receive(slot: u32, length: u32, work: i32) -> i32 {
    let Some(receiving) = state().receiving(slot) else { return STALE };
    let Receiving { session, lost, chunk, reached, left, rows, buffers, codecs } = receiving;
    let mut rows = rows.with_work(Work::of(work));
    if std::mem::take(lost) {
        session.violate(&Violation::Internal, &mut rows);
    }
    let chunk = chunk.get_mut(..(length as usize).min(CHUNK)).unwrap_or_default();
    *reached = session.receive(chunk, 0, &mut rows, buffers, codecs) as i32;
    *left = rows.work.left();
    rows.count() as i32
}

/// `take(slot)`: takes the front of the session's queue: its address, with its length in the head and whether it is
/// ASCII behind that; 0 if there is none.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "take"))]
extern "C" fn take(slot: u32) -> *const u8 {
    let state = state();
    let Some(bytes) = state.session(slot).and_then(|session| session.take()) else { return null() };
    if let Some(cell) = state.cells.get_mut(FLAG) {
        *cell = i32::from(bytes.is_ascii());
    }
    state.put(bytes)
}

/// `skip(slot)`: drops the front of the session's queue, whose row came too late for its connection; how many bytes.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "skip"))]
extern "C" fn skip(slot: u32) -> i32 {
    let front = state().session(slot).and_then(|session| session.take());
    front.map_or(STALE, |bytes| bytes.len() as i32)
}

/// `buffered(slot)`: bytes kept for messages that are not complete.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "buffered"))]
extern "C" fn buffered(slot: u32) -> i32 {
    state().session(slot).map_or(STALE, |session| session.buffered() as i32)
}

/// `extend(slot, rsv)`: the caller's extensions get all messages, and own these RSV bits.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "extend"))]
extern "C" fn extend(slot: u32, rsv: u32) -> i32 {
    state().session(slot).map_or(STALE, |session| {
        session.set_plugins(rsv as u8);
        0
    })
}

/// `stop(slot)`: whatever else the peer sends is ignored.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "stop"))]
extern "C" fn stop(slot: u32) -> i32 {
    state().session(slot).map_or(STALE, |session| {
        session.stop();
        0
    })
}

/// `hibernate()`: see `Hibernate` of the native binding.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "hibernate"))]
extern "C" fn hibernate() -> u32 {
    let state = state();
    let (mut deflating, mut idle) = (0, 0);
    for session in state.sessions().filter(|session| session.deflates()) {
        deflating += 1;
        idle += u32::from(session.hibernate_if_idle());
    }
    state.codecs.hibernate_idle(&mut deflating, &mut idle);
    if deflating == idle {
        state.codecs.pool.trim();
        state.codecs.trim();
    }
    deflating
}
