//! One connection whose bytes Rust moves: what is known of it.

use super::outbox::{Flushed, Outbox};
use super::socket::Socket;
use std::io;

/// Waiting bytes from which a connection counts as backed up, as in Node's streams.
const HIGH_WATER: usize = 16 * 1024;
/// Waiting bytes, or bytes more of them, from which they are sent at once instead of at the end of the turn.
const FLUSH_AT: usize = 64 * 1024;

/// Whether a connection is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// It is.
    No,
    /// It is not.
    Now,
    /// Once more, as Node's streams do that are told to pause between two chunks.
    AfterNext,
}

/// A connection whose socket is ours.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(super) slot: u32,
    pub(super) socket: Socket,
    pub(super) outbox: Outbox,
    pub(super) readable: bool,
    /// The peer has closed its side: only a read of 0 ends the reading.
    pub(super) hung_up: bool,
    /// A read may have stopped short at urgent data: only one that finds nothing ends the reading.
    pub(super) urgent: bool,
    pub(super) queued: bool,
    pub(super) pause: Pause,
    pub(super) dirty: bool,
    /// Waiting bytes from which they are sent at once: once it is backed up, not with each frame.
    pub(super) flush_at: usize,
    pub(super) backed_up: bool,
    pub(super) failed: bool,
    pub(super) alive: bool,
    pub(super) received: u64,
    pub(super) sent: u64,
}

impl Connection {
    /// A connection from which nothing has been read.
    pub(super) fn new(slot: u32, socket: Socket) -> Self {
        Connection {
            slot,
            socket,
            outbox: Outbox::default(),
            readable: false,
            hung_up: false,
            urgent: false,
            queued: false,
            pause: Pause::No,
            dirty: false,
            flush_at: FLUSH_AT,
            backed_up: false,
            failed: false,
            alive: false,
            received: 0,
            sent: 0,
        }
    }

    /// Bytes that were sent and have not reached the kernel.
    pub(crate) fn pending(&self) -> usize {
        self.outbox.len()
    }

    /// Bytes received and sent so far.
    pub(crate) fn counters(&self) -> (u64, u64) {
        (self.received, self.sent)
    }

    /// Reads once. How much came tells whether more may be there; see the module.
    pub(crate) fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let result = self.socket.receive(into);
        self.received(result, into.len())
    }

    /// Reads once, up to `most` bytes, behind `bytes`, which have room for them.
    pub(crate) fn receive_behind(&mut self, bytes: &mut Vec<u8>, most: usize) -> io::Result<usize> {
        let result = self.socket.receive_behind(bytes, most);
        self.received(result, most)
    }

    /// What a read of up to `most` bytes has come to.
    fn received(&mut self, result: io::Result<usize>, most: usize) -> io::Result<usize> {
        if self.pause == Pause::AfterNext {
            self.pause = Pause::Now;
        }
        match &result {
            Ok(0) | Err(_) => (self.readable, self.urgent) = (false, false),
            Ok(count) => {
                self.received += *count as u64;
                self.readable = *count == most || self.hung_up || self.urgent;
            }
        }
        result
    }

    /// Who is held up still sees the end of the peer if nothing stands before it, as Node's streams do.
    pub(super) fn wants_reading(&self) -> bool {
        let held_up = self.pause == Pause::Now;
        self.readable && !self.failed && (!held_up || (self.hung_up && self.socket.is_at_end()))
    }

    /// What a flush of `before` bytes has come to.
    pub(super) fn settle(&mut self, before: usize, result: io::Result<Flushed>) -> Option<Outcome> {
        self.sent += before.saturating_sub(self.outbox.len()) as u64;
        let outcome = match result {
            Ok(Flushed::All) => std::mem::take(&mut self.backed_up).then_some(Outcome::Drained),
            Ok(Flushed::Blocked) => {
                self.backed_up |= self.outbox.len() >= HIGH_WATER;
                None
            }
            Err(error) => {
                self.failed = true;
                self.outbox.take();
                Some(Outcome::Failed(error.raw_os_error().unwrap_or(libc::EIO)))
            }
        };
        self.flush_at = FLUSH_AT + if self.backed_up { self.outbox.len() } else { 0 };
        outcome
    }
}

/// What a flush has to tell JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A connection that was backed up has room again.
    Drained,
    /// Writing failed with this error number.
    Failed(i32),
}
