//! Codecs of permessage-deflate for hosts of extensions other than this package's sessions
//! (`lib/extensions/deflate/extension.js`), each with a number, its handle; and the settings of permessage-deflate,
//! which sessions take too.

use super::away;
use crate::binding::export::{Export, Exports, register as export};
use crate::binding::injected;
use crate::binding::js::fields::Fields;
use crate::binding::js::values::Args;
use crate::binding::js::values::invalid;
use crate::binding::state::codecs::Codecs;
use crate::binding::state::registry::Registry;
use crate::protocol::coding::inflate_some;
use crate::protocol::deflate::{Deflate, Level, MemLevel, Options, Strategy, WindowBits, negotiation};
use crate::protocol::extension::header;
use crate::protocol::{Violation, Work};
use napi::{Result, sys};
use std::ffi::CStr;

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<CodecOffer>(exports)?;
    export::<CodecAccept>(exports)?;
    export::<CodecActivate>(exports)?;
    export::<SharedCoding>(exports)?;
    export::<CodecAlike>(exports)?;
    export::<CodecRun>(exports)?;
    export::<CodecRelease>(exports)
}

/// `codecOffer(settings)`: a client's offer of permessage-deflate, as a header; a `TypeError` for settings that are none.
struct CodecOffer;
impl Export for CodecOffer {
    const NAME: &'static str = "codecOffer";
    const ARGUMENTS: usize = 1;
    const RETURNS_ERRORS: bool = true;
    fn call(_: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        args.text(&negotiation::offer(&given(args)?).to_string())
    }
}

/// `codecAccept(settings, header)`: a server's codec for the first acceptable offer, as `[handle, response]`; nothing
/// if there is none.
struct CodecAccept;
impl Export for CodecAccept {
    const NAME: &'static str = "codecAccept";
    const ARGUMENTS: usize = 2;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let options = given(args)?;
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
        let options = given(args)?;
        let agreed = negotiation::activate(Some(&options), &args.string(1)?.unwrap_or_default());
        let handle = match agreed {
            Ok(Some(agreement)) => registry.codecs.insert(Deflate::new(&options, &agreement)) as i32,
            _ => -1,
        };
        args.number(handle)
    }
}

/// `sharedCoding(slot)`: what the compressed form of a message of the session depends on besides the message, as a number;
/// -1 if messages before are among it, or if there is no compression.
struct SharedCoding;
impl Export for SharedCoding {
    const NAME: &'static str = "sharedCoding";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        args.number(registry.session(args.u32(0)?)?.shared_coding().map_or(-1, i32::from))
    }
}

/// `codecAlike(slot)`: a codec that compresses messages as the session does, for one that many connections get; -1 where
/// that depends on messages before, and while the session's codec is away.
struct CodecAlike;
impl Export for CodecAlike {
    const NAME: &'static str = "codecAlike";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let alike = registry.session(args.u32(0)?)?.alike();
        args.number(alike.map_or(-1, |deflate| registry.codecs.insert(deflate) as i32))
    }
}

/// `codecRun(handle, compress, bytes, limit)`: compresses a message if `compress` is not 0, or inflates one that may
/// come to `limit` bytes. Returns `[length, bytes]`; `[-1]` if the message is to be sent uncompressed; `[-2]` if it
/// takes long, after which the caller calls `codecElsewhere`; or `[-code, text]` for a fault.
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
            match inflate_some(deflate, pool, bytes, &mut packed.payload, limit, &mut Work::TURN.clone()) {
                Ok(Some(read)) => {
                    found.begun = (read, std::mem::take(&mut packed.payload));
                    return args.array(&[args.number(-2)?]);
                }
                outcome => outcome.map(|_| true),
            }
        } else if deflate.compresses(bytes.len()) {
            deflate.compress(pool, bytes, &mut packed.payload)
        } else {
            Ok(false)
        };
        match outcome {
            Ok(false) => args.array(&[args.number(-1)?]),
            Ok(true) => {
                let target = args.copy(&packed.payload)?;
                args.array(&[args.number(packed.payload.len() as i32)?, target])
            }
            Err(violation) => faulty(args, &violation),
        }
    }

    /// Drops the codec, since the panic may have left it in any state.
    fn recover(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        registry.codecs.handle(args.u32(0)?)?.deflate = None;
        registry.codecs.pool.trim();
        faulty(args, &Violation::Internal)
    }
}

/// What `codecRun` returns for a fault.
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

/// The settings of permessage-deflate, an object.
pub(in crate::binding) fn settings(fields: &Fields<'_>) -> Result<Options> {
    Ok(Options {
        level: checked(fields, c"level", Level::new)?.unwrap_or_default(),
        mem_level: checked(fields, c"memLevel", MemLevel::new)?.unwrap_or_default(),
        strategy: checked(fields, c"strategy", Strategy::new)?.unwrap_or_default(),
        no_context_takeover: fields.flag(c"noContextTakeover")?,
        max_window_bits: checked(fields, c"maxWindowBits", WindowBits::new)?,
        request_no_context_takeover: fields.flag(c"requestNoContextTakeover")?,
        request_max_window_bits: checked(fields, c"requestMaxWindowBits", WindowBits::new)?,
        // A float converts by saturation.
        threshold: fields.optional_number(c"threshold")?.unwrap_or_default() as usize,
    })
}

/// The settings that are the first argument.
fn given(args: &Args<'_>) -> Result<Options> {
    settings(&Fields::of(args, 0, "deflate")?)
}

/// The number of a field, converted by `check`; `None` if the field is undefined, and an error if `check` returns
/// `None`.
fn checked<T>(fields: &Fields<'_>, name: &CStr, check: fn(f64) -> Option<T>) -> Result<Option<T>> {
    let Some(number) = fields.optional_number(name)? else { return Ok(None) };
    let value = check(number);
    value.map(Some).ok_or_else(|| invalid(format!("Invalid value for {}", name.to_string_lossy())))
}
