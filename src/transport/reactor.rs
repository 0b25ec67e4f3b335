//! Who is ready, who is dirty, and in which order they are served.
//!
//! Events are edge-triggered: a connection stays on the ready list until a read has emptied it, so that a short
//! read needs no second one to see that nothing is left. (It tells nothing at the end, and where urgent data of TCP
//! stands in between: there, reads go on until one finds nothing.) A turn reads each ready connection once, so a busy
//! one does not starve the others.

use super::outbox::{Flushed, Outbox};
use super::socket::Socket;
use super::uv::{Callbacks, Handles};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

/// Waiting bytes from which a connection counts as backed up, as in Node's streams.
const HIGH_WATER: usize = 16 * 1024;
/// Waiting bytes, or bytes more of them, from which they are sent at once instead of at the end of the turn.
const FLUSH_AT: usize = 64 * 1024;
/// Memory of outboxes that is kept for the next ones: how many, and of which size at most.
const MAX_SPARE: usize = 256;
const MAX_SPARE_SIZE: usize = 64 * 1024;
/// Events taken from the system at a time.
const EVENTS: usize = 1024;
/// Bits of a session's number that say which place it has; see the registry.
pub(crate) const INDEX_BITS: u32 = 20;

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
    slot: u32,
    socket: Socket,
    outbox: Outbox,
    readable: bool,
    /// The peer has closed its side: only a read of 0 ends the reading.
    hung_up: bool,
    /// A read may have stopped short at urgent data: only one that finds nothing ends the reading.
    urgent: bool,
    queued: bool,
    pause: Pause,
    dirty: bool,
    /// Waiting bytes from which they are sent at once: once it is backed up, not with each frame.
    flush_at: usize,
    backed_up: bool,
    failed: bool,
    alive: bool,
    received: u64,
    sent: u64,
}

