//! `faye-websocket-native`: the WebSocket protocol for Node.js, in Rust.
//!
//! ```text
//!   protocol/   the core: bytes in, rows and bytes out. No napi, sockets, clock, threads or unsafe.
//!   transport/  bytes between a file descriptor and a session, on Node's own loop (unix).
//!   transcode/  between UTF-8 and the units of JavaScript's strings
//!   symbol      functions of the running process, by name
//!   binding/    the napi face: slots, rows, strings, options. No protocol rule lives here.
//!   wasm/       the same core as a WebAssembly module
//! ```
//!
//! `binding` and `transport` exist with the feature `node` (the default), `wasm` with the feature of its name; without
//! both only the core builds, and the tests of `transport`, which need no Node.

pub mod protocol;
pub mod transcode;

#[cfg(feature = "node")]
mod binding;
#[cfg(any(feature = "node", all(test, unix)))]
mod symbol;
#[cfg(all(any(feature = "node", test), unix))]
#[cfg_attr(not(feature = "node"), expect(dead_code, reason = "its tests need no Node, and not all of it"))]
mod transport;

#[cfg(feature = "wasm")]
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "who calls it is in JavaScript"))]
mod wasm;
