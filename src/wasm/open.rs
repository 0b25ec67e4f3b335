//! Sessions begin: a server's answer to a request, a client's requests, and what was answered to them. What these calls
//! take and return is written at their namesakes in the native binding.

use super::codecs::settings;
use super::random;
use super::state::state;
use super::values::{Args, Fault, Value, call, failed, invalid};
use crate::protocol::deflate::{Deflate, Options, negotiation};
use crate::protocol::extension::header;
use crate::protocol::handshake::{
    ClientHandshake, ClientRequest, ConnectRequest, Credentials, Headers, Protocols, Refusal, Request,
    Response, Tunnel, Upgrade, is_websocket,
};
use crate::protocol::hybi::Role;
use crate::protocol::opening::Offered;
use crate::protocol::{Limits, Opening, Session};

/// `accept(maxLength, protocols, headers, method, url, upgrade, connection, origin, version, key, protocol, extensions,
/// agreed, plugins)`: answers a request of RFC 6455.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "accept"))]
extern "C" fn accept(length: u32) -> *const u8 {
    call(length, answer_request)
}

fn answer_request(args: &Args) -> Result<Value, Fault> {
    let limits = limits(args, 0);
    let supported = Protocols::new(args.texts(1)?.unwrap_or_default()).map_err(invalid)?;
    let headers = headers(args, 2)?;
    let request = Request {
        method: args.text(3).unwrap_or_default(),
        url: args.text(4).unwrap_or_default(),
        upgrade: args.text(5),
        connection: args.text(6),
        origin: args.text(7),
        version: args.text(8),
        key: args.text(9),
        protocol: args.text(10),
        extensions: args.text(11),
        ..Request::default()
    };
    let (agreed, plugins) = (args.text(12), args.optional_u32(13));
    let checked = Upgrade::verify(&request).and_then(|upgrade| {
        let offers = header::parse(upgrade.extensions().unwrap_or_default())
            .map_err(|error| Refusal::Extension(error.to_string()))?;
        match (agreed, plugins) {
            (Some(fault), None) => Err(Refusal::Extension(fault.to_owned())),
            _ => Ok((upgrade, offers)),
        }
    });
    let (upgrade, offers) = match checked {
        Ok(accepted) => accepted,
        Err(refusal) => return Ok(refused(&refusal)),
    };
    let protocol = upgrade.choose_protocol(&supported);
    let mut session = Session::new(Role::Server, limits);
    let answer = match settings(args, 12)? {
        Some(options) => agree(&mut session, &options, &offers),
        None => agreed.filter(|value| !value.is_empty()).map(str::to_owned),
    };
    if let Some(rsv) = plugins {
        session.set_plugins(rsv as u8);
    }
    let deflates = session.deflates();
    let response = Response { headers: &headers, protocol, extensions: answer.as_deref() };
    let mut head = Vec::with_capacity(256);
    upgrade.write(&response, &mut head).map_err(invalid)?;
    let slot = state().insert(session).ok_or_else(full)?;
    Ok(Value::List(vec![
        head_text(&head),
        slot.into(),
        protocol.unwrap_or_default().into(),
        Value::Undefined,
        deflates.into(),
    ]))
}

/// What `accept` returns for a request that is refused.
fn refused(refusal: &Refusal) -> Value {
    let mut head = Vec::with_capacity(256);
    refusal.write(&mut head);
    Value::List(vec![head_text(&head), (-1).into(), "".into(), refusal.to_string().into()])
}

/// `refuse()`: what is answered where `accept` was stopped.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "refuse"))]
extern "C" fn refuse() -> *const u8 {
    call(0, |_| Ok(refused(&Refusal::Internal)))
}

/// Agrees to one of the client's offers if any will do; the header that says so.
fn agree(session: &mut Session, options: &Options, offers: &[header::Offer]) -> Option<String> {
    let (agreement, answer) = negotiation::accept(options, offers)?;
    session.set_deflate(Deflate::new(options, &agreement));
    Some(answer.to_string())
}

/// `connect(maxLength, protocols, headers, host, target, username, password, authority, proxyHeaders, proxyUsername,
/// proxyPassword, extensions)`: a session that waits for the answers of a server and a proxy.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "connect"))]
extern "C" fn connect(length: u32) -> *const u8 {
    call(length, ask)
}

