//! What both sides agree on in the handshake (RFC 7692 sections 5 and 7.1).
//!
//! A server [`accept`]s the first offer that it can; a client [`offer`]s once and [`activate`]s the answer. The
//! decisions are those of the npm package `permessage-deflate`: parameters that are unknown, repeated, or out of
//! range make a server decline that offer and a client fail the connection.

use std::fmt;

use super::options::{Options, WindowBits};
use crate::protocol::extension::{InvalidHeader, Offer, Param, Value, header};

/// The extension's registered name.
pub const NAME: &str = "permessage-deflate";

const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// How the messages of one direction are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Direction {
    /// Whether a message may refer to those before it.
    pub context_takeover: bool,
    /// How far back references go.
    pub window_bits: WindowBits,
}

/// What was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The messages that we send.
    pub outgoing: Direction,
    /// The messages that the peer sends.
    pub incoming: Direction,
}

/// A server's side: agrees to the first of the client's offers that is acceptable, and says what to answer. `None`
/// declines them all. Offers of other extensions are passed over.
pub fn accept(options: &Options, offers: &[Offer]) -> Option<(Agreement, Offer)> {
    let offered = offers
        .iter()
        .filter(|offer| offer.name == NAME)
        .find_map(|offer| Params::read(offer, Role::Server))?;
    let agreement = Agreement {
        outgoing: Direction {
            context_takeover: !(options.no_context_takeover || offered.server_no_context_takeover),
            window_bits: smaller(options.max_window_bits, offered.server_max_window_bits),
        },
        incoming: Direction {
            context_takeover: !(options.request_no_context_takeover || offered.client_no_context_takeover),
            window_bits: match offered.client_max_window_bits {
                Some(bits) => smaller(options.request_max_window_bits, bits),
                None => WindowBits::MAX,
            },
        },
    };
    Some((agreement, answer(&agreement, &offered)))
}

/// The answer that tells the client of `agreement` (RFC 7692 section 7.1).
fn answer(agreement: &Agreement, offered: &Params) -> Offer {
    let mut params = Vec::new();
    if !agreement.outgoing.context_takeover {
        params.push(param(SERVER_NO_CONTEXT_TAKEOVER, Value::Flag));
    }
    if !agreement.incoming.context_takeover {
        params.push(param(CLIENT_NO_CONTEXT_TAKEOVER, Value::Flag));
    }
    // Only when asked: there are clients that fail the connection over this one if it answers nothing of theirs.
    let window_bits = agreement.outgoing.window_bits;
    if offered.server_max_window_bits.is_some() && window_bits < WindowBits::MAX {
        params.push(param(SERVER_MAX_WINDOW_BITS, window_bits.to_param()));
    }
    let window_bits = agreement.incoming.window_bits;
    if window_bits < WindowBits::MAX {
        params.push(param(CLIENT_MAX_WINDOW_BITS, window_bits.to_param()));
    }
    Offer { name: NAME.to_owned(), params }
}

/// A client's side: what to put into the request.
pub fn offer(options: &Options) -> Offer {
    let mut params = Vec::new();
    if options.no_context_takeover {
        params.push(param(CLIENT_NO_CONTEXT_TAKEOVER, Value::Flag));
    }
    params.push(param(
        CLIENT_MAX_WINDOW_BITS,
        options.max_window_bits.map_or(Value::Flag, WindowBits::to_param),
    ));
    if options.request_no_context_takeover {
        params.push(param(SERVER_NO_CONTEXT_TAKEOVER, Value::Flag));
    }
    if let Some(bits) = options.request_max_window_bits {
        params.push(param(SERVER_MAX_WINDOW_BITS, bits.to_param()));
    }
    Offer { name: NAME.to_owned(), params }
}

/// A client's side: reads the server's answer to what [`offer`] offered with the same `options`, or to a request
/// without any extension if there are none.
///
/// `Ok(None)` says that the server declined.
pub fn activate(options: Option<&Options>, header: &str) -> Result<Option<Agreement>, BadAnswer> {
    let mut agreement = None;
    for answer in header::parse(header)? {
        let Some(options) = options.filter(|_| answer.name == NAME) else {
            return Err(BadAnswer::Unknown(answer.name));
        };
        if agreement.is_some() {
            return Err(BadAnswer::Repeated);
        }
        let agreed = Params::read(&answer, Role::Client).and_then(|params| agree(options, &params));
        agreement = Some(agreed.ok_or(BadAnswer::Unacceptable(answer))?);
    }
    Ok(agreement)
}

