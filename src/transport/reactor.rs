//! Who is ready, who is dirty, and in which order they are served.
//!
//! Events are edge-triggered: a connection stays on the ready list until a read has emptied it, so that a short
//! read needs no second one to see that nothing is left. A turn reads each ready connection once, so a busy one
//! does not starve the others.

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
/// Waiting bytes from which they are sent at once instead of at the end of the turn.
const FLUSH_AT: usize = 64 * 1024;
/// Memory of outboxes that is kept for the next ones: how many, and of which size at most.
const MAX_SPARE: usize = 256;
const MAX_SPARE_SIZE: usize = 64 * 1024;
/// Events taken from the system at a time.
const EVENTS: usize = 1024;

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
    /// The session's number, generation included: old events are told from new ones by it.
    slot: u32,
    socket: Socket,
    outbox: Outbox,
    readable: bool,
    /// The peer has closed its side: only a read of 0 ends the reading.
    hung_up: bool,
    queued: bool,
    pause: Pause,
    dirty: bool,
    backed_up: bool,
    failed: bool,
    alive: bool,
    received: u64,
    sent: u64,
}

impl Connection {
    /// The session's number.
    pub(crate) fn slot(&self) -> u32 {
        self.slot
    }

    /// Bytes that were sent and have not reached the kernel.
    pub(crate) fn pending(&self) -> usize {
        self.outbox.len()
    }

    /// Bytes received and sent so far.
    pub(crate) fn counters(&self) -> (u64, u64) {
        (self.received, self.sent)
    }

