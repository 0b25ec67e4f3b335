//! Which connections are ready to be read, which have frames to write, and in which order they are served.
//!
//! Events are edge-triggered: a connection stays on the ready list until a read returns fewer bytes than it could.
//! After such a short read we wait for the next edge, unless the peer has sent FIN or urgent data: then we read until a
//! read returns nothing. A turn reads each ready connection once, so a busy one does not starve the others.
//!
//! [`Connection::is_due`] decides when frames leave.

use super::connection::{Appended, Connection, Outcome, Pause};
use super::socket::Socket;
use super::uv::{Callbacks, Handles};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use std::collections::{TryReserveError, VecDeque};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

/// Memory of outboxes that is kept for the next ones: how many, and of which size at most.
const MAX_SPARE: usize = 256;
const MAX_SPARE_SIZE: usize = 64 * 1024;
/// Events taken from the system at a time.
const EVENTS: usize = 1024;
/// Bits of a session's number that say which place it has; see the registry.
pub(crate) const INDEX_BITS: u32 = 20;

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
    /// How many connections there are, and how many of them keep the loop alive.
    attached: usize,
    alive: usize,
    /// The number of this burst: the frames sent between two flushes of everything. A connection that has never written has done
    /// so in burst 0.
    burst: u64,
    handles: Option<Handles>,
    callbacks: Option<Callbacks>,
}

impl Reactor {
    /// A reactor without connections.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Reactor {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS),
            connections: Vec::new(),
            ready: VecDeque::new(),
            dirty: Vec::new(),
            spare: Vec::new(),
            outcomes: VecDeque::new(),
            attached: 0,
            alive: 0,
            burst: 1,
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

    /// Unties it, for the end of the environment.
    pub(crate) fn untie(&mut self) -> Option<Handles> {
        self.handles.take()
    }

    /// Drops all connections without touching their descriptors, whose numbers may belong to other files by now, and
    /// lets the loop wait.
    pub(crate) fn abandon(&mut self) {
        self.connections.clear();
        self.ready.clear();
        self.dirty.clear();
        self.outcomes.clear();
        self.alive = 0;
        if let (Some(handles), Some(callbacks)) = (&mut self.handles, self.callbacks) {
            handles.keep_alive(false);
            handles.prepare(false, callbacks.prepare);
            handles.idle(false, callbacks.idle);
        }
    }

    /// Takes over the bytes of `fd` for the session `slot`, until it is detached.
    ///
    /// # Safety
    /// `fd` is open. Nobody closes it before it is detached, or else nothing is asked of the reactor any more before
    /// that has been told to [`abandon`](Reactor::abandon) it.
    pub(crate) unsafe fn attach(&mut self, slot: u32, fd: RawFd, alive: bool) -> io::Result<()> {
        let index = index_of(slot);
        // SAFETY: as the caller says. Detaching drops it.
        let socket = unsafe { Socket::borrow(fd) };
        let interest = Interest::READABLE | Interest::WRITABLE;
        // Other systems have no event for urgent data: there, bytes behind it are read with the peer's next packet.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let interest = interest | Interest::PRIORITY;
        self.poll.registry().register(&mut SourceFd(&socket.as_raw_fd()), Token(slot as usize), interest)?;
        if self.connections.len() <= index {
            self.connections.resize_with(index + 1, || None);
        }
        let before = self.connections[index].replace(Box::new(Connection::new(slot, socket)));
        self.attached += usize::from(before.is_none());
        self.keep_alive(slot, alive);
        Ok(())
    }

    /// Ends the work on a connection. Returns the bytes that it could not send, and its counters.
    pub(crate) fn detach(&mut self, slot: u32) -> Option<(Vec<u8>, u64, u64)> {
        self.keep_alive(slot, false);
        let mut connection = self.connections.get_mut(index_of(slot))?.take_if(|one| one.slot == slot)?;
        self.attached -= 1;
        // The descriptor is removed from the set: if another process has a duplicate of it, closing it would not remove
        // it. If this fails, events of it still come and are ignored.
        let _ = self.poll.registry().deregister(&mut SourceFd(&connection.socket.as_raw_fd()));
        Some((connection.outbox.take(), connection.received, connection.sent))
    }

