//! Sessions begin and end: handshakes, and the release of slots.

use super::export::{Export, Exports, register as export};
use super::extensions::settings;
use super::injected;
use super::js::fields::Fields;
use super::js::values::{Args, invalid};
use super::state::registry::Registry;
use crate::protocol::deflate::{Deflate, Options, negotiation};
use crate::protocol::extension::header;
use crate::protocol::handshake::{
    Headers, IllegalHeader, Protocols, Refusal, Request, Response, Upgrade, is_websocket,
};
use crate::protocol::hybi::Role;
use crate::protocol::{Limits, Session};
use napi::{Result, sys};
use napi_derive::napi;

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<Accept>(exports)?;
    export::<Release>(exports)?;
    export::<Sessions>(exports)
}

/// Whether a request with this method and these headers asks for a WebSocket (RFC 6455 section 4.2.1).
#[napi(catch_unwind)]
pub(super) fn is_web_socket(method: String, connection: Option<String>, upgrade: Option<String>) -> bool {
    is_websocket(&method, connection.as_deref(), upgrade.as_deref())
}

/// The argument of `accept` that gets the answer, behind the fields.
const ACCEPTED: usize = 13;

/// `accept(…, accepted)`: answers a request of RFC 6455; its arguments are the fields of `AcceptRequest` in
/// `lib/native/index.d.ts`, in the order of [`Accepting::read`], and an array that gets the answer, `[head, slot, protocol, fault,
/// deflates]`: the response; the slot, and the protocol if there is one, if the request was accepted; the fault's text if
/// not. Returns a `TypeError` for headers and protocols that must not be sent.
struct Accept;
impl Export for Accept {
    const NAME: &'static str = "accept";
    const ARGUMENTS: usize = ACCEPTED + 1;
    const RETURNS_ERRORS: bool = true;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        injected::panics("accept");
        let given = Accepting::read(&Fields::in_order(args, "accept"))?;
        let limits = limits(registry, given.max_length);
        let supported = Protocols::new(given.protocols).map_err(invalid)?;
        let headers = headers_of(&given.headers).map_err(invalid)?;
        let request = Request {
            method: given.method.as_deref().unwrap_or_default(),
            url: given.url.as_deref().unwrap_or_default(),
            upgrade: given.upgrade.as_deref(),
            connection: given.connection.as_deref(),
            origin: given.origin.as_deref(),
            version: given.version.as_deref(),
            key: given.key.as_deref(),
            protocol: given.protocol.as_deref(),
            extensions: given.extensions.as_deref(),
            ..Request::default()
        };
        let mut head = Vec::with_capacity(256);
        let checked = Upgrade::verify(&request).and_then(|upgrade| {
            let offers = header::parse(upgrade.extensions().unwrap_or_default())
                .map_err(|error| Refusal::Extension(error.to_string()))?;
            match given.answer.fault {
                Some(fault) => Err(Refusal::Extension(fault)),
                None => Ok((upgrade, offers)),
            }
        });
        let (upgrade, offers) = match checked {
            Ok(accepted) => accepted,
            Err(refusal) => return refused(args, &refusal),
        };
        let protocol = upgrade.choose_protocol(&supported);
        let mut session = Session::new(Role::Server, limits);
        let answer = match given.answer.deflate {
            Some(options) => answer(&mut session, &options, &offers),
            None => given.answer.agreed.filter(|value| !value.is_empty()),
        };
        if let Some(rsv) = given.answer.rsv {
            session.set_plugins(rsv as u8);
        }
        let deflates = session.deflates();
        upgrade
            .write(&Response { headers: &headers, protocol, extensions: answer.as_deref() }, &mut head)
            .map_err(invalid)?;
        let slot = registry.insert(session)?;
        let accepted = args.value(ACCEPTED);
        args.set(accepted, 0, head_text(args, &head)?)?;
        args.set(accepted, 1, args.number(slot as i32)?)?;
        if let Some(protocol) = protocol {
            args.set(accepted, 2, args.text(protocol)?)?;
        }
        if deflates {
            args.set(accepted, 4, args.number(1)?)?;
        }
        Ok(args.undefined())
    }

    /// What a client sends must not throw into the server.
    fn recover(_: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        refused(args, &Refusal::Internal)
    }
}

