//! The receiving half of RFC 6455: bytes in any chunking to rows, with every check of section 5.
//!
//! Frames that lie whole in a chunk are unmasked in place and reported by offset. Everything else (fragments, frames
//! over several chunks) is gathered, and waits in the queue until it is taken. [`header`] has the rules of a header,
//! [`mod@report`] the rows of frames, [`room`] payloads that are read straight into the buffer of their message, and [`short`]
//! the texts that most messages are.

#[path = "header.rs"]
mod header;
#[path = "report.rs"]
mod report;
#[path = "room.rs"]
mod room;
#[path = "short.rs"]
mod short;

use super::{mask, message::Message};
use crate::protocol::coding::{Compressed, Place};
use crate::protocol::rows::{Kind, QUEUED, Rows};
use crate::protocol::{Buffers, Limits, Violation, text};
use crate::transcode::is_utf8;
use header::{CLOSE, CONTINUATION};
use report::{message_kind, report};
use std::collections::VecDeque;

/// Which end of the connection we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Requires masked frames and sends unmasked ones.
    Server,
    /// Sends masked frames and requires unmasked ones.
    Client,
}

/// Where the receiver stands in the stream of bytes.
#[derive(Debug)]
enum State {
    /// Before or inside a header, of which `kept` bytes came with an earlier chunk.
    Header { kept: u8 },
    /// Inside a payload that does not lie whole in one chunk.
    Payload(Frame),
    /// A message has to be inflated first, or the extensions are not known yet: no byte is parsed.
    Holding,
    /// After a close frame or a violation: whatever follows is ignored (section 5.5.1).
    Done,
}

/// A frame whose header has been read.
#[derive(Clone, Copy, Debug)]
struct Frame {
    fin: bool,
    opcode: u8,
    rsv: u8,
    mask: Option<[u8; 4]>,
    length: u64,
    received: u64,
}

impl Frame {
    fn is_control(&self) -> bool {
        self.opcode >= CLOSE
    }

    /// Unmasks `part`, the next bytes of the payload, and says whether they are ASCII.
    fn unmask(&self, part: &mut [u8]) -> bool {
        match self.mask {
            Some(key) => mask::apply(part, mask::rotate(key, self.received)),
            None => part.is_ascii(),
        }
    }
}

/// The receiving half of one connection.
#[derive(Debug)]
pub struct Receiver {
    role: Role,
    limits: Limits,
    state: State,
    header: [u8; 14],
    /// RSV bits that extensions own, as bits 2, 1, 0 for RSV1, RSV2, RSV3.
    extension_rsv: u8,
    /// Whether all messages go to extensions, whatever their RSV bits say.
    encoded: bool,
    /// Whether messages with RSV1 are kept for the session to inflate.
    inflates: bool,
    /// Whether short texts are read as such: no limit is below them, and no extension gets them.
    reads_short: bool,
    /// The message to inflate.
    compressed: Option<Compressed>,
    message: Option<Message>,
    control: Vec<u8>,
    queue: VecDeque<Vec<u8>>,
}

impl Receiver {
    /// A receiver at the first byte after the handshake.
    pub fn new(role: Role, limits: Limits) -> Self {
        Receiver {
            role,
            limits,
            state: State::Header { kept: 0 },
            header: [0; 14],
            extension_rsv: 0,
            encoded: false,
            inflates: false,
            reads_short: short::allows(&limits),
            compressed: None,
            message: None,
            control: Vec::new(),
            queue: VecDeque::new(),
        }
    }

    /// Gives RSV bits of data frames to extensions (section 9.1). With `all_messages`, messages without any of
    /// the bits are reported as [`Kind::Raw`] too.
    pub fn set_extensions(&mut self, rsv: u8, all_messages: bool) {
        self.extension_rsv = rsv & 7;
        self.encoded = all_messages;
        self.reads_short = !all_messages && short::allows(&self.limits);
    }

    /// Gives RSV1 to permessage-deflate: behind such a message the receiver holds until it is taken and
    /// inflated.
    pub(crate) fn set_inflates(&mut self) {
        self.extension_rsv = 4;
        self.inflates = true;
    }

    /// The message that is to be inflated.
    #[inline]
    pub(crate) fn take_compressed(&mut self) -> Option<Compressed> {
        self.compressed.take()
    }

    /// Parses nothing until [`go_on`](Receiver::go_on).
    pub fn hold(&mut self) {
        if !self.is_done() {
            self.state = State::Holding;
        }
    }

