//! The opening handshake (RFC 6455 section 4), both roles, and the `CONNECT` that may come before it.
//!
//! ```text
//!   server   Request ──▶ Dialect::of ──▶ Upgrade::verify ──▶ Upgrade::write      101, or Refusal::write   400
//!   client   ClientHandshake::write ──▶ receive(chunk)… ──▶ verify               Agreement, or HandshakeFault
//!   proxy    Tunnel::write          ──▶ receive(chunk)… ──▶ the same for a 200
//! ```
//!
//! Promises: every text is bounded, header lines cannot be forged through a caller's or a peer's value, and all
//! parsing is linear in the bytes received. Randomness (the client's key) is an argument. The answers of the
//! drafts before the RFC are in [`hixie`](super::hixie); the choice between dialects is here.

mod accept;
mod client;
mod credentials;
mod headers;
mod list;
mod proxy;
mod refusal;
mod request;
mod request_head;
mod response;
mod server;

pub use accept::{Key, accept_key};
pub use client::{Agreement, ClientHandshake, ClientRequest, HandshakeFault};
pub use credentials::Credentials;
pub(crate) use headers::is_field_value;
pub use headers::{Headers, IllegalHeader};
pub use list::{IllegalProtocol, Protocols};
pub use proxy::{ConnectRequest, Tunnel};
pub use refusal::Refusal;
pub use request::{Dialect, Request, is_websocket};
pub use request_head::{RequestHead, RequestParser};
pub use response::{HeadFault, ResponseHead, ResponseParser};
pub use server::{Response, Upgrade};

#[cfg(test)]
pub(crate) mod tests;
