//! Compresses and inflates large messages on other threads, and converts texts there ([`convert`](super::convert)).
//!
//! A job takes the codec of its connection with it and brings it back, so a connection has one job at most. Jobs run on
//! the [`Threads`] of the environment, or on the loop if no thread can be started. Each copy of the shim has one
//! thread-safe function, by which its jobs come back; it keeps the process and the copy alive only while there are
//! jobs. A job that panics comes back without its codec, and ends its connection with 1011.
//!
//! ```text
//!   loop:   inflateElsewhere ─▶ Job ──▶ thread: run ──▶ channel, wake ──▶ loop: callback ─▶ finished()
//! ```

use super::export::{Export, Exports, register as export};
use super::injected;
use super::js::values::{self, Args};
use super::state::jobs::{Done, Offload, Outcome, Owner, Wake, Work};
use super::state::registry::Registry;
use super::state::threads::{Job, Threads};
use crate::protocol::coding::Inflation;
use crate::protocol::deflate::{CodecPool, Deflate};
use napi::{Error, Result, Status, sys};
use std::collections::HashMap;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<OffloadOpen>(exports)?;
    export::<InflateElsewhere>(exports)?;
    export::<DeflateElsewhere>(exports)?;
    export::<CodecElsewhere>(exports)
}

/// Runs `work` on a thread of the pool, or here if none can be started; either way the outcome comes back by
/// [`Offload::wake`].
pub(super) fn start(
    registry: &mut Registry,
    args: &Args<'_>,
    (id, owner, work): (u32, Owner, Work),
    run: impl FnOnce(&mut CodecPool) -> Outcome + Send + 'static,
) -> Result<()> {
    let offload = pool(registry)?;
    let (sender, wake) = (offload.sender.clone(), Arc::clone(&offload.wake));
    let results = offload.threads.results();
    if offload.jobs == 0 {
        let wake = wake.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: we are on the environment's thread, and the function is open until `Drop`.
        unsafe {
            values::check(sys::napi_ref_threadsafe_function(args.env(), wake.0))?;
            sys::napi_reference_ref(args.env(), offload.callback, ptr::null_mut());
        }
    }
    offload.jobs += 1;
    let job: Job = Box::new(move |codecs| {
        let before = std::mem::take(&mut codecs.totals);
        let outcome = catch_unwind(AssertUnwindSafe(|| run(codecs)));
        if outcome.is_err() {
            // The panic may have left the codecs in any state.
            codecs.trim();
        }
        let outcome = outcome.unwrap_or(Outcome::Lost(work));
        // The thread works for all copies of the shim, and each copy counts its own bytes.
        let totals = std::mem::replace(&mut codecs.totals, before);
        // Sending fails once the environment has ended; then nobody waits for the outcome.
        let waiting = results.count(outcome.size());
        if sender.send(Done { id, owner, outcome, totals, waiting }).is_ok() {
            let wake = wake.lock().unwrap_or_else(PoisonError::into_inner);
            if !wake.0.is_null() {
                let mode = sys::ThreadsafeFunctionCallMode::nonblocking;
                // SAFETY: not null, so the environment is still there, and waits for our lock before it goes.
                unsafe { sys::napi_call_threadsafe_function(wake.0, ptr::null_mut(), mode) };
            }
        }
    });
    if let Err(job) = offload.threads.start(job) {
        job(&mut registry.codecs.pool);
    }
    Ok(())
}

fn closed() -> Error {
    Error::new(Status::GenericFailure, "There is no pool")
}

pub(super) fn pool(registry: &mut Registry) -> Result<&mut Offload> {
    registry.offload.as_mut().ok_or_else(closed)
}

