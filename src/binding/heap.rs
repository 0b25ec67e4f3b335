//! The C library's heap while large messages pass.
//!
//! glibc maps a large block afresh and unmaps it when it is freed, and gives back the top of its heap as soon as
//! that is larger than twice the largest block that it unmapped. A page costs a fault each time, so a megabyte costs
//! more to touch than to receive. Freeing a block of nearly 32 MiB once lifts both bounds as far as glibc lets them
//! go (mallopt(3), `M_MMAP_THRESHOLD`), without a setting that other code of the process would see. What is kept that
//! way goes back once large messages have stopped.

/// Just under the most that glibc lets its bound grow to, which is 32 MiB.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGEST: usize = (32 << 20) - (64 << 10);

/// Lets the heap keep what is freed.
pub(super) fn keep() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: a block is allocated and freed; its memory is never touched, so it costs no page.
    unsafe {
        libc::free(std::hint::black_box(libc::malloc(LARGEST)));
    }
}

/// Gives what is free back to the system.
pub(super) fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` frees pages that no block uses.
    unsafe {
        libc::malloc_trim(0);
    }
}
