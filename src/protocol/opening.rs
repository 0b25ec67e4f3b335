//! What a client's connection goes through before its first frame (RFC 6455 section 4.1).
//!
//! ```text
//!   Tunnel ──200──▶ ClientHandshake ──101──▶ frames
//!      └──────────────────┴── anything else ──▶ Refusal
//! ```
//!
//! [`Opening`] takes the peer's bytes in any chunking, and returns what they meant and how many of them it used; the
//! others are the input of the next state. It keeps the response until the caller asks for it, also if the response
//! refused us.

use std::fmt;

use crate::protocol::deflate::{Deflate, Options, negotiation};
use crate::protocol::handshake::{
    Agreement, ClientHandshake, HandshakeFault, HeadFault, ResponseHead, Tunnel,
};

/// A client's connection that is not open yet.
#[derive(Debug)]
pub struct Opening {
    tunnel: Option<Tunnel>,
    handshake: ClientHandshake,
    offered: Offered,
    deflate: Option<Deflate>,
    answer: Answer,
}

/// The extensions that the request offered.
#[derive(Clone, Debug, Default)]
pub enum Offered {
    /// None.
    #[default]
    Nothing,
    /// permessage-deflate with these options.
    Deflate(Options),
    /// Extensions of the caller's, which reads the answer itself.
    Plugins,
}

/// What the server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The response; empty, with the status 0, if there was none that could be read.
    pub response: ResponseHead,
    /// The subprotocol that the server picked.
    pub protocol: Option<String>,
}

/// What a chunk meant. The number says how many of its bytes were used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The response is still to be completed.
    More,
    /// The proxy agreed. What follows comes from the server behind it, to which the request can be sent now.
    Tunnel(usize),
    /// The server agreed; frames follow.
    Open(usize),
    /// The proxy or the server refused.
    Refused(Refusal),
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The proxy sent no HTTP.
    ProxyHead(HeadFault),
    /// The proxy answered with this status.
    Proxy(u16),
    /// The server's answer breaks a rule. The status is 0 if it could not be read.
    Server { status: u16, fault: HandshakeFault },
}

impl Refusal {
    /// The HTTP status, or 0 if there is none.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Refusal::Proxy(status) | Refusal::Server { status, .. } => *status,
            Refusal::ProxyHead(_) => 0,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::ProxyHead(fault) => write!(f, "Error in the answer of the proxy: {fault}"),
            Refusal::Proxy(status) => write!(f, "Unexpected response code of the proxy: {status}"),
            Refusal::Server { fault, .. } => fault.fmt(f),
        }
    }
}

impl Opening {
    /// Waits for the answer to `handshake`, and before for that to `tunnel` if there is one.
    pub fn new(handshake: ClientHandshake, tunnel: Option<Tunnel>) -> Self {
        let offered = Offered::Nothing;
        Opening { tunnel, handshake, offered, deflate: None, answer: Answer::default() }
    }

    /// The same with what the request offered.
    #[must_use]
    pub fn offering(self, offered: Offered) -> Self {
        Opening { offered, ..self }
    }

    /// Whether the caller reads what the server says of extensions.
    pub(crate) fn has_plugins(&self) -> bool {
        matches!(self.offered, Offered::Plugins)
    }

    /// The compression that the server agreed to.
    pub(crate) fn take_deflate(&mut self) -> Option<Deflate> {
        self.deflate.take()
    }

    /// Takes the next bytes of the peer. After `Open` and `Refused` there is nothing more to take.
    pub(crate) fn receive(&mut self, chunk: &[u8]) -> Progress {
        let outcome = match &mut self.tunnel {
            Some(tunnel) => Opening::ask_proxy(tunnel, chunk),
            None => {
                let outcome = self.ask_server(chunk);
                outcome.map_err(|fault| Refusal::Server { status: self.status(), fault })
            }
        };
        if matches!(outcome, Ok(Progress::Tunnel(_))) {
            self.tunnel = None;
        }
        outcome.unwrap_or_else(Progress::Refused)
    }

    /// The answer so far, as the `statusCode`, `headers` and `protocol` of the client.
    pub(crate) fn into_answer(self) -> Answer {
        self.answer
    }

    /// The status code of the answer, 0 before there is one.
    pub(crate) fn status(&self) -> u16 {
        self.answer.response.status
    }

    fn ask_proxy(tunnel: &mut Tunnel, chunk: &[u8]) -> Result<Progress, Refusal> {
        match tunnel.receive(chunk).map_err(Refusal::ProxyHead)? {
            None => Ok(Progress::More),
            Some((response, used)) if Tunnel::is_open(&response) => Ok(Progress::Tunnel(used)),
            Some((response, _)) => Err(Refusal::Proxy(response.status)),
        }
    }

    fn ask_server(&mut self, chunk: &[u8]) -> Result<Progress, HandshakeFault> {
        let Some((response, used)) = self.handshake.receive(chunk)? else { return Ok(Progress::More) };
        self.answer.response = response;
        let Agreement { protocol, extensions } = self.handshake.verify(&self.answer.response)?;
        let options = match &self.offered {
            Offered::Plugins => None,
            Offered::Nothing => Some(None),
            Offered::Deflate(options) => Some(Some(options)),
        };
        if let Some(options) = options {
            let agreement = negotiation::activate(options, extensions)
                .map_err(|answer| HandshakeFault::Extension(answer.to_string()))?;
            self.deflate =
                options.zip(agreement).map(|(options, agreement)| Deflate::new(options, &agreement));
        }
        self.answer.protocol = protocol.map(str::to_owned);
        Ok(Progress::Open(used))
    }
}

#[cfg(test)]
#[path = "opening_tests.rs"]
mod tests;
