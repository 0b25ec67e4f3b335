//! What a server reads of a client's request: is it a WebSocket one, and in which dialect (RFC 6455 section 4.2.1).

use super::list::has_token;

/// The parts of an HTTP request that an opening handshake looks at.
///
/// Header values are those of Node's `request.headers`: names in lower case, repeated headers joined with `", "`.
/// A header that is absent is `None`, one without a value is `Some("")`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The WebSocket URL, say `ws://host/path?query`; only the old drafts send it back.
    pub url: &'a str,
    /// `upgrade`
    pub upgrade: Option<&'a str>,
    /// `connection`
    pub connection: Option<&'a str>,
    /// `origin`
    pub origin: Option<&'a str>,
    /// `sec-websocket-version`
    pub version: Option<&'a str>,
    /// `sec-websocket-key`
    pub key: Option<&'a str>,
    /// `sec-websocket-protocol`
    pub protocol: Option<&'a str>,
    /// `sec-websocket-extensions`
    pub extensions: Option<&'a str>,
    /// `sec-websocket-key1`, hixie-76 only
    pub key1: Option<&'a str>,
    /// `sec-websocket-key2`, hixie-76 only
    pub key2: Option<&'a str>,
}

impl Request<'_> {
    /// Whether this is a WebSocket request of any dialect; see [`is_websocket`].
    pub fn is_websocket(&self) -> bool {
        is_websocket(self.method, self.connection, self.upgrade)
    }
}

/// Whether a request asks for a WebSocket: a `GET`, the token `upgrade` in `Connection`, and `Upgrade` equal to
/// `websocket`, both in any case (RFC 6455 section 4.2.1, items 1, 3 and 4).
pub fn is_websocket(method: &str, connection: Option<&str>, upgrade: Option<&str>) -> bool {
    method == "GET"
        && upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
        && connection.is_some_and(|value| has_token(value, "upgrade"))
}

/// The version of the protocol that a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// RFC 6455, whose last draft but a few was named hybi-13.
    Hybi13,
    /// draft-hixie-thewebsocketprotocol-75.
    Hixie75,
    /// draft-hixie-thewebsocketprotocol-76.
    Hixie76,
}

impl Dialect {
    /// The dialect that `request` speaks: the RFC's if it names a version or a key, or if drafts are not allowed;
    /// otherwise that of the draft whose headers it has. Empty headers count as absent.
    pub fn of(request: &Request<'_>, allow_drafts: bool) -> Self {
        let given = |header: Option<&str>| header.is_some_and(|value| !value.is_empty());
        if !allow_drafts || given(request.version) || given(request.key) {
            Dialect::Hybi13
        } else if given(request.key1) || given(request.key2) {
            Dialect::Hixie76
        } else {
            Dialect::Hixie75
        }
    }

    /// The public name, the `version` of a connection.
    pub fn version(self) -> &'static str {
        match self {
            Dialect::Hybi13 => "hybi-13",
            Dialect::Hixie75 => "hixie-75",
            Dialect::Hixie76 => "hixie-76",
        }
    }
}
