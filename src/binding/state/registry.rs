//! What one copy of the shim owns: its sessions by slot number, the memory it shares with JavaScript, and scratch.

use super::codecs::Codecs;
#[cfg(unix)]
use super::direct::Direct;
use super::jobs::Offload;
use super::masks::MaskKeys;
use super::returning::Returning;
use super::shared::Shared;
use super::stack::Stack;
use super::stages::Stages;
use super::texts::Texts;
use crate::protocol::deflate::CodecPool;
use crate::protocol::hybi::sender::Header;
use crate::protocol::rows::Rows;
use crate::protocol::{Buffers, Session};
use napi::{Error, Result, Status, sys};
use std::{mem, ptr};

/// Bits of a slot number that say which slot; the bits above are its generation.
const INDEX_BITS: u32 = 20;
const MAX_SLOTS: usize = 1 << INDEX_BITS;
/// Slot numbers stay below 2^31, where V8 keeps small integers.
const GENERATIONS: u32 = 1 << (31 - INDEX_BITS);

/// Cells in front of the rows (`lib/native/rows.js`): how far a chunk was parsed, and the work that may still be done.
const HEAD: usize = 4;

#[cfg(unix)]
const _: () = assert!(INDEX_BITS == crate::transport::reactor::INDEX_BITS, "both read the same numbers");

/// A place for a session. The generation changes at each release, so that an old number is refused.
#[derive(Default)]
pub(in crate::binding) struct Slot {
    generation: u32,
    pub(in crate::binding) session: Option<Box<Session>>,
}

/// Everything of one copy of the shim.
pub(in crate::binding) struct Registry {
    pub(in crate::binding) env: sys::napi_env,
    /// The pointer by which callbacks of libuv reach the registry. Exports have the same one.
    pub(in crate::binding) this: *mut Registry,
    pub(in crate::binding) slots: Vec<Slot>,
    free: Vec<u32>,
    pub(in crate::binding) rows: Shared,
    pub(in crate::binding) slab: Shared,
    /// How deep in the stack frames are sent.
    stack: Stack,
    /// The supply of mask keys.
    pub(in crate::binding) masks: MaskKeys,
    /// UTF-16 of the text that is being converted.
    pub(in crate::binding) utf16: Vec<u16>,
    /// The large frame that is being sent (direct transport).
    pub(in crate::binding) frame: Vec<u8>,
    /// Latin-1 of the text that is being received.
    pub(in crate::binding) latin1: Vec<u8>,
    /// Whether large strings are made external.
    pub(in crate::binding) external_strings: bool,
    /// Whether V8 counts the bytes of a text much faster than it is converted.
    pub(in crate::binding) counts: bool,
    /// UTF-16 units of the longest string.
    pub(in crate::binding) max_text: u64,
    /// Buffers of large messages that have been taken.
    pub(in crate::binding) buffers: Buffers,
    /// Memory that goes back to the system.
    pub(in crate::binding) returning: Returning,
    /// What compression needs.
    pub(in crate::binding) codecs: Codecs,
    /// Large texts on their way to the threads, by slot.
    pub(in crate::binding) stages: Stages,
    /// Large texts that have been converted on the threads.
    pub(in crate::binding) texts: Texts,
    /// The jobs on other threads, once there was one.
    pub(in crate::binding) offload: Option<Offload>,
    /// The direct transport, once a connection has used it.
    #[cfg(unix)]
    pub(in crate::binding) direct: Option<Direct>,
}

impl Registry {
    /// Makes a registry; [`copies`](crate::binding::copies) says for how long.
    pub(in crate::binding) fn new(env: sys::napi_env) -> *mut Self {
        let registry = Box::into_raw(Box::new(Registry {
            env,
            this: ptr::null_mut(),
            slots: Vec::new(),
            free: Vec::new(),
            rows: Shared::default(),
            slab: Shared::default(),
            stack: Stack::default(),
            masks: MaskKeys::default(),
            utf16: Vec::new(),
            frame: Vec::new(),
            latin1: Vec::new(),
            external_strings: false,
            counts: false,
            max_text: u64::MAX,
            buffers: Buffers::default(),
            returning: Returning::default(),
            codecs: Codecs::default(),
            stages: Stages::default(),
            texts: Texts::default(),
            offload: None,
            #[cfg(unix)]
            direct: None,
        }));
        // SAFETY: the box was just made.
        unsafe { (*registry).this = registry };
        registry
    }

    /// Ends what it has in its environment, which goes on without it.
    pub(in crate::binding) fn retire(&mut self) {
        #[cfg(unix)]
        self.end_direct();
        self.end_offload();
        self.rows.drop_reference();
        self.slab.drop_reference();
    }

    /// Puts `session` into a free slot; the slot's number.
    pub(in crate::binding) fn insert(&mut self, session: Session) -> Result<u32> {
        let index = match self.free.pop() {
            Some(index) => index as usize,
            None if self.slots.len() < MAX_SLOTS => {
                self.slots.push(Slot::default());
                self.slots.len() - 1
            }
            None => {
                let text = format!("More than {MAX_SLOTS} connections in one thread: close some first");
                return Err(Error::new(Status::GenericFailure, text));
            }
        };
        let slot = &mut self.slots[index];
        slot.session = Some(Box::new(session));
        Ok((slot.generation << INDEX_BITS) | index as u32)
    }

