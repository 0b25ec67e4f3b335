//! The credentials of a URL as a Basic authorisation (RFC 7617).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A user name and a password, for a server (`Authorization`) or a proxy (`Proxy-Authorization`).
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    value: String,
}

impl Credentials {
    /// Takes the two parts as a URL holds them, percent-encoded. Like the reference, sends nothing if one is empty.
    pub fn from_url(username: &str, password: &str) -> Option<Self> {
        if username.is_empty() || password.is_empty() {
            return None;
        }
        let mut pair = percent_decode(username);
        pair.push(b':');
        pair.extend(percent_decode(password));
        Some(Credentials { value: format!("Basic {}", STANDARD.encode(pair)) })
    }

    /// The value of the header.
    pub(crate) fn header_value(&self) -> &str {
        &self.value
    }
}

/// Secrets stay out of logs.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// Decodes `%XX`; a percent sign without two hexadecimal digits stands for itself (WHATWG URL section 1.3).
fn percent_decode(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if let (b'%', [high, low, beyond @ ..]) = (byte, after)
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
            && let Ok(octet) = u8::try_from(high * 16 + low)
        {
            decoded.push(octet);
            rest = beyond;
        } else {
            decoded.push(byte);
        }
    }
    decoded
}
