//! Receiving: one call per chunk, and the calls that fetch messages whose bytes are not in the chunk.

use super::convert::string;
use super::export::{Export, Exports, register as export};
use super::injected;
use super::js::values::Args;
use super::js::{external, owned};
use super::state::registry::{Receiving, Registry};
use crate::protocol::deflate::CodecPool;
use crate::protocol::rows::{Kind, Rows};
use crate::protocol::text::check_units;
use crate::protocol::{Buffers, Session, Violation, Work};
use crate::transcode;
use napi::{Error, Result, Status, sys};

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<ShareRows>(exports)?;
    export::<Receive>(exports)?;
    export::<Text>(exports)?;
    export::<Decode>(exports)?;
    export::<TakeText>(exports)?;
    export::<TakeAscii>(exports)?;
    export::<TakeBytes>(exports)?;
    export::<CopyPart>(exports)?;
    export::<TakeOwned>(exports)?;
    export::<Skip>(exports)?;
    export::<Buffered>(exports)
}

/// How much `copyPart` copies: about a millisecond, most of which goes into page faults.
const PART: usize = 2 * 1024 * 1024;

/// The longest text that `receive` returns itself.
const SHORT: usize = 512;

/// `shareRows(bytes, external, maxText, counts)`: rows are written to this memory, behind a head of four cells. `external`
/// says whether the runtime's external strings may be used, `maxText` how many units its longest string has, `counts` whether
/// it counts the bytes of a text fast.
struct ShareRows;
impl Export for ShareRows {
    const NAME: &'static str = "shareRows";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        registry.rows.replace(args, 0)?;
        registry.external_strings = args.u32(1)? != 0;
        // A float converts by saturation.
        registry.max_text = args.f64(2)? as u64;
        registry.counts = args.u32(3)? != 0;
        Ok(args.undefined())
    }
}

/// `receive(slot, chunk, at)`: parses `chunk` from `at` on, and unmasks it in place. The second cell of the shared
/// memory says how much work it may do. Returns the number of rows; the first cell then says up to where the chunk was
/// parsed, and the second how much work is left. If the only row is a short text of ASCII in the chunk, that text is returned
/// instead, which saves a call.
struct Receive;
impl Export for Receive {
    const NAME: &'static str = "receive";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, chunk, at) = (args.u32(0)?, args.bytes(1)?, args.u32(2)?);
        if i32::try_from(chunk.len()).is_err() {
            return Err(Error::new(Status::InvalidArg, "A chunk must be shorter than 2 GiB"));
        }
        if let Some(direct) = &mut registry.direct {
            direct.reactor.rest_taken(slot);
        }
        let Receiving { session, head, rows, buffers, codecs } = registry.receiving(slot)?;
        let mut rows = rows.with_work(Work::of(*head.work));
        *head.reached = receive(session, chunk, at as usize, &mut rows, buffers, codecs) as i32;
        *head.work = rows.work.left();
        match only_text(&rows, chunk) {
            Some(text) => args.latin1(text),
            None => args.number(rows.count() as i32),
        }
    }

    fn recover(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let Receiving { session, head, mut rows, .. } = registry.receiving(args.u32(0)?)?;
        break_off(session, &mut rows);
        *head.reached = args.bytes(1)?.len() as i32;
        args.number(rows.count() as i32)
    }
}

/// The bytes of the only row, if that is a short text of ASCII in the chunk.
fn only_text<'a>(rows: &Rows<'_>, chunk: &'a [u8]) -> Option<&'a [u8]> {
    let row = rows.iter().next().filter(|row| rows.count() == 1 && row.kind == Kind::Ascii as i32)?;
    let (offset, length) = (usize::try_from(row.offset).ok()?, row.length as usize);
    chunk.get(offset..offset + length).filter(|text| text.len() <= SHORT)
}

/// `text(chunk, offset, length)`: a string of bytes that a row called text, so they are valid UTF-8.
struct Text;
impl Export for Text {
    const NAME: &'static str = "text";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (chunk, offset, length) = (args.bytes(0)?, args.u32(1)? as usize, args.u32(2)? as usize);
        let end = offset.saturating_add(length);
        let bytes = chunk.get(offset..end).ok_or_else(|| Error::from_status(Status::InvalidArg))?;
        string(registry, args, bytes)
    }
}

/// `decode(bytes)`: the text in a Buffer, nothing if it is not UTF-8, or 0 if no string is that long.
struct Decode;
impl Export for Decode {
    const NAME: &'static str = "decode";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let bytes = args.bytes(0)?;
        if !transcode::is_utf8(bytes) {
            return Ok(args.undefined());
        }
        if check_units(bytes, registry.max_text).is_err() {
            return args.number(0);
        }
        string(registry, args, bytes)
    }
}

