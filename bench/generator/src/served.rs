//! One connection of the bare echo server.
//!
//! Echoes frames as they pass: each header is answered at once and each stretch of payload is unmasked and sent on,
//! so a message is never held. Checks nothing that echoing does not need, which is what makes it a floor. A
//! compressed message is echoed compressed: what one window deflated, an equal window inflates.

use std::io::{self, Read, Write};

use crate::Outcome;
use crate::frame::{CLOSE, Cursor, PING, PONG, mask, push_header};
use crate::handshake;
use crate::stream::Stream;

/// Reading stops while more than this waits to be written.
const HIGH_WATER: usize = 4 * 1024 * 1024;

/// What a read led to.
#[derive(Default)]
pub(crate) struct Served {
    /// Data messages completed.
    pub(crate) messages: u64,
    /// The bytes in the outbox answer data frames, rather than a handshake or a control frame.
    pub(crate) data: bool,
    /// The stream is over, or should be once what waits has been written.
    pub(crate) over: bool,
}

/// A connection of the bare server.
pub(crate) struct Peer {
    stream: Stream,
    /// The request head so far; `None` once answered.
    head: Option<Vec<u8>>,
    cursor: Cursor,
    waiting: Vec<u8>,
    blocked: bool,
    closing: bool,
}

impl Peer {
    /// Takes an accepted stream.
    pub(crate) fn new(stream: Stream) -> Self {
        let (head, waiting) = (Some(Vec::new()), Vec::new());
        Self { stream, head, cursor: Cursor::default(), waiting, blocked: false, closing: false }
    }

    /// Whether the handshake is done.
    pub(crate) fn is_open(&self) -> bool {
        self.head.is_none() && !self.closing
    }

    /// Reads once. `None` when the socket is drained or reading must wait for the writing.
    pub(crate) fn read(&mut self, scratch: &mut [u8], out: &mut Vec<u8>) -> Outcome<Option<(Served, usize)>> {
        if self.waiting.len() > HIGH_WATER {
            self.blocked = true;
            return Ok(None);
        }
        match self.stream.read(scratch) {
            Ok(0) => Ok(Some((Served { over: true, ..Served::default() }, 0))),
            Ok(count) => Ok(Some((self.receive(&mut scratch[..count], out)?, count))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                Ok(Some((Served { over: true, ..Served::default() }, 0)))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn receive(&mut self, mut bytes: &mut [u8], out: &mut Vec<u8>) -> Outcome<Served> {
        let mut served = Served::default();
        if let Some(head) = &mut self.head {
            let before = head.len();
            head.extend_from_slice(bytes);
            let Some(end) = handshake::head_end(head) else { return Ok(served) };
            out.extend_from_slice(&handshake::response(&head[..end])?);
            self.head = None;
            bytes = &mut bytes[end - before..];
        }
        let mut from = 0;
        while let Some(step) = self.cursor.step(bytes, from) {
            from = step.range.end;
            let header = step.header;
            let opcode = header.opcode();
            if step.started {
                let first = if opcode == PING { header.first & 0xF0 | PONG } else { header.first };
                if opcode != PONG {
                    push_header(out, first, header.length, None);
                }
            }
            if opcode != PONG {
                let start = out.len();
                out.extend_from_slice(&bytes[step.range]);
                mask(&mut out[start..], header.key.unwrap_or_default(), step.at);
            }
            served.data |= !header.is_control();
            if step.ended && !header.is_control() && header.fin() {
                served.messages += 1;
            }
            if step.ended && opcode == CLOSE {
                self.closing = true;
            }
        }
        served.over = self.closing;
        Ok(served)
    }

    /// Sends bytes, keeping what the socket does not take.
    pub(crate) fn send(&mut self, mut bytes: &[u8]) -> Outcome<()> {
        if self.waiting.is_empty() {
            match self.stream.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if is_gone(&error) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        self.waiting.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes what waits; answers whether reading had stopped for it and should go on.
    pub(crate) fn flush(&mut self) -> Outcome<bool> {
        match self.stream.flush() {
            Err(error) if is_gone(&error) => {}
            result => result?,
        }
        let mut written = 0;
        while written < self.waiting.len() {
            match self.stream.write(&self.waiting[written..]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if is_gone(&error) => written = self.waiting.len(),
                Err(error) => return Err(error.into()),
            }
        }
        self.waiting.drain(..written);
        let resume = self.blocked && self.waiting.len() <= HIGH_WATER;
        self.blocked &= !resume;
        Ok(resume)
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}
