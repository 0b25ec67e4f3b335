//! The credentials of a URL as a Basic authorisation (RFC 7617).

use super::headers::Headers;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A user name and a password, for a server (`Authorization`) or a proxy (`Proxy-Authorization`).
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    value: String,
    partial: bool,
}

impl Credentials {
    /// Takes the two parts as a URL holds them, percent-encoded; nothing if there is neither. One of them may be empty
    /// (RFC 7617 section 2 asks for neither).
    pub fn from_url(username: &str, password: &str) -> Option<Self> {
        if username.is_empty() && password.is_empty() {
            return None;
        }
        let partial = username.is_empty() || password.is_empty();
        let mut pair = percent_decode(username);
        pair.push(b':');
        pair.extend(percent_decode(password));
        Some(Credentials { partial, value: format!("Basic {}", STANDARD.encode(pair)) })
    }

    /// The value for the header `name` unless `headers` have one of their own and this is the URL's of a user or a
    /// password alone, which the reference does not send.
    pub(crate) fn value_beside(&self, headers: &Headers, name: &str) -> Option<&str> {
        (!(self.partial && headers.contains(name))).then_some(self.value.as_str())
    }

    /// The value of the header.
    #[cfg(test)]
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
