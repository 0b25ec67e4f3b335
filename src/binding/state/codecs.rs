//! What compression needs for one copy of the shim: the pool of codecs, those of other hosts by handle, and the frame that was
//! packed last.

use crate::binding::frame::{append_bytes, frame_into};
use crate::protocol::deflate::{CodecPool, Deflate};
use crate::protocol::hybi::sender::Header;
use napi::{Error, Result, Status};

/// What compression needs in one environment.
#[derive(Default)]
pub(in crate::binding) struct Codecs {
    pub(in crate::binding) pool: CodecPool,
    pub(in crate::binding) packed: Packed,
    pub(in crate::binding) plain: Vec<u8>,
    pub(in crate::binding) handles: Vec<Option<Handle>>,
    pub(in crate::binding) free: Vec<u32>,
}

/// A codec of another host's.
pub(in crate::binding) struct Handle {
    /// `None` while a job on another thread has it.
    pub(in crate::binding) deflate: Option<Box<Deflate>>,
    /// For a message that a job is to go on inflating: how many of its bytes were read on the loop, and the bytes that
    /// they inflated to.
    pub(in crate::binding) begun: (usize, Vec<u8>),
    /// Whether a message went through since idle codecs were last looked for.
    pub(in crate::binding) busy: bool,
}

impl Codecs {
    /// Frees the memory that was kept for large messages.
    pub(in crate::binding) fn trim(&mut self) {
        self.plain = Vec::new();
        self.packed.payload = Vec::new();
    }

    /// The codec of a handle.
    pub(in crate::binding) fn handle(&mut self, handle: u32) -> Result<&mut Handle> {
        let found = self.handles.get_mut(handle as usize).and_then(Option::as_mut);
        found.ok_or_else(|| Error::new(Status::GenericFailure, "The session of the extension is closed"))
    }

    pub(in crate::binding) fn insert(&mut self, deflate: Deflate) -> u32 {
        let handle = Some(Handle { deflate: Some(Box::new(deflate)), begun: (0, Vec::new()), busy: true });
        match self.free.pop() {
            Some(index) => {
                self.handles[index as usize] = handle;
                index
            }
            None => {
                self.handles.push(handle);
                (self.handles.len() - 1) as u32
            }
        }
    }

    pub(in crate::binding) fn release(&mut self, handle: u32) {
        if let Some(Some(Handle { deflate, .. })) = self.handles.get_mut(handle as usize).map(Option::take) {
            self.free.push(handle);
            if let Some(mut deflate) = deflate {
                deflate.close(&mut self.pool);
            }
        }
    }
}

/// A frame that waits for a place to be written to.
pub(in crate::binding) struct Packed {
    pub(in crate::binding) header: Header,
    pub(in crate::binding) payload: Vec<u8>,
}

impl Default for Packed {
    fn default() -> Self {
        Packed { header: Header::new(1, None), payload: Vec::new() }
    }
}

impl Packed {
    pub(in crate::binding) fn len(&self) -> usize {
        self.header.len(self.payload.len()) + self.payload.len()
    }

    /// Writes the frame to the front of `target`; its size, or nothing if there is no room.
    pub(in crate::binding) fn write(&self, target: &mut [u8]) -> Option<usize> {
        frame_into(self.header, &self.payload, target)
    }

    pub(in crate::binding) fn append_to(&self, out: &mut Vec<u8>) -> Result<()> {
        append_bytes(self.header, &self.payload, out)
    }
}
