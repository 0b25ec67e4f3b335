//! Frames out. JavaScript owns the memory that leaves; what is made here is the header, and the masked payload of a
//! client.

use super::receive::STALE;
use super::state::{State, state};
use crate::protocol::hybi::sender::{Header, MAX_HEADER};
use crate::protocol::hybi::{close, mask};

impl State {
    /// The header of a frame, with a mask key if the session wants one. RSV bits stand from bit 4 of `opcode` up.
    pub(super) fn header(&mut self, slot: u32, opcode: u8) -> Option<Header> {
        let mask = if self.session(slot)?.masks() { Some(self.masks.next()) } else { None };
        Some(self.session(slot)?.header(opcode, mask))
    }
}

/// `frame(slot, opcode, length)`: writes the header of a frame with a payload of so many bytes to its place
/// (`header_place`), and masks those bytes of the chunk if the session wants that. The size of the header, or -1.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "frame"))]
extern "C" fn frame(slot: u32, opcode: u32, length: u32) -> i32 {
    let state = state();
    let Some(header) = state.header(slot, opcode as u8) else { return STALE };
    if let Some(key) = header.mask {
        mask::apply(state.chunk.get_mut(..length as usize).unwrap_or_default(), key);
    }
    header.write(length as usize, &mut state.header) as i32
}

/// `frame_begin(slot, opcode, length)`: the same for a payload that is masked in parts, by `mask_part`.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "frame_begin"))]
extern "C" fn frame_begin(slot: u32, opcode: u32, length: u32) -> i32 {
    let state = state();
    let Some(header) = state.header(slot, opcode as u8) else { return STALE };
    state.key = header.mask.unwrap_or_default();
    header.write(length as usize, &mut state.header) as i32
}

/// `mask_part(length, position)`: masks so many bytes of the chunk, which stand at `position` of the payload of the last
/// `frame_begin`.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "mask_part"))]
extern "C" fn mask_part(length: u32, position: u32) {
    let State { chunk, key, .. } = state();
    let part = chunk.get_mut(..length as usize).unwrap_or_default();
    mask::apply(part, mask::rotate(*key, u64::from(position)));
}

/// `header_place()`: the address of the header.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "header_place"))]
extern "C" fn header_place() -> *const u8 {
    state().header.as_ptr()
}

/// `close(slot, code, length)`: a close frame whose reason stands at the front of the area. Its address, with its size
/// in the head; 0 if there is no such session.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "close"))]
extern "C" fn close(slot: u32, code: u32, length: u32) -> *const u8 {
    let state = state();
    let Some(header) = state.header(slot, 8) else { return std::ptr::null() };
    let reason = String::from_utf8_lossy(state.area.get(..length as usize).unwrap_or_default());
    let mut payload = Vec::with_capacity(2 + close::MAX_REASON);
    close::write(code as u16, &reason, &mut payload);
    let mut frame = Vec::with_capacity(MAX_HEADER + payload.len());
    header.append_frame(&payload, &mut frame);
    state.put(frame)
}
