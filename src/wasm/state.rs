//! What one instance of the module owns: its sessions by slot number, and the memory that JavaScript writes to and
//! reads from.

use super::contents::{Codecs, Jobs, Reader};
use super::handles::Handles;
use super::memory;
use super::random::MaskKeys;
use crate::protocol::deflate::CodecPool;
use crate::protocol::hixie::HixieSession;
use crate::protocol::hybi::Role;
use crate::protocol::hybi::sender::MAX_HEADER;
use crate::protocol::rows::{CELLS, Rows};
use crate::protocol::{Buffers, Limits, Session};
use std::collections::VecDeque;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// Bits of a slot number, from the lowest: which slot; which instance of the module (`lib/wasm/instances.js`); whether
/// it is a client's; and the slot's generation.
const INDEX_BITS: u32 = 20;
const INSTANCE_BITS: u32 = 4;
const CLIENT: u32 = 1 << (INDEX_BITS + INSTANCE_BITS);
const GENERATION_SHIFT: u32 = INDEX_BITS + INSTANCE_BITS + 1;
const MAX_SLOTS: usize = 1 << INDEX_BITS;
/// So many slots are free before one is used again, the longest free one first: there are few generations.
const MIN_FREE: usize = 64;
/// Slot numbers stay below 2^31, where JavaScript engines keep small integers.
const GENERATIONS: u32 = 1 << (31 - GENERATION_SHIFT);

/// The most bytes of a chunk that one call takes: what Node reads at once.
pub(super) const CHUNK: usize = 64 * 1024;
/// Cells in front of the rows: how far the chunk was parsed; the length and a flag of what a call returned the address of;
/// and the work that is left.
pub(super) const HEAD: usize = 4;
/// The cell for a length, and the one for a flag.
pub(super) const LENGTH: usize = 1;
pub(super) const FLAG: usize = 2;
/// Rows of one call, as in `lib/native/rows.js`.
const ROWS: usize = 1024;

/// A place for a session. The generation changes at each release, so that an old number is refused.
#[derive(Default)]
struct Slot {
    number: u32,
    session: Option<Box<Session>>,
    /// Whether the session stands in the place of one that was lost, and has yet to say so.
    lost: bool,
}

/// Everything of one instance.
pub(super) struct State {
    instance: u32,
    /// UTF-16 units of the longest string.
    pub(super) max_text: u64,
    slots: Vec<Slot>,
    free: VecDeque<u32>,
    /// The chunk that is being received.
    pub(super) chunk: Box<[u8]>,
    /// The head, and rows behind it.
    pub(super) cells: Box<[i32]>,
    /// The header of the frame that is being sent.
    pub(super) header: [u8; MAX_HEADER],
    /// Bytes that JavaScript has written: payloads to send, and the arguments of calls that take [`values`](super::values).
    pub(super) area: Vec<u8>,
    /// What a call returned the address of.
    pub(super) output: Vec<u8>,
    pub(super) masks: MaskKeys,
    /// The mask key of the frame that is being masked in parts.
    pub(super) key: [u8; 4],
    pub(super) buffers: Buffers,
    pub(super) codecs: Codecs,
    pub(super) jobs: Jobs,
    pub(super) drafts: Handles<HixieSession>,
    pub(super) heads: Handles<Reader>,
    /// What `compression_totals` returns the address of.
    pub(super) totals: [f64; 4],
}

static STATE: AtomicPtr<State> = AtomicPtr::new(null_mut());

/// The state, for the length of one call.
pub(super) fn state() -> &'static mut State {
    memory::begin();
    // SAFETY: `init` made it, before all other calls, and it is never freed. A module has one thread, and exports do
    // not nest (see the module's page), so nobody else refers to it. A call that a trap has ended never goes on.
    unsafe { &mut *STATE.load(Relaxed) }
}