    /// Whether it has no connection.
    pub(crate) fn is_empty(&self) -> bool {
        self.attached == 0
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

    /// The buffer to append a frame to. The caller calls [`appended`](Reactor::appended) afterwards.
    pub(crate) fn outbox(&mut self, slot: u32) -> Option<&mut Vec<u8>> {
        let connection = find(&mut self.connections, slot)?;
        Some(connection.outbox.buffer(&mut self.spare))
    }

    /// A frame was appended; `more` says whether other messages of its connection are about to be handled in this batch.
    /// The frame is written now or later.
    pub(crate) fn appended(&mut self, slot: u32, more: bool) -> Appended {
        let burst = self.burst;
        let Some(connection) = find(&mut self.connections, slot) else { return Appended::Done };
        connection.outbox.finish();
        let is_due = connection.is_due(burst, more, 0);
        if is_due {
            return self.flush(slot).into();
        }
        match self.wait(slot) {
            false if !more => Appended::Waits,
            is_backed_up => is_backed_up.into(),
        }
    }

    /// What was appended waits for the end of the burst; whether the connection is backed up.
    fn wait(&mut self, slot: u32) -> bool {
        let Some(connection) = find(&mut self.connections, slot) else { return false };
        let backed_up = connection.backed_up;
        if !std::mem::replace(&mut connection.dirty, true) {
            self.dirty.push(slot);
            self.prepare();
        }
        backed_up
    }

    /// Sends a frame that other connections get as well, from where it is, or appends it where it is not due: whether the
    /// connection is backed up.
    pub(crate) fn share(
        &mut self,
        slot: u32,
        header: &[u8],
        payload: &[u8],
        more: bool,
    ) -> Result<bool, TryReserveError> {
        let burst = self.burst;
        let size = header.len() + payload.len();
        let Some(connection) = find(&mut self.connections, slot) else { return Ok(false) };
        if connection.failed || connection.is_due(burst, more, size) {
            return Ok(self.flush_with(slot, header, payload));
        }
        let out = connection.outbox.buffer(&mut self.spare);
        out.try_reserve(size)?;
        out.extend_from_slice(header);
        out.extend_from_slice(payload);
        connection.outbox.finish();
        Ok(self.wait(slot))
    }

    /// Sends what waits. Returns whether the connection is backed up.
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
        let outcome = connection.note_flush(before, result, self.burst);
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
        self.prepare();
        backed_up
    }

    /// Makes the loop call us before it waits, so that the burst ends.
    fn prepare(&mut self) {
        if let (Some(handles), Some(callbacks)) = (&mut self.handles, self.callbacks) {
            handles.prepare(true, callbacks.prepare);
        }
    }

    /// Whether something waits for the end of the burst.
    pub(crate) fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Ends a burst: sends everything that waits.
    pub(crate) fn flush_all(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for slot in dirty.drain(..) {
            if let Some(connection) = self.connection(slot) {
                connection.dirty = false;
                if !connection.blocked && !connection.outbox.is_empty() {
                    self.flush(slot);
                }
            }
        }
        // Nothing was marked meanwhile; the list's memory is used again.
        self.dirty = dirty;
        self.burst += 1;
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

    /// Reads nothing before [`rest_taken`](Self::rest_taken), whoever resumes reading meanwhile.
    pub(crate) fn rest_kept(&mut self, slot: u32) {
        if let Some(connection) = self.connection(slot) {
            connection.has_rest = true;
        }
    }

    /// The rest of what was read last is being parsed.
    pub(crate) fn rest_taken(&mut self, slot: u32) {
        if let Some(connection) = self.connection(slot)
            && connection.has_rest
        {
            connection.has_rest = false;
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
                // One that is not blocked is flushed at the end of the burst.
                if event.is_writable() && connection.blocked {
                    connection.moved_untold();
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

    /// The oldest outcome of a flush that JavaScript has not been told yet, with the number of its session.
    pub(crate) fn next_outcome(&mut self) -> Option<(u32, Outcome)> {
        self.outcomes.pop_front()
    }

    /// Makes the loop call us again at once if there is work left.
    pub(crate) fn stir(&mut self) {
        if let (Some(handles), Some(callbacks)) = (&mut self.handles, self.callbacks) {
            handles.idle(true, callbacks.idle);
        }
    }

    /// Whether a connection is to be read from, or JavaScript to be told of a flush.
    pub(crate) fn is_busy(&self) -> bool {
        !self.ready.is_empty() || !self.outcomes.is_empty()
    }

    /// Lets the loop wait again if no work is left.
    pub(crate) fn let_wait(&mut self) {
        let busy = self.is_busy();
        if let (Some(handles), Some(callbacks)) = (&mut self.handles, self.callbacks) {
            handles.idle(busy, callbacks.idle);
        }
    }
}

fn index_of(slot: u32) -> usize {
    (slot & ((1 << INDEX_BITS) - 1)) as usize
}

/// [`Reactor::connection`] for callers that have borrowed other fields of the reactor.
fn find(connections: &mut [Option<Box<Connection>>], slot: u32) -> Option<&mut Connection> {
    connections.get_mut(index_of(slot))?.as_deref_mut().filter(|connection| connection.slot == slot)
}
