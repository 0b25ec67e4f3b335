//! Two ends of a connection, and what travels between them.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

pub(in crate::protocol::deflate) mod naive;
