//! Large texts that have been converted on other threads, until the loop makes strings of them.

use crate::transcode;
use std::collections::HashMap;

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
