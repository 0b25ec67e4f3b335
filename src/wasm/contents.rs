//! What an instance has besides sessions: codecs, jobs that wait, and readers of heads.

use super::handles::Handles;
use crate::protocol::coding::Inflation;
use crate::protocol::deflate::{CodecPool, Deflate};
use crate::protocol::handshake::{RequestParser, ResponseParser};

/// What compression needs.
#[derive(Default)]
pub(super) struct Codecs {
    pub(super) pool: CodecPool,
    /// The payload, and the frame, of the message that was packed last.
    pub(super) payload: Vec<u8>,
    pub(super) packed: Vec<u8>,
    pub(super) handles: Handles<Handle>,
}

/// A codec that a host of extensions other than our sessions owns by handle.
pub(super) struct Handle {
    /// `None` while a job uses it.
    pub(super) deflate: Option<Box<Deflate>>,
    /// If a job inflates the rest of a message: how many bytes of it were read before, and what they became.
    pub(super) begun: (usize, Vec<u8>),
    /// Whether a message went through since idle codecs were last looked for.
    pub(super) busy: bool,
}

impl Codecs {
    /// Frees what large messages have left behind.
    pub(super) fn trim(&mut self) {
        self.payload = Vec::new();
        self.packed = Vec::new();
    }

    /// Forgets the memory that sessions share, without freeing it: it may be half changed.
    pub(super) fn give_up(&mut self) {
        // Plain numbers: they are whole, whatever state the pool is in.
        let totals = self.pool.totals;
        std::mem::forget(std::mem::take(&mut self.pool));
        self.pool.totals = totals;
        std::mem::forget(std::mem::take(&mut self.payload));
        std::mem::forget(std::mem::take(&mut self.packed));
    }

    /// Has the codecs of idle handles hibernate. Counts all handles, and the idle ones.
    pub(super) fn hibernate_idle(&mut self, all: &mut u32, idle: &mut u32) {
        for handle in self.handles.iter_mut() {
            *all += 1;
            if !std::mem::take(&mut handle.busy)
                && let Some(deflate) = &mut handle.deflate
            {
                deflate.hibernate();
                *idle += 1;
            }
        }
    }

    /// Bytes of the windows of handles, and of shared codecs.
    pub(super) fn memory_usage(&self) -> (usize, usize) {
        let handles = self.handles.iter().filter_map(|handle| handle.deflate.as_ref());
        (handles.map(|deflate| deflate.memory_usage()).sum(), self.pool.memory_usage())
    }

    /// The codec of a handle.
    pub(super) fn handle(&mut self, handle: u32) -> Option<&mut Handle> {
        self.handles.get(handle)
    }

    pub(super) fn insert(&mut self, deflate: Deflate) -> u32 {
        self.handles.insert(Handle { deflate: Some(Box::new(deflate)), begun: (0, Vec::new()), busy: true })
    }

    /// Forgets the codec that was at work when the module was stopped.
    pub(super) fn forget(&mut self, handle: u32) {
        if let Some(handle) = self.handle(handle) {
            std::mem::forget(handle.deflate.take());
            std::mem::forget(std::mem::take(&mut handle.begun));
        }
    }
}

/// Jobs that wait, and what was made by those that are done, by number.
#[derive(Default)]
pub(super) struct Jobs {
    pub(super) waiting: Vec<(u32, Job)>,
    pub(super) results: Vec<(u32, Vec<u8>)>,
}

/// Work on a message, with the codec that it needs.
pub(super) enum Job {
    Inflate(u32, Inflation),
    Compress(Owner, Box<Deflate>, Vec<u8>),
    Decompress(Owner, Decompression),
}

/// A message to inflate for a host of extensions other than our sessions.
pub(super) struct Decompression {
    pub(super) deflate: Box<Deflate>,
    pub(super) input: Vec<u8>,
    /// How much of the input was read.
    pub(super) read: usize,
    pub(super) plain: Vec<u8>,
    pub(super) limit: u64,
}

/// To whom the codec of a job goes back.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    Session(u32),
    Handle(u32),
}

impl Jobs {
    /// Forgets all results, without freeing them: one may be half written.
    pub(super) fn give_up(&mut self) {
        std::mem::forget(std::mem::take(&mut self.results));
    }
}

/// A reader of one head.
pub(super) enum Reader {
    Request(RequestParser),
    Response(ResponseParser),
}
