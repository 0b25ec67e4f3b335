//! Lists with commas, and the subprotocols that are named in them (RFC 6455 sections 1.9 and 11.3.4).

use std::collections::HashSet;
use std::fmt;

use super::headers::{excerpt, is_token};

/// What may stand around a comma: optional white space (RFC 9110 section 5.6.3).
const BLANKS: [char; 2] = [' ', '\t'];

/// The items of a list with commas (RFC 9110 section 5.6.1). Blanks around a comma are dropped; those at the two ends
/// of the list are not, since the parser of the head has removed them. The time is linear in the length of the list,
/// however many blanks there are.
pub(crate) fn list_items(list: &str) -> impl Iterator<Item = &str> {
    let last = list.bytes().filter(|&byte| byte == b',').count();
    list.split(',').enumerate().map(move |(index, item)| {
        let item = if index > 0 { item.trim_start_matches(BLANKS) } else { item };
        if index < last { item.trim_end_matches(BLANKS) } else { item }
    })
}

/// Whether the list holds `token`, in any case: how `Connection` is read (RFC 9110 section 7.6.1).
pub(crate) fn has_token(list: &str, token: &str) -> bool {
    list_items(list).any(|item| item.eq_ignore_ascii_case(token))
}

/// The subprotocols that an endpoint is willing to speak, in its order of preference.
///
/// No name holds a control character, so none can forge a header. What a client offers keeps the rules of the
/// RFC in full; what a server supports may hold more, as in the reference, and is compared with offers only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Protocols {
    names: Vec<String>,
}

impl Protocols {
    /// Takes names one by one, as from an array.
    pub fn new<Name: Into<String>>(names: impl IntoIterator<Item = Name>) -> Result<Self, IllegalProtocol> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        match names.iter().find(|name| name.chars().any(char::is_control)) {
            Some(name) => Err(IllegalProtocol::Control(excerpt(name))),
            None => Ok(Protocols { names }),
        }
    }

    /// Takes the names that a client offers: each is a token, and no two are alike (section 4.1, item 10 of the
    /// list on the request).
    pub fn offer<Name: Into<String>>(names: impl IntoIterator<Item = Name>) -> Result<Self, IllegalProtocol> {
        let protocols = Protocols::new(names)?;
        let mut seen = HashSet::new();
        for name in &protocols.names {
            if !is_token(name) {
                return Err(IllegalProtocol::Separator(excerpt(name)));
            }
            if !seen.insert(name) {
                return Err(IllegalProtocol::Repeated(excerpt(name)));
            }
        }
        Ok(protocols)
    }

    /// Takes a list with commas. The empty string is no protocols.
    pub fn parse(list: &str) -> Result<Self, IllegalProtocol> {
        if list.is_empty() { Ok(Protocols::default()) } else { Protocols::new(list_items(list)) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether `name` is among them. Case counts.
    pub fn contains(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// The server's choice: the first of the client's `offers` (a list with commas) that is among these.
    pub fn choose(&self, offers: &str) -> Option<&str> {
        list_items(offers)
            .filter(|offer| !offer.is_empty())
            .find_map(|offer| self.names.iter().find(|name| *name == offer))
            .map(String::as_str)
    }

    /// The value of a client's `Sec-WebSocket-Protocol`.
    pub fn header_value(&self) -> String {
        self.names.join(", ")
    }
}

/// A subprotocol name that the caller must not send. It becomes a `TypeError` at the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IllegalProtocol {
    /// A control character could forge a header.
    Control(String),
    /// The name is empty, or holds a separator or a character outside ASCII.
    Separator(String),
    /// A client offers the name more than once.
    Repeated(String),
}

impl fmt::Display for IllegalProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IllegalProtocol::Control(name) => {
                write!(f, "Subprotocol {name:?} is not valid: remove control characters from it")
            }
            IllegalProtocol::Separator(name) => write!(
                f,
                "Subprotocol {name:?} is not valid: use letters, digits and !#$%&'*+-.^_`|~ only \
                 (RFC 6455 section 4.1)"
            ),
            IllegalProtocol::Repeated(name) => {
                write!(
                    f,
                    "Subprotocol {name:?} is offered more than once: name it once (RFC 6455 section 4.1)"
                )
            }
        }
    }
}

impl std::error::Error for IllegalProtocol {}
