//! `Sec-WebSocket-Key` and `Sec-WebSocket-Accept` (RFC 6455 sections 4.1, item 7, and 4.2.2, item 5).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// The GUID that only an endpoint which speaks WebSocket appends to a key (RFC 6455 section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Whether `key` is 16 bytes in base64 (RFC 6455 section 4.2.1, item 5): 22 characters and the padding. What the last
/// of them holds beyond the sixteenth byte does not count, since not every encoder clears it.
pub(super) fn is_key(key: &str) -> bool {
    let Some(characters) = key.strip_suffix("==") else { return false };
    characters.len() == 22
        && characters.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// The value of `Sec-WebSocket-Accept` that answers `key`.
pub fn accept_key(key: &str) -> String {
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// A client's key, ready for the wire: 16 bytes in base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Encodes `nonce`, which must come from a cryptographic source of randomness.
    pub fn new(nonce: [u8; 16]) -> Self {
        Key(STANDARD.encode(nonce))
    }

    /// The value of `Sec-WebSocket-Key`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of `Sec-WebSocket-Accept` that proves that the server read this key.
    pub fn accept(&self) -> String {
        accept_key(&self.0)
    }
}
