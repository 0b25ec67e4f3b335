//! `faye-websocket-native`: the WebSocket protocol for Node.js, in Rust.
//!
//! ```text
//!   protocol/   the core: bytes in, rows and bytes out. No napi, sockets, clock, threads or unsafe.
//!   transport/  bytes between a file descriptor and a session, on Node's own loop (unix).
//!   transcode   between UTF-8 and the UTF-16 of JavaScript's strings
//!   binding/    the napi face: slots, rows, strings, options. No protocol rule lives here.
//! ```
//!
//! `binding` and `transport` exist with the feature `node` (the default); without it only the core builds.

pub mod protocol;
pub mod transcode;

#[cfg(feature = "node")]
mod binding;
#[cfg(feature = "node")]
mod symbol;
#[cfg(all(feature = "node", unix))]
mod transport;
