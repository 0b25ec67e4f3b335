//! A client's session begins: the requests to a proxy and to the server, and what the server answered.

use super::export::{Export, Exports, register as export};
use super::extensions::settings;
use super::masks;
use super::open::{head_text, headers, invalid, limits};
use super::registry::Registry;
use super::values::Args;
use crate::protocol::deflate::negotiation;
use crate::protocol::handshake::{
    ClientHandshake, ClientRequest, ConnectRequest, Credentials, Protocols, Tunnel,
};
use crate::protocol::opening::Offered;
use crate::protocol::{Opening, Session};
use napi::{Result, sys};

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<Connect>(exports)?;
    export::<Answer>(exports)
}

/// `connect(maxLength, protocols, headers, host, target, username, password, authority, proxyHeaders,
/// proxyUsername, proxyPassword, extensions)`: a session that waits for the answer of a server, and before for that
/// of a proxy if there is an `authority`. `extensions` are the settings of permessage-deflate as an array, or the
/// header of extensions that the caller brings. Credentials are those of URLs, percent-encoded. Returns `[slot,
/// request, connect]`, the last only for a proxy. Throws a `TypeError` for headers and protocols that must not be
/// sent.
struct Connect;
impl Export for Connect {
    const NAME: &'static str = "connect";
    const ARGUMENTS: usize = 12;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let limits = limits(registry, args, 0)?;
        let (host, target) = (args.string(3)?.unwrap_or_default(), args.string(4)?.unwrap_or_default());
        let mut nonce = [0; 16];
        masks::random(&mut nonce)?;
        let protocols = Protocols::offer(args.strings(1)?.unwrap_or_default()).map_err(invalid)?;
        let handshake = ClientHandshake::new(nonce, protocols, limits.max_head);
        let credentials = credentials(args, 5)?;
        let headers = headers(args, 2)?;
        let (offered, offer) = match (settings(args, 11)?, args.string(11)?) {
            (Some(options), _) => {
                let offer = negotiation::offer(&options).to_string();
                (Offered::Deflate(options), Some(offer))
            }
            (None, Some(header)) => (Offered::Plugins, Some(header).filter(|value| !value.is_empty())),
            (None, None) => (Offered::Nothing, None),
        };
        let request = ClientRequest {
            host: &host,
            target: &target,
            credentials: credentials.as_ref(),
            extensions: offer.as_deref(),
            headers: &headers,
        };
        let mut bytes = Vec::with_capacity(256);
        handshake.write(&request, &mut bytes).map_err(invalid)?;
        let request = head_text(args, &bytes)?;

        let (tunnel, connect) = match args.string(7)? {
            Some(authority) => {
                let tunnel = Tunnel::new(limits.max_head);
                let connect = write_connect(args, &tunnel, &authority, &host)?;
                (Some(tunnel), connect)
            }
            None => (None, args.undefined()),
        };
        let opening = Opening::new(handshake, tunnel).offering(offered);
        let slot = registry.insert(Session::connecting(opening, limits))?;
        args.array(&[args.number(slot as i32)?, request, connect])
    }
}

fn write_connect(args: &Args<'_>, tunnel: &Tunnel, authority: &str, host: &str) -> Result<sys::napi_value> {
    let credentials = credentials(args, 9)?;
    let headers = headers(args, 8)?;
    let request = ConnectRequest { authority, host, credentials: credentials.as_ref(), headers: &headers };
    let mut bytes = Vec::with_capacity(256);
    tunnel.write(&request, &mut bytes).map_err(invalid)?;
    head_text(args, &bytes)
}

/// A name at `index` and a password behind it.
fn credentials(args: &Args<'_>, index: usize) -> Result<Option<Credentials>> {
    let (username, password) = (args.string(index)?, args.string(index + 1)?);
    Ok(Credentials::from_url(&username.unwrap_or_default(), &password.unwrap_or_default()))
}

/// `answer(slot)`: what the server answered, once a row says that it did, as `[status, protocol, headers, deflates]`.
/// The status is 0 if the answer could not be read; headers are a flat array of names and values.
struct Answer;
impl Export for Answer {
    const NAME: &'static str = "answer";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let session = registry.session(args.u32(0)?)?;
        let deflates = session.deflates();
        let answer = session.take_answer().unwrap_or_default();
        let mut flat = Vec::with_capacity(answer.response.headers.len() * 2);
        for (name, value) in &answer.response.headers {
            flat.push(args.text(name)?);
            flat.push(args.text(value)?);
        }
        args.array(&[
            args.number(i32::from(answer.response.status))?,
            args.text(answer.protocol.as_deref().unwrap_or_default())?,
            args.array(&flat)?,
            args.number(i32::from(deflates))?,
        ])
    }
}
