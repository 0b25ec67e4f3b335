//! One connection whose bytes Rust moves: what is known of it, and when its frames leave.

use super::clock;
use super::outbox::{Flushed, Outbox};
use super::socket::Socket;
use std::io;

/// Waiting bytes from which a connection counts as backed up, as in Node's streams.
const HIGH_WATER: usize = 16 * 1024;
/// Waiting bytes, or bytes more of them, from which they are sent at once instead of at the end of the turn.
const FLUSH_AT: usize = 64 * 1024;
/// How long a frame may wait for others of its turn, in nanoseconds.
const PROMPT: u64 = 1_000_000;
/// Of answers that leave together, how many are given between two looks at the clock, which costs a tenth of what they do.
const LOOK: u32 = 8;

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
    /// The kernel had no room for what waits, and will say when it has.
    pub(super) blocked: bool,
    pub(super) backed_up: bool,
    /// The turn in which something was written last, and when that was.
    pub(super) turn: u64,
    pub(super) written: u64,
    /// Answers that wait for others, and when the clock was first looked at for them.
    answers: u32,
    looked: u64,
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
            blocked: false,
            backed_up: false,
            turn: 0,
            written: 0,
            answers: 0,
            looked: 0,
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

    /// Whether what was appended leaves now, or with what follows it in this turn, at the end of which everything
    /// leaves. This is the whole policy:
    ///
    /// - While `more` messages of this connection are about to be handled, their answers leave together, unless the
    ///   handlers are slow.
    /// - Otherwise the first frame of a turn leaves at once: who has sent it may go on computing, block, or end the
    ///   process. What follows it leaves when it is due by the clock, so that a burst is not a write for each frame.
    /// - Much leaves at once, and nothing is tried while the kernel has no room.
    pub(super) fn is_due(&mut self, turn: u64, more: bool) -> bool {
        if self.outbox.len() >= self.flush_at {
            return true;
        }
        if self.blocked {
            return false;
        }
        if more {
            self.answers += 1;
            return self.answers % LOOK == 1 && self.are_slow();
        }
        self.turn != turn || clock::now().saturating_sub(self.written) >= PROMPT
    }

    /// Whether the handlers of the answers that wait have taken long. The coarse clock may be some milliseconds late.
    fn are_slow(&mut self) -> bool {
        let now = clock::coarse();
        if self.answers == 1 {
            self.looked = now;
        }
        now.saturating_sub(self.looked) >= PROMPT
    }

    /// What a flush of `before` bytes in a turn has come to.
    pub(super) fn settle(
        &mut self,
        before: usize,
        result: io::Result<Flushed>,
        turn: u64,
    ) -> Option<Outcome> {
        self.sent += before.saturating_sub(self.outbox.len()) as u64;
        self.blocked = matches!(result, Ok(Flushed::Blocked));
        (self.turn, self.written, self.answers) = (turn, clock::now(), 0);
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