    /// Ends the session of `number`; a stale number is ignored.
    pub(in crate::binding) fn release(&mut self, number: u32) {
        let (index, generation) = split(number);
        if let Some(slot) = self.slots.get_mut(index)
            && slot.generation == generation
            && let Some(mut session) = slot.session.take()
        {
            session.close(&mut self.codecs.pool);
            self.stages.take(number);
            self.texts.remove(&number);
            slot.generation = (generation + 1) % GENERATIONS;
            self.free.push(index as u32);
            #[cfg(unix)]
            if let Some(direct) = &mut self.direct {
                direct.reactor.detach(number);
            }
        }
    }

    /// How many sessions there are.
    pub(in crate::binding) fn sessions(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// The session of `number`.
    pub(in crate::binding) fn session(&mut self, number: u32) -> Result<&mut Session> {
        find(&mut self.slots, number)
    }

    /// The session of `number` with what it receives into.
    pub(in crate::binding) fn receiving(&mut self, number: u32) -> Result<Receiving<'_>> {
        let session = find(&mut self.slots, number)?;
        let (head, rows) = head_and_rows(&mut self.rows).ok_or_else(|| missing("rows"))?;
        Ok(Receiving { session, head, rows, buffers: &mut self.buffers, codecs: &mut self.codecs.pool })
    }

    /// The header of a frame of the session of `number`, with a mask key if the session wants one. RSV bits stand from
    /// bit 4 of `opcode` up.
    #[inline]
    pub(in crate::binding) fn header(&mut self, number: u32, opcode: u8) -> Result<Header> {
        let session = find(&mut self.slots, number)?;
        let mask = if session.masks() { Some(self.masks.next()?) } else { None };
        Ok(session.header(opcode, mask))
    }

    /// The header of a frame of the session of `number`, and the last `room` bytes of the slab.
    pub(in crate::binding) fn sending(&mut self, number: u32, opcode: u8, room: u32) -> Result<Sending<'_>> {
        let header = self.header(number, opcode)?;
        let (cursor, slab) = self.slab.last(room);
        let is_shallow = self.stack.is_shallow();
        Ok(Sending { header, cursor, slab, utf16: &mut self.utf16, is_shallow })
    }

    /// Marks the memory that was kept for large messages, so that it goes back to the system.
    pub(in crate::binding) fn trim(&mut self) {
        self.returning.add(mem::take(&mut self.utf16));
        self.returning.add(mem::take(&mut self.frame));
        self.returning.add(mem::take(&mut self.latin1));
        self.buffers.trim().into_iter().for_each(|buffer| self.returning.add(buffer));
        self.codecs.trim();
    }
}

/// What stands in front of the rows.
pub(in crate::binding) struct Head<'a> {
    /// How far a chunk was parsed.
    pub(in crate::binding) reached: &'a mut i32,
    /// The work that may be done; afterwards, what is left of it.
    pub(in crate::binding) work: &'a mut i32,
    /// How many dispatches are under way in JavaScript, over whatever transport.
    pub(in crate::binding) depth: i32,
}

/// The shared memory of rows: the head, and the rows behind it.
pub(in crate::binding) fn head_and_rows(shared: &mut Shared) -> Option<(Head<'_>, Rows<'_>)> {
    // SAFETY: any four bytes are an i32, and the shim made the array as an Int32Array, so it is aligned; what an
    // unaligned one leaves over is not used.
    let (_, cells, _) = unsafe { shared.bytes().align_to_mut::<i32>() };
    let (head, rows) = cells.split_at_mut_checked(HEAD)?;
    let [reached, work, depth, ..] = head else { return None };
    Some((Head { reached, work, depth: *depth }, Rows::new(rows)))
}

/// What an export that receives works with.
pub(in crate::binding) struct Receiving<'a> {
    pub(in crate::binding) session: &'a mut Session,
    pub(in crate::binding) head: Head<'a>,
    pub(in crate::binding) rows: Rows<'a>,
    pub(in crate::binding) buffers: &'a mut Buffers,
    pub(in crate::binding) codecs: &'a mut CodecPool,
}

/// What an export that sends works with.
pub(in crate::binding) struct Sending<'a> {
    pub(in crate::binding) header: Header,
    /// Where in the slab its part begins.
    pub(in crate::binding) cursor: usize,
    pub(in crate::binding) slab: &'a mut [u8],
    pub(in crate::binding) utf16: &'a mut Vec<u16>,
    /// Whether the stack has room for a write to a stream.
    pub(in crate::binding) is_shallow: bool,
}

fn split(number: u32) -> (usize, u32) {
    (number as usize & (MAX_SLOTS - 1), number >> INDEX_BITS)
}

/// [`Registry::session`] for callers that have borrowed other fields of the registry.
#[inline]
pub(in crate::binding) fn find(slots: &mut [Slot], number: u32) -> Result<&mut Session> {
    let (index, generation) = split(number);
    slots
        .get_mut(index)
        .filter(|slot| slot.generation == generation)
        .and_then(|slot| slot.session.as_deref_mut())
        .ok_or_else(|| stale(number))
}

#[cold]
fn stale(number: u32) -> Error {
    Error::new(Status::GenericFailure, format!("No session has the slot {number}"))
}

fn missing(what: &str) -> Error {
    Error::new(Status::GenericFailure, format!("The shim has shared no {what}"))
}
