//! Large texts that have been converted on other threads, until the loop makes strings of them.

use crate::transcode;
use std::collections::{HashMap, TryReserveError};

/// What was converted, by slot: a connection has one text at most at work.
pub(in crate::binding) type Texts = HashMap<u32, Characters>;

/// The characters of a string, in the narrower of V8's two widths.
pub(in crate::binding) enum Characters {
    Narrow(Vec<u8>),
    Wide(Vec<u16>),
}

impl Characters {
    /// Those of UTF-8; nothing if it is not that, or if there is no memory for them.
    pub(in crate::binding) fn of(bytes: &[u8]) -> Option<Self> {
        if transcode::is_latin1(bytes) {
            let mut narrow = Vec::new();
            if transcode::utf8_to_latin1(bytes, &mut narrow) {
                narrow.shrink_to_fit();
                return Some(Characters::Narrow(narrow));
            }
        }
        let mut wide = Vec::new();
        if !transcode::utf8_to_utf16(bytes, &mut wide) {
            return None;
        }
        wide.shrink_to_fit();
        Some(Characters::Wide(wide))
    }

    /// None yet, in the width that those of `text` will have.
    pub(in crate::binding) fn none_of(text: &[u8]) -> Self {
        if transcode::is_latin1(text) { Characters::Narrow(Vec::new()) } else { Characters::Wide(Vec::new()) }
    }

    /// Converts some `most` bytes of `text` more, from `at` on. Returns where they end.
    ///
    /// # Errors
    /// If there is no memory for their characters, or if these bytes are not what the text was when it was looked at.
    pub(in crate::binding) fn convert(
        &mut self,
        text: &[u8],
        at: usize,
        most: usize,
    ) -> Result<usize, TryReserveError> {
        let end = end_of_piece(text, at, most);
        let piece = text.get(at..end).unwrap_or_default();
        match self {
            Characters::Narrow(bytes) => append(piece, bytes, transcode::utf8_to_latin1)?,
            Characters::Wide(units) => append(piece, units, transcode::utf8_to_utf16)?,
        }
        Ok(end)
    }

    /// Their size in bytes.
    pub(in crate::binding) fn size(&self) -> usize {
        match self {
            Characters::Narrow(bytes) => bytes.len(),
            Characters::Wide(units) => size_of_val(units.as_slice()),
        }
    }
}

/// A long text of which the characters are made a piece at a time.
pub(in crate::binding) struct InPieces {
    text: String,
    /// How much of it has been converted, in bytes.
    at: usize,
    made: Characters,
}

impl InPieces {
    /// A text of which nothing has been converted.
    pub(in crate::binding) fn new(text: String) -> Self {
        let made = Characters::none_of(text.as_bytes());
        InPieces { text, at: 0, made }
    }

    /// Converts some `most` bytes more; whether these were the last.
    ///
    /// # Errors
    /// If there is no memory for their characters.
    pub(in crate::binding) fn convert(&mut self, most: usize) -> Result<bool, TryReserveError> {
        self.at = self.made.convert(self.text.as_bytes(), self.at, most)?;
        Ok(self.at == self.text.len())
    }

    /// The characters, once all have been converted.
    pub(in crate::binding) fn finish(self) -> Characters {
        self.made
    }
}

/// Where a piece of about `most` bytes ends that begins at `at`: in front of a character.
fn end_of_piece(text: &[u8], at: usize, most: usize) -> usize {
    let end = text.len().min(at.saturating_add(most));
    // A character has three bytes behind its first one at most.
    let first = |&end: &usize| text.get(end).is_none_or(|byte| byte & 0xc0 != 0x80);
    (end.saturating_sub(3)..=end).rev().find(first).unwrap_or(end)
}

/// Appends what `convert` makes of `piece`, which is as many units as it has bytes, or fewer.
fn append<T: Copy>(
    piece: &[u8],
    made: &mut Vec<T>,
    convert: fn(&[u8], &mut Vec<T>) -> bool,
) -> Result<(), TryReserveError> {
    made.try_reserve(piece.len())?;
    let mut units = Vec::new();
    if !convert(piece, &mut units) {
        // It was UTF-8, and no wider, when it was looked at: so there was no memory.
        units.try_reserve_exact(usize::MAX)?;
    }
    made.extend_from_slice(&units);
    Ok(())
}
