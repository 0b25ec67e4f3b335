//! The server's side of the opening handshake (RFC 6455 section 4.2).
//!
//! [`Upgrade::verify`] checks a request in the reference's order; what it returns is proof that the 101 may be
//! written. Between the two, the caller negotiates extensions: a fault there is a [`Refusal::Extension`], the
//! last of the checks.

use super::accept::{accept_key, is_key};
use super::headers::{Headers, IllegalHeader, check_value, write_line};
use super::list::Protocols;
use super::refusal::Refusal;
use super::request::Request;

/// A request that RFC 6455 lets a server accept.
#[derive(Clone, Copy, Debug)]
pub struct Upgrade<'a> {
    key: &'a str,
    protocol: Option<&'a str>,
    extensions: Option<&'a str>,
}

/// What a server adds to its 101.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    /// The caller's headers. They come first, and one with the name of a handshake header takes its place.
    pub headers: &'a Headers,
    /// The subprotocol of the connection, from [`Upgrade::choose_protocol`].
    pub protocol: Option<&'a str>,
    /// The value of `Sec-WebSocket-Extensions`, when any were agreed on.
    pub extensions: Option<&'a str>,
}

impl<'a> Upgrade<'a> {
    /// Checks a request of the dialect hybi-13 (RFC 6455 section 4.2.1).
    pub fn verify(request: &Request<'a>) -> Result<Self, Refusal> {
        if !request.is_websocket() {
            return Err(Refusal::NotWebSocket);
        }
        if request.version != Some("13") {
            return Err(Refusal::UnsupportedVersion(request.version.map(str::to_owned)));
        }
        let key = request.key.ok_or(Refusal::MissingKey)?;
        if !is_key(key) {
            return Err(Refusal::InvalidKey);
        }
        Ok(Upgrade { key, protocol: request.protocol, extensions: request.extensions })
    }

    /// The first subprotocol of the client's that is among `supported` (section 4.2.2, item 5, `subprotocol`).
    pub fn choose_protocol<'s>(&self, supported: &'s Protocols) -> Option<&'s str> {
        self.protocol.and_then(|offers| supported.choose(offers))
    }

    /// The client's `Sec-WebSocket-Extensions`, to negotiate from.
    pub fn extensions(&self) -> Option<&'a str> {
        self.extensions
    }

    /// Writes the whole `101 Switching Protocols` (section 4.2.2), or nothing if a value of the response would
    /// break out of its line: that is the caller's fault, as the values are those of its options and plugins.
    pub fn write(&self, response: &Response<'_>, out: &mut Vec<u8>) -> Result<(), IllegalHeader> {
        let custom = response.headers;
        check_value("Sec-WebSocket-Protocol", response.protocol)?;
        check_value("Sec-WebSocket-Extensions", response.extensions)?;
        out.extend_from_slice(b"HTTP/1.1 101 Switching Protocols\r\n");
        custom.write(out);
        let mut own = |name: &str, value: &str| {
            if !custom.contains(name) {
                write_line(out, name, value);
            }
        };
        own("Upgrade", "websocket");
        own("Connection", "Upgrade");
        own("Sec-WebSocket-Accept", &accept_key(self.key));
        if let Some(protocol) = response.protocol {
            own("Sec-WebSocket-Protocol", protocol);
        }
        if let Some(extensions) = response.extensions {
            own("Sec-WebSocket-Extensions", extensions);
        }
        out.extend_from_slice(b"\r\n");
        Ok(())
    }
}
