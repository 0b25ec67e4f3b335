//! permessage-deflate (RFC 7692).

pub mod negotiation;
pub mod options;

pub use negotiation::{Agreement, Direction};
pub use options::{Level, MemLevel, Options, Strategy, WindowBits};
