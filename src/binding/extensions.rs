//! Compression of messages that are sent, and the memory that compression takes.
//!
//! A message to send is first *packed*: it becomes a header and a payload in memory of the environment, since
//! compressing cannot be done again when the slab turns out to be full. Codecs for other hosts are in
//! [`codec`].

#[path = "codec.rs"]
mod codec;

pub(super) use codec::settings;

use super::export::{Export, Exports, register as export};
use super::injected;
use super::js::values::{Args, NOT_SENT, no_memory, reserve};
use super::state::codecs::Codecs;
use super::state::registry::{Registry, find};
use crate::protocol::Violation;
use crate::protocol::session::RSV1;
use crate::transcode::append_large;
use napi::{Error, Result, Status, sys};
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<PackText>(exports)?;
    export::<PackBytes>(exports)?;
    export::<SendPacked>(exports)?;
    export::<TakePacked>(exports)?;
    export::<Extend>(exports)?;
    export::<Stop>(exports)?;
    export::<Hibernate>(exports)?;
    codec::register(exports)?;
    export::<CompressionTotals>(exports)?;
    export::<MemoryUsage>(exports)
}

/// Whether a frame with this opcode has to be packed first: a message without RSV bits of a session that deflates.
pub(super) fn packs(registry: &mut Registry, slot: u32, opcode: u8) -> Result<bool> {
    Ok(matches!(opcode, 1 | 2) && registry.session(slot)?.deflates())
}

/// Makes the frame of a message, compressed if that was agreed on and is worth it.
pub(super) fn pack(registry: &mut Registry, slot: u32, opcode: u8, plain: &[u8]) -> Result<()> {
    let Registry { slots, codecs, .. } = &mut *registry;
    let session = find(slots, slot)?;
    let Codecs { pool, packed, .. } = codecs;
    packed.payload.clear();
    let mut compresses = session.compresses(plain.len());
    if compresses {
        let compress = AssertUnwindSafe(|| {
            injected::panics("pack");
            session.compress(pool, plain, &mut packed.payload)
        });
        let Ok(compressed) = catch_unwind(compress) else {
            // The panic may have left the codec in any state, and the next message would need it.
            session.stop();
            session.take_deflate();
            pool.trim();
            return Err(failed(Violation::Internal));
        };
        compresses = compressed.ok_or_else(away)?.map_err(failed)?;
    }
    if !compresses {
        reserve(&mut packed.payload, plain.len())?;
        packed.payload.extend_from_slice(plain);
    }
    let opcode = if compresses { opcode | RSV1 << 4 } else { opcode };
    registry.codecs.packed.header = registry.header(slot, opcode)?;
    Ok(())
}

/// The same for the string at argument `index`.
pub(super) fn pack_text(
    registry: &mut Registry,
    args: &Args<'_>,
    slot: u32,
    index: usize,
    units: usize,
) -> Result<()> {
    args.read_utf16(index, units, &mut registry.utf16)?;
    let mut plain = std::mem::take(&mut registry.codecs.plain);
    plain.clear();
    append_large(&mut registry.utf16, &mut plain).map_err(no_memory)?;
    let outcome = pack(registry, slot, 1, &plain);
    registry.codecs.plain = plain;
    outcome
}

fn away() -> Error {
    Error::new(Status::GenericFailure, "The codec is at work elsewhere")
}

/// The message is not sent, and no later one can be: the shim ends the connection.
fn failed(violation: Violation) -> Error {
    Error::new(NOT_SENT, violation.to_string())
}

/// Writes what was packed to the slab; its end there, or the size of the frame as a negative number.
fn write_packed(registry: &mut Registry, args: &Args<'_>, room: u32) -> Result<sys::napi_value> {
    let Registry { slab, codecs, .. } = registry;
    let (cursor, slab) = slab.last(room);
    let size = codecs.packed.write(slab);
    args.number(size.map_or(-(codecs.packed.len() as i32), |size| (cursor + size) as i32))
}

/// `packText(slot, string, units, room)`: writes a text frame where the last `room` bytes of the slab begin. Returns where
/// it ends, or the size of the frame as a negative number, for `sendPacked` or `takePacked`.
struct PackText;
impl Export for PackText {
    const NAME: &'static str = "packText";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        pack_text(registry, args, args.u32(0)?, 1, args.u32(2)? as usize)?;
        write_packed(registry, args, args.u32(3)?)
    }
}

/// `packBytes(slot, opcode, bytes, room)`: the same for bytes.
struct PackBytes;
impl Export for PackBytes {
    const NAME: &'static str = "packBytes";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        pack(registry, args.u32(0)?, args.u32(1)? as u8, args.bytes(2)?)?;
        write_packed(registry, args, args.u32(3)?)
    }
}

