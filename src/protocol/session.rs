//! One connection's protocol state: its role, what is being received, and how messages are sent.

use crate::protocol::coding::{Coding, Compressed, Inflated, Inflation, Step};
use crate::protocol::deflate::{CodecPool, Deflate};
use crate::protocol::hybi::sender::Header;
use crate::protocol::hybi::{Receiver, Role};
use crate::protocol::opening::{Answer, Opening, Progress};
use crate::protocol::rows::{Kind, Rows};
use crate::protocol::{Buffers, Limits, Violation};

/// A connection: a server's after its handshake, a client's from the beginning.
#[derive(Debug)]
pub struct Session {
    role: Role,
    receiver: Receiver,
    client: Option<Box<Client>>,
    coding: Option<Box<Coding>>,
    max_length: u64,
    max_text: u64,
}

/// RSV1 as a bit of [`Header::rsv`]: this message is compressed (RFC 7692 section 6).
pub const RSV1: u8 = 4;

/// What a client's session holds until its caller has fetched the answer.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it is boxed as a whole, and gone once the answer has been fetched"
)]
enum Client {
    Opening(Opening),
    Answered(Answer),
}

impl Session {
    /// A session at the first byte after the handshake.
    pub fn new(role: Role, limits: Limits) -> Self {
        let receiver = Receiver::new(role, limits);
        let Limits { max_length, max_text, .. } = limits;
        Session { role, receiver, client: None, coding: None, max_length, max_text }
    }

    /// A client's session that waits for the answer to its handshake.
    pub fn connecting(opening: Opening, limits: Limits) -> Self {
        let client = Some(Box::new(Client::Opening(opening)));
        Session { client, ..Session::new(Role::Client, limits) }
    }

    /// Compresses messages from now on, and expects compressed ones.
    pub fn set_deflate(&mut self, deflate: Deflate) {
        self.coding = Some(Box::new(Coding::new(deflate, self.max_length, self.max_text)));
        self.receiver.set_inflates();
    }

    /// Gives all messages to the caller's extensions, which own these RSV bits, and ends the wait for them, if there is
    /// one; see [`Receiver::set_extensions`].
    pub fn set_plugins(&mut self, rsv: u8) {
        self.receiver.set_extensions(rsv, true);
        self.receiver.go_on();
    }

    /// Ignores whatever the peer sends from now on.
    pub fn stop(&mut self) {
        self.receiver.stop();
    }

    /// Whether frames that we send need a mask key (RFC 6455 section 5.3).
    pub fn masks(&self) -> bool {
        self.role == Role::Client
    }

    /// See [`Receiver::receive`]. Before a client is open, the bytes are answers to its requests.
    pub fn receive(
        &mut self,
        chunk: &mut [u8],
        at: usize,
        rows: &mut Rows<'_>,
        buffers: &mut Buffers,
        codecs: &mut CodecPool,
    ) -> usize {
        let mut at = if self.client.is_some() { self.receive_answer(chunk, at, rows) } else { at };
        loop {
            at = self.receiver.receive(chunk, at, rows, buffers);
            match self.receiver.take_compressed() {
                Some(message) => self.inflate(message, chunk, rows, buffers, codecs),
                None => return at,
            }
        }
    }

    /// See [`Receiver::room`].
    pub fn room(&mut self, least: usize, most: usize) -> Option<(&mut Vec<u8>, usize)> {
        if self.client.is_some() { None } else { self.receiver.room(least, most) }
    }

    /// See [`Receiver::take_room`].
    pub fn take_room(&mut self, rows: &mut Rows<'_>, buffers: &mut Buffers, codecs: &mut CodecPool) {
        self.receiver.take_room(rows);
        if let Some(message) = self.receiver.take_compressed() {
            self.inflate(message, &[], rows, buffers, codecs);
        }
    }

    /// Whether the caller has to keep the unparsed part of a chunk, and pass it again once the session goes on.
    pub fn holds(&self) -> bool {
        self.receiver.holds()
    }

    fn inflate(
        &mut self,
        message: Compressed,
        chunk: &[u8],
        rows: &mut Rows<'_>,
        buffers: &mut Buffers,
        codecs: &mut CodecPool,
    ) {
        let Some(coding) = &mut self.coding else { return };
        match coding.inflate(message, chunk, codecs, buffers, &mut rows.work) {
            Ok(Step::Done(kind, bytes)) => {
                self.receiver.go_on();
                self.receiver.deliver(kind, bytes, rows);
            }
            Ok(Step::Wait) => rows.push(Kind::Inflate, 0, 0, 0),
            Err(violation) => self.receiver.violate(&violation, rows),
        }
    }

    /// The work that a row [`Kind::Inflate`] speaks of; nothing while the codec is away.
    pub fn take_inflation(&mut self) -> Option<Inflation> {
        self.coding.as_mut()?.take_inflation()
    }

    /// Takes back what [`take_inflation`](Session::take_inflation) gave, and reports the message.
    pub fn finish_inflation(&mut self, inflated: Inflated, rows: &mut Rows<'_>) {
        if let Some(coding) = &mut self.coding {
            coding.give(inflated.deflate);
        }
        match inflated.outcome {
            Ok((kind, bytes)) => {
                self.receiver.go_on();
                self.receiver.deliver(kind, bytes, rows);
            }
            Err(violation) => self.receiver.violate(&violation, rows),
        }
    }

