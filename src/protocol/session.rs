//! One connection's protocol state: who we are, what is being received, how frames leave.

use crate::protocol::hybi::sender::Header;
use crate::protocol::hybi::{Receiver, Role};
use crate::protocol::rows::Rows;
use crate::protocol::{Buffers, Limits, Violation};

/// A connection after its handshake.
#[derive(Debug)]
pub struct Session {
    role: Role,
    receiver: Receiver,
}

impl Session {
    /// A session at the first byte after the handshake.
    pub fn new(role: Role, limits: Limits) -> Self {
        Session { role, receiver: Receiver::new(role, limits) }
    }

    /// Whether frames that we send need a mask key (RFC 6455 section 5.3).
    pub fn masks(&self) -> bool {
        self.role == Role::Client
    }

    /// See [`Receiver::receive`].
    pub fn receive(
        &mut self,
        chunk: &mut [u8],
        at: usize,
        rows: &mut Rows<'_>,
        buffers: &mut Buffers,
    ) -> usize {
        self.receiver.receive(chunk, at, rows, buffers)
    }

    /// See [`Receiver::take`].
    pub fn take(&mut self) -> Option<Vec<u8>> {
        self.receiver.take()
    }

    /// Reports `violation` and stops receiving.
    pub fn violate(&mut self, violation: &Violation, rows: &mut Rows<'_>) {
        self.receiver.violate(violation, rows);
    }

    /// Bytes held for unfinished and untaken messages.
    pub fn buffered(&self) -> usize {
        self.receiver.buffered()
    }

    /// The header of a frame to send, with `mask` when [`masks`](Session::masks) says so.
    pub fn header(&self, opcode: u8, mask: Option<[u8; 4]>) -> Header {
        Header::new(opcode, mask)
    }
}
