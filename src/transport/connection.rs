//! One connection whose socket Rust reads and writes: its state, and when its frames are written.

use super::clock;
use super::outbox::{Flushed, Outbox};
use super::socket::Socket;
use std::io;

/// Waiting bytes from which a connection counts as backed up, as in Node's streams.
const HIGH_WATER: usize = 16 * 1024;
/// From so many waiting bytes on (on a connection that is backed up: so many more than after the last flush), they are
/// sent at once instead of at the end of the burst.
const FLUSH_AT: usize = 64 * 1024;
/// How long a frame may wait for later frames of its burst, in nanoseconds.
const PROMPT: u64 = 1_000_000;
/// So many writes of a burst are made at once; the frames of a longer one leave together.
const AT_ONCE: u32 = 4;
/// So many are if the frames that waited last did not wait long.
const AT_ONCE_OF_QUICK: u32 = 1;
/// While answers are gathered to leave together, the clock is read once for so many of them; that costs a tenth of what
/// the answers do.
const LOOK: u32 = 8;

/// Whether a connection is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// It is.
    No,
    /// It is not.
    Now,
    /// It is read from once more, like a stream of Node's that is paused between two chunks.
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
    /// JavaScript has the rest of what was read last, and has not had it parsed: what follows stays in the kernel.
    pub(super) has_rest: bool,
    pub(super) dirty: bool,
    /// From so many waiting bytes on, they are sent at once. While the connection is backed up the number is larger by
    /// what waited at the last flush, so that not each frame tries a write.
    pub(super) flush_at: usize,
    /// The kernel had no room for the waiting bytes; an event says when it has.
    pub(super) blocked: bool,
    pub(super) backed_up: bool,
    /// The burst in which something was written last, how many writes it has had, and when the last one was.
    pub(super) burst: u64,
    writes: u32,
    pub(super) written: u64,
    /// How many writes of a burst are made at once, and whether a frame waits that would have had a later one.
    at_once: u32,
    waits: bool,
    /// Answers that wait to leave together, and when the first of them came.
    answers: u32,
    looked: u64,
    pub(super) failed: bool,
    pub(super) alive: bool,
    pub(super) received: u64,
    pub(super) sent: u64,
    /// How many bytes had moved when some did last, if JavaScript was not told of these; otherwise 0.
    untold: u64,
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
            has_rest: false,
            dirty: false,
            flush_at: FLUSH_AT,
            blocked: false,
            backed_up: false,
            burst: 0,
            writes: 0,
            written: 0,
            at_once: AT_ONCE,
            waits: false,
            answers: 0,
            looked: 0,
            failed: false,
            alive: false,
            received: 0,
            sent: 0,
            untold: 0,
        }
    }

    /// Bytes that were sent and have not reached the kernel.
    pub(crate) fn pending(&self) -> usize {
        self.outbox.len()
    }

    /// Bytes received and sent so far, and a number that changes when some move of which JavaScript is not told: a part of a
    /// frame, or what the kernel takes later.
    pub(crate) fn counters(&self) -> [u64; 3] {
        [self.received, self.sent, self.untold]
    }

    /// JavaScript is not told of what has just moved.
    pub(crate) fn moved_untold(&mut self) {
        self.untold = self.received + self.sent;
    }

    /// Reads once. How much came tells whether more may be there; see the module.
    pub(crate) fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let result = self.socket.receive(into);
        self.received(result, into.len())
    }

    /// Reads once, up to `most` bytes, and appends them to `bytes`, which have room for them.
    pub(crate) fn receive_behind(&mut self, bytes: &mut Vec<u8>, most: usize) -> io::Result<usize> {
        let result = self.socket.receive_behind(bytes, most);
        self.received(result, most)
    }

    /// Notes the result of a read of up to `most` bytes.
    fn received(&mut self, result: io::Result<usize>, most: usize) -> io::Result<usize> {
        if self.pause == Pause::AfterNext {
            self.pause = Pause::Now;
        }
        match &result {
            Ok(0) | Err(_) => (self.readable, self.urgent) = (false, false),
            Ok(count) => {
                self.received += *count as u64;
                self.untold = 0;
                self.readable = *count == most || self.hung_up || self.urgent;
            }
        }
        result
    }

    /// Whether to read. A paused connection still reads EOF when no data precedes it, like Node's streams.
    pub(super) fn wants_reading(&self) -> bool {
        let paused = self.pause == Pause::Now || self.has_rest;
        self.readable && !self.failed && (!paused || (self.hung_up && self.socket.is_at_end()))
    }

    /// Whether the appended frame is written now. If not, it is written with later frames of this burst; at the end of a
    /// burst everything is written. `size` bytes of it have not been appended yet. The policy:
    ///
    /// - While `more` messages of this connection are about to be handled, their answers are written together, unless
    ///   the handlers are slow.
    /// - Otherwise the first few frames of a burst are written at once each, since the code that sent them may go on
    ///   computing, block, or end the process. A later frame of the burst is written if the last write was a
    ///   millisecond ago, so that it does not cost one write per frame. Once later frames have left within a
    ///   millisecond, as the answers of asynchronous handlers do, only the first frame of a burst is written at once,
    ///   until some have waited for longer.
    /// - From `flush_at` waiting bytes on, they are written at once; below that, nothing is tried while the kernel has
    ///   no room.
    pub(super) fn is_due(&mut self, burst: u64, more: bool, size: usize) -> bool {
        if self.outbox.len() + size >= self.flush_at {
            return true;
        }
        if self.blocked {
            return false;
        }
        if more {
            self.answers += 1;
            return self.answers % LOOK == 1 && self.are_slow();
        }
        if self.burst != burst
            || self.writes < self.at_once
            || clock::now().saturating_sub(self.written) >= PROMPT
        {
            return true;
        }
        self.waits = true;
        false
    }

    /// Whether the handlers of the waiting answers have taken a millisecond or more. The coarse clock may be some
    /// milliseconds late.
    fn are_slow(&mut self) -> bool {
        let now = clock::coarse();
        if self.answers == 1 {
            self.looked = now;
        }
        now.saturating_sub(self.looked) >= PROMPT
    }

    /// Notes the result of a flush of `before` bytes. Returns what JavaScript has to be told of it.
    pub(super) fn note_flush(
        &mut self,
        before: usize,
        result: io::Result<Flushed>,
        burst: u64,
    ) -> Option<Outcome> {
        self.sent += before.saturating_sub(self.outbox.len()) as u64;
        self.blocked = matches!(result, Ok(Flushed::Blocked));
        self.writes = if self.burst == burst { self.writes.saturating_add(1) } else { 1 };
        (self.burst, self.answers) = (burst, 0);
        // Before, nobody asks when the last write was.
        if self.waits || self.writes >= self.at_once {
            let now = clock::now();
            if std::mem::take(&mut self.waits) {
                let is_quick = now.saturating_sub(self.written) < PROMPT;
                self.at_once = if is_quick { AT_ONCE_OF_QUICK } else { AT_ONCE };
            }
            self.written = now;
        }
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

/// What the sender of a frame has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Appended {
    /// Nothing: it was written, or waits for messages that are about to be handled.
    Done,
    /// Its connection is backed up.
    BackedUp,
    /// It waits for the end of the burst.
    Waits,
}

impl From<bool> for Appended {
    /// What was written, of a connection that is backed up by now or is not.
    fn from(is_backed_up: bool) -> Self {
        if is_backed_up { Appended::BackedUp } else { Appended::Done }
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
