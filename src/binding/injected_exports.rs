//! What tests ask for [failures](super::injected) with.

use super::export::{Export, Exports, register as export};
use super::injected::{PLAN, REFUSALS, REFUSED_FROM};
use super::js::values::Args;
use super::state::registry::Registry;
use napi::{Result, sys};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<Inject>(exports)?;
    export::<RefuseMemory>(exports)
}

/// `inject(place, count)`: the next `count` times that `place` is passed, it fails.
struct Inject;
impl Export for Inject {
    const NAME: &'static str = "inject";
    const ARGUMENTS: usize = 2;
    fn call(_: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (place, count) = (args.string(0)?.unwrap_or_default(), args.u32(1)?);
        let mut plan = PLAN.lock().unwrap_or_else(PoisonError::into_inner);
        plan.get_or_insert_default().insert(place, count);
        Ok(args.undefined())
    }
}

/// `refuseMemory(size)`: from now on there is no memory of this size and more; 0 ends that. Returns how often memory
/// was refused so far.
struct RefuseMemory;
impl Export for RefuseMemory {
    const NAME: &'static str = "refuseMemory";
    const ARGUMENTS: usize = 1;
    fn call(_: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let size = args.u32(0)? as usize;
        REFUSED_FROM.store(if size == 0 { usize::MAX } else { size }, Ordering::SeqCst);
        args.number(REFUSALS.load(Ordering::SeqCst) as i32)
    }
}