/// `takeText(slot)`: the queue's front as a string.
struct TakeText;
impl Export for TakeText {
    const NAME: &'static str = "takeText";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let bytes = take(registry, args)?;
        let value = string(registry, args, &bytes);
        registry.buffers.give(bytes);
        value
    }
}

/// `takeAscii(slot)`: the same where the row says that it is ASCII.
struct TakeAscii;
impl Export for TakeAscii {
    const NAME: &'static str = "takeAscii";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let mut bytes = take(registry, args)?;
        if registry.external_strings {
            match external::string(args.env(), bytes) {
                Ok(value) => return Ok(value),
                Err(back) => bytes = back,
            }
        }
        let value = args.latin1(&bytes);
        registry.buffers.give(bytes);
        value
    }
}

/// `takeBytes(slot, target)`: copies the queue's front into `target`, which is as long as its row says.
struct TakeBytes;
impl Export for TakeBytes {
    const NAME: &'static str = "takeBytes";
    const ARGUMENTS: usize = 2;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let bytes = take(registry, args)?;
        let target = args.bytes(1)?;
        if target.len() != bytes.len() {
            return Err(Error::from_status(Status::InvalidArg));
        }
        target.copy_from_slice(&bytes);
        registry.buffers.give(bytes);
        Ok(args.undefined())
    }
}

/// `copyPart(slot, target, at)`: copies a part of the queue's front, from `at` on, to the same place in `target`, which is as
/// long as its row says. Returns where the part ends; behind the last one, the front is gone.
struct CopyPart;
impl Export for CopyPart {
    const NAME: &'static str = "copyPart";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, target, at) = (args.u32(0)?, args.bytes(1)?, args.u32(2)? as usize);
        let session = registry.session(slot)?;
        let end = copy_part(session.front().ok_or_else(empty)?, target, at)?;
        if end == target.len()
            && let Some(bytes) = session.take()
        {
            registry.buffers.give(bytes);
        }
        args.number(end as i32)
    }
}

/// Copies a part of `bytes`, from `at` on, to the same place in `target`, which is as long. Returns where it ends.
pub(super) fn copy_part(bytes: &[u8], target: &mut [u8], at: usize) -> Result<usize> {
    let end = bytes.len().min(at.saturating_add(PART));
    let part = bytes.get(at..end).filter(|_| target.len() == bytes.len());
    let Some((room, part)) = target.get_mut(at..end).zip(part) else {
        return Err(Error::from_status(Status::InvalidArg));
    };
    room.copy_from_slice(part);
    Ok(end)
}

/// `takeOwned(slot)`: the queue's front as a Buffer of its own memory, where there is none to copy it to.
struct TakeOwned;
impl Export for TakeOwned {
    const NAME: &'static str = "takeOwned";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        owned::buffer(args, take(registry, args)?)
    }
}

/// `skip(slot)`: drops the queue's front: by the time of its row, the connection took no messages any more.
struct Skip;
impl Export for Skip {
    const NAME: &'static str = "skip";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        take(registry, args)?;
        Ok(args.undefined())
    }
}

/// `buffered(slot)`: bytes kept for messages that are not complete.
struct Buffered;
impl Export for Buffered {
    const NAME: &'static str = "buffered";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let kept = registry.session(args.u32(0)?)?.buffered();
        args.number(i32::try_from(kept).unwrap_or(i32::MAX))
    }
}

/// [`Session::receive`], which a test may have fail.
#[inline]
pub(super) fn receive(
    session: &mut Session,
    chunk: &mut [u8],
    at: usize,
    rows: &mut Rows<'_>,
    buffers: &mut Buffers,
    codecs: &mut CodecPool,
) -> usize {
    injected::panics("receive");
    if injected::refuse("progress").is_err() {
        return at;
    }
    session.receive(chunk, at, rows, buffers, codecs)
}

/// A panic in the core is a bug of ours. It ends the connection with 1011, and no other connection.
pub(super) fn break_off(session: &mut Session, rows: &mut Rows<'_>) {
    while session.take().is_some() {}
    session.violate(&Violation::Internal, rows);
}

fn take(registry: &mut Registry, args: &Args<'_>) -> Result<Vec<u8>> {
    let front = registry.session(args.u32(0)?)?.take();
    front.ok_or_else(empty)
}

fn empty() -> Error {
    Error::new(Status::GenericFailure, "The queue is empty")
}
