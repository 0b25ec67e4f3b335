//! Memory on its way back to the system, a little at a time.
//!
//! `malloc_trim` would do it in one go: 70 ms for a heap of 900 MB. On another thread it takes as long, and holds the
//! lock of the heap all the while, so that the loop waits at its next allocation (61 ms of these 70 were seen).
//!
//! Here a step takes a millisecond. It allocates blocks, which the allocator cuts out of the heap's free memory, tells
//! the system that their pages are not needed (madvise(2)), and keeps the blocks allocated so that the next step gets
//! others; all are freed when the heap has no more. The allocator's settings and data are not touched. Free memory in
//! pieces smaller than the smallest block does not go back, and where the heap may not grow at will, none does: whoever
//! allocates meanwhile has what we leave.
//!
//! Whether the heap has no more is seen by its end, which moves, or by blocks that are not in memory. Both are guesses:
//! another allocator (`LD_PRELOAD`) has its blocks elsewhere, some write to what they allocate (`MALLOC_PERTURB_`, a
//! sanitizer), and some systems say of all memory that it is there (gVisor, mlockall(2)). So a search never claims more
//! than the process has ever had in memory.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(in crate::binding) use stepwise::Returning;

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(in crate::binding) use at_once::Returning;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod stepwise {
    use std::collections::VecDeque;
    use std::ffi::c_void;
    use std::time::{Duration, Instant};

    /// How long a step takes.
    const STEP: Duration = Duration::from_millis(1);
    /// How much is given back between two looks at the clock.
    const PIECE: usize = 1 << 20;
    /// The sizes of the blocks that are asked for, one after the other.
    const SIZES: [usize; 4] = [PIECE, 256 << 10, 64 << 10, 16 << 10];
    /// After so many blocks in a row without a page in memory, a heap whose end cannot be seen counts as searched.
    const MOST_EMPTY: u32 = 16;
    /// Blocks that are freed between two looks at the clock.
    const FREED: usize = 64;

    /// Memory that goes back; by default, none.
    #[derive(Default)]
    pub(in crate::binding) struct Returning {
        blocks: VecDeque<Block>,
        /// How many bytes of the first block have gone back.
        at: usize,
        /// Blocks of the heap without pages.
        claims: Vec<Claim>,
        /// The sizes that the heap is still asked for.
        sizes: &'static [usize],
        /// How many blocks in a row had no page.
        empty: u32,
        /// How many bytes may still be claimed.
        left: usize,
    }

    /// Memory of our own, from a vector.
    pub(in crate::binding) enum Block {
        Bytes(Vec<u8>),
        Units(Vec<u16>),
    }

    impl From<Vec<u8>> for Block {
        fn from(bytes: Vec<u8>) -> Self {
            Block::Bytes(bytes)
        }
    }

    impl From<Vec<u16>> for Block {
        fn from(units: Vec<u16>) -> Self {
            Block::Units(units)
        }
    }

    /// A block that the allocator has given to us.
    struct Claim(*mut c_void);

    impl Drop for Claim {
        fn drop(&mut self) {
            // SAFETY: `malloc` has returned it, and nobody else knows it.
            unsafe { libc::free(self.0) };
        }
    }

    impl Returning {
        /// Adds memory that nobody needs any more.
        pub(in crate::binding) fn add<T>(&mut self, mut memory: Vec<T>)
        where
            Block: From<Vec<T>>,
        {
            memory.clear();
            if memory.capacity() > 0 {
                self.blocks.push_back(memory.into());
            }
        }

        /// Adds the free memory of the heap of the calling thread, unless the heap is limited. All later steps are to run
        /// on the same thread.
        pub(in crate::binding) fn search(&mut self) {
            if !is_limited() {
                self.sizes = &SIZES;
                self.empty = 0;
                self.left = most_resident();
            }
        }

        /// Ends the search, since the heap is about to be used again. The next steps free the blocks that it holds.
        pub(in crate::binding) fn stop(&mut self) {
            self.sizes = &[];
        }

        /// Works for about a millisecond. Returns whether there is more to do.
        pub(in crate::binding) fn step(&mut self) -> bool {
            let end = Instant::now() + STEP;
            while self.advance() {
                if Instant::now() >= end {
                    return true;
                }
            }
            false
        }

        fn advance(&mut self) -> bool {
            if let Some(block) = self.blocks.front_mut() {
                let (start, size) = match block {
                    Block::Bytes(bytes) => (bytes.as_mut_ptr().cast(), bytes.capacity()),
                    Block::Units(units) => (units.as_mut_ptr().cast(), units.capacity() * 2),
                };
                let length = PIECE.min(size - self.at);
                // SAFETY: the vector is empty, so that nobody reads what its memory holds.
                unsafe { discard(start, self.at, length) };
                self.at += length;
                if self.at == size {
                    self.at = 0;
                    self.blocks.pop_front();
                }
                return true;
            }
            if let Some(&size) = self.sizes.first() {
                if !self.claim(size) {
                    self.sizes = self.sizes.get(1..).unwrap_or_default();
                    self.empty = 0;
                }
                return true;
            }
            self.claims.truncate(self.claims.len().saturating_sub(FREED));
            !self.claims.is_empty()
        }

        /// Allocates a block of `size` bytes from the free memory of the heap, and gives its pages back. Returns false
        /// when the heap seems to have no such block.
        fn claim(&mut self, size: usize) -> bool {
            let Some(left) = self.left.checked_sub(size) else { return false };
            if self.claims.try_reserve(1).is_err() {
                return false;
            }
            self.left = left;
            let before = top();
            // SAFETY: any size may be asked for.
            let claim = Claim(unsafe { libc::malloc(size) });
            if claim.0.is_null() {
                // The system is short of memory, and what we hold is all that others could have.
                self.claims.clear();
                self.stop();
                return false;
            }
            // The heap had no free block of this size, and grew.
            if top() != before {
                return false;
            }
            // The block is in the heap of a thread, or mapped by itself; where such a heap ends is not known.
            let foreign = claim.0.addr() > before;
            if foreign && is_empty(claim.0, size) {
                self.empty += 1;
            } else {
                self.empty = 0;
                // SAFETY: the block is ours, and nobody reads it.
                unsafe { discard(claim.0, 0, size) };
            }
            self.claims.push(claim);
            self.empty < MOST_EMPTY
        }
    }

    /// Whether the process has a bound for its addresses or its data (`ulimit -v` and `-d`).
    fn is_limited() -> bool {
        [libc::RLIMIT_AS, libc::RLIMIT_DATA].into_iter().any(|which| {
            let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
            // SAFETY: the call writes one limit, to `limit`.
            unsafe { libc::getrlimit(which, &raw mut limit) };
            limit.rlim_cur != libc::RLIM_INFINITY
        })
    }

    /// How many bytes of the process have been in memory at most.
    fn most_resident() -> usize {
        // SAFETY: `rusage` is made of numbers, and the call writes one, to `usage`.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
            usage
        };
        usize::try_from(usage.ru_maxrss).unwrap_or(0).saturating_mul(1024)
    }

    /// Where the main heap ends.
    fn top() -> usize {
        // SAFETY: a question, which changes nothing.
        unsafe { libc::sbrk(0) }.addr()
    }

    fn page() -> usize {
        // SAFETY: a question.
        usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
    }

    /// The whole pages of the `length` bytes at `address`: the first one's address and their length.
    fn pages(address: usize, length: usize) -> Option<(usize, usize)> {
        let page = page();
        let start = address.next_multiple_of(page);
        let end = (address + length) / page * page;
        (start < end).then(|| (start, end - start))
    }

    /// Gives the pages of the `length` bytes from `at` on back to the system.
    ///
    /// # Safety
    ///
    /// The bytes belong to one block of memory at `start`, and nobody reads them before they have been written.
    unsafe fn discard(start: *mut c_void, at: usize, length: usize) {
        if let Some((first, length)) = pages(start.addr() + at, length) {
            // SAFETY: whole pages of what the caller says. Those that cannot go back stay as they are.
            unsafe { libc::madvise(start.with_addr(first), length, libc::MADV_DONTNEED) };
        }
    }

    /// Whether none of the whole pages of a block is in memory.
    fn is_empty(start: *mut c_void, size: usize) -> bool {
        let Some((first, length)) = pages(start.addr(), size) else { return true };
        let mut there = vec![0; length.div_ceil(page())];
        // SAFETY: there is a byte for each of the pages.
        let status = unsafe { libc::mincore(start.with_addr(first), length, there.as_mut_ptr()) };
        status != 0 || there.iter().all(|page| page & 1 == 0)
    }
}

/// Other allocators give back what is free by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod at_once {
    /// Memory that goes back; here, at once.
    #[derive(Default)]
    pub(in crate::binding) struct Returning;

    impl Returning {
        /// Frees memory that nobody needs any more.
        pub(in crate::binding) fn add<T>(&mut self, memory: Vec<T>) {
            drop(memory);
        }

        pub(in crate::binding) fn search(&mut self) {}

        pub(in crate::binding) fn stop(&mut self) {}

        /// Whether there is more to do.
        pub(in crate::binding) fn step(&mut self) -> bool {
            false
        }
    }
}
