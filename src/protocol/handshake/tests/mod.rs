//! Tests of the handshake, one file per part of it.

mod client;
mod headers;
mod proxy;
mod request_head;
mod response;
mod server;
pub(crate) mod splits;
