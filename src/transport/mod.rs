//! The direct transport: Rust reads and writes the socket itself, on Node's own loop (unix).
//!
//! ```text
//!   socket ──epoll/kqueue──▶ uv_poll ──▶ gather: recv into one scratch, rows of all ready sessions
//!                                          │
//!                                          ▼ one call into JavaScript
//!   socket ◀──send────────── flush ◀── outboxes that handlers filled
//! ```
//!
//! One `mio` set holds each connection's descriptor, and one `uv_poll` on the environment's loop watches the set.
//! Everything happens on the environment's thread. Node's socket object stays the owner: it only stops reading, and
//! whatever is unusual (EOF, an error, a listener for raw bytes) is given back to it.
//!
//! - [`uv`]: the calls of libuv, looked up at run time
//! - [`socket`]: a descriptor, `recv` and `send`
//! - [`clock`]: the time, precisely or cheaply
//! - [`connection`]: the state of one, and when its frames are written
//! - [`outbox`]: framed bytes that wait for the socket
//! - [`reactor`]: which connections are ready to be read, which have frames to write, and in which order they are
//!   served

mod clock;
pub(crate) mod connection;
pub(crate) mod outbox;
pub(crate) mod reactor;
pub(crate) mod socket;
pub(crate) mod uv;

#[cfg(test)]
mod tests;
