//! Memory for what a peer sends. An allocation may fail, above all on 32-bit systems or under a limit on memory. Then
//! the connection ends with 1011; a vector that grew by itself would abort the process.

use super::Violation;
use std::collections::TryReserveError;

/// Makes room for `more` bytes behind those of `bytes`, and for some in reserve.
///
/// # Errors
/// [`Violation::OutOfMemory`] if there is none.
#[inline]
pub(crate) fn reserve(bytes: &mut Vec<u8>, more: usize) -> Result<(), Violation> {
    bytes.try_reserve(more).map_err(refused)
}

/// The same without a reserve.
///
/// # Errors
/// As [`reserve`].
pub(crate) fn reserve_exact(bytes: &mut Vec<u8>, more: usize) -> Result<(), Violation> {
    bytes.try_reserve_exact(more).map_err(refused)
}

/// A copy of `bytes`.
///
/// # Errors
/// As [`reserve`].
pub(crate) fn copy(bytes: &[u8]) -> Result<Vec<u8>, Violation> {
    let mut copy = Vec::new();
    reserve_exact(&mut copy, bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

#[cold]
fn refused(_: TryReserveError) -> Violation {
    Violation::OutOfMemory
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_a_violation() {
        let mut bytes = b"abc".to_vec();
        assert_eq!(reserve(&mut bytes, usize::MAX), Err(Violation::OutOfMemory));
        assert_eq!(reserve_exact(&mut bytes, usize::MAX / 2), Err(Violation::OutOfMemory));
        assert_eq!(bytes, b"abc");
        assert_eq!(copy(b"abc"), Ok(b"abc".to_vec()));
    }
}
