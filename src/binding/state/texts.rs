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
        let made = if transcode::is_latin1(text.as_bytes()) {
            Characters::Narrow(Vec::new())
        } else {
            Characters::Wide(Vec::new())
        };
        InPieces { text, at: 0, made }
    }

    /// Converts some `most` bytes more; whether these were the last.
    ///
    /// # Errors
    /// If there is no memory for their characters.
    pub(in crate::binding) fn convert(&mut self, most: usize) -> Result<bool, TryReserveError> {
        let end = self.text.floor_char_boundary(self.at.saturating_add(most));
        let piece = &self.text.as_bytes()[self.at..end];
        match &mut self.made {
            Characters::Narrow(bytes) => append(piece, bytes, transcode::utf8_to_latin1)?,
            Characters::Wide(units) => append(piece, units, transcode::utf8_to_utf16)?,
        }
        self.at = end;
        Ok(end == self.text.len())
    }

    /// The characters, once all have been converted.
    pub(in crate::binding) fn finish(self) -> Characters {
        self.made
    }
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
        // It is UTF-8, and no wider than what it was looked at for: so there was no memory.
        units.try_reserve_exact(usize::MAX)?;
    }
    made.extend_from_slice(&units);
    Ok(())
}