impl Connection {
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
        if self.pause == Pause::AfterNext {
            self.pause = Pause::Now;
        }
        match &result {
            Ok(0) | Err(_) => (self.readable, self.urgent) = (false, false),
            Ok(count) => {
                self.received += *count as u64;
                self.readable = *count == into.len() || self.hung_up || self.urgent;
            }
        }
        result
    }

    /// Who is held up still sees the end of the peer if nothing stands before it, as Node's streams do.
    fn wants_reading(&self) -> bool {
        let held_up = self.pause == Pause::Now || self.backed_up;
        self.readable && !self.failed && (!held_up || (self.hung_up && self.socket.is_at_end()))
    }

    /// What a flush of `before` bytes has come to.
    fn settle(&mut self, before: usize, result: io::Result<Flushed>) -> Option<Outcome> {
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

/// All direct connections of one environment, by the slot numbers of their sessions; a stale number finds nothing.
#[derive(Debug)]
pub(crate) struct Reactor {
    poll: Poll,
    events: Events,
    connections: Vec<Option<Box<Connection>>>,
    ready: VecDeque<u32>,
    dirty: Vec<u32>,
    spare: Vec<Vec<u8>>,
    outcomes: VecDeque<(u32, Outcome)>,
    alive: usize,
    handles: Option<Handles>,
    callbacks: Option<Callbacks>,
}

impl Reactor {
    /// A reactor that watches nothing yet.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Reactor {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS),
            connections: Vec::new(),
            ready: VecDeque::new(),
            dirty: Vec::new(),
            spare: Vec::new(),
            outcomes: VecDeque::new(),
            alive: 0,
            handles: None,
            callbacks: None,
        })
    }

    /// The descriptor that becomes readable when a connection does.
    pub(crate) fn descriptor(&self) -> RawFd {
        self.poll.as_raw_fd()
    }

    /// Ties the reactor to the loop.
    pub(crate) fn tie(&mut self, handles: Handles, callbacks: Callbacks) {
        self.handles = Some(handles);
        self.callbacks = Some(callbacks);
    }

    /// Unties it, for the end of the environment. Descriptors close with the reactor.
    pub(crate) fn untie(&mut self) -> Option<Handles> {
        self.handles.take()
    }

    /// Takes over a duplicate of `fd` for the session `slot`.
    pub(crate) fn attach(&mut self, slot: u32, fd: RawFd, alive: bool) -> io::Result<()> {
        let index = index_of(slot);
        let socket = Socket::duplicate(fd)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        // Elsewhere nothing tells of urgent data: what stands behind it waits for the peer's next packet.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let interest = interest | Interest::PRIORITY;
        self.poll.registry().register(&mut SourceFd(&socket.as_raw_fd()), Token(slot as usize), interest)?;
        if self.connections.len() <= index {
            self.connections.resize_with(index + 1, || None);
        }
        self.connections[index] = Some(Box::new(Connection {
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
        }));
        self.keep_alive(slot, alive);
        Ok(())
    }

    /// Gives a connection up: what it could not send, and its counters.
    pub(crate) fn detach(&mut self, slot: u32) -> Option<(Vec<u8>, u64, u64)> {
        self.keep_alive(slot, false);
        let mut connection = self.connections.get_mut(index_of(slot))?.take_if(|one| one.slot == slot)?;
        // Closing the duplicate alone would leave it in the set as long as Node's descriptor is open. A failure
        // leaves events behind that nobody answers to.
        let _ = self.poll.registry().deregister(&mut SourceFd(&connection.socket.as_raw_fd()));
        Some((connection.outbox.take(), connection.received, connection.sent))
    }

    /// The connection of the session `slot`.
    pub(crate) fn connection(&mut self, slot: u32) -> Option<&mut Connection> {
        find(&mut self.connections, slot)
    }

    /// Whether a connection keeps the loop alive.
    pub(crate) fn keep_alive(&mut self, slot: u32, alive: bool) {
        let Some(connection) = find(&mut self.connections, slot) else { return };
        let before = self.alive;
        match (std::mem::replace(&mut connection.alive, alive), alive) {
            (false, true) => self.alive += 1,
            (true, false) => self.alive -= 1,
            _ => {}
        }
        if let Some(handles) = &self.handles
            && (before == 0) != (self.alive == 0)
        {
            handles.keep_alive(self.alive > 0);
        }
    }

    /// Where a frame is appended; it leaves at the end of the turn.
    pub(crate) fn outbox(&mut self, slot: u32) -> Option<&mut Vec<u8>> {
        let connection = find(&mut self.connections, slot)?;
        if !connection.dirty {
            connection.dirty = true;
            self.dirty.push(slot);
            if let (Some(handles), Some(callbacks)) = (&mut self.handles, self.callbacks) {
                handles.prepare(true, callbacks.prepare);
            }
        }
        Some(connection.outbox.buffer(&mut self.spare))
    }

    /// After an append: sends at once if much was added. Whether the connection is backed up.
    pub(crate) fn appended(&mut self, slot: u32) -> bool {
        match self.connection(slot) {
            Some(connection) if connection.outbox.len() < connection.flush_at => connection.backed_up,
            _ => self.flush(slot),
        }
    }

    /// Sends what waits; whether the connection is backed up.
    pub(crate) fn flush(&mut self, slot: u32) -> bool {
        self.flush_with(slot, &[], &[])
    }

    /// Sends what waits, and `header` and `payload` behind it.
    pub(crate) fn flush_with(&mut self, slot: u32, header: &[u8], payload: &[u8]) -> bool {
        let Some(connection) = find(&mut self.connections, slot) else { return false };
        if connection.failed {
            return false;
        }
        let before = connection.outbox.len() + header.len() + payload.len();
        let result = if before == connection.outbox.len() {
            connection.outbox.flush(&connection.socket)
        } else {
            connection.outbox.flush_with(header, payload, &connection.socket)
        };
        let outcome = connection.settle(before, result);
        let backed_up = connection.backed_up;
        if connection.outbox.is_empty() {
            let buffer = connection.outbox.reclaim();
            if self.spare.len() < MAX_SPARE && (1..=MAX_SPARE_SIZE).contains(&buffer.capacity()) {
                self.spare.push(buffer);
            }
        }
        if let Some(outcome) = outcome {
            self.outcomes.push_back((slot, outcome));
            self.requeue(slot);
            self.stir();
        }
        backed_up
    }

    /// Sends everything that waits, at the end of a turn.
    pub(crate) fn flush_all(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for slot in dirty.drain(..) {
            if let Some(connection) = self.connection(slot) {
                connection.dirty = false;
                if !connection.backed_up {
                    self.flush(slot);
                }
            }
        }
        // Nothing was marked meanwhile; the list's memory is used again.
        self.dirty = dirty;
        if let (Some(handles), Some(callbacks)) = (&mut self.handles, self.callbacks) {
            handles.prepare(false, callbacks.prepare);
        }
    }

    /// Stops or resumes reading.
    pub(crate) fn pause(&mut self, slot: u32, pause: Pause) {
        if let Some(connection) = self.connection(slot) {
            connection.pause = pause;
            self.requeue(slot);
        }
    }

    /// Asks the system who is ready.
    pub(crate) fn collect(&mut self) -> io::Result<()> {
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        let result = self.poll.poll(&mut events, Some(Duration::ZERO));
        if result.is_ok() {
            for event in &events {
                let slot = event.token().0 as u32;
                let Some(connection) = self.connection(slot) else { continue };
                connection.readable |= event.is_readable() || event.is_error() || event.is_read_closed();
                connection.hung_up |= event.is_read_closed() || event.is_error();
                connection.urgent |= event.is_priority();
                // A dirty one is flushed at the end of the turn, unless it is backed up: then there is only this.
                let waits = !connection.dirty || connection.backed_up;
                if event.is_writable() && !connection.outbox.is_empty() && waits {
                    self.flush(slot);
                }
                self.requeue(slot);
            }
        }
        self.events = events;
        result
    }

    /// The next connection to read from.
    pub(crate) fn next_ready(&mut self) -> Option<u32> {
        while let Some(slot) = self.ready.pop_front() {
            if let Some(connection) = self.connection(slot) {
                connection.queued = false;
                if connection.wants_reading() {
                    return Some(slot);
                }
            }
        }
        None
    }

    /// How many connections wait for their turn.
    pub(crate) fn waiting(&self) -> usize {
        self.ready.len()
    }

    /// Puts a connection that still has something to read behind all others.
    pub(crate) fn requeue(&mut self, slot: u32) {
        if let Some(connection) = self.connection(slot)
            && connection.wants_reading()
            && !connection.queued
        {
            connection.queued = true;
            self.ready.push_back(slot);
            self.stir();
        }
    }

    /// What flushes have to tell, the oldest first, with the number of its session.
    pub(crate) fn next_outcome(&mut self) -> Option<(u32, Outcome)> {
        self.outcomes.pop_front()
    }

    /// Has the loop come back at once while there is work.
    pub(crate) fn stir(&mut self) {
        if let (Some(handles), Some(callbacks)) = (&mut self.handles, self.callbacks) {
            handles.idle(true, callbacks.idle);
        }
    }

    /// Lets the loop wait again if nothing is left to do.
    pub(crate) fn rest(&mut self) {
        let busy = !self.ready.is_empty() || !self.outcomes.is_empty();
        if let (Some(handles), Some(callbacks)) = (&mut self.handles, self.callbacks) {
            handles.idle(busy, callbacks.idle);
        }
    }
}

fn index_of(slot: u32) -> usize {
    (slot & ((1 << INDEX_BITS) - 1)) as usize
}

/// For where other fields of the reactor are in use; see [`Reactor::connection`].
fn find(connections: &mut [Option<Box<Connection>>], slot: u32) -> Option<&mut Connection> {
    connections.get_mut(index_of(slot))?.as_deref_mut().filter(|connection| connection.slot == slot)
}
