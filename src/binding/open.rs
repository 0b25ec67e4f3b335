//! Sessions begin and end: handshakes, and the release of slots.

use super::export::{Export, Exports, register as export};
use super::extensions::settings;
use super::injected;
use super::registry::Registry;
use super::values::Args;
use crate::protocol::deflate::{Deflate, Options, negotiation};
use crate::protocol::extension::header;
use crate::protocol::handshake::{
    Headers, IllegalHeader, Protocols, Refusal, Request, Response, Upgrade, is_websocket,
};
use crate::protocol::hybi::Role;
use crate::protocol::{Limits, Session};
use napi::{Error, Result, Status, sys};
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

/// `accept(maxLength, protocols, headers, method, url, upgrade, connection, origin, version, key, protocol,
/// extensions, agreed, plugins)`: answers a request of RFC 6455. `protocols` is an array of names or nothing,
/// `headers` a flat array of names and values. `agreed` is an array with the settings of permessage-deflate, to
/// negotiate here; or, where the caller has negotiated, the value of the response's header with the RSV bits in
/// `plugins`, or what is wrong with nothing in `plugins`. Returns `[head, slot, protocol, fault, deflates]`: the
/// response; the slot and the protocol (`''`) if the request was accepted, `-1` and the fault's text if not. Throws a
/// `TypeError` for headers and protocols that must not be sent.
struct Accept;
impl Export for Accept {
    const NAME: &'static str = "accept";
    const ARGUMENTS: usize = 14;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        injected::panics("accept");
        let limits = limits(registry, args, 0)?;
        let supported = protocols(args, 1)?;
        let headers = headers(args, 2)?;
        let fields: Vec<Option<String>> = (3..12).map(|i| args.string(i)).collect::<Result<_>>()?;
        let field = |i: usize| fields[i].as_deref();
        let request = Request {
            method: field(0).unwrap_or_default(),
            url: field(1).unwrap_or_default(),
            upgrade: field(2),
            connection: field(3),
            origin: field(4),
            version: field(5),
            key: field(6),
            protocol: field(7),
            extensions: field(8),
            ..Request::default()
        };
        let mut head = Vec::with_capacity(256);
        let agreed = args.string(12)?;
        let plugins = args.optional_u32(13)?;
        let checked = Upgrade::verify(&request).and_then(|upgrade| {
            let offers = header::parse(upgrade.extensions().unwrap_or_default())
                .map_err(|error| Refusal::Extension(error.to_string()))?;
            match (&agreed, plugins) {
                (Some(fault), None) => Err(Refusal::Extension(fault.clone())),
                _ => Ok((upgrade, offers)),
            }
        });
        let (upgrade, offers) = match checked {
            Ok(accepted) => accepted,
            Err(refusal) => return refused(args, &refusal),
        };
        let protocol = upgrade.choose_protocol(&supported);
        let mut session = Session::new(Role::Server, limits);
        let answer = match settings(args, 12)? {
            Some(options) => answer(&mut session, &options, &offers),
            None => agreed.filter(|value| !value.is_empty()),
        };
        if let Some(rsv) = plugins {
            session.set_plugins(rsv as u8);
        }
        let deflates = session.deflates();
        upgrade
            .write(&Response { headers: &headers, protocol, extensions: answer.as_deref() }, &mut head)
            .map_err(invalid)?;
        let slot = registry.insert(session)?;
        args.array(&[
            head_text(args, &head)?,
            args.number(slot as i32)?,
            args.text(protocol.unwrap_or_default())?,
            args.undefined(),
            args.number(i32::from(deflates))?,
        ])
    }

    /// What a client sends must not throw into the server.
    fn recover(_: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        refused(args, &Refusal::Internal)
    }
}

/// What `accept` returns for a request that is refused.
fn refused(args: &Args<'_>, refusal: &Refusal) -> Result<sys::napi_value> {
    let mut head = Vec::with_capacity(256);
    refusal.write(&mut head);
    let fault = args.text(&refusal.to_string())?;
    args.array(&[head_text(args, &head)?, args.number(-1)?, args.text("")?, fault])
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

/// A head is sent as UTF-8, so that is how the string is made that the shim writes.
pub(super) fn head_text(args: &Args<'_>, bytes: &[u8]) -> Result<sys::napi_value> {
    args.text(&String::from_utf8_lossy(bytes))
}

pub(super) fn limits(registry: &Registry, args: &Args<'_>, index: usize) -> Result<Limits> {
    let max_length = args.f64(index)?;
    // A float converts by saturation, NaN to 0. Node cannot make longer Buffers, so 2^31 - 1 is as good as none.
    let max_length = (max_length as u64).min(i32::MAX as u64);
    Ok(Limits { max_length, max_text: registry.max_text, ..Limits::default() })
}

/// The subprotocols that a server speaks.
fn protocols(args: &Args<'_>, index: usize) -> Result<Protocols> {
    Protocols::new(args.strings(index)?.unwrap_or_default()).map_err(invalid)
}

pub(super) fn headers(args: &Args<'_>, index: usize) -> Result<Headers> {
    headers_of(&args.strings(index)?.unwrap_or_default()).map_err(invalid)
}

/// Headers from a flat list of names and values.
pub(super) fn headers_of(flat: &[String]) -> std::result::Result<Headers, IllegalHeader> {
    let mut headers = Headers::default();
    for pair in flat.chunks_exact(2) {
        headers.add(&pair[0], &pair[1])?;
    }
    Ok(headers)
}

/// A caller's fault becomes a `TypeError`.
pub(super) fn invalid(error: impl std::fmt::Display) -> Error {
    Error::new(Status::InvalidArg, error.to_string())
}
