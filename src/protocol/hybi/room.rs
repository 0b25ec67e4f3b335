//! Lets the caller read a large payload straight into the buffer of its message, which saves copying it out of a chunk.

use super::{Receiver, State};
use crate::protocol::rows::Rows;

impl Receiver {
    /// The bytes of the message whose payload is arriving, and how many may be appended to them at most. `None` if
    /// fewer than `least` bytes of the frame are missing, or if there is no memory: then the bytes come in a chunk,
    /// like all others.
    ///
    /// [`take_room`](Receiver::take_room) takes what was appended.
    pub fn room(&mut self, least: usize, most: usize) -> Option<(&mut Vec<u8>, usize)> {
        let State::Payload(frame) = self.state else { return None };
        let missing = usize::try_from(frame.length - frame.received).unwrap_or(usize::MAX);
        if frame.is_control() || missing < least {
            return None;
        }
        self.message.as_mut()?.room(least, most, missing)
    }

    /// Takes what was appended to the bytes that [`room`](Receiver::room) gave: the next ones of the frame.
    pub fn take_room(&mut self, rows: &mut Rows<'_>) {
        let State::Payload(mut frame) = self.state else { return };
        let Some(message) = &mut self.message else { return };
        let outcome = message.take_room(|part| frame.unmask(part)).and_then(|count| {
            rows.work.frame(count);
            frame.received += count as u64;
            if frame.received < frame.length {
                self.state = State::Payload(frame);
                return Ok(());
            }
            self.state = State::Header { kept: 0 };
            self.finish_frame(&frame, rows)
        });
        if let Err(violation) = outcome {
            self.violate(&violation, rows);
        }
    }
}

#[cfg(test)]
#[path = "room_tests.rs"]
mod tests;
