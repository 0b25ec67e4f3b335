//! RFC 6455 framing ("hybi", after the working group): frames in, frames out, messages assembled.
//!
//! - [`receiver`]: bytes to rows; the checks of section 5 in the reference's order
//! - [`message`]: a message that did not arrive in one piece
//! - [`sender`]: frame headers and masked frames
//! - [`close`]: close codes and the payload of a close frame (section 7)
//! - [`mask`], [`utf8`]: the two passes over payload bytes

pub mod close;
pub mod mask;
pub mod message;
pub mod receiver;
pub mod sender;
pub mod utf8;

pub use receiver::{Receiver, Role};