/// `offloadOpen(callback)`: opens the way back for jobs, once. `callback()` is called for each job that is done.
struct OffloadOpen;
impl Export for OffloadOpen {
    const NAME: &'static str = "offloadOpen";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        if registry.offload.is_some() {
            return Ok(args.undefined());
        }
        injected::refuse("wake").map_err(|error| Error::new(Status::GenericFailure, error.to_string()))?;
        let name = args.latin1(b"faye-websocket-native deflate")?;
        let mut wake = ptr::null_mut();
        // SAFETY: the arguments are values of the running call, and `on_wake` fits the function's type.
        unsafe {
            values::check(sys::napi_create_threadsafe_function(
                args.env(),
                ptr::null_mut(),
                ptr::null_mut(),
                name,
                0,
                1,
                ptr::null_mut(),
                None,
                registry.this.cast(),
                Some(on_wake),
                &mut wake,
            ))?;
            values::check(sys::napi_unref_threadsafe_function(args.env(), wake))?;
            // Cleanup hooks run last in, first out: ours, which is added last, takes the function away before the
            // environment closes it.
            values::check(sys::napi_add_env_cleanup_hook(
                args.env(),
                Some(on_cleanup),
                registry.this.cast(),
            ))?;
        }
        let (sender, receiver) = channel();
        registry.offload = Some(Offload {
            threads: Threads::of_this_thread(),
            callback: args.weak(0)?,
            wake: Arc::new(Mutex::new(Wake(wake))),
            sender,
            receiver,
            jobs: 0,
            results: HashMap::new(),
        });
        Ok(args.undefined())
    }
}

impl Offload {
    /// A job has been taken back.
    pub(super) fn end_job(&mut self, env: sys::napi_env) -> Result<()> {
        self.jobs -= 1;
        if self.jobs > 0 {
            return Ok(());
        }
        let wake = self.wake.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: we are on the environment's thread, and the function is open until the pool is dropped.
        unsafe {
            sys::napi_reference_unref(env, self.callback, ptr::null_mut());
            values::check(sys::napi_unref_threadsafe_function(env, wake.0))
        }
    }
}

impl Registry {
    /// Ends the pool before the environment ends. It has no jobs, or they would keep the copy of the shim.
    pub(super) fn end_offload(&mut self) {
        let Some(offload) = self.offload.take() else { return };
        let wake = offload.wake.lock().unwrap_or_else(PoisonError::into_inner).0;
        // SAFETY: what is ended here was begun by `OffloadOpen`, in the same environment; nobody uses it any more.
        unsafe {
            sys::napi_remove_env_cleanup_hook(self.env, Some(on_cleanup), self.this.cast());
            sys::napi_delete_reference(self.env, offload.callback);
            drop(offload);
            sys::napi_release_threadsafe_function(wake, sys::ThreadsafeFunctionReleaseMode::abort);
        }
    }
}

/// Ends the pool before its environment; a job that runs is not waited for.
unsafe extern "C" fn on_cleanup(registry: *mut c_void) {
    // SAFETY: the registry goes with a hook that was added before this one and so runs after it.
    unsafe { (*registry.cast::<Registry>()).offload = None };
}

/// Calls JavaScript on the loop. An exception surfaces as an uncaught one.
unsafe extern "C" fn on_wake(
    env: sys::napi_env,
    _function: sys::napi_value,
    registry: *mut c_void,
    _data: *mut c_void,
) {
    // Without an environment the function is being closed, and the registry may have gone.
    if env.is_null() {
        return;
    }
    // SAFETY: napi calls us on the environment's thread with a scope open, and nothing is borrowed. The registry is there
    // until the function has been closed.
    unsafe {
        let Some(offload) = &(*registry.cast::<Registry>()).offload else { return };
        let (mut global, mut callback, mut result, mut error) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        sys::napi_get_global(env, &mut global);
        sys::napi_get_reference_value(env, offload.callback, &mut callback);
        if callback.is_null() {
            return;
        }
        let status = sys::napi_call_function(env, global, callback, 0, ptr::null(), &mut result);
        if status == sys::Status::napi_pending_exception
            && sys::napi_get_and_clear_last_exception(env, &mut error) == sys::Status::napi_ok
        {
            sys::napi_fatal_exception(env, error);
        }
    }
}

