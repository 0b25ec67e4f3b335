//! Inflating messages (RFC 7692 section 7.2.2).

use std::fmt;

use zlib_rs::{Inflate, InflateFlush, Status};

use super::TAIL;
use super::negotiation::Direction;
use super::pool::{CodecPool, INFLATER_SIZE};
use super::window::Window;
use crate::protocol::Violation;

/// The space for output that one step begins with, whatever little it has to read.
const LEAST_ROOM: usize = 256;

/// The most space that one step clears.
const MOST_ROOM: usize = 128 << 10;

/// How many streams may end within one message. One is what RFC 7692 section 7.2.3.4 describes; each of them costs
/// as much as a window, for two bytes from the peer.
const MOST_STREAMS: u32 = 1024;

/// A block header that no stream may hold: block type 3 (RFC 1951 section 3.2.3).
const BAD_BLOCK: u8 = 0b110;

/// The half of a connection that inflates.
#[derive(Debug)]
pub(super) struct Incoming {
    context_takeover: bool,
    window: Window,
    message: Option<Message>,
}

/// A message that has begun.
struct Message {
    inflater: Inflate,
    /// Whether the current stream has been fed any byte.
    fed: bool,
    /// Streams that have ended.
    streams: u32,
    /// Bytes inflated so far.
    length: u64,
}

impl Incoming {
    pub(super) fn new(direction: Direction) -> Self {
        Incoming {
            context_takeover: direction.context_takeover,
            window: Window::new(direction.window_bits.codec_window()),
            message: None,
        }
    }

    /// See [`Deflate::decompress`](super::Deflate::decompress).
    pub(super) fn decompress(
        &mut self,
        pool: &mut CodecPool,
        chunk: &[u8],
        fin: bool,
        out: &mut Vec<u8>,
        limit: u64,
    ) -> Result<(), Violation> {
        let mut message = match self.message.take() {
            Some(message) => message,
            None => self.begin(pool)?,
        };
        let result = self.advance(&mut message, chunk, fin, out, limit);
        if fin || result.is_err() {
            pool.put_inflater(message.inflater);
        } else {
            self.message = Some(message);
        }
        result
    }

    fn begin(&self, pool: &mut CodecPool) -> Result<Message, Violation> {
        let mut message = Message { inflater: pool.take_inflater(), fed: false, streams: 0, length: 0 };
        message.remember(&self.window)?;
        Ok(message)
    }

    fn advance(
        &mut self,
        message: &mut Message,
        chunk: &[u8],
        fin: bool,
        out: &mut Vec<u8>,
        limit: u64,
    ) -> Result<(), Violation> {
        self.feed(message, chunk, out, limit)?;
        // A message without a byte, or with nothing behind its final block, is taken for what it is.
        if fin && message.fed {
            let streams = message.streams;
            self.feed(message, &TAIL, out, limit)?;
            if self.context_takeover && message.streams == streams {
                message.check_complete()?;
            }
        }
        Ok(())
    }

    fn feed(
        &mut self,
        message: &mut Message,
        mut input: &[u8],
        out: &mut Vec<u8>,
        limit: u64,
    ) -> Result<(), Violation> {
        let mut filled = false;
        while !input.is_empty() || filled {
            let before = out.len();
            let room = message.make_room(input.len(), out, limit);
            let (status, read) = message.inflate(input, out, room)?;
            input = input.get(read..).unwrap_or_default();
            let new = out.get(before..).unwrap_or_default();
            filled = new.len() == room;
            if message.length > limit {
                return Err(Violation::TooLarge);
            }
            if self.context_takeover {
                self.window.push(new);
            }
            if status == Status::StreamEnd {
                filled = false;
                message.begin_stream(&self.window)?;
            } else if read == 0 && new.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Ends a message in the middle.
    pub(super) fn abandon(&mut self, pool: &mut CodecPool) {
        if let Some(message) = self.message.take() {
            pool.put_inflater(message.inflater);
        }
    }

    pub(super) fn shrink(&mut self) {
        self.window.shrink();
    }

    pub(super) fn memory_usage(&self) -> usize {
        self.window.memory_usage() + self.message.as_ref().map_or(0, |_| INFLATER_SIZE)
    }
}

impl Message {
    /// Shows the inflater what came before.
    fn remember(&mut self, window: &Window) -> Result<(), Violation> {
        let window = window.last(usize::MAX);
        if !window.is_empty() {
            self.inflater.set_dictionary(window).map_err(|_| self.fault())?;
        }
        Ok(())
    }

    /// Appends zeros to `out` for the output of a step, at most one byte more than `limit` allows.
    fn make_room(&self, input: usize, out: &mut Vec<u8>, limit: u64) -> usize {
        let allowed = usize::try_from(limit.saturating_add(1) - self.length).unwrap_or(usize::MAX);
        let room = input.saturating_mul(4).clamp(LEAST_ROOM, MOST_ROOM).min(allowed);
        let length = out.len();
        if out.capacity() - length < room {
            // Twofold as a vector would grow by itself, but not past the limit.
            out.reserve_exact(length.clamp(room, allowed.max(room)));
        }
        out.resize(length + room, 0);
        room
    }

    /// Inflates into the last `room` bytes of `out`, and cuts off those that it did not need. Says how many bytes
    /// of `input` were read.
    fn inflate(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        room: usize,
    ) -> Result<(Status, usize), Violation> {
        let start = out.len() - room;
        let (read, written) = (self.inflater.total_in(), self.inflater.total_out());
        let space = out.get_mut(start..).unwrap_or_default();
        let status = self.inflater.decompress(input, space, InflateFlush::SyncFlush);
        let read = usize::try_from(self.inflater.total_in() - read).unwrap_or(usize::MAX);
        let written = self.inflater.total_out() - written;
        self.length += written;
        self.fed |= read > 0;
        out.truncate(start + usize::try_from(written).unwrap_or(usize::MAX));
        Ok((status.map_err(|_| self.fault())?, read))
    }

    /// A final block ends a stream but not the message (section 7.2.3.4): another stream follows.
    fn begin_stream(&mut self, window: &Window) -> Result<(), Violation> {
        self.streams += 1;
        if self.streams > MOST_STREAMS {
            return Err(Violation::Extension("too many final blocks".to_owned()));
        }
        self.inflater.reset(false);
        self.fed = false;
        self.remember(window)
    }

    /// Whether the message ended where a block does. If it did not, what the peer meant is unknown, and so is the
    /// window that its next message refers to. Whether the inflater expects a block shows when it is given one that
    /// cannot be.
    fn check_complete(&mut self) -> Result<(), Violation> {
        let result = self.inflater.decompress(&[BAD_BLOCK], &mut [0; 16], InflateFlush::SyncFlush);
        if result.is_err() && self.inflater.error_message() == Some("invalid block type") {
            Ok(())
        } else {
            Err(Violation::Extension("unexpected end of file".to_owned()))
        }
    }

    /// What the inflater found wrong, in zlib's words.
    fn fault(&self) -> Violation {
        Violation::Extension(self.inflater.error_message().unwrap_or("data error").to_owned())
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("length", &self.length).finish_non_exhaustive()
    }
}
