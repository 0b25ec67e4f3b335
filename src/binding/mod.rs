//! The napi face: slots, rows, strings and options. No rule of the protocol lives here.
//!
//! Every function that JavaScript calls is one [`Export`](export::Export): a name, a number of arguments and a
//! body that sees the [`Registry`](state::registry::Registry) of its copy of the shim. The exports are made by hand rather than
//! by attribute because the ones for messages run once per chunk or per send, where the conversions of a general binding
//! cost more than the work. JavaScript is never called while Rust is borrowed: bodies return data, and the shim acts.
//!
//! - [`export`]: the trampoline, which also stops every panic
//! - [`js`]: values of JavaScript: reading and making them, arguments by name, Buffers and strings without a copy
//! - [`copies`]: copies of the shim, each of which has a registry
//! - [`state`]: what one of them owns: slots, shared memory, mask keys, codecs, jobs and threads, the direct transport
//! - [`frame`]: the one place where a payload or a text becomes a frame
//! - [`open`], [`connect`], [`receive`], [`send`]: the exports
//! - [`extensions`]: compressed messages out, codecs for other hosts, memory
//! - [`stage`], [`offload`], [`finished`]: large compressed messages on their way to other threads, on them, and back
//! - [`convert`]: from UTF-8 to strings, for large texts on other threads
//! - [`raise`]: exceptions of handlers
//! - [`heap`]: the C library's heap while large messages pass, and after them
//! - [`drafts`]: hixie-75 and hixie-76
//! - [`heads`]: heads of HTTP messages, for the driver
//! - [`direct`], [`batch`], [`leaving`]: the exports of the direct transport, its batches, and its end
//! - [`broadcast`]: one message to many connections
//! - [`injected`]: failures that tests ask for; empty in what is published

#[cfg(unix)]
mod batch;
mod broadcast;
#[cfg(unix)]
mod chunk;
mod connect;
mod convert;
mod copies;
#[cfg(unix)]
mod direct;
mod drafts;
mod export;
mod extensions;
mod finished;
mod frame;
mod heads;
mod heap;
mod injected;
#[cfg(feature = "injected-failures")]
mod injected_exports;
mod js;
#[cfg(unix)]
mod leaving;
mod offload;
mod open;
mod raise;
mod receive;
mod send;
mod stage;
mod state;

use napi::bindgen_prelude::{Env, Object, retain_current_module_for_unload_safety};
use napi::{JsValue, Result};
use napi_derive::napi;

/// Fills `exports`, once per environment (the main thread and each worker have one of their own).
#[napi(module_exports)]
pub(crate) fn init(exports: Object<'_>, env: Env) -> Result<()> {
    // Threads, finalizers and destructors may outlive the environment that loaded us, and Node unloads an addon with the
    // last environment that has loaded it.
    retain_current_module_for_unload_safety();
    // SAFETY: both are the arguments of this call.
    unsafe { copies::register(env.raw(), exports.raw()) }
}

/// Defines all functions for a copy of the shim.
fn register(exports: export::Exports) -> Result<()> {
    open::register(exports)?;
    connect::register(exports)?;
    receive::register(exports)?;
    heap::register(exports)?;
    convert::register(exports)?;
    raise::register(exports)?;
    #[cfg(unix)]
    direct::register(exports)?;
    #[cfg(unix)]
    broadcast::register(exports)?;
    extensions::register(exports)?;
    offload::register(exports)?;
    finished::register(exports)?;
    stage::register(exports)?;
    #[cfg(feature = "injected-failures")]
    injected_exports::register(exports)?;
    send::register(exports)
}