fn agree(options: &Options, answered: &Params) -> Option<Agreement> {
    let exceeds =
        |asked: Option<WindowBits>, answered: Option<WindowBits>| asked.is_some() && answered > asked;
    let unheard = options.request_no_context_takeover && !answered.server_no_context_takeover
        || options.request_max_window_bits.is_some() && answered.server_max_window_bits.is_none();
    if unheard
        || exceeds(options.max_window_bits, answered.client_max_window_bits)
        || exceeds(options.request_max_window_bits, answered.server_max_window_bits)
    {
        return None;
    }
    Some(Agreement {
        outgoing: Direction {
            context_takeover: !(options.no_context_takeover || answered.client_no_context_takeover),
            window_bits: smaller(options.max_window_bits, answered.client_max_window_bits),
        },
        incoming: Direction {
            context_takeover: !answered.server_no_context_takeover,
            window_bits: answered.server_max_window_bits.unwrap_or(WindowBits::MAX),
        },
    })
}

/// Why a client cannot go on with a server's answer. The texts are those of `websocket-extensions`.
#[derive(Clone, Debug, PartialEq)]
pub enum BadAnswer {
    /// The header breaks its grammar.
    Header(InvalidHeader),
    /// An extension that was not offered, by name.
    Unknown(String),
    /// The extension is there twice.
    Repeated,
    /// Parameters that were not offered, or not these values.
    Unacceptable(Offer),
}

impl From<InvalidHeader> for BadAnswer {
    fn from(header: InvalidHeader) -> Self {
        BadAnswer::Header(header)
    }
}

impl fmt::Display for BadAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadAnswer::Header(header) => header.fmt(f),
            BadAnswer::Unknown(name) => {
                write!(f, "Server sent an extension response for unknown extension \"{name}\"")
            }
            BadAnswer::Repeated => write!(
                f,
                "Server sent two extension responses that use the RSV1 bit: \"{NAME}\" and \"{NAME}\""
            ),
            BadAnswer::Unacceptable(answer) => {
                write!(f, "Server sent unacceptable extension parameters: {answer}")
            }
        }
    }
}

impl std::error::Error for BadAnswer {}

/// Who reads the parameters: `client_max_window_bits` may stand without a value in an offer, not in an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Server,
    Client,
}

/// The parameters of RFC 7692 section 7.1, each in its range.
#[derive(Default)]
struct Params {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<WindowBits>,
    client_max_window_bits: Option<WindowBits>,
}

impl Params {
    /// `None` if any parameter is unknown, repeated, or has a value that it cannot have.
    fn read(offer: &Offer, reader: Role) -> Option<Params> {
        let mut params = Params::default();
        for Param { name, values } in &offer.params {
            let [value] = values.as_slice() else { return None };
            match (name.as_str(), value) {
                (SERVER_NO_CONTEXT_TAKEOVER, Value::Flag) => params.server_no_context_takeover = true,
                (CLIENT_NO_CONTEXT_TAKEOVER, Value::Flag) => params.client_no_context_takeover = true,
                (SERVER_MAX_WINDOW_BITS, value) => {
                    params.server_max_window_bits = Some(WindowBits::from_param(value)?);
                }
                // The client says that it understands the parameter and leaves the size to the server.
                (CLIENT_MAX_WINDOW_BITS, Value::Flag) if reader == Role::Server => {
                    params.client_max_window_bits = Some(WindowBits::MAX);
                }
                (CLIENT_MAX_WINDOW_BITS, value) => {
                    params.client_max_window_bits = Some(WindowBits::from_param(value)?);
                }
                _ => return None,
            }
        }
        Some(params)
    }
}

fn param(name: &str, value: Value) -> Param {
    Param { name: name.to_owned(), values: vec![value] }
}

fn smaller(ours: Option<WindowBits>, theirs: impl Into<Option<WindowBits>>) -> WindowBits {
    ours.into_iter().chain(theirs.into()).min().unwrap_or(WindowBits::MAX)
}

#[cfg(test)]
mod tests;
