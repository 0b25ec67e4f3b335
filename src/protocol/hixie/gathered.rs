//! A text while its bytes arrive. What is not UTF-8 becomes U+FFFD with each chunk, in the way of WHATWG's decoder and
//! Node's: at the end, a text of 60 MB without a good byte took a second at once.

use std::collections::TryReserveError;
use std::str::from_utf8;

/// The bytes of U+FFFD, which may stand for one byte that is not UTF-8.
const REPLACEMENT: usize = char::REPLACEMENT_CHARACTER.len_utf8();

/// Why a text cannot be gathered: it is longer than it may be, or there is no memory.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

impl From<TryReserveError> for TooLarge {
    fn from(_: TryReserveError) -> Self {
        TooLarge
    }
}

/// What has arrived of a text.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    text: String,
    /// The beginning of a character of which the rest is missing: three bytes at most.
    begun: Vec<u8>,
}

impl Gathered {
    /// Takes more bytes, of a text that is to have `most` at most, also with what is put for those that are not UTF-8.
    ///
    /// # Errors
    /// If it has more, or there is no memory for them.
    pub(super) fn add(&mut self, part: &[u8], most: u64) -> Result<(), TooLarge> {
        if self.begun.is_empty() {
            return self.append(part, most);
        }
        let mut joined = std::mem::take(&mut self.begun);
        joined.try_reserve(part.len())?;
        joined.extend_from_slice(part);
        self.append(&joined, most)
    }

    /// The text, of which nothing more comes; what is begun is not a character then.
    ///
    /// # Errors
    /// As of [`add`](Self::add).
    pub(super) fn take(&mut self, most: u64) -> Result<String, TooLarge> {
        if !self.begun.is_empty() {
            make_room(&mut self.text, REPLACEMENT, most)?;
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
        Ok(std::mem::take(self).text)
    }

    /// Appends bytes, of which the first may begin a character.
    fn append(&mut self, bytes: &[u8], most: u64) -> Result<(), TooLarge> {
        if let Ok(text) = from_utf8(bytes) {
            make_room(&mut self.text, text.len(), most)?;
            self.text.push_str(text);
            return Ok(());
        }
        let mut rest = bytes.len();
        for chunk in bytes.utf8_chunks() {
            let (valid, invalid) = (chunk.valid(), chunk.invalid());
            rest -= valid.len() + invalid.len();
            let begins = rest == 0 && from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
            let more = if begins { invalid.len() } else { REPLACEMENT.min(invalid.len() * REPLACEMENT) };
            make_room(&mut self.text, valid.len() + more, most)?;
            self.text.push_str(valid);
            if begins {
                self.begun = invalid.to_vec();
            } else if !invalid.is_empty() {
                self.text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Ok(())
    }
}

/// Makes room for `more` bytes behind those of a text of at most `most`: doubles the capacity, but not past `most`.
fn make_room(text: &mut String, more: usize, most: u64) -> Result<(), TooLarge> {
    let (length, needed) = (text.len(), text.len().saturating_add(more));
    if needed as u64 > most {
        return Err(TooLarge);
    }
    if text.capacity() < needed {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        text.try_reserve_exact(length.saturating_mul(2).min(most).max(needed) - length)?;
    }
    Ok(())
}
