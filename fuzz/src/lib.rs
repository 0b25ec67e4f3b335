//! What the coverage-guided fuzzer runs: one module a target, each with a function `run` that takes any bytes and
//! panics if the core breaks a promise.
//!
//! The bytes of an input say what happens; [`input`] reads them. `tests/corpus.rs` of the crate includes these
//! modules and plays the committed inputs (`fuzz/corpus`) in every `cargo test`, so nothing here may need more than
//! the crate itself.

pub mod deflate;
pub mod events;
pub mod extension_header;
pub mod frames;
pub mod hixie;
pub mod inflate;
pub mod input;
pub mod response_head;
pub mod session;