    /// Whether messages are compressed at all.
    #[inline]
    pub fn deflates(&self) -> bool {
        self.coding.is_some()
    }

    /// Whether a message of `length` bytes is sent compressed.
    pub fn compresses(&self, length: usize) -> bool {
        self.coding.as_ref().is_some_and(|coding| coding.compresses(length))
    }

    /// What the compressed form of a message depends on besides the message; nothing if messages before are among it, or
    /// if there is no compression.
    pub fn shared_coding(&self) -> Option<u16> {
        self.coding.as_ref()?.shared()
    }

    /// A codec that compresses messages as this session does; nothing where that depends on messages before, and while
    /// the codec is away.
    pub fn alike(&self) -> Option<Deflate> {
        self.coding.as_ref()?.alike()
    }

    /// Appends the compressed form of a message to `out`, and returns true; or returns false if the message is to be
    /// sent uncompressed, and `None` while the codec is away.
    pub fn compress(
        &mut self,
        codecs: &mut CodecPool,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Option<Result<bool, Violation>> {
        self.coding.as_mut()?.compress(codecs, payload, out)
    }

    /// The codec, to compress a message elsewhere; nothing while it is away.
    pub fn take_deflate(&mut self) -> Option<Box<Deflate>> {
        self.coding.as_mut()?.take()
    }

    /// Takes the codec back.
    pub fn give_deflate(&mut self, deflate: Box<Deflate>) {
        if let Some(coding) = &mut self.coding {
            coding.give(deflate);
        }
    }

    /// Frees the memory that can be made again, if no compressed message was sent or received since the last call.
    /// Returns whether it did.
    pub fn hibernate_if_idle(&mut self) -> bool {
        self.coding.as_mut().is_some_and(|coding| coding.hibernate_if_idle())
    }

    /// Gives the parts of a codec that is in the middle of a message back to `codecs`, when the connection ends.
    pub fn close(&mut self, codecs: &mut CodecPool) {
        if let Some(coding) = &mut self.coding {
            coding.close(codecs);
        }
    }

    /// Bytes of memory: of unfinished and untaken messages, and of the windows of compression.
    pub fn memory_usage(&self) -> (usize, usize) {
        let (windows, waiting) = self.coding.as_ref().map_or((0, 0), |coding| coding.memory_usage());
        (self.receiver.buffered() + waiting, windows)
    }

    /// Takes the bytes that belong to the answers of a proxy and a server. Returns where the frames begin.
    #[cold]
    fn receive_answer(&mut self, chunk: &[u8], at: usize, rows: &mut Rows<'_>) -> usize {
        let Some(Client::Opening(opening)) = self.client.as_deref_mut() else { return at };
        let rest = chunk.get(at..).unwrap_or_default();
        match opening.receive(rest) {
            Progress::More => chunk.len(),
            Progress::Tunnel(used) => {
                // The bytes behind the proxy's answer go to the caller, who may put TLS around the tunnel.
                let (start, length) = (at + used, rest.len().saturating_sub(used));
                rows.push(Kind::Tunnel, start as i32, length, 0);
                chunk.len()
            }
            Progress::Open(used) => {
                rows.push(Kind::Open, 0, 0, i32::from(opening.status()));
                if opening.has_plugins() {
                    // The RSV bits of frames are known only once the caller has read the answer.
                    self.receiver.hold();
                }
                if let Some(deflate) = opening.take_deflate() {
                    self.set_deflate(deflate);
                }
                self.keep_answer();
                at + used
            }
            Progress::Refused(refusal) => {
                self.receiver.refuse(refusal.to_string(), refusal.status(), rows);
                self.keep_answer();
                chunk.len()
            }
        }
    }

    /// The answer of a client's server, once there is one; only the first call gets it.
    pub fn take_answer(&mut self) -> Option<Answer> {
        match self.client.take().map(|client| *client) {
            Some(Client::Answered(answer)) => Some(answer),
            Some(opening) => {
                self.client = Some(Box::new(opening));
                None
            }
            None => None,
        }
    }

    fn keep_answer(&mut self) {
        if let Some(client) = self.client.take()
            && let Client::Opening(opening) = *client
        {
            self.client = Some(Box::new(Client::Answered(opening.into_answer())));
        }
    }

    /// See [`Receiver::take`].
    pub fn take(&mut self) -> Option<Vec<u8>> {
        self.receiver.take()
    }

    /// See [`Receiver::front`].
    pub fn front(&self) -> Option<&[u8]> {
        self.receiver.front()
    }

    /// Reports `violation` and stops receiving.
    pub fn violate(&mut self, violation: &Violation, rows: &mut Rows<'_>) {
        self.receiver.violate(violation, rows);
    }

    /// Bytes kept for unfinished and untaken messages.
    pub fn buffered(&self) -> usize {
        self.receiver.buffered()
    }

    /// The header of a frame to send, with `mask` when [`masks`](Session::masks) says so. RSV bits stand from bit 4
    /// of `opcode` up.
    #[inline]
    pub fn header(&self, opcode: u8, mask: Option<[u8; 4]>) -> Header {
        Header { opcode: opcode & 15, rsv: (opcode >> 4) & 7, mask }
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
