//! Tests of the old drafts: handshakes, and whole sessions.

mod handshake;
mod session;

use super::{Draft, HixieSession, Most};
use crate::protocol::Limits;
use crate::protocol::handshake::{Headers, Refusal, Request};

/// The body of hixie-76's own example, and the answer to it.
const BODY: &[u8] = b"^n:ds[4U";
const SIGNATURE: [u8; 16] = *b"8jKS'y:G*Co,Wxa-";

/// A request of hixie-75.
fn request_75() -> Request<'static> {
    Request {
        method: "GET",
        url: "ws://example.com/demo",
        upgrade: Some("WebSocket"),
        connection: Some("Upgrade"),
        origin: Some("http://example.com"),
        ..Request::default()
    }
}

/// The request of hixie-76's own example.
fn request_76() -> Request<'static> {
    Request { key1: Some("4 @1  46546xW%0l 1 5"), key2: Some("12998 5 Y3 1  .P00"), ..request_75() }
}

/// A limit for bytes alone.
fn most(bytes: u64) -> Most {
    Most { bytes, units: u64::MAX }
}

fn accept(
    draft: Draft,
    request: &Request<'_>,
    headers: &Headers,
) -> Result<(HixieSession, Vec<u8>), Refusal> {
    let mut out = Vec::new();
    let session = HixieSession::accept(draft, request, headers, most(Limits::DEFAULT_MAX_LENGTH), &mut out);
    assert!(session.is_ok() || out.is_empty(), "a refusal writes nothing");
    session.map(|session| (session, out))
}
