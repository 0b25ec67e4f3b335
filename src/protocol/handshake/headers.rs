//! Headers that the caller adds to a handshake, checked so that none can forge another (RFC 9110 section 5).

use std::fmt;

/// Header names that may stand in a head more than once; of any other name the first one counts.
const REPEATABLE: [&str; 4] = ["set-cookie", "set-cookie2", "warning", "www-authenticate"];

/// The longest piece of a caller's value that an error message repeats.
const QUOTED: usize = 64;

/// Headers in the order in which they were added.
///
/// Each name is a token and no value holds CR, LF or NUL. Blanks around both are dropped. A name that is already there
/// (in any case) is not added again, unless it is one that may repeat, such as `Set-Cookie`. Values outside ASCII are
/// legal here and are sent as UTF-8, as the reference sends them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    lines: Vec<(String, String)>,
}

impl Headers {
    /// No headers.
    pub const fn new() -> Self {
        Headers { lines: Vec::new() }
    }

    /// Adds one header, or says what the caller must change. A repeated name is dropped in silence.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), IllegalHeader> {
        let name = name.trim_matches(' ');
        let value = value.trim_matches(' ');
        if !is_token(name) {
            return Err(IllegalHeader::Name(excerpt(name)));
        }
        if !is_field_value(value) {
            return Err(IllegalHeader::Value(excerpt(name)));
        }
        if !self.contains(name) || REPEATABLE.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            self.lines.push((name.to_owned(), value.to_owned()));
        }
        Ok(())
    }

    /// Whether a header of that name, in any case, was added.
    pub fn contains(&self, name: &str) -> bool {
        self.lines.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// The value of the first header of that name, in any case.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Writes the headers that the protocol sets itself, those of `own` that have a value, then every header whose
    /// name is not among them.
    pub(crate) fn write_after(&self, out: &mut Vec<u8>, own: &[(&str, Option<&str>)]) {
        let set = || own.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
        set().for_each(|(name, value)| write_line(out, name, value));
        for (name, value) in self.iter() {
            if !set().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                write_line(out, name, value);
            }
        }
    }

    /// Writes every header.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|(name, value)| write_line(out, name, value));
    }
}

/// Writes `name: value` and the end of the line. The caller vouches for both.
pub(crate) fn write_line(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// Whether `text` is a token (RFC 9110 section 5.6.2).
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether `text` keeps to its own line (RFC 9110 section 5.5: CR, LF and NUL are dangerous in a value).
pub(crate) fn is_field_value(text: &str) -> bool {
    !text.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

/// Checks a value that the protocol sets itself from what a caller gave, or does nothing if there is none.
pub(crate) fn check_value(name: &str, value: Option<&str>) -> Result<(), IllegalHeader> {
    if value.is_none_or(is_field_value) { Ok(()) } else { Err(IllegalHeader::Value(name.to_owned())) }
}

/// Checks a part of a URL that goes into a request line or a `Host` header: neither may hold a blank.
pub(crate) fn check_url(part: &str) -> Result<(), IllegalHeader> {
    let legal = !part.is_empty() && !part.bytes().any(|byte| byte <= b' ' || byte == 0x7f);
    if legal { Ok(()) } else { Err(IllegalHeader::Url) }
}

/// The beginning of `text`, short enough for an error message.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}

/// A header, or another part of a head, that the caller must not send. It becomes a `TypeError` at the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IllegalHeader {
    /// The name is not a token.
    Name(String),
    /// The value of the header named here holds CR, LF or NUL. The value itself may be a secret and is not kept.
    Value(String),
    /// A part of the URL is empty or holds a blank or a control character. It may hold secrets and is not kept.
    Url,
}

impl fmt::Display for IllegalHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IllegalHeader::Name(name) => {
                write!(f, "Header name {name:?} is not valid: use letters, digits and !#$%&'*+-.^_`|~ only")
            }
            IllegalHeader::Value(name) => {
                write!(
                    f,
                    "Value of header {name:?} is not valid: remove line breaks and NUL characters from it"
                )
            }
            IllegalHeader::Url => f.write_str(
                "URL is not valid: remove blanks and control characters from its host, path and query",
            ),
        }
    }
}

impl std::error::Error for IllegalHeader {}
