//! Large texts on their way to other threads. Only the loop can read a string of JavaScript's, and 16 MiB of it hold
//! everybody else up for milliseconds; so it is read piece by piece, in many turns of the loop.

use super::export::{Export, Exports, register as export};
use super::registry::Registry;
use super::values::{Args, no_memory, reserve};
use crate::transcode::append_large;
use napi::{Result, sys};
use std::collections::HashMap;

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<StageText>(exports)
}

/// What was read so far, by slot: a connection has one message at most under way to other threads.
#[derive(Default)]
pub(super) struct Stages(HashMap<u32, Vec<u8>>);

impl Stages {
    /// The whole message of a slot.
    pub(super) fn take(&mut self, slot: u32) -> Vec<u8> {
        self.0.remove(&slot).unwrap_or_default()
    }

    /// Bytes of memory.
    pub(super) fn capacity(&self) -> usize {
        self.0.values().map(Vec::capacity).sum()
    }
}

/// `stageText(slot, piece, units, expected)`: appends a piece of a text, of which `expected` units are to come with
/// this one. `deflateElsewhere` takes it, or the end of the session.
struct StageText;
impl Export for StageText {
    const NAME: &'static str = "stageText";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, units, expected) = (args.u32(0)?, args.u32(2)? as usize, args.u32(3)? as usize);
        registry.session(slot)?;
        let Registry { stages, buffers, utf16, .. } = registry;
        let staged = stages.0.entry(slot).or_insert_with(|| buffers.take(expected as u64));
        args.read_utf16(1, units, utf16)?;
        reserve(staged, expected)?;
        append_large(utf16, staged).map_err(no_memory)?;
        Ok(args.undefined())
    }
}