/// `inflateElsewhere(id, slot)`: starts the job of a row `Inflate`. Returns 0 if the codec is away; the call is made
/// again when it is back.
struct InflateElsewhere;
impl Export for InflateElsewhere {
    const NAME: &'static str = "inflateElsewhere";
    const ARGUMENTS: usize = 2;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (id, slot) = (args.u32(0)?, args.u32(1)?);
        // This is checked before the codec is moved into the job: without a pool it would not come back.
        pool(registry)?;
        let Some(work) = registry.session(slot)?.take_inflation() else { return args.number(0) };
        start(registry, args, (id, Owner::Session(slot), Work::Incoming), move |codecs| {
            injected::panics("inflate");
            Outcome::Inflated(Inflation::run(work, codecs))
        })?;
        args.number(1)
    }
}

/// `deflateElsewhere(id, slot, bytes)`: compresses a message; without bytes, the text that `stageText` has gathered.
/// Returns 0 if the codec is away.
struct DeflateElsewhere;
impl Export for DeflateElsewhere {
    const NAME: &'static str = "deflateElsewhere";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (id, slot) = (args.u32(0)?, args.u32(1)?);
        pool(registry)?;
        let given = args.optional_bytes(2)?.map(|bytes| copy(registry, bytes)).transpose()?;
        let Some(deflate) = registry.session(slot)?.take_deflate() else { return args.number(0) };
        let plain = given.unwrap_or_else(|| registry.stages.take(slot));
        start(registry, args, (id, Owner::Session(slot), Work::Message), compress(deflate, plain))?;
        args.number(1)
    }
}

/// `codecElsewhere(id, handle, compress, bytes, limit)`: the same for a codec of another host of extensions, to
/// compress or to inflate. If `codecRun` has begun to inflate the message, the job does the rest.
struct CodecElsewhere;
impl Export for CodecElsewhere {
    const NAME: &'static str = "codecElsewhere";
    const ARGUMENTS: usize = 5;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (id, handle, limit) = (args.u32(0)?, args.u32(1)?, args.f64(4)? as u64);
        pool(registry)?;
        let (read, plain) = std::mem::take(&mut registry.codecs.handle(handle)?.begun);
        let bytes = copy(registry, args.bytes(3)?.get(read..).unwrap_or_default())?;
        let Some(deflate) = registry.codecs.handle(handle)?.deflate.take() else { return args.number(0) };
        let job = (id, Owner::Handle(handle), Work::Message);
        if args.u32(2)? != 0 {
            start(registry, args, job, compress(deflate, bytes))?;
        } else {
            start(registry, args, job, inflate(deflate, (bytes, plain), limit))?;
        }
        args.number(1)
    }
}

fn compress(mut deflate: Box<Deflate>, plain: Vec<u8>) -> impl FnOnce(&mut CodecPool) -> Outcome + Send {
    move |codecs| {
        injected::panics("deflate");
        let mut out = Vec::new();
        let outcome = deflate.compress(codecs, &plain, &mut out);
        Outcome::Ran(deflate, plain, outcome.map(|pays| pays.then_some(out)))
    }
}

fn inflate(
    mut deflate: Box<Deflate>,
    (bytes, mut out): (Vec<u8>, Vec<u8>),
    limit: u64,
) -> impl FnOnce(&mut CodecPool) -> Outcome + Send {
    move |codecs| {
        injected::panics("codec");
        let outcome = deflate.decompress(codecs, &bytes, true, &mut out, limit);
        Outcome::Ran(deflate, bytes, outcome.map(|()| Some(out)))
    }
}

/// A copy of `bytes`, in a buffer that is kept for reuse if there is one.
fn copy(registry: &mut Registry, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut copy = registry.buffers.take(bytes.len() as u64);
    values::reserve(&mut copy, bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}