/// `init(instance, maxText)`: makes the state, once. The longest string has `maxText` units.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "init"))]
pub(super) extern "C" fn init(instance: u32, max_text: f64) {
    memory::install();
    let state = State {
        instance: instance << INDEX_BITS,
        // A float converts by saturation.
        max_text: max_text as u64,
        slots: Vec::new(),
        free: VecDeque::new(),
        chunk: vec![0; CHUNK].into(),
        cells: vec![0; HEAD + ROWS * CELLS].into(),
        header: [0; MAX_HEADER],
        area: Vec::new(),
        output: Vec::new(),
        masks: MaskKeys::default(),
        key: [0; 4],
        buffers: Buffers::default(),
        codecs: Codecs::default(),
        jobs: Jobs::default(),
        drafts: Handles::default(),
        heads: Handles::default(),
        totals: [0.0; 4],
    };
    STATE.store(Box::into_raw(Box::new(state)), Relaxed);
}

impl State {
    /// Puts `session` into a free slot; the slot's number, or nothing if there are too many.
    pub(super) fn insert(&mut self, session: Session) -> Option<u32> {
        let index = if self.slots.len() < MAX_SLOTS && self.free.len() < MIN_FREE {
            self.slots.push(Slot::default());
            (self.slots.len() - 1) as u32
        } else {
            self.free.pop_front()?
        };
        let role = if session.masks() { CLIENT } else { 0 };
        let slot = self.slots.get_mut(index as usize)?;
        let generation = slot.number >> GENERATION_SHIFT;
        slot.number = generation << GENERATION_SHIFT | role | self.instance | index;
        slot.session = Some(Box::new(session));
        Some(slot.number)
    }

    /// The session of `number`.
    #[inline]
    pub(super) fn session(&mut self, number: u32) -> Option<&mut Session> {
        find(&mut self.slots, number)
    }

    /// What receives: the session of `number`, and what it receives from and into.
    #[inline]
    pub(super) fn receiving(&mut self, number: u32) -> Option<Receiving<'_>> {
        let Slot { session, lost, .. } =
            self.slots.get_mut(index(number)).filter(|slot| slot.number == number)?;
        let session = session.as_deref_mut()?;
        let (head, rows) = self.cells.split_at_mut_checked(HEAD)?;
        let [reached, _, _, left] = head else { return None };
        Some(Receiving {
            session,
            lost,
            chunk: &mut self.chunk,
            reached,
            left,
            rows: Rows::new(rows),
            buffers: &mut self.buffers,
            codecs: &mut self.codecs.pool,
        })
    }

    /// The session of `number` with the codecs and what they have packed.
    pub(super) fn packing(&mut self, number: u32) -> Option<(&mut Session, &mut Codecs)> {
        Some((find(&mut self.slots, number)?, &mut self.codecs))
    }

    /// All sessions.
    pub(super) fn sessions(&mut self) -> impl Iterator<Item = &mut Session> {
        self.slots.iter_mut().filter_map(|slot| slot.session.as_deref_mut())
    }

    /// Ends the session of `number`; a stale number is ignored.
    fn release(&mut self, number: u32) {
        let Some(slot) = self.slots.get_mut(index(number)).filter(|slot| slot.number == number) else {
            return;
        };
        if let Some(mut session) = slot.session.take() {
            session.close(&mut self.codecs.pool);
            let generation = ((number >> GENERATION_SHIFT) + 1) % GENERATIONS;
            slot.number = generation << GENERATION_SHIFT;
            self.free.push_back(index(number) as u32);
        }
    }

    /// Puts a session in the place of the one of `number`, if there was one or not, that will say that it was lost, or
    /// say nothing. What was there is not looked at.
    pub(super) fn replace(&mut self, number: u32, lost: bool) {
        let index = index(number);
        while self.slots.len() <= index {
            self.free.push_back(self.slots.len() as u32);
            self.slots.push(Slot::default());
        }
        self.free.retain(|&free| free as usize != index);
        let role = if number & CLIENT == 0 { Role::Server } else { Role::Client };
        let mut session = Box::new(Session::new(role, Limits::default()));
        if !lost {
            session.stop();
        }
        std::mem::forget(std::mem::replace(
            &mut self.slots[index],
            Slot { number, session: Some(session), lost },
        ));
    }

    /// Forgets the memory that sessions share, without freeing it: it may be half changed.
    fn give_up(&mut self) {
        std::mem::forget(std::mem::take(&mut self.buffers));
        std::mem::forget(std::mem::take(&mut self.masks));
        std::mem::forget(std::mem::take(&mut self.area));
        std::mem::forget(std::mem::take(&mut self.output));
        self.codecs.give_up();
        self.jobs.give_up();
    }

    /// Keeps `bytes` for JavaScript to read: their address, with their length in the head.
    pub(super) fn put(&mut self, bytes: Vec<u8>) -> *const u8 {
        self.buffers.give(std::mem::replace(&mut self.output, bytes));
        if let Some(cell) = self.cells.get_mut(LENGTH) {
            *cell = self.output.len() as i32;
        }
        self.output.as_ptr()
    }

    /// Takes the first `length` bytes of the area.
    pub(super) fn take_area(&mut self, length: u32) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.area);
        bytes.truncate(length as usize);
        bytes
    }
}

