//! What compression needs in one instance, and codecs of permessage-deflate for hosts of extensions other than this
//! package's sessions (`lib/extensions/deflate/extension.js`), owned by handle.

use super::contents::{Codecs, Handle};
use super::receive::STALE;
use super::state::{State, state};
use super::values::{Args, Fault, Value, call, failed, invalid};
use crate::protocol::Work;
use crate::protocol::coding::inflate_some;
use crate::protocol::deflate::{Deflate, Level, MemLevel, Options, Strategy, WindowBits, negotiation};
use crate::protocol::extension::header;

/// `codec_offer(settings)`: a client's offer of permessage-deflate, as a header.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "codec_offer"))]
extern "C" fn codec_offer(length: u32) -> *const u8 {
    call(length, |args| Ok(negotiation::offer(&required(args, 0)?).to_string().into()))
}

/// `codec_accept(settings, header)`: a server's codec for the first acceptable offer, as `[handle, response]`; nothing
/// if there is none.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "codec_accept"))]
extern "C" fn codec_accept(length: u32) -> *const u8 {
    call(length, |args| {
        let options = required(args, 0)?;
        let offers = header::parse(args.text(1).unwrap_or_default()).map_err(invalid)?;
        let Some((agreement, answer)) = negotiation::accept(&options, &offers) else {
            return Ok(Value::Undefined);
        };
        let handle = state().codecs.insert(Deflate::new(&options, &agreement));
        Ok(Value::List(vec![handle.into(), answer.to_string().into()]))
    })
}

/// `codec_activate(settings, header)`: a client's codec for the server's response; -1 if that is unacceptable.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "codec_activate"))]
extern "C" fn codec_activate(length: u32) -> *const u8 {
    call(length, |args| {
        let options = required(args, 0)?;
        let agreed = negotiation::activate(Some(&options), args.text(1).unwrap_or_default());
        Ok(match agreed {
            Ok(Some(agreement)) => state().codecs.insert(Deflate::new(&options, &agreement)).into(),
            _ => (-1).into(),
        })
    })
}

/// `shared_coding(slot)`: what the compressed form of a message of the session depends on besides the message, as a number;
/// -1 if messages before are among it, or if there is no compression.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "shared_coding"))]
extern "C" fn shared_coding(slot: u32) -> i32 {
    let Some(session) = state().session(slot) else { return STALE };
    session.shared_coding().map_or(-1, i32::from)
}

/// `codec_alike(slot)`: a codec that compresses messages as the session does; -1 where that depends on messages before, and
/// while the session's codec is away.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "codec_alike"))]
extern "C" fn codec_alike(slot: u32) -> i32 {
    let state = state();
    let Some(session) = state.session(slot) else { return STALE };
    session.alike().map_or(-1, |deflate| state.codecs.insert(deflate) as i32)
}

/// What `codec_run` returns for a message that leaves as it is, for one that takes long, and for a codec that is away or
/// closed.
const AS_IT_IS: i32 = -1;
const LONG: i32 = -2;
const AWAY: i32 = 0;

/// `codec_run(handle, compress, length, limit)`: compresses a message that stands at the front of the area if
/// `compress` is not 0, or inflates it. Returns 1 with the result for `result_place`; [`AS_IT_IS`]; [`LONG`] for a message
/// whose rest is a job; [`AWAY`]; or the code of what is wrong as a negative number, with the text as the result.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "codec_run"))]
extern "C" fn codec_run(handle: u32, compress: u32, length: u32, limit: f64) -> i32 {
    let state = state();
    let plain = std::mem::take(&mut state.area);
    let outcome = run(state, handle, compress != 0, plain.get(..length as usize).unwrap_or_default(), limit);
    state.area = plain;
    outcome.unwrap_or(AWAY)
}

fn run(state: &mut State, handle: u32, compress: bool, bytes: &[u8], limit: f64) -> Option<i32> {
    let mut out = Vec::new();
    let Codecs { pool, handles, .. } = &mut state.codecs;
    let found = handles.get(handle)?;
    found.busy = true;
    let deflate = found.deflate.as_mut()?;
    let outcome = if !compress {
        match inflate_some(deflate, pool, bytes, &mut out, limit as u64, &mut Work::TURN.clone()) {
            Ok(Some(read)) => {
                found.begun = (read, out);
                return Some(LONG);
            }
            outcome => outcome.map(|_| true),
        }
    } else if deflate.compresses(bytes.len()) {
        deflate.compress(pool, bytes, &mut out)
    } else {
        Ok(false)
    };
    let code = match outcome {
        Ok(false) => return Some(AS_IT_IS),
        Ok(true) => 1,
        Err(violation) => {
            out = violation.to_string().into_bytes();
            -i32::from(violation.code())
        }
    };
    state.put(out);
    Some(code)
}

/// `output()`: the address of the result, or text, of the last `codec_run`; its length is in the head.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "output"))]
extern "C" fn output() -> *const u8 {
    state().output.as_ptr()
}

/// `compression_totals()`: the address of four numbers: plain and compressed bytes of what was compressed here, and of what
/// was inflated. Nothing is allocated, so it works whatever the module was stopped by.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "compression_totals"))]
extern "C" fn compression_totals() -> *const f64 {
    let state = state();
    state.totals = state.codecs.pool.totals.cells().map(|bytes| bytes as f64);
    state.totals.as_ptr()
}

/// `codec_forget(handle)`: the module was stopped while this codec was at work; it is not used again.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "codec_forget"))]
extern "C" fn codec_forget(handle: u32) {
    state().codecs.forget(handle);
}

/// `codec_release(handle)`: ends a codec.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "codec_release"))]
extern "C" fn codec_release(handle: u32) {
    let codecs = &mut state().codecs;
    if let Some(Handle { deflate: Some(mut deflate), .. }) = codecs.handles.take(handle) {
        deflate.close(&mut codecs.pool);
    }
}

/// The settings of permessage-deflate at argument `index`, a list; see the native binding's.
pub(super) fn settings(args: &Args, index: usize) -> Result<Option<Options>, Fault> {
    let Some(cells) = args.numbers(index) else { return Ok(None) };
    let cell = |i: usize| cells.get(i).copied().filter(|number| !number.is_nan());
    let flag = |i: usize| cell(i).is_some_and(|number| number != 0.0);
    Ok(Some(Options {
        level: checked(cell(0), Level::new, "level")?.unwrap_or_default(),
        mem_level: checked(cell(1), MemLevel::new, "memLevel")?.unwrap_or_default(),
        strategy: checked(cell(2), Strategy::new, "strategy")?.unwrap_or_default(),
        no_context_takeover: flag(3),
        max_window_bits: checked(cell(4), WindowBits::new, "maxWindowBits")?,
        request_no_context_takeover: flag(5),
        request_max_window_bits: checked(cell(6), WindowBits::new, "requestMaxWindowBits")?,
        // A float converts by saturation.
        threshold: cell(7).unwrap_or_default() as usize,
    }))
}

fn required(args: &Args, index: usize) -> Result<Options, Fault> {
    settings(args, index)?.ok_or_else(|| failed("Settings are missing"))
}

fn checked<T>(cell: Option<f64>, check: fn(f64) -> Option<T>, name: &str) -> Result<Option<T>, Fault> {
    let value = cell.map(|number| check(number).ok_or_else(|| invalid(format!("Invalid value for {name}"))));
    value.transpose()
}
