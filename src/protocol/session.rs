//! One connection's protocol state: who we are, what is being received, how frames leave.

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
}

/// What a client's session holds until its caller has fetched the answer.
#[derive(Debug)]
enum Client {
    Opening(Opening),
    Answered(Answer),
}

impl Session {
    /// A session at the first byte after the handshake.
    pub fn new(role: Role, limits: Limits) -> Self {
        Session { role, receiver: Receiver::new(role, limits), client: None }
    }

    /// A client's session that waits for the answer to its handshake.
    pub fn connecting(opening: Opening, limits: Limits) -> Self {
        let client = Some(Box::new(Client::Opening(opening)));
        Session { role: Role::Client, receiver: Receiver::new(Role::Client, limits), client }
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
    ) -> usize {
        let at = if self.client.is_some() { self.receive_answer(chunk, at, rows) } else { at };
        self.receiver.receive(chunk, at, rows, buffers)
    }

    /// Takes what belongs to the answers of a proxy and a server; where frames begin.
    #[cold]
    fn receive_answer(&mut self, chunk: &[u8], at: usize, rows: &mut Rows<'_>) -> usize {
        let Some(Client::Opening(opening)) = self.client.as_deref_mut() else { return at };
        let rest = chunk.get(at..).unwrap_or_default();
        match opening.receive(rest) {
            Progress::More => chunk.len(),
            Progress::Tunnel(used) => {
                // What is behind the answer goes through whatever the caller puts around the tunnel.
                let (start, length) = (at + used, rest.len().saturating_sub(used));
                rows.push(Kind::Tunnel, start as i32, length, 0);
                chunk.len()
            }
            Progress::Open(used) => {
                rows.push(Kind::Open, 0, 0, i32::from(opening.status()));
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
