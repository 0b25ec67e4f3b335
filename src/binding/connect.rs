//! A client's session begins: the requests to a proxy and to the server, and what the server answered.

use super::export::{Export, Exports, register as export};
use super::extensions::settings;
use super::js::fields::Fields;
use super::js::values::Args;
use super::js::values::invalid;
use super::open::{head_text, headers_of, limits};
use super::state::masks;
use super::state::registry::Registry;
use crate::protocol::deflate::{Options, negotiation};
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

/// `connect({…})`: a session that waits for the answer of the server, and, if there is a `tunnel`, for that of the
/// proxy before it; see `ConnectRequest` in `lib/native/index.d.ts`. Returns `[slot, request, connect]`, the last only
/// for a proxy. Returns a `TypeError` for headers and protocols that must not be sent.
struct Connect;
impl Export for Connect {
    const NAME: &'static str = "connect";
    const ARGUMENTS: usize = 1;
    const RETURNS_ERRORS: bool = true;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let given = Connecting::read(&Fields::of(args, 0, "connect")?)?;
        let limits = limits(registry, given.max_length);
        let mut nonce = [0; 16];
        masks::random(&mut nonce)?;
        let protocols = Protocols::offer(given.protocols).map_err(invalid)?;
        let handshake = ClientHandshake::new(nonce, protocols, limits.max_head);
        let headers = headers_of(&given.headers).map_err(invalid)?;
        let (offered, offer) = match given.offer {
            None => (Offered::Nothing, None),
            Some(Offering { deflate: Some(options), .. }) => {
                let offer = negotiation::offer(&options).to_string();
                (Offered::Deflate(options), Some(offer))
            }
            Some(Offering { header, .. }) => (Offered::Plugins, header),
        };
        let request = ClientRequest {
            host: &given.host,
            target: &given.target,
            credentials: given.credentials.as_ref(),
            extensions: offer.as_deref(),
            headers: &headers,
        };
        let mut bytes = Vec::with_capacity(256);
        handshake.write(&request, &mut bytes).map_err(invalid)?;
        let request = head_text(args, &bytes)?;

        let (tunnel, connect) = match given.tunnel {
            Some(asked) => {
                let tunnel = Tunnel::new(limits.max_head);
                let connect = write_connect(args, &tunnel, &asked, &given.host)?;
                (Some(tunnel), connect)
            }
            None => (None, args.undefined()),
        };
        let opening = Opening::new(handshake, tunnel).offering(offered);
        let slot = registry.insert(Session::connecting(opening, limits))?;
        args.array(&[args.number(slot as i32)?, request, connect])
    }
}

/// What `connect` is given.
struct Connecting {
    max_length: f64,
    protocols: Vec<String>,
    headers: Vec<String>,
    host: String,
    target: String,
    credentials: Option<Credentials>,
    offer: Option<Offering>,
    tunnel: Option<Tunnelling>,
}

/// Which extensions are offered.
struct Offering {
    /// The settings of permessage-deflate to offer.
    deflate: Option<Options>,
    /// What the caller's extensions offer instead, as the value of the request's header.
    header: Option<String>,
}

/// What a proxy is asked for.
struct Tunnelling {
    authority: String,
    headers: Vec<String>,
    credentials: Option<Credentials>,
}

impl Connecting {
    fn read(fields: &Fields<'_>) -> Result<Self> {
        let offer = fields.fields(c"offer", "offer")?;
        let tunnel = fields.fields(c"tunnel", "tunnel")?;
        Ok(Connecting {
            max_length: fields.number(c"maxLength")?,
            protocols: fields.texts(c"protocols")?,
            headers: fields.texts(c"headers")?,
            host: fields.text(c"host")?,
            target: fields.text(c"target")?,
            credentials: credentials(fields)?,
            offer: offer.as_ref().map(Offering::read).transpose()?,
            tunnel: tunnel.as_ref().map(Tunnelling::read).transpose()?,
        })
    }
}

impl Offering {
    fn read(fields: &Fields<'_>) -> Result<Self> {
        let deflate = fields.fields(c"deflate", "deflate")?;
        Ok(Offering {
            deflate: deflate.as_ref().map(settings).transpose()?,
            header: fields.optional_text(c"header")?,
        })
    }
}

impl Tunnelling {
    fn read(fields: &Fields<'_>) -> Result<Self> {
        Ok(Tunnelling {
            authority: fields.text(c"authority")?,
            headers: fields.texts(c"headers")?,
            credentials: credentials(fields)?,
        })
    }
}

fn write_connect(
    args: &Args<'_>,
    tunnel: &Tunnel,
    asked: &Tunnelling,
    host: &str,
) -> Result<sys::napi_value> {
    let headers = headers_of(&asked.headers).map_err(invalid)?;
    let Tunnelling { authority, credentials, .. } = asked;
    let request = ConnectRequest { authority, host, credentials: credentials.as_ref(), headers: &headers };
    let mut bytes = Vec::with_capacity(256);
    tunnel.write(&request, &mut bytes).map_err(invalid)?;
    head_text(args, &bytes)
}

/// The fields `username` and `password`, which are those of a URL, percent-encoded.
fn credentials(fields: &Fields<'_>) -> Result<Option<Credentials>> {
    let (username, password) = (fields.optional_text(c"username")?, fields.optional_text(c"password")?);
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
