//! The drafts before the RFC, server side: draft-hixie-thewebsocketprotocol-75 and -76.
//!
//! ```text
//!   accept ──▶ head of the 101                      hixie-75: open at once
//!          ──▶ receive: 8 bytes ──▶ Event::Open     hixie-76: open when the challenge is answered
//!   receive ──▶ Event::Text… ──▶ Event::Close or Event::TooLarge
//!   close ──▶ the bytes that say goodbye
//! ```
//!
//! Both know text only: no binary messages, pings, close codes, subprotocols or extensions. Where the drafts leave a
//! choice we do what the reference does, since peers that speak these drafts are as old as it is. Promises: no
//! arithmetic on a peer's numbers can overflow, memory is bounded by [`Most`], and each byte is looked at once.

mod frames;
mod gathered;
mod handshake;

use crate::protocol::handshake::{Headers, Refusal, Request};
pub use frames::write_text;
use frames::{Decoder, Frame};
use handshake::Challenge;

/// Which of the two drafts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draft {
    /// draft-hixie-thewebsocketprotocol-75.
    Hixie75,
    /// draft-hixie-thewebsocketprotocol-76.
    Hixie76,
}

/// How long a message may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// Bytes, of a frame that is skipped too.
    pub bytes: u64,
    /// UTF-16 units of a text: see [`Limits::max_text`](crate::protocol::Limits::max_text).
    pub units: u64,
}

/// What a chunk meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The challenge of hixie-76 has arrived. Write these bytes, the rest of the handshake, before any frame: the
    /// connection is open.
    Open([u8; 16]),
    /// A message. Bytes that are not UTF-8 have become U+FFFD, as both drafts want it.
    Text(String),
    /// The peer's closing handshake (hixie-76 only). Answer with [`HixieSession::close`]; nothing more is read.
    Close,
    /// A message or a length over [`Most`]. Neither draft can say why, and the reference closes without an
    /// `error`: do what [`Close`](Event::Close) asks for.
    TooLarge,
}

/// One connection in one of the drafts.
#[derive(Debug)]
pub struct HixieSession {
    draft: Draft,
    state: State,
}

#[derive(Debug)]
enum State {
    /// hixie-76, before its challenge is complete.
    Challenged(Challenge),
    Open(Decoder),
    Closed,
}

impl HixieSession {
    /// Checks a request and writes the head of the 101, or refuses it and writes nothing. A session of hixie-75 is
    /// open then, one of hixie-76 once [`Event::Open`] says so.
    pub fn accept(
        draft: Draft,
        request: &Request<'_>,
        headers: &Headers,
        most: Most,
        out: &mut Vec<u8>,
    ) -> Result<Self, Refusal> {
        let state = match draft {
            Draft::Hixie75 => {
                handshake::accept_75(request, headers, out)?;
                State::Open(Decoder::new(draft, most))
            }
            Draft::Hixie76 => State::Challenged(handshake::accept_76(request, headers, most, out)?),
        };
        Ok(HixieSession { draft, state })
    }

    /// Whether messages may be sent: the handshake is complete and neither end has closed.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Takes the next chunk and appends what it meant to `events`, in order. After [`close`](Self::close), and after
    /// an event that asks for it, whatever comes is ignored.
    pub fn receive(&mut self, chunk: &[u8], events: &mut Vec<Event>) {
        let mut rest = chunk;
        if let State::Challenged(challenge) = &mut self.state {
            let (signature, after) = challenge.receive(rest);
            let Some(signature) = signature else { return };
            events.push(Event::Open(signature));
            self.state = State::Open(Decoder::new(self.draft, challenge.most));
            rest = after;
        }
        let State::Open(decoder) = &mut self.state else { return };
        while let Some((frame, after)) = decoder.receive(rest) {
            events.push(match frame {
                Frame::Text(text) => Event::Text(text),
                Frame::Close => Event::Close,
                Frame::TooLarge => Event::TooLarge,
            });
            rest = after;
        }
    }

    /// Closes the session and returns the bytes to write: the closing handshake of an open hixie-76, nothing
    /// otherwise. `None` if it was closed before. Neither draft waits for the peer's answer.
    pub fn close(&mut self) -> Option<&'static [u8]> {
        match (std::mem::replace(&mut self.state, State::Closed), self.draft) {
            (State::Closed, _) => None,
            (State::Open(_), Draft::Hixie76) => Some(&[0xFF, 0x00]),
            _ => Some(&[]),
        }
    }
}

#[cfg(test)]
mod tests;
