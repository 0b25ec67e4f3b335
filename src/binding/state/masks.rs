//! Mask keys (RFC 6455 section 5.3) from the OS's generator, drawn in blocks: a system call per frame would cost
//! more than the frame.

use napi::{Error, Result, Status};

/// Bytes of one draw: a thousand keys.
const BLOCK: usize = 4096;

/// A supply of unpredictable keys, each used once.
#[derive(Debug, Default)]
pub(in crate::binding) struct MaskKeys {
    block: Vec<[u8; 4]>,
}

impl MaskKeys {
    /// The next key.
    pub(in crate::binding) fn next(&mut self) -> Result<[u8; 4]> {
        if let Some(key) = self.block.pop() {
            return Ok(key);
        }
        let mut bytes = [0; BLOCK];
        random(&mut bytes)?;
        let (keys, _) = bytes.as_chunks();
        self.block.extend_from_slice(keys);
        self.block.pop().ok_or_else(|| Error::from_status(Status::GenericFailure))
    }
}

/// Fills `bytes` from the OS's generator.
pub(in crate::binding) fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| Error::new(Status::GenericFailure, format!("No random bytes to be had: {error}")))
}
