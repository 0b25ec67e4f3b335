//! The client's side of the opening handshake (RFC 6455 section 4.1).

use std::fmt;

use super::accept::Key;
use super::credentials::Credentials;
use super::headers::{Headers, IllegalHeader, check_url, check_value, write_line};
use super::list::{Protocols, has_token};
use super::refusal::bounded;
use super::response::{HeadFault, ResponseHead, ResponseParser};

/// One opening handshake: write the request, receive the response, verify it.
#[derive(Debug)]
pub struct ClientHandshake {
    key: Key,
    protocols: Protocols,
    parser: ResponseParser,
}

/// What a client puts into its request.
#[derive(Clone, Copy, Debug)]
pub struct ClientRequest<'a> {
    /// Host, and port unless it is the scheme's own: `URL.host`.
    pub host: &'a str,
    /// Path and query: `URL.pathname` and `URL.search`.
    pub target: &'a str,
    /// The URL's credentials.
    pub credentials: Option<&'a Credentials>,
    /// The value of `Sec-WebSocket-Extensions`, when any are offered.
    pub extensions: Option<&'a str>,
    /// The caller's headers. One with the name of a handshake header has no effect, except that `Host` takes the
    /// place of the URL's, and `Sec-WebSocket-Extensions` that of the offer, as in the reference.
    pub headers: &'a Headers,
}

/// What a server agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement<'a> {
    /// The subprotocol that the server picked. It may pick none.
    pub protocol: Option<&'a str>,
    /// The server's `Sec-WebSocket-Extensions`, to be checked against the offer; empty if it is absent. A fault in
    /// it is a [`HandshakeFault::Extension`], the last of the checks.
    pub extensions: &'a str,
}

impl ClientHandshake {
    /// A handshake with the key made of `nonce` (16 bytes of cryptographic randomness, for this handshake alone),
    /// which offers `protocols` and takes a response head of at most `max_head` bytes.
    pub fn new(nonce: [u8; 16], protocols: Protocols, max_head: usize) -> Self {
        ClientHandshake { key: Key::new(nonce), protocols, parser: ResponseParser::new(max_head) }
    }

    /// Writes the whole request, or nothing if a value in it would break out of its line: the caller's fault.
    pub fn write(&self, request: &ClientRequest<'_>, out: &mut Vec<u8>) -> Result<(), IllegalHeader> {
        check_url(request.host)?;
        check_url(request.target)?;
        check_value("Sec-WebSocket-Extensions", request.extensions)?;

        let protocols = (!self.protocols.is_empty()).then(|| self.protocols.header_value());
        let own = [
            ("Host", Some(request.headers.value("Host").unwrap_or(request.host))),
            ("Upgrade", Some("websocket")),
            ("Connection", Some("Upgrade")),
            ("Sec-WebSocket-Key", Some(self.key.as_str())),
            ("Sec-WebSocket-Version", Some("13")),
            ("Sec-WebSocket-Protocol", protocols.as_deref()),
            (
                "Authorization",
                request.credentials.and_then(|own| own.value_beside(request.headers, "Authorization")),
            ),
        ];
        out.extend_from_slice(b"GET ");
        out.extend_from_slice(request.target.as_bytes());
        out.extend_from_slice(b" HTTP/1.1\r\n");
        request.headers.write_after(out, &own);
        if let Some(extensions) = request.extensions
            && !request.headers.contains("Sec-WebSocket-Extensions")
        {
            write_line(out, "Sec-WebSocket-Extensions", extensions);
        }
        out.extend_from_slice(b"\r\n");
        Ok(())
    }

    /// Takes the next chunk of the response. Once its head is complete, returns it with the number of bytes of this
    /// chunk that belong to it: the rest are frames, if [`verify`](Self::verify) agrees.
    pub fn receive(&mut self, chunk: &[u8]) -> Result<Option<(ResponseHead, usize)>, HandshakeFault> {
        self.parser.receive(chunk).map_err(HandshakeFault::Head)
    }

    /// Checks the response, in the reference's order (section 4.1, the numbered list on the server's response).
    /// `Connection` is a list of tokens, one of which must be `Upgrade` (item 3).
    pub fn verify<'r>(&self, response: &'r ResponseHead) -> Result<Agreement<'r>, HandshakeFault> {
        if response.status != 101 {
            return Err(HandshakeFault::Status(response.status));
        }
        match response.header("upgrade") {
            "" => return Err(HandshakeFault::UpgradeMissing),
            value if !value.eq_ignore_ascii_case("websocket") => return Err(HandshakeFault::UpgradeMismatch),
            _ => {}
        }
        match response.header("connection") {
            "" => return Err(HandshakeFault::ConnectionMissing),
            value if !has_token(value, "upgrade") => {
                return Err(HandshakeFault::ConnectionMismatch);
            }
            _ => {}
        }
        if response.header("sec-websocket-accept") != self.key.accept() {
            return Err(HandshakeFault::AcceptMismatch);
        }
        let protocol = match response.header("sec-websocket-protocol") {
            "" => None,
            name if self.protocols.contains(name) => Some(name),
            _ => return Err(HandshakeFault::ProtocolMismatch),
        };
        Ok(Agreement { protocol, extensions: response.header("sec-websocket-extensions") })
    }
}

/// What is wrong with a server's response. It fails the connection; the texts are part of the public contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandshakeFault {
    /// There is no response head.
    Head(HeadFault),
    /// The status code is not 101.
    Status(u16),
    /// `Upgrade` is absent or empty.
    UpgradeMissing,
    /// `Upgrade` is not `websocket`.
    UpgradeMismatch,
    /// `Connection` is absent or empty.
    ConnectionMissing,
    /// `Connection` does not have the token `Upgrade`.
    ConnectionMismatch,
    /// `Sec-WebSocket-Accept` does not answer the key.
    AcceptMismatch,
    /// The server picked a subprotocol that was not offered.
    ProtocolMismatch,
    /// The server's extensions break their grammar or are not those offered; the text is the reason alone.
    Extension(String),
}

impl HandshakeFault {
    /// The code of the `close` event that follows.
    pub const CLOSE_CODE: u16 = 1002;
}

impl fmt::Display for HandshakeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Error during WebSocket handshake: ")?;
        match self {
            HandshakeFault::Head(fault) => fault.fmt(f),
            HandshakeFault::Status(status) => write!(f, "Unexpected response code: {status}"),
            HandshakeFault::UpgradeMissing => f.write_str("'Upgrade' header is missing"),
            HandshakeFault::UpgradeMismatch => f.write_str("'Upgrade' header value is not 'WebSocket'"),
            HandshakeFault::ConnectionMissing => f.write_str("'Connection' header is missing"),
            HandshakeFault::ConnectionMismatch => f.write_str("'Connection' header value is not 'Upgrade'"),
            HandshakeFault::AcceptMismatch => f.write_str("Sec-WebSocket-Accept mismatch"),
            HandshakeFault::ProtocolMismatch => f.write_str("Sec-WebSocket-Protocol mismatch"),
            HandshakeFault::Extension(text) => f.write_str(&bounded(text.clone())),
        }
    }
}

impl std::error::Error for HandshakeFault {}
