//! The failures themselves, for the whole process: see [`injected`](super).

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::HashMap;
use std::io;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// How often each place still fails.
pub(in crate::binding) static PLAN: Mutex<Option<HashMap<String, u32>>> = Mutex::new(None);

/// Memory of this size and more is refused.
pub(in crate::binding) static REFUSED_FROM: AtomicUsize = AtomicUsize::new(usize::MAX);
/// How often memory was refused.
pub(in crate::binding) static REFUSALS: AtomicUsize = AtomicUsize::new(0);

/// Whether `place` fails now.
fn strikes(place: &str) -> bool {
    let mut plan = PLAN.lock().unwrap_or_else(PoisonError::into_inner);
    match plan.as_mut().and_then(|places| places.get_mut(place)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        _ => false,
    }
}

/// Panics if a test asked for it.
pub(in crate::binding) fn panics(place: &str) {
    assert!(!strikes(place), "injected: {place}");
}

/// Fails if a test asked for it.
pub(in crate::binding) fn refuse(place: &str) -> io::Result<()> {
    if strikes(place) { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
}

/// The system's allocator, as long as nobody asks for too much.
struct Refusing;

#[global_allocator]
static ALLOCATOR: Refusing = Refusing;

fn refuses(size: usize) -> bool {
    let refused = size >= REFUSED_FROM.load(Ordering::Relaxed);
    if refused {
        REFUSALS.fetch_add(1, Ordering::SeqCst);
    }
    refused
}

// SAFETY: all calls go to the system's allocator with the arguments as they came, or return null, which says that there
// is no memory.
unsafe impl GlobalAlloc for Refusing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller says.
        if refuses(layout.size()) { ptr::null_mut() } else { unsafe { System.alloc(layout) } }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller says.
        if refuses(layout.size()) { ptr::null_mut() } else { unsafe { System.alloc_zeroed(layout) } }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // What shrinks is never refused.
        if size > layout.size() && refuses(size) {
            return ptr::null_mut();
        }
        // SAFETY: as the caller says.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller says.
        unsafe { System.dealloc(memory, layout) }
    }
}
