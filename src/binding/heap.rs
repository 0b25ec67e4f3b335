//! The C library's heap while large messages pass, and after them.
//!
//! glibc maps a large block afresh and unmaps it when it is freed, and gives back the top of its heap as soon as that
//! is larger than twice the largest block that it unmapped. A page costs a fault each time, so a megabyte costs more to
//! touch than to receive. Freeing a block of nearly 32 MiB once lifts both bounds as far as glibc lets them go
//! (mallopt(3), `M_MMAP_THRESHOLD`), without a setting that other code of the process would see. The memory that the
//! heap keeps because of that goes back to the system once large messages have stopped: see
//! [`returning`](super::state::returning).

use super::export::{Export, Exports, register as export};
use super::js::values::Args;
use super::state::registry::Registry;
use napi::{Result, sys};

/// Just under the most that glibc lets its bound grow to, which is 32 MiB.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGEST: usize = (32 << 20) - (64 << 10);

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<Keep>(exports)?;
    export::<Trim>(exports)?;
    export::<TrimSome>(exports)
}

/// `keep()`: large messages begin to pass. Lets the heap keep what is freed.
struct Keep;
impl Export for Keep {
    const NAME: &'static str = "keep";
    const ARGUMENTS: usize = 0;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        registry.returning.stop();
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        // SAFETY: a block is allocated and freed; its memory is never touched, so it costs no page.
        unsafe {
            libc::free(std::hint::black_box(libc::malloc(LARGEST)));
        }
        Ok(args.undefined())
    }
}

/// `trim(heap)`: no large message has come for a while, so the memory that was kept for them is to go back to the
/// system and, if `heap` is not 0, the free memory of the heap as well. This call only marks it; `trimSome` gives it
/// back.
struct Trim;
impl Export for Trim {
    const NAME: &'static str = "trim";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        registry.trim();
        if args.u32(0)? != 0 {
            registry.returning.search();
        }
        Ok(args.undefined())
    }
}

/// `trimSome()`: gives memory back for about a millisecond. Returns 1 while there is more.
struct TrimSome;
impl Export for TrimSome {
    const NAME: &'static str = "trimSome";
    const ARGUMENTS: usize = 0;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        args.number(i32::from(registry.returning.step()))
    }
}
