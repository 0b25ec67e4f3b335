//! From UTF-8 to strings: here, or for large texts on other threads and back.

use super::export::{Export, Exports, register as export};
use super::js::external;
use super::js::values::{Args, MAX_ARGUMENTS, NO_MEMORY, no_memory};
use super::state::jobs::{Outcome, Owner, Work};
use super::state::registry::Registry;
use super::state::texts::Characters;
use super::{injected, offload};
use crate::protocol::text::check_units;
use crate::transcode;
use napi::{Error, Result, Status, sys};
use std::ptr;

/// So many bytes of a long text are converted in one call where that is done on the loop.
pub(super) const PIECE: usize = 1 << 20;

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<TextElsewhere>(exports)?;
    export::<TakeConverted>(exports)?;
    export::<DecodePart>(exports)
}

/// `textElsewhere(id, slot)`: starts to convert the queue's front, which is text. Returns 0 where that would gain nothing,
/// since V8 copies what it makes a string of.
struct TextElsewhere;
impl Export for TextElsewhere {
    const NAME: &'static str = "textElsewhere";
    const ARGUMENTS: usize = 2;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (id, slot) = (args.u32(0)?, args.u32(1)?);
        // Before the text is taken: without a pool it would not come back.
        offload::pool(registry)?;
        if !registry.external_strings {
            return args.number(0);
        }
        let front = registry.session(slot)?.take();
        let bytes = front.ok_or_else(|| Error::new(Status::GenericFailure, "The queue is empty"))?;
        offload::start(registry, args, (id, Owner::Session(slot), Work::Message), move |_| {
            injected::panics("text");
            let characters =
                if injected::refuse("text memory").is_ok() { Characters::of(&bytes) } else { None };
            Outcome::Converted(bytes, characters)
        })?;
        args.number(1)
    }
}

/// `takeConverted(slot)`: the text that was converted as a string.
struct TakeConverted;
impl Export for TakeConverted {
    const NAME: &'static str = "takeConverted";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let converted = registry.texts.remove(&args.u32(0)?);
        characters(args, converted.ok_or_else(|| Error::new(Status::GenericFailure, "There is no text"))?)
    }
}

/// `decodePart(slot, bytes, at)`: converts a part of a text in a Buffer, from `at` on; `slot` is that of the connection that gets
/// it. Returns where the part ends; behind the last one the string, nothing if it is not UTF-8, or 0 if no string is that long.
struct DecodePart;
impl Export for DecodePart {
    const NAME: &'static str = "decodePart";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, bytes, at) = (args.u32(0)?, args.bytes(1)?, args.u32(2)? as usize);
        registry.session(slot)?;
        if at == 0 {
            if !transcode::is_utf8(bytes) {
                return Ok(args.undefined());
            }
            if check_units(bytes, registry.max_text).is_err() {
                return args.number(0);
            }
            registry.texts.insert(slot, Characters::none_of(bytes));
        }
        let mut made = registry.texts.remove(&slot).ok_or_else(|| Error::from_status(Status::InvalidArg))?;
        let end = made.convert(bytes, at, PIECE).map_err(no_memory)?;
        if end >= bytes.len() {
            return string_of(args, made, registry.external_strings);
        }
        registry.texts.insert(slot, made);
        args.number(end as i32)
    }
}

/// An external string of characters, if the runtime can make one.
pub(super) fn characters(args: &Args<'_>, characters: Characters) -> Result<sys::napi_value> {
    match characters {
        Characters::Narrow(bytes) => external::string(args.env(), bytes).or_else(|bytes| args.latin1(&bytes)),
        Characters::Wide(units) => external::string(args.env(), units).or_else(|units| args.utf16(&units)),
    }
}

/// Makes a string of a text that is given away; `external` says whether the runtime's external strings may be used.
pub(super) fn owned(env: sys::napi_env, text: String, external: bool) -> Result<sys::napi_value> {
    let none = [ptr::null_mut(); MAX_ARGUMENTS];
    let args = Args::new(env, &none);
    let found = if text.is_ascii() {
        Some(Characters::Narrow(text.into_bytes()))
    } else {
        Characters::of(text.as_bytes())
    };
    string_of(&args, found.ok_or_else(|| Error::new(NO_MEMORY, "There is no memory for the text"))?, external)
}

/// A string of characters; `external` says whether the runtime's external strings may be used.
fn string_of(args: &Args<'_>, made: Characters, external: bool) -> Result<sys::napi_value> {
    match made {
        made if external => characters(args, made),
        Characters::Narrow(bytes) => args.latin1(&bytes),
        Characters::Wide(units) => args.utf16(&units),
    }
}

/// Makes a string of UTF-8 in the narrower of V8's two widths. Up to forty times faster than the decoder of Node.js 22
/// and before it.
pub(super) fn string(registry: &mut Registry, args: &Args<'_>, bytes: &[u8]) -> Result<sys::napi_value> {
    if bytes.is_ascii() {
        return args.latin1(bytes);
    }
    if registry.external_strings && bytes.len() >= external::MIN_SIZE {
        if let Some(converted) = Characters::of(bytes) {
            return characters(args, converted);
        }
    } else if transcode::is_latin1(bytes) && transcode::utf8_to_latin1(bytes, &mut registry.latin1) {
        return args.latin1(&registry.latin1);
    } else if transcode::utf8_to_utf16(bytes, &mut registry.utf16) {
        return args.utf16(&registry.utf16);
    }
    // The payload of a pong may be anything; what is not UTF-8 in it becomes U+FFFD.
    args.text(&String::from_utf8_lossy(bytes))
}