/// What an export that receives works with.
pub(super) struct Receiving<'a> {
    pub(super) session: &'a mut Session,
    /// See [`Slot`].
    pub(super) lost: &'a mut bool,
    pub(super) chunk: &'a mut [u8],
    /// The cell that says how far the chunk was parsed.
    pub(super) reached: &'a mut i32,
    /// The cell that says how much work is left.
    pub(super) left: &'a mut i32,
    pub(super) rows: Rows<'a>,
    pub(super) buffers: &'a mut Buffers,
    pub(super) codecs: &'a mut CodecPool,
}

fn index(number: u32) -> usize {
    number as usize & (MAX_SLOTS - 1)
}

#[inline]
fn find(slots: &mut [Slot], number: u32) -> Option<&mut Session> {
    slots.get_mut(index(number)).filter(|slot| slot.number == number)?.session.as_deref_mut()
}

/// `reserve(size)`: the address of the area, with room for at least `size` bytes; 0 if there is no memory for that.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "reserve"))]
pub(super) extern "C" fn reserve(size: u32) -> *mut u8 {
    let State { area, buffers, .. } = state();
    if area.capacity() == 0 {
        *area = buffers.take(u64::from(size));
    }
    let more = (size as usize).saturating_sub(area.len());
    if more > 0 {
        if area.try_reserve_exact(more).is_err() {
            return null_mut();
        }
        area.resize(size as usize, 0);
    }
    area.as_mut_ptr()
}

/// `chunk()` and `cells()`: the addresses of both.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "chunk"))]
pub(super) extern "C" fn chunk() -> *mut u8 {
    state().chunk.as_mut_ptr()
}

#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "cells"))]
pub(super) extern "C" fn cells() -> *mut i32 {
    state().cells.as_mut_ptr()
}

/// `release(slot)`: ends the session; the number is stale from now on.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "release"))]
pub(super) extern "C" fn release(number: u32) {
    state().release(number);
}

/// `recover(slot, lost)`: the module was stopped at work for this session, or another module that had it was: puts a
/// session there that ends with 1011 in the next call of `receive`; or, with 0, one that receives nothing.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "recover"))]
pub(super) extern "C" fn recover(number: u32, lost: u32) {
    state().replace(number, lost != 0);
}

/// `give_up()`: after the module was stopped, forgets all memory that may be half changed, without freeing it.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "give_up"))]
pub(super) extern "C" fn give_up() {
    state().give_up();
}

/// `trim()`: frees what large messages have left behind.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "trim"))]
pub(super) extern "C" fn trim() {
    let state = state();
    state.area = Vec::new();
    state.output = Vec::new();
    drop(state.buffers.trim());
    state.codecs.trim();
}