    /// Reads once. How much came tells whether more may be there.
    pub(crate) fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let result = self.socket.receive(into);
        if self.pause == Pause::AfterNext {
            self.pause = Pause::Now;
        }
        match &result {
            Ok(0) | Err(_) => self.readable = false,
            Ok(count) => {
                self.received += *count as u64;
                self.readable = *count == into.len() || self.hung_up;
            }
        }
        result
    }

    /// Who is held up still sees the end of the peer if nothing stands before it, as Node's streams do.
    fn wants_reading(&self) -> bool {
        let held_up = self.pause == Pause::Now || self.backed_up;
        self.readable && !self.failed && (!held_up || (self.hung_up && self.socket.is_at_end()))
    }

    fn settle(&mut self, before: usize, result: io::Result<Flushed>) -> Option<Outcome> {
        self.sent += before.saturating_sub(self.outbox.len()) as u64;
        match result {
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
        }
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

/// All direct connections of one environment.
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

impl std::fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Callbacks")
    }
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

    /// Takes over a duplicate of `fd` for the session `slot`, whose index is `index`.
    pub(crate) fn attach(&mut self, slot: u32, index: usize, fd: RawFd, alive: bool) -> io::Result<()> {
        let socket = Socket::duplicate(fd)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
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
            queued: false,
            pause: Pause::No,
            dirty: false,
            backed_up: false,
            failed: false,
            alive: false,
            received: 0,
            sent: 0,
        }));
        self.keep_alive(index, alive);
        Ok(())
    }

    /// Gives a connection up: what it could not send, and its counters.
    pub(crate) fn detach(&mut self, index: usize) -> Option<(Vec<u8>, u64, u64)> {
        self.keep_alive(index, false);
        let mut connection = self.connections.get_mut(index)?.take()?;
        // Closing the duplicate alone would leave it in the set as long as Node's descriptor is open. A failure
        // leaves events behind that nobody answers to.
        let _ = self.poll.registry().deregister(&mut SourceFd(&connection.socket.as_raw_fd()));
        Some((connection.outbox.take(), connection.received, connection.sent))
    }

    /// The connection at `index`.
    pub(crate) fn connection(&mut self, index: usize) -> Option<&mut Connection> {
        self.connections.get_mut(index)?.as_deref_mut()
    }

    /// Whether the connection at `index` keeps the loop alive.
    pub(crate) fn keep_alive(&mut self, index: usize, alive: bool) {
        let Some(connection) = self.connections.get_mut(index).and_then(Option::as_mut) else { return };
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

    /// Where a frame of the connection at `index` is appended; it leaves at the end of the turn.
    pub(crate) fn outbox(&mut self, index: usize) -> Option<&mut Vec<u8>> {
        let connection = self.connections.get_mut(index)?.as_deref_mut()?;
        if !connection.dirty {
            connection.dirty = true;
            self.dirty.push(index as u32);
            if let (Some(handles), Some(callbacks)) = (&mut self.handles, self.callbacks) {
                handles.prepare(true, callbacks.prepare);
            }
        }
        Some(connection.outbox.buffer(&mut self.spare))
    }

    /// After an append: sends at once if much waits. Whether the connection is backed up.
    pub(crate) fn appended(&mut self, index: usize) -> bool {
        match self.connection(index) {
            Some(connection) if connection.outbox.len() < FLUSH_AT => connection.backed_up,
            _ => self.flush(index),
        }
    }

    /// Sends what the connection at `index` has; whether it is backed up.
    pub(crate) fn flush(&mut self, index: usize) -> bool {
        self.flush_with(index, &[], &[])
    }

    /// Sends what the connection at `index` has, and `header` and `payload` behind it.
    pub(crate) fn flush_with(&mut self, index: usize, header: &[u8], payload: &[u8]) -> bool {
        let Some(connection) = self.connections.get_mut(index).and_then(Option::as_deref_mut) else {
            return false;
        };
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
            let slot = connection.slot;
            self.outcomes.push_back((slot, outcome));
            self.requeue(index);
            self.stir();
        }
        backed_up
    }

    /// Sends everything that waits, at the end of a turn.
    pub(crate) fn flush_all(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for index in dirty.drain(..) {
            if let Some(connection) = self.connection(index as usize) {
                connection.dirty = false;
                if !connection.backed_up {
                    self.flush(index as usize);
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
    pub(crate) fn pause(&mut self, index: usize, pause: Pause) {
        if let Some(connection) = self.connection(index) {
            connection.pause = pause;
            self.requeue(index);
        }
    }

    /// Asks the system who is ready.
    pub(crate) fn collect(&mut self) -> io::Result<()> {
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        let result = self.poll.poll(&mut events, Some(Duration::ZERO));
        if result.is_ok() {
            for event in &events {
                let slot = event.token().0 as u32;
                let index = index_of(slot);
                let Some(connection) = self.connection(index).filter(|connection| connection.slot == slot)
                else {
                    continue;
                };
                connection.readable |= event.is_readable() || event.is_error() || event.is_read_closed();
                connection.hung_up |= event.is_read_closed() || event.is_error();
                // A dirty one is flushed at the end of the turn, unless it is backed up: then there is only this.
                let waits = !connection.dirty || connection.backed_up;
                if event.is_writable() && !connection.outbox.is_empty() && waits {
                    self.flush(index);
                }
                self.requeue(index);
            }
        }
        self.events = events;
        result
    }

    /// The next connection to read from.
    pub(crate) fn next_ready(&mut self) -> Option<usize> {
        while let Some(index) = self.ready.pop_front() {
            let index = index as usize;
            if let Some(connection) = self.connection(index) {
                connection.queued = false;
                if connection.wants_reading() {
                    return Some(index);
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
    pub(crate) fn requeue(&mut self, index: usize) {
        if let Some(connection) = self.connection(index)
            && connection.wants_reading()
            && !connection.queued
        {
            connection.queued = true;
            self.ready.push_back(index as u32);
            self.stir();
        }
    }

    /// What flushes have to tell, the oldest first, with the number of its session.
    pub(crate) fn next_outcome(&mut self) -> Option<(u32, Outcome)> {
        self.outcomes.pop_front()
    }

    /// Has the loop come back at once while there is work.
    fn stir(&mut self) {
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

/// The bits of a slot number that say which slot; see the registry.
pub(crate) fn index_of(slot: u32) -> usize {
    (slot & ((1 << 20) - 1)) as usize
}
