//! Codecs of permessage-deflate for hosts of extensions other than this package's sessions (`lib/extensions/deflate/extension.js`), owned
//! by handle, and the settings that all of it takes.

use super::{Codecs, away};
use crate::binding::export::{Export, Exports, register as export};
use crate::binding::injected;
use crate::binding::open::invalid;
use crate::binding::registry::Registry;
use crate::binding::values::Args;
use crate::protocol::Violation;
use crate::protocol::deflate::{Deflate, Level, MemLevel, Options, Strategy, WindowBits, negotiation};
use crate::protocol::extension::header;
use napi::{Result, sys};

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<CodecOffer>(exports)?;
    export::<CodecAccept>(exports)?;
    export::<CodecActivate>(exports)?;
    export::<CodecRun>(exports)?;
    export::<CodecRelease>(exports)
}

/// `codecOffer(settings)`: a client's offer of permessage-deflate, as a header.
struct CodecOffer;
impl Export for CodecOffer {
    const NAME: &'static str = "codecOffer";
    const ARGUMENTS: usize = 1;
    fn call(_: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        args.text(&negotiation::offer(&required(args, 0)?).to_string())
    }
}

/// `codecAccept(settings, header)`: a server's codec for the first acceptable offer, as `[handle, response]`; nothing
/// if there is none.
struct CodecAccept;
impl Export for CodecAccept {
    const NAME: &'static str = "codecAccept";
    const ARGUMENTS: usize = 2;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let options = required(args, 0)?;
        let offers = header::parse(&args.string(1)?.unwrap_or_default()).map_err(invalid)?;
        let Some((agreement, answer)) = negotiation::accept(&options, &offers) else {
            return Ok(args.undefined());
        };
        let handle = registry.codecs.insert(Deflate::new(&options, &agreement));
        args.array(&[args.number(handle as i32)?, args.text(&answer.to_string())?])
    }
}

/// `codecActivate(settings, header)`: a client's codec for the server's response; -1 if that is unacceptable.
struct CodecActivate;
impl Export for CodecActivate {
    const NAME: &'static str = "codecActivate";
    const ARGUMENTS: usize = 2;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let options = required(args, 0)?;
        let agreed = negotiation::activate(Some(&options), &args.string(1)?.unwrap_or_default());
        let handle = match agreed {
            Ok(Some(agreement)) => registry.codecs.insert(Deflate::new(&options, &agreement)) as i32,
            _ => -1,
        };
        args.number(handle)
    }
}

/// `codecRun(handle, compress, bytes, limit)`: compresses a message if `compress` is not 0, or inflates one that may
/// come to `limit` bytes. Returns `[length, bytes]`; `[-1]` for a message that leaves as it is; or
/// `[-code, text]` for what is wrong.
struct CodecRun;
impl Export for CodecRun {
    const NAME: &'static str = "codecRun";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (handle, compress, limit) = (args.u32(0)?, args.u32(1)? != 0, args.f64(3)? as u64);
        let bytes = args.bytes(2)?;
        registry.codecs.packed.payload.clear();
        let Codecs { pool, packed, handles, .. } = &mut registry.codecs;
        let found = handles.get_mut(handle as usize).and_then(Option::as_mut).ok_or_else(away)?;
        found.busy = true;
        let deflate = found.deflate.as_mut().ok_or_else(away)?;
        injected::panics("codecRun");
        let outcome = if !compress {
            deflate.decompress(pool, bytes, true, &mut packed.payload, limit)
        } else if deflate.compresses(bytes.len()) {
            deflate.compress(pool, bytes, &mut packed.payload)
        } else {
            return args.array(&[args.number(-1)?]);
        };
        match outcome {
            Ok(()) => {
                let target = args.copy(&packed.payload)?;
                args.array(&[args.number(packed.payload.len() as i32)?, target])
            }
            Err(violation) => faulty(args, &violation),
        }
    }

    /// The codec, which the panic has left in nobody knows which state, goes.
    fn recover(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        registry.codecs.handle(args.u32(0)?)?.deflate = None;
        registry.codecs.pool.trim();
        faulty(args, &Violation::Internal)
    }
}

/// What `codecRun` returns for what is wrong.
fn faulty(args: &Args<'_>, violation: &Violation) -> Result<sys::napi_value> {
    args.array(&[args.number(-i32::from(violation.code()))?, args.text(&violation.to_string())?])
}

/// `codecRelease(handle)`: ends a codec.
struct CodecRelease;
impl Export for CodecRelease {
    const NAME: &'static str = "codecRelease";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        registry.codecs.release(args.u32(0)?);
        Ok(args.undefined())
    }
}

/// The settings of permessage-deflate at argument `index`, an array: level, memLevel, strategy, noContextTakeover,
/// maxWindowBits, requestNoContextTakeover, requestMaxWindowBits, threshold. NaN stands for the default. `None` if there
/// is no array.
pub(in crate::binding) fn settings(args: &Args<'_>, index: usize) -> Result<Option<Options>> {
    let Some(cells) = args.numbers(index)? else { return Ok(None) };
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

fn required(args: &Args<'_>, index: usize) -> Result<Options> {
    settings(args, index)?.ok_or_else(|| invalid("Settings are missing"))
}

fn checked<T>(cell: Option<f64>, check: fn(f64) -> Option<T>, name: &str) -> Result<Option<T>> {
    let value = cell.map(|number| check(number).ok_or_else(|| invalid(format!("Invalid value for {name}"))));
    value.transpose()
}
