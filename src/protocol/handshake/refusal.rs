//! Why a server refuses a handshake, and the 400 that says so (RFC 6455 section 4.2.2, first paragraphs).

use std::fmt;

/// The longest text of a refusal, in bytes. A peer's value is repeated in it, and a peer may send a long one.
const MAX_TEXT: usize = 1024;

/// What is wrong with a client's request. The texts are part of the public contract: they travel in the response
/// and in the `error` event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Method, `Connection` or `Upgrade` are not those of a WebSocket request.
    NotWebSocket,
    /// `Sec-WebSocket-Version` is not 13; `None` when it is absent.
    UnsupportedVersion(Option<String>),
    /// `Sec-WebSocket-Key` is absent.
    MissingKey,
    /// `Sec-WebSocket-Key` is not 16 bytes in base64 (section 4.2.1, item 5).
    InvalidKey,
    /// `Sec-WebSocket-Extensions` breaks its grammar, or an extension refuses; the text is the whole of it.
    Extension(String),
    /// A key header of hixie-76, named here, is absent.
    MissingDraftKey(&'static str),
    /// The keys of hixie-76 do not hold a number that its blanks divide.
    InvalidDraftKey,
    /// A value that an old draft sends back, named here, would break out of its line.
    UnsafeEcho(&'static str),
    /// Not the client's fault: our own code panicked.
    Internal,
}

impl Refusal {
    /// The status of the response.
    pub fn status(&self) -> u16 {
        if *self == Refusal::Internal { 500 } else { 400 }
    }

    /// Writes the whole response: its status with the text as the body. Custom headers are no part of it; the
    /// version that we speak is, where the client speaks another (sections 4.2.2, item 4, and 4.4).
    pub fn write(&self, out: &mut Vec<u8>) {
        let text = self.to_string();
        out.extend_from_slice(match self.status() {
            500 => b"HTTP/1.1 500 Internal Server Error\r\n",
            _ => b"HTTP/1.1 400 Bad Request\r\n".as_slice(),
        });
        out.extend_from_slice(b"Content-Type: text/plain\r\nContent-Length: ");
        out.extend_from_slice(text.len().to_string().as_bytes());
        if matches!(self, Refusal::UnsupportedVersion(_)) {
            out.extend_from_slice(b"\r\nSec-WebSocket-Version: 13");
        }
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(text.as_bytes());
    }

    /// The text, however long the peer's values in it are.
    fn full_text(&self) -> String {
        match self {
            Refusal::NotWebSocket => "Not a WebSocket request".to_owned(),
            Refusal::UnsupportedVersion(version) => {
                format!("Unsupported WebSocket version: {}", version.as_deref().unwrap_or("undefined"))
            }
            Refusal::MissingKey => "Missing handshake request header: Sec-WebSocket-Key".to_owned(),
            Refusal::InvalidKey => "Invalid handshake request header: Sec-WebSocket-Key".to_owned(),
            Refusal::Extension(text) => text.clone(),
            Refusal::MissingDraftKey(name) => format!("Missing required header: {name}"),
            Refusal::InvalidDraftKey => "Client sent invalid Sec-WebSocket-Key headers".to_owned(),
            Refusal::UnsafeEcho(name) => format!("Invalid handshake request header: {name}"),
            Refusal::Internal => "Internal error".to_owned(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bounded(self.full_text()))
    }
}

impl std::error::Error for Refusal {}

/// Makes a text with a peer's words in it fit for a log and a terminal: control characters, and those that change the
/// direction of what follows, are written as `\u001b`, and [`MAX_TEXT`] bytes are kept at most.
pub(crate) fn bounded(text: String) -> String {
    cut(if text.chars().any(is_dangerous) { escaped(&text) } else { text })
}

fn is_dangerous(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MAX_TEXT) * 2);
    // Characters behind the limit are cut off below.
    for character in text.chars().take(MAX_TEXT + 1) {
        if is_dangerous(character) {
            out.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            out.push(character);
        }
    }
    out
}

/// Cuts a text to [`MAX_TEXT`] bytes, on a character's boundary.
fn cut(mut text: String) -> String {
    const ELLIPSIS: &str = "...";
    if text.len() > MAX_TEXT {
        let room = MAX_TEXT - ELLIPSIS.len();
        let kept: usize = text
            .chars()
            .map(char::len_utf8)
            .scan(0, |end, length| {
                *end += length;
                (*end <= room).then_some(length)
            })
            .sum();
        text.truncate(kept);
        text.push_str(ELLIPSIS);
    }
    text
}