/// `sendPacked(room)`: writes the frame that did not fit, as the call before it.
struct SendPacked;
impl Export for SendPacked {
    const NAME: &'static str = "sendPacked";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        write_packed(registry, args, args.u32(0)?)
    }
}

/// `takePacked(target)`: writes the frame that did not fit to a Buffer with room for it.
struct TakePacked;
impl Export for TakePacked {
    const NAME: &'static str = "takePacked";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let end = registry.codecs.packed.write(args.bytes(0)?);
        end.ok_or_else(|| Error::from_status(Status::InvalidArg))?;
        Ok(args.undefined())
    }
}

/// `extend(slot, rsv)`: the caller's extensions get all messages, and own these RSV bits.
struct Extend;
impl Export for Extend {
    const NAME: &'static str = "extend";
    const ARGUMENTS: usize = 2;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, rsv) = (args.u32(0)?, args.u32(1)? as u8);
        registry.session(slot)?.set_plugins(rsv);
        Ok(args.undefined())
    }
}

/// `stop(slot)`: the session ignores whatever else the peer sends.
struct Stop;
impl Export for Stop {
    const NAME: &'static str = "stop";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        registry.session(args.u32(0)?)?.stop();
        Ok(args.undefined())
    }
}

/// `hibernate()`: connections with compression, and codecs, that had no message since the last call free the memory that can
/// be made again; if that is all of them, the shared codecs are freed as well. Returns how many of both there are.
struct Hibernate;
impl Export for Hibernate {
    const NAME: &'static str = "hibernate";
    const ARGUMENTS: usize = 0;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (mut deflating, mut idle) = (0, 0);
        let sessions = registry.slots.iter_mut().filter_map(|slot| slot.session.as_mut());
        for session in sessions.filter(|session| session.deflates()) {
            deflating += 1;
            idle += i32::from(session.hibernate_if_idle());
        }
        for handle in registry.codecs.handles.iter_mut().flatten() {
            deflating += 1;
            if !std::mem::take(&mut handle.busy)
                && let Some(deflate) = &mut handle.deflate
            {
                deflate.hibernate();
                idle += 1;
            }
        }
        if deflating == idle {
            registry.codecs.pool.trim();
            registry.codecs.trim();
        }
        args.number(deflating)
    }
}

/// `compressionTotals()`: plain and compressed bytes of the messages that were compressed here, and then of those that were
/// inflated, since the start.
struct CompressionTotals;
impl Export for CompressionTotals {
    const NAME: &'static str = "compressionTotals";
    const ARGUMENTS: usize = 0;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let cells = registry.codecs.pool.totals.cells();
        let cells = cells.iter().map(|cell| args.float(*cell as f64)).collect::<Result<Vec<_>>>()?;
        args.array(&cells)
    }
}

/// `memoryUsage(slot)`: `[sessions, compressing, messages, windows, codecs, scratch]`: how many sessions there are, and
/// with compression; bytes of messages that are unfinished or untaken, of windows, of shared codecs, and of buffers that
/// are kept for large messages. Without a slot, of all; with one, its own.
struct MemoryUsage;
impl Export for MemoryUsage {
    const NAME: &'static str = "memoryUsage";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (mut sessions, mut deflating, mut messages, mut windows) = (0, 0, 0, 0);
        let (mut codecs, mut scratch) = (0, 0);
        let mut count = |session: &crate::protocol::Session| {
            let (held, window) = session.memory_usage();
            sessions += 1;
            deflating += usize::from(session.deflates());
            messages += held;
            windows += window;
        };
        if let Some(slot) = args.optional_u32(0)? {
            count(registry.session(slot)?);
        } else {
            registry.slots.iter().filter_map(|slot| slot.session.as_deref()).for_each(count);
            let handles =
                registry.codecs.handles.iter().flatten().filter_map(|handle| handle.deflate.as_ref());
            windows += handles.map(|deflate| deflate.memory_usage()).sum::<usize>();
            codecs = registry.codecs.pool.memory_usage();
            scratch = registry.buffers.capacity()
                + registry.stages.capacity()
                + registry.utf16.capacity() * 2
                + registry.latin1.capacity()
                + registry.frame.capacity()
                + registry.codecs.plain.capacity()
                + registry.codecs.packed.payload.capacity();
        }
        let cells = [sessions, deflating, messages, windows, codecs, scratch];
        let cells = cells.iter().map(|cell| args.float(*cell as f64)).collect::<Result<Vec<_>>>()?;
        args.array(&cells)
    }
}
