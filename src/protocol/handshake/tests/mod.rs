//! Tests of the handshake, one file per part of it.

mod headers;
mod server;
