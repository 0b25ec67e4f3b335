//! Extensions of the protocol (RFC 6455 section 9): what both sides say about them in the handshake.
//!
//! [`header`] is the grammar of `Sec-WebSocket-Extensions`. What one extension makes of its parameters is that
//! extension's own affair; the one that this crate brings is [`deflate`](super::deflate).

pub mod header;

pub use header::{InvalidHeader, Offer, Param, Value};
