//! The WebAssembly face: the core as a module whose other half is `lib/wasm`.
//!
//! The module imports one function, `random`, and exports its memory and the functions of this folder. Calls that
//! every message makes take and return numbers ([`receive`], [`send`]). All others take their arguments, and return
//! their result, as [`values`] that stand in memory. Nothing here calls back into JavaScript but for random bytes, so
//! exports never nest.
//!
//! ```text
//!   lib/wasm: chunk ──copied──▶ State::chunk ──▶ receive ──▶ State::cells, and the unmasked bytes, copied back
//!             string or bytes ──▶ State::area ──▶ frame, pack ──▶ copied into the slab
//! ```
//!
//! - [`state`]: what one instance owns: slots, the memory that both halves use
//! - [`memory`]: the allocator, which knows how much is in use, and what stopped the module if something did
//! - [`random`]: random bytes from JavaScript, and mask keys
//! - [`receive`], [`send`], [`pack`]: messages
//! - [`values`], [`open`], [`codecs`], [`drafts`], [`heads`]: everything else, owned by [`handles`] if it is no session
//! - [`contents`]: what an instance has besides sessions
//! - [`jobs`]: large compressed messages, done in a turn of the loop to come
//!
//! A panic stops the module where it is (a trap), without running any destructor. JavaScript sees it as an exception,
//! asks [`stopped_by`](memory::stopped_by), and calls [`recover`](receive::recover), which puts a fresh session in the
//! place of the one that was at work and gives up all memory that sessions share. Whatever was half changed is never
//! looked at again.

mod codecs;
mod contents;
mod drafts;
mod handles;
mod heads;
mod jobs;
mod memory;
mod open;
mod pack;
mod random;
mod receive;
mod send;
mod state;
mod values;
