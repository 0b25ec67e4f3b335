//! Messages that leave compressed. A message is first *packed*, into a frame in memory of the module, since compressing
//! cannot be done again when the slab turns out to be full.

use super::receive::STALE;
use super::state::{State, state};
use crate::protocol::hybi::sender::MAX_HEADER;
use crate::protocol::session::RSV1;
use std::ptr::null;

/// What `pack` returns while the codec is at work elsewhere, where the codec fails, and where there is no memory.
const AWAY: i32 = -2;
const FAILED: i32 = -3;
const OUT_OF_MEMORY: i32 = -4;

/// `pack(slot, opcode, length)`: makes the frame of a message whose payload stands at the front of the area, compressed
/// if that was agreed on and is worth it. Returns the size of the frame, or a negative number.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "pack"))]
extern "C" fn pack(slot: u32, opcode: u32, length: u32) -> i32 {
    let state = state();
    let plain = std::mem::take(&mut state.area);
    let outcome = state.pack(slot, opcode as u8, plain.get(..length as usize).unwrap_or_default());
    state.area = plain;
    outcome.unwrap_or(STALE)
}

/// `packed()`: the address of the frame that was packed last.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "packed"))]
extern "C" fn packed() -> *const u8 {
    let packed = &state().codecs.packed;
    if packed.is_empty() { null() } else { packed.as_ptr() }
}

impl State {
    fn pack(&mut self, slot: u32, opcode: u8, plain: &[u8]) -> Option<i32> {
        let (session, codecs) = self.packing(slot)?;
        let mut compresses = session.compresses(plain.len());
        codecs.payload.clear();
        if compresses {
            match session.compress(&mut codecs.pool, plain, &mut codecs.payload) {
                Some(Ok(pays)) => compresses = pays,
                Some(Err(_)) => return Some(FAILED),
                None => return Some(AWAY),
            }
        }
        let header = self.header(slot, if compresses { opcode | RSV1 << 4 } else { opcode })?;
        let codecs = &mut self.codecs;
        let payload = if compresses { &codecs.payload } else { plain };
        codecs.packed.clear();
        if codecs.packed.try_reserve(MAX_HEADER + payload.len()).is_err() {
            return Some(OUT_OF_MEMORY);
        }
        header.append_frame(payload, &mut codecs.packed);
        Some(codecs.packed.len() as i32)
    }
}
