//! Extensions of the protocol (RFC 6455 section 9): what both sides say about them in the handshake.
//!
//! [`header`] is the grammar of `Sec-WebSocket-Extensions`. Each extension interprets its own parameters; this crate
//! has one, [`deflate`](super::deflate).

pub mod header;

pub use header::{InvalidHeader, Offer, Param, Value};
