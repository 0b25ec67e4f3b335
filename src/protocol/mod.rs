//! The core: the WebSocket protocol as a pure state machine (sans-IO).
//!
//! Nothing in here knows napi, sockets, clocks or threads, and nothing is unsafe. Randomness comes in as an
//! argument. Bytes from the peer can never panic: whatever breaks a rule becomes a [`Violation`].
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod buffers;
pub mod coding;
pub mod deflate;
pub mod extension;
pub mod handshake;
pub mod hixie;
pub mod hybi;
pub mod limits;
pub(crate) mod memory;
pub mod opening;
pub mod rows;
pub mod session;
pub(crate) mod text;
pub mod violation;
pub mod work;

pub use buffers::Buffers;
pub use limits::Limits;
pub use opening::Opening;
pub use session::Session;
pub use violation::Violation;
pub use work::Work;
