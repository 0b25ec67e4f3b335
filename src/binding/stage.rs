//! Large texts that are to be compressed on another thread. Only the thread of the loop can read a string of
//! JavaScript's, and to read 16 MiB blocks it for milliseconds. So the text is read piece by piece, in many turns of
//! the loop.

use super::export::{Export, Exports, register as export};
use super::js::values::{Args, no_memory, reserve};
use super::state::registry::Registry;
use crate::transcode::append_large;
use napi::{Result, sys};

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<StageText>(exports)
}

/// `stageText(slot, piece, units, expected)`: appends a piece of a text, of which `expected` units are to come with
/// this one. `deflateElsewhere` takes the whole text; if the session ends before, it is dropped.
struct StageText;
impl Export for StageText {
    const NAME: &'static str = "stageText";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slot, units, expected) = (args.u32(0)?, args.u32(2)? as usize, args.u32(3)? as usize);
        registry.session(slot)?;
        let Registry { stages, buffers, utf16, .. } = registry;
        let staged = stages.of(slot, || buffers.take(expected as u64));
        args.read_utf16(1, units, utf16)?;
        reserve(staged, expected)?;
        append_large(utf16, staged).map_err(no_memory)?;
        Ok(args.undefined())
    }
}
