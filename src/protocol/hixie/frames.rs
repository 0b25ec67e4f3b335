//! The frames of the drafts, in both under the title "Data framing".
//!
//! A frame whose first byte has the high bit clear is text up to a byte 0xFF. One with the high bit set has a
//! length in groups of seven bits, and its payload is skipped: no such frame was ever given a meaning, except
//! that in hixie-76 a first byte 0xFF and a length of zero close the connection.

use super::gathered::Gathered;
use super::{Draft, Most};
use crate::protocol::text::check_units;

/// The end of a text frame, and the beginning of hixie-76's closing one.
const END: u8 = 0xFF;

/// The most groups of a length. Ten hold any 64-bit number; a peer that sends groups without end attacks us, even if
/// all are zero.
const MOST_GROUPS: u32 = 100;

/// Writes a message as one text frame. UTF-8 has no byte 0xFF, so no text can end it early.
pub fn write_text(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len().saturating_add(2));
    out.push(0x00);
    out.extend_from_slice(text.as_bytes());
    out.push(END);
}

/// A frame with a meaning: a text, or the end of the connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Text(String),
    Close,
    /// A text for which there is no memory counts as too large as well.
    TooLarge,
}

/// Where the decoder stands.
#[derive(Debug)]
enum State {
    /// Before a frame.
    Start,
    /// Inside the length of a frame to skip: the number so far, and of how many groups.
    Length(u64, u32),
    /// Inside the payload of a frame to skip, with so many bytes to go.
    Skip(u64),
    /// Inside a text frame.
    Text(Gathered),
    /// After a frame that ends the connection.
    Done,
}

/// Finds frames in a peer's bytes.
#[derive(Debug)]
pub(super) struct Decoder {
    draft: Draft,
    most: Most,
    state: State,
    /// Whether a frame has begun with hixie-76's closing byte. Like the reference, any length of zero closes then.
    closing: bool,
}

impl Decoder {
    pub(super) fn new(draft: Draft, most: Most) -> Self {
        Decoder { draft, most, state: State::Start, closing: false }
    }

    /// Takes bytes up to the end of the next frame that means something, and returns it with the bytes behind it;
    /// `None` once all bytes are taken.
    pub(super) fn receive<'c>(&mut self, chunk: &'c [u8]) -> Option<(Frame, &'c [u8])> {
        let mut rest = chunk;
        loop {
            let (&byte, after) = rest.split_first()?;
            match &mut self.state {
                State::Start => {
                    self.closing |= byte == END && self.draft == Draft::Hixie76;
                    self.state =
                        if byte & 0x80 == 0 { State::Text(Gathered::default()) } else { State::Length(0, 0) };
                    rest = after;
                }
                State::Length(length, groups) => {
                    *groups += 1;
                    *length = length.saturating_mul(0x80).saturating_add(u64::from(byte & 0x7F));
                    if *length > self.most.bytes || *groups > MOST_GROUPS {
                        return self.end(Frame::TooLarge);
                    }
                    if *length == 0 && self.closing {
                        return self.end(Frame::Close);
                    }
                    if byte & 0x80 == 0 {
                        self.state = if *length == 0 { State::Start } else { State::Skip(*length) };
                    }
                    rest = after;
                }
                State::Skip(left) => {
                    let skipped = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    *left = left.saturating_sub(skipped as u64);
                    if *left == 0 {
                        self.state = State::Start;
                    }
                    rest = rest.get(skipped..)?;
                }
                State::Text(gathered) => {
                    let end = rest.iter().position(|&byte| byte == END);
                    let (part, after) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
                    if gathered.add(part, self.most.bytes).is_err() {
                        return self.end(Frame::TooLarge);
                    }
                    // If the end of the text is not in this chunk, nothing follows it, and this returns.
                    let (_, after) = after.split_first()?;
                    let Ok(text) = gathered.take(self.most.bytes) else { return self.end(Frame::TooLarge) };
                    // Replacing invalid UTF-8 changes the length, so it is checked again.
                    if check_units(text.as_bytes(), self.most.units).is_err() {
                        return self.end(Frame::TooLarge);
                    }
                    self.state = State::Start;
                    return Some((Frame::Text(text), after));
                }
                State::Done => return None,
            }
        }
    }

    /// Reads nothing any more.
    fn end<'c>(&mut self, frame: Frame) -> Option<(Frame, &'c [u8])> {
        self.state = State::Done;
        Some((frame, &[]))
    }
}