fn ask(args: &Args) -> Result<Value, Fault> {
    let limits = limits(args, 0);
    let (host, target) = (args.text(3).unwrap_or_default(), args.text(4).unwrap_or_default());
    let mut nonce = [0; 16];
    random::fill(&mut nonce);
    let protocols = Protocols::offer(args.texts(1)?.unwrap_or_default()).map_err(invalid)?;
    let handshake = ClientHandshake::new(nonce, protocols, limits.max_head);
    let credentials = credentials(args, 5);
    let headers = headers(args, 2)?;
    let (offered, offer) = match (settings(args, 11)?, args.text(11)) {
        (Some(options), _) => {
            let offer = negotiation::offer(&options).to_string();
            (Offered::Deflate(options), Some(offer))
        }
        (None, Some(header)) => (Offered::Plugins, Some(header.to_owned()).filter(|value| !value.is_empty())),
        (None, None) => (Offered::Nothing, None),
    };
    let request = ClientRequest {
        host,
        target,
        credentials: credentials.as_ref(),
        extensions: offer.as_deref(),
        headers: &headers,
    };
    let mut bytes = Vec::with_capacity(256);
    handshake.write(&request, &mut bytes).map_err(invalid)?;
    let (tunnel, connect) = match args.text(7) {
        Some(authority) => {
            let tunnel = Tunnel::new(limits.max_head);
            let connect = tunnel_request(args, &tunnel, authority, host)?;
            (Some(tunnel), connect)
        }
        None => (None, Value::Undefined),
    };
    let opening = Opening::new(handshake, tunnel).offering(offered);
    let slot = state().insert(Session::connecting(opening, limits)).ok_or_else(full)?;
    Ok(Value::List(vec![slot.into(), head_text(&bytes), connect]))
}

fn tunnel_request(args: &Args, tunnel: &Tunnel, authority: &str, host: &str) -> Result<Value, Fault> {
    let credentials = credentials(args, 9);
    let headers = headers(args, 8)?;
    let request = ConnectRequest { authority, host, credentials: credentials.as_ref(), headers: &headers };
    let mut bytes = Vec::with_capacity(256);
    tunnel.write(&request, &mut bytes).map_err(invalid)?;
    Ok(head_text(&bytes))
}

/// A name at `index` and a password behind it.
fn credentials(args: &Args, index: usize) -> Option<Credentials> {
    Credentials::from_url(args.text(index).unwrap_or_default(), args.text(index + 1).unwrap_or_default())
}

/// `answer(slot)`: what the server answered, as `[status, protocol, headers, deflates]`.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "answer"))]
extern "C" fn answer(length: u32) -> *const u8 {
    call(length, |args| {
        let session = state().session(args.u32(0)).ok_or_else(stale)?;
        let deflates = session.deflates();
        let answer = session.take_answer().unwrap_or_default();
        let headers = answer.response.headers.iter().flat_map(|(name, value)| [name, value]);
        Ok(Value::List(vec![
            u32::from(answer.response.status).into(),
            answer.protocol.as_deref().unwrap_or_default().into(),
            Value::List(headers.map(|text| Value::Text(text.clone())).collect()),
            deflates.into(),
        ]))
    })
}

/// `is_websocket(method, connection, upgrade)`: whether a request asks for a WebSocket (RFC 6455 section 4.2.1).
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "is_websocket"))]
extern "C" fn asks_for_websocket(length: u32) -> *const u8 {
    call(length, |args| Ok(is_websocket(args.text(0).unwrap_or_default(), args.text(1), args.text(2)).into()))
}

/// `memory_usage(slot)`: `[sessions, compressing, messages, windows, codecs, buffers]`, of one session or of all.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "memory_usage"))]
extern "C" fn memory_usage(length: u32) -> *const u8 {
    call(length, |args| {
        let state = state();
        let mut cells = [0usize; 6];
        let mut count = |session: &Session| {
            let (held, window) = session.memory_usage();
            let more = [1, usize::from(session.deflates()), held, window];
            cells.iter_mut().zip(more).for_each(|(cell, more)| *cell += more);
        };
        if let Some(slot) = args.optional_u32(0) {
            count(state.session(slot).ok_or_else(stale)?);
        } else {
            state.sessions().for_each(|session| count(session));
            let (windows, codecs) = state.codecs.memory_usage();
            cells[3] += windows;
            cells[4] = codecs;
            cells[5] = state.buffers.capacity()
                + state.area.capacity()
                + state.output.capacity()
                + state.codecs.payload.capacity()
                + state.codecs.packed.capacity();
        }
        Ok(Value::List(cells.iter().map(|&cell| Value::Number(cell as f64)).collect()))
    })
}

/// A head is sent as UTF-8, so that is how the string is made that the shim writes.
fn head_text(bytes: &[u8]) -> Value {
    String::from_utf8_lossy(bytes).into_owned().into()
}

fn limits(args: &Args, index: usize) -> Limits {
    // A float converts by saturation, NaN to 0. Node cannot make longer Buffers, so 2^31 - 1 is as good as none.
    let max_length = (args.number(index) as u64).min(i32::MAX as u64);
    Limits { max_length, max_text: state().max_text, ..Limits::default() }
}

fn headers(args: &Args, index: usize) -> Result<Headers, Fault> {
    headers_of(&args.texts(index)?.unwrap_or_default())
}

/// Headers from a flat list of names and values.
pub(super) fn headers_of(flat: &[String]) -> Result<Headers, Fault> {
    let mut headers = Headers::default();
    for pair in flat.chunks_exact(2) {
        headers.add(&pair[0], &pair[1]).map_err(invalid)?;
    }
    Ok(headers)
}

/// What a call throws for a slot without a session.
pub(super) fn stale() -> Fault {
    failed("No session has this slot")
}

fn full() -> Fault {
    failed("More than 1048576 connections in one thread: close some first")
}