    /// Ends what [`hold`](Receiver::hold) began.
    pub fn go_on(&mut self) {
        if self.holds() {
            self.state = State::Header { kept: 0 };
        }
    }

    /// Whether bytes are to be kept and passed again after [`go_on`](Receiver::go_on).
    pub fn holds(&self) -> bool {
        matches!(self.state, State::Holding)
    }

    /// Reports a whole message whose bytes are not in the chunk.
    pub(crate) fn deliver(&mut self, kind: Kind, bytes: Vec<u8>, rows: &mut Rows<'_>) {
        rows.push(kind, QUEUED, bytes.len(), 0);
        self.queue.push_back(bytes);
    }

    /// Whether no more bytes are wanted: after a close frame or a violation.
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Ignores whatever follows.
    pub fn stop(&mut self) {
        self.state = State::Done;
        self.message = None;
        self.control = Vec::new();
    }

    /// The bytes of the oldest row with offset [`QUEUED`] that were not taken yet.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        self.queue.pop_front()
    }

    /// What [`take`](Receiver::take) would take.
    pub fn front(&self) -> Option<&[u8]> {
        self.queue.front().map(Vec::as_slice)
    }

    /// Bytes kept for unfinished and untaken messages.
    pub fn buffered(&self) -> usize {
        self.message.as_ref().map_or(0, Message::length) + self.queue.iter().map(Vec::len).sum::<usize>()
    }

    /// Parses `chunk` from `at` on, and unmasks it in place, until it ends, `rows` is full, or its work is used up.
    /// Returns up to where it was parsed. The same chunk is passed again with that number when it is not the end. Large
    /// messages grow in buffers of `buffers`, which gets them back from whoever took the message.
    pub fn receive(
        &mut self,
        chunk: &mut [u8],
        mut at: usize,
        rows: &mut Rows<'_>,
        buffers: &mut Buffers,
    ) -> usize {
        loop {
            if matches!(self.state, State::Header { kept: 0 }) {
                at = self.read_shorts(chunk, at, rows);
            }
            let Some(rest) = chunk.get_mut(at..).filter(|rest| !rest.is_empty() && rows.takes_more()) else {
                return at;
            };
            let step = match self.state {
                State::Header { kept } => self.read_header(kept, rest, at, rows, buffers),
                State::Payload(frame) => self.read_payload(frame, rest, rows),
                State::Holding => return at,
                State::Done => return chunk.len(),
            };
            match step {
                Ok(used) => {
                    rows.work.frame(used);
                    at += used;
                }
                Err(violation) => {
                    self.violate(&violation, rows);
                    return chunk.len();
                }
            }
        }
    }

    /// Reports `violation` and stops.
    pub fn violate(&mut self, violation: &Violation, rows: &mut Rows<'_>) {
        self.fail(Kind::Violation, violation.to_string(), violation.code(), rows);
    }

    /// Reports that a handshake failed, with the HTTP status or 0, and stops.
    pub fn refuse(&mut self, text: String, status: u16, rows: &mut Rows<'_>) {
        self.fail(Kind::Refused, text, status, rows);
    }

    fn fail(&mut self, kind: Kind, text: String, extra: u16, rows: &mut Rows<'_>) {
        self.stop();
        rows.push(kind, QUEUED, text.len(), i32::from(extra));
        self.queue.push_back(text.into_bytes());
    }

    /// Reads a header, and its payload too when all of it is here. Returns how many bytes of `rest` were used.
    fn read_header(
        &mut self,
        kept: u8,
        rest: &mut [u8],
        at: usize,
        rows: &mut Rows<'_>,
        buffers: &mut Buffers,
    ) -> Result<usize, Violation> {
        let kept = usize::from(kept);
        let (taken, copy);
        // There is one call of `parse_header`, so that the compiler inlines it: a frame that is returned through memory
        // would cost as much as all the rest.
        let bytes = if kept == 0 {
            taken = 0;
            &*rest
        } else {
            taken = self.keep_header(kept, rest);
            copy = self.header;
            copy.get(..kept + taken).unwrap_or_default()
        };
        let Some((size, mut frame)) = self.parse_header(bytes)? else {
            return Ok(if kept == 0 { self.keep_header(0, rest) } else { taken });
        };
        let size = size.saturating_sub(kept);
        self.state = State::Header { kept: 0 };
        let body = rest.get_mut(size..).unwrap_or_default();
        let whole = usize::try_from(frame.length).ok().filter(|&length| length <= body.len());
        let in_place = frame.is_control()
            || (frame.fin && frame.opcode != CONTINUATION && (self.inflates || !self.encodes(frame.rsv)));
        if let (Some(length), true) = (whole, in_place) {
            let payload = body.get_mut(..length).unwrap_or_default();
            let ascii = frame.unmask(payload);
            if frame.rsv != 0 {
                self.keep_compressed(frame.opcode, Place::Chunk(at + size, at + size + length));
                return Ok(size + length);
            }
            text::check_message(frame.opcode, payload, self.limits.max_text)?;
            report(&frame, payload, ascii, (at + size) as i32, rows)?;
            if frame.opcode == CLOSE {
                self.stop();
            }
            return Ok(size + length);
        }
        self.begin_payload(&frame, buffers)?;
        if frame.length == 0 {
            self.finish_frame(&frame, rows)?;
        } else {
            frame.received = 0;
            self.state = State::Payload(frame);
        }
        Ok(size)
    }

    /// Keeps the part of a header that has arrived.
    fn keep_header(&mut self, kept: usize, rest: &[u8]) -> usize {
        let room = self.header.get_mut(kept..).unwrap_or_default();
        let taken = room.len().min(rest.len());
        room.iter_mut().zip(rest).for_each(|(cell, byte)| *cell = *byte);
        self.state = State::Header { kept: (kept + taken) as u8 };
        taken
    }

    fn keep_compressed(&mut self, opcode: u8, place: Place) {
        self.compressed = Some(Compressed { opcode, place });
        self.state = State::Holding;
    }

    fn encodes(&self, rsv: u8) -> bool {
        self.encoded || rsv != 0
    }

    /// Prepares for a payload that has to be gathered.
    fn begin_payload(&mut self, frame: &Frame, buffers: &mut Buffers) -> Result<(), Violation> {
        if frame.is_control() {
            return Ok(());
        }
        let encoded = self.encodes(frame.rsv);
        let message = self.message.get_or_insert_with(|| {
            Message::new(frame.opcode, frame.rsv, encoded, buffers.take(frame.length))
        });
        if frame.length == 0 {
            message.count_empty(self.limits.max_empty_fragments)?;
        }
        message.expect_frame(frame.length)
    }

    /// Takes the part of the current payload that is in `rest`.
    fn read_payload(
        &mut self,
        mut frame: Frame,
        rest: &mut [u8],
        rows: &mut Rows<'_>,
    ) -> Result<usize, Violation> {
        let missing = usize::try_from(frame.length - frame.received).unwrap_or(usize::MAX);
        let taken = missing.min(rest.len());
        let part = rest.get_mut(..taken).unwrap_or_default();
        let ascii = frame.unmask(part);
        if frame.is_control() {
            self.control.extend_from_slice(part);
        } else if let Some(message) = &mut self.message {
            message.append(part, ascii)?;
        }
        frame.received += taken as u64;
        if frame.received == frame.length {
            self.state = State::Header { kept: 0 };
            self.finish_frame(&frame, rows)?;
        } else {
            self.state = State::Payload(frame);
        }
        Ok(taken)
    }

    /// A gathered frame is complete: reports it, or the message that it ends.
    fn finish_frame(&mut self, frame: &Frame, rows: &mut Rows<'_>) -> Result<(), Violation> {
        if frame.is_control() {
            let mut payload = std::mem::take(&mut self.control);
            report(frame, &payload, false, QUEUED, rows)?;
            if frame.opcode == CLOSE {
                payload.drain(..payload.len().min(2));
                // The row says that there is no reason; what is queued must be as long.
                if !is_utf8(&payload) {
                    payload.clear();
                }
                self.stop();
            }
            self.queue.push_back(payload);
        } else if frame.fin
            && let Some(message) = self.message.take()
        {
            let (opcode, rsv) = (message.opcode, message.rsv);
            let (bytes, ascii) = message.finish()?;
            if self.inflates && rsv != 0 {
                self.keep_compressed(opcode, Place::Own(bytes));
                return Ok(());
            }
            if self.encodes(rsv) {
                rows.push(Kind::Raw, QUEUED, bytes.len(), i32::from(opcode | rsv << 4));
            } else {
                text::check_message(opcode, &bytes, self.limits.max_text)?;
                rows.push(message_kind(opcode, ascii), QUEUED, bytes.len(), 0);
            }
            self.queue.push_back(bytes);
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "receiver_tests.rs"]
mod tests;