/// What `accept` is given.
struct Accepting {
    max_length: f64,
    protocols: Vec<String>,
    headers: Vec<String>,
    method: Option<String>,
    url: Option<String>,
    upgrade: Option<String>,
    connection: Option<String>,
    origin: Option<String>,
    version: Option<String>,
    key: Option<String>,
    protocol: Option<String>,
    extensions: Option<String>,
    answer: Answering,
}

/// What the caller has decided about extensions.
#[derive(Default)]
struct Answering {
    /// The settings by which to negotiate permessage-deflate here.
    deflate: Option<Options>,
    /// What the caller has agreed on instead, as the value of the response's header, and the RSV bits of that.
    agreed: Option<String>,
    rsv: Option<f64>,
    /// What the caller found wrong with the extensions.
    fault: Option<String>,
}

impl Accepting {
    /// Reads the fields in the order in which `lib/native/by_names.js` passes them.
    fn read(fields: &Fields<'_>) -> Result<Self> {
        Ok(Accepting {
            max_length: fields.number(c"maxLength")?,
            protocols: fields.texts(c"protocols")?,
            headers: fields.texts(c"headers")?,
            method: fields.optional_text(c"method")?,
            url: fields.optional_text(c"url")?,
            upgrade: fields.optional_text(c"upgrade")?,
            connection: fields.optional_text(c"connection")?,
            origin: fields.optional_text(c"origin")?,
            version: fields.optional_text(c"version")?,
            key: fields.optional_text(c"key")?,
            protocol: fields.optional_text(c"protocol")?,
            extensions: fields.optional_text(c"extensions")?,
            answer: fields
                .fields(c"answer", "answer")?
                .as_ref()
                .map(Answering::read)
                .transpose()?
                .unwrap_or_default(),
        })
    }
}

impl Answering {
    fn read(fields: &Fields<'_>) -> Result<Self> {
        let deflate = fields.fields(c"deflate", "deflate")?;
        Ok(Answering {
            deflate: deflate.as_ref().map(settings).transpose()?,
            agreed: fields.optional_text(c"agreed")?,
            rsv: fields.optional_number(c"rsv")?,
            fault: fields.optional_text(c"fault")?,
        })
    }
}

/// What `accept` answers to a request that is refused.
fn refused(args: &Args<'_>, refusal: &Refusal) -> Result<sys::napi_value> {
    let mut head = Vec::with_capacity(256);
    refusal.write(&mut head);
    let fault = args.text(&refusal.to_string())?;
    let accepted = args.value(ACCEPTED);
    args.set(accepted, 0, head_text(args, &head)?)?;
    args.set(accepted, 3, fault)?;
    Ok(args.undefined())
}

/// Agrees to one of the client's offers if any will do; the header that says so.
fn answer(session: &mut Session, options: &Options, offers: &[header::Offer]) -> Option<String> {
    let (agreement, answer) = negotiation::accept(options, offers)?;
    session.set_deflate(Deflate::new(options, &agreement));
    Some(answer.to_string())
}

/// `release(slot)`: ends the session; the number is stale from now on.
struct Release;
impl Export for Release {
    const NAME: &'static str = "release";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        registry.release(args.u32(0)?);
        Ok(args.undefined())
    }
}

/// `sessions()`: how many there are, for tests that look for leaks.
struct Sessions;
impl Export for Sessions {
    const NAME: &'static str = "sessions";
    const ARGUMENTS: usize = 0;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        args.number(registry.sessions() as i32)
    }
}

/// The head of an answer as a string. The shim writes it as UTF-8, so it is decoded as UTF-8 here.
pub(super) fn head_text(args: &Args<'_>, bytes: &[u8]) -> Result<sys::napi_value> {
    args.text(&String::from_utf8_lossy(bytes))
}

pub(super) fn limits(registry: &Registry, max_length: f64) -> Limits {
    // A float converts by saturation, NaN to 0. Node cannot make longer Buffers, so 2^31 - 1 is as good as none.
    let max_length = (max_length as u64).min(i32::MAX as u64);
    Limits { max_length, max_text: registry.max_text, ..Limits::default() }
}

/// Headers from a flat list of names and values.
pub(super) fn headers_of(flat: &[String]) -> std::result::Result<Headers, IllegalHeader> {
    let mut headers = Headers::default();
    for pair in flat.chunks_exact(2) {
        headers.add(&pair[0], &pair[1])?;
    }
    Ok(headers)
}
