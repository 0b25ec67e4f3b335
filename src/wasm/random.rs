//! Random bytes, which JavaScript takes from its own generator, and mask keys (RFC 6455 section 5.3), which are drawn
//! in blocks: a call for each frame would cost more than the frame.

/// Bytes of one draw: a thousand keys.
const BLOCK: usize = 4096;

/// Fills `bytes`.
#[cfg(target_arch = "wasm32")]
pub(super) fn fill(bytes: &mut [u8]) {
    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        /// Writes `length` random bytes to `place`.
        fn random(place: *mut u8, length: usize);
    }
    // SAFETY: the function writes to the given bytes and to no others, and calls nothing of ours.
    unsafe { random(bytes.as_mut_ptr(), bytes.len()) }
}

#[cfg(not(target_arch = "wasm32"))]
pub(super) fn fill(bytes: &mut [u8]) {
    let _ = getrandom::fill(bytes);
}

/// The backend of the crate `getrandom`, which dependencies ask.
#[cfg(target_arch = "wasm32")]
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(
    place: *mut u8,
    length: usize,
) -> Result<(), getrandom::Error> {
    // SAFETY: the crate passes a place that can be written to for that length; it may hold anything, which is
    // overwritten without being read.
    unsafe {
        place.write_bytes(0, length);
        fill(std::slice::from_raw_parts_mut(place, length));
    }
    Ok(())
}

/// A supply of unpredictable keys, each used once.
#[derive(Debug, Default)]
pub(super) struct MaskKeys {
    block: Vec<[u8; 4]>,
}

impl MaskKeys {
    /// The next key.
    pub(super) fn next(&mut self) -> [u8; 4] {
        if self.block.is_empty() {
            self.block.resize(BLOCK / 4, [0; 4]);
            fill(self.block.as_flattened_mut());
        }
        self.block.pop().unwrap_or_default()
    }
}
