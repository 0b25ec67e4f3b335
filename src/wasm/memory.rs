//! The module's allocator, and what stopped the module.
//!
//! A WebAssembly memory never shrinks. So that `lib/wasm` can tell a module that uses much from one that has used
//! much, the bytes in use are counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::null_mut;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};

/// Bytes that are allocated.
static IN_USE: AtomicUsize = AtomicUsize::new(0);

/// How many there may be.
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// One of the reasons below.
static STOPPED_BY: AtomicU32 = AtomicU32::new(UNKNOWN);

/// The module was not stopped, or by something that it cannot see.
const UNKNOWN: u32 = 0;
/// A panic.
const PANIC: u32 = 1;
/// There is no more memory.
const OUT_OF_MEMORY: u32 = 2;
/// A trap within the allocator, whose own structures may be half changed.
const AT_WORK: u32 = 3;

/// Whether the allocator is at work.
static ALLOCATES: AtomicBool = AtomicBool::new(false);

/// What a panic said.
static LAST_WORDS: Mutex<String> = Mutex::new(String::new());

/// The system's allocator, which counts, and keeps to a limit. A caller that is refused has another way, or stops
/// the module.
struct Counting;

#[cfg_attr(target_arch = "wasm32", global_allocator)]
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "elsewhere it is only compiled"))]
static ALLOCATOR: Counting = Counting;

/// Has the system's allocator do `work`, for a block of `size` bytes.
#[inline]
fn granted(size: usize, work: impl FnOnce() -> *mut u8) -> *mut u8 {
    if LIMIT.load(Relaxed).saturating_sub(IN_USE.load(Relaxed)) < size {
        return refused();
    }
    ALLOCATES.store(true, Relaxed);
    let block = work();
    ALLOCATES.store(false, Relaxed);
    if block.is_null() {
        return refused();
    }
    IN_USE.fetch_add(size, Relaxed);
    block
}

/// Notes the reason, in case the caller that is refused has no other way and stops the module.
#[cold]
fn refused() -> *mut u8 {
    STOPPED_BY.store(OUT_OF_MEMORY, Relaxed);
    null_mut()
}

/// A call begins: whatever stops the module from now on has come about in it.
#[inline]
pub(super) fn begin() {
    STOPPED_BY.store(UNKNOWN, Relaxed);
}

// SAFETY: blocks are the system's, with its layouts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the allocator's rules.
        granted(layout.size(), || unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `alloc`.
        granted(layout.size(), || unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        ALLOCATES.store(true, Relaxed);
        // SAFETY: as in `alloc`.
        unsafe { System.dealloc(block, layout) }
        ALLOCATES.store(false, Relaxed);
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as in `alloc`.
        let block = granted(size, || unsafe { System.realloc(block, layout, size) });
        if !block.is_null() {
            IN_USE.fetch_sub(layout.size(), Relaxed);
        }
        block
    }
}

/// Notes panics, which stop the module.
pub(super) fn install() {
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|info| {
        if let Ok(mut words) = LAST_WORDS.try_lock() {
            *words = info.to_string();
        }
        // What panics with its memory refused is a want of memory.
        let _ = STOPPED_BY.compare_exchange(UNKNOWN, PANIC, Relaxed, Relaxed);
    }));
}

/// `limit(bytes)`: stops the module where more than so many bytes are asked for.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "limit"))]
pub(super) extern "C" fn limit(bytes: u32) {
    LIMIT.store(bytes as usize, Relaxed);
}

/// `in_use()`: bytes of memory that are allocated.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "in_use"))]
pub(super) extern "C" fn in_use() -> u32 {
    IN_USE.load(Relaxed) as u32
}

/// `stopped_by()`: why the call before this one did not return: one of the reasons above.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "stopped_by"))]
pub(super) extern "C" fn stopped_by() -> u32 {
    let reason = STOPPED_BY.swap(UNKNOWN, Relaxed);
    if ALLOCATES.swap(false, Relaxed) { AT_WORK } else { reason }
}

/// What a panic said, once.
pub(super) fn take_last_words() -> String {
    LAST_WORDS.try_lock().map(|mut words| std::mem::take(&mut *words)).unwrap_or_default()
}
