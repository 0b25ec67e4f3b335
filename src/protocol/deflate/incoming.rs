//! Inflating messages (RFC 7692 section 7.2.2).

use std::fmt;

use zlib_rs::{Inflate, InflateFlush, Status};

use super::TAIL;
use super::negotiation::Direction;
use super::pool::{CodecPool, INFLATER_SIZE};
use super::window::Window;
use crate::protocol::{Violation, memory};

/// The least space for output that a step begins with, however little input it has. zlib-rs uses its fast loop only
/// while 260 bytes of space are left.
const LEAST_ROOM: usize = 512;

/// The most space that one step clears.
const MOST_ROOM: usize = 128 << 10;

/// Inflated bytes between two pauses. Inflating is many times faster than compressing, so steps may be larger here.
const STEP: u64 = 1 << 20;

/// Blocks are counted in parts of up to so many bytes; counting makes the inflater stop behind each block. Longer parts
/// are inflated on other threads, which block nobody.
const COUNTED: usize = 1 << 10;

/// Too little space for the fast loop of zlib-rs, which wants 260 bytes.
const LITTLE_ROOM: usize = 64;

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
    /// Streams that have ended, of all messages, and blocks of which the end was seen.
    streams: u32,
    blocks: u32,
}

/// The next input: bytes of the message, or the tail that is left out on the wire.
enum Input<'a> {
    Part(&'a [u8]),
    Tail(&'a [u8]),
}

/// A message that has begun.
struct Message {
    inflater: Inflate,
    /// Whether the current stream has been fed any byte.
    fed: bool,
    /// Streams that have ended, and blocks of which the end was seen.
    streams: u32,
    blocks: u32,
    /// Bytes inflated so far, and until the last pause.
    length: u64,
    paused: u64,
}

impl Incoming {
    pub(super) fn new(direction: Direction) -> Self {
        Incoming {
            context_takeover: direction.context_takeover,
            window: Window::new(direction.window_bits.codec_window()),
            message: None,
            streams: 0,
            blocks: 0,
        }
    }

    /// See [`Deflate::streams`](super::Deflate::streams).
    pub(super) fn streams(&self) -> u32 {
        self.streams
    }

    /// See [`Deflate::blocks`](super::Deflate::blocks).
    pub(super) fn blocks(&self) -> u32 {
        self.blocks
    }

    /// See [`Deflate::decompress_until`](super::Deflate::decompress_until).
    pub(super) fn decompress(
        &mut self,
        pool: &mut CodecPool,
        (part, fin): (&[u8], bool),
        out: &mut Vec<u8>,
        limit: u64,
        full: usize,
    ) -> Result<usize, Violation> {
        let first = self.message.is_none();
        let mut message = match self.message.take() {
            Some(message) => message,
            None => Message::begin(pool.take_inflater(), self.window.last(usize::MAX))?,
        };
        let (start, streams, blocks) = (out.len(), message.streams, message.blocks);
        let tail = if fin { TAIL.as_slice() } else { &[] };
        let mut result = self.advance(&mut message, [part, tail], out, [limit, full as u64], pool.pause());
        if let Err(Fault::Unnamed) = result
            && first
        {
            result = Err(self.name_fault(pool, [part, tail]));
        }
        self.streams = self.streams.wrapping_add(message.streams - streams);
        self.blocks = self.blocks.wrapping_add(message.blocks.wrapping_sub(blocks));
        if result.as_ref().map_or(true, |read| fin && *read == part.len()) {
            pool.put_inflater(message.inflater);
        } else {
            self.message = Some(message);
        }
        if self.context_takeover {
            self.window.push(out.get(start..).unwrap_or_default());
        }
        result.map_err(Violation::from)
    }

    /// Returns how many bytes of the part were read: all, unless `out` has become full.
    fn advance(
        &self,
        message: &mut Message,
        [part, tail]: [&[u8]; 2],
        out: &mut Vec<u8>,
        limits: [u64; 2],
        pause: Option<fn()>,
    ) -> Result<usize, Fault> {
        let start = out.len();
        let read = self.feed(message, Input::Part(part), out, start, limits, pause)?;
        // A message without any byte, or with nothing behind its final block, needs no tail.
        if read == part.len() && message.fed && !tail.is_empty() {
            let streams = message.streams;
            self.feed(message, Input::Tail(tail), out, start, limits, pause)?;
            if self.context_takeover && message.streams == streams {
                message.check_complete()?;
            }
        }
        Ok(read)
    }

    /// Inflates input, of a part until `out` has `full` bytes or more; returns how much was read. The bytes of `out` from
    /// `start` on are not in the window yet.
    fn feed(
        &self,
        message: &mut Message,
        input: Input<'_>,
        out: &mut Vec<u8>,
        start: usize,
        [limit, full]: [u64; 2],
        pause: Option<fn()>,
    ) -> Result<usize, Fault> {
        let (mut input, flush, is_tail) = match input {
            Input::Part(part) if part.len() <= COUNTED => (part, InflateFlush::Block, false),
            Input::Part(part) => (part, InflateFlush::SyncFlush, false),
            Input::Tail(tail) => (tail, InflateFlush::SyncFlush, true),
        };
        let whole = input.len();
        let mut filled = false;
        while !input.is_empty() || filled {
            let before = out.len();
            let room = message.make_room(input.len(), out, limit)?;
            let (status, read) = message.inflate(input, out, room, flush)?;
            input = input.get(read..).unwrap_or_default();
            let written = out.len() - before;
            filled = written == room;
            if message.is_long()
                && let Some(pause) = pause
            {
                pause();
            }
            if message.length > limit {
                return Err(Fault::TooLarge);
            }
            if status == Status::StreamEnd {
                filled = false;
                message.next_stream()?;
                if self.context_takeover {
                    message.remember(self.window.last(usize::MAX))?;
                    message.remember(out.get(start..).unwrap_or_default())?;
                }
                // The part before ended the stream; the inflater stopped behind its last block without reporting that.
                if is_tail && read == 0 {
                    break;
                }
            } else if read == 0 && written == 0 {
                break;
            }
            // What is in the inflater comes with the input behind it.
            if !is_tail && !input.is_empty() && out.len() as u64 >= full {
                return Ok(whole - input.len());
            }
        }
        Ok(whole)
    }

    /// Inflates a message once more to find out why it was refused. zlib-rs loses the reason in its fast loop, and does
    /// not enter that loop when there is little room for output.
    fn name_fault(&self, pool: &mut CodecPool, parts: [&[u8]; 2]) -> Fault {
        let mut inflater = pool.take_inflater();
        let fault = inflater
            .set_dictionary(self.window.last(usize::MAX))
            .is_ok()
            .then(|| parts.into_iter().find_map(|part| fault_in(&mut inflater, part)))
            .flatten();
        pool.put_inflater(inflater);
        fault.unwrap_or(Fault::Unnamed)
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

/// What makes the inflater fail on `part`, which comes next.
fn fault_in(inflater: &mut Inflate, mut part: &[u8]) -> Option<Fault> {
    loop {
        let (read, written) = (inflater.total_in(), inflater.total_out());
        if inflater.decompress(part, &mut [0; LITTLE_ROOM], InflateFlush::SyncFlush).is_err() {
            return Some(Fault::of(inflater));
        }
        let read = inflater.total_in() - read;
        if read == 0 && inflater.total_out() == written {
            return None;
        }
        part = part.get(read as usize..).unwrap_or_default();
    }
}

impl Message {
    fn begin(inflater: Inflate, window: &[u8]) -> Result<Self, Fault> {
        let mut message = Message { inflater, fed: false, streams: 0, blocks: 0, length: 0, paused: 0 };
        message.remember(window)?;
        Ok(message)
    }

    /// Shows the inflater what came before.
    fn remember(&mut self, plain: &[u8]) -> Result<(), Fault> {
        self.inflater.set_dictionary(plain).map_err(|_| Fault::of(&self.inflater))?;
        Ok(())
    }

    /// Appends zeros to `out` for the output of a step, at most one byte more than `limit` allows.
    fn make_room(&self, input: usize, out: &mut Vec<u8>, limit: u64) -> Result<usize, Fault> {
        let allowed = usize::try_from(limit.saturating_add(1) - self.length).unwrap_or(usize::MAX);
        let room = input.saturating_mul(4).saturating_add(LEAST_ROOM).min(MOST_ROOM).min(allowed);
        let length = out.len();
        if out.capacity() - length < room {
            // Twofold as a vector would grow by itself, but not past the limit.
            let more = length.clamp(room, allowed.max(room));
            memory::reserve_exact(out, more).map_err(|_| Fault::OutOfMemory)?;
        }
        out.resize(length + room, 0);
        Ok(room)
    }

    /// Inflates into the last `room` bytes of `out`, and cuts off those that it did not need. Says how many bytes
    /// of `input` were read.
    fn inflate(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        room: usize,
        flush: InflateFlush,
    ) -> Result<(Status, usize), Fault> {
        let start = out.len() - room;
        let (read, written) = (self.inflater.total_in(), self.inflater.total_out());
        let space = out.get_mut(start..).unwrap_or_default();
        let status = self.inflater.decompress(input, space, flush);
        let read = self.inflater.total_in() - read;
        let written = self.inflater.total_out() - written;
        self.length += written;
        self.fed |= read > 0;
        // The inflater has stopped with input and space left.
        if (read as usize) < input.len() && (written as usize) < room {
            self.blocks = self.blocks.wrapping_add(1);
        }
        out.truncate(start + written as usize);
        Ok((status.map_err(|_| Fault::of(&self.inflater))?, read as usize))
    }

    /// Whether it is time for a pause.
    fn is_long(&mut self) -> bool {
        let long = self.length - self.paused >= STEP;
        if long {
            self.paused = self.length;
        }
        long
    }

    /// A final block ends a stream but not the message (section 7.2.3.4): another stream follows.
    fn next_stream(&mut self) -> Result<(), Fault> {
        self.streams += 1;
        if self.streams > MOST_STREAMS {
            return Err(Fault::Named("too many final blocks"));
        }
        self.inflater.reset(false);
        self.fed = false;
        Ok(())
    }

    /// Whether the message ended where a block does. If it did not, neither the message nor the window that the next
    /// message refers to is known. To find out, the inflater is given the header of an invalid block: it fails with
    /// that only if it expects a block.
    fn check_complete(&mut self) -> Result<(), Fault> {
        let result = self.inflater.decompress(&[BAD_BLOCK], &mut [0; 16], InflateFlush::SyncFlush);
        if result.is_err() && self.inflater.error_message() == Some("invalid block type") {
            Ok(())
        } else {
            Err(Fault::Named("unexpected end of file"))
        }
    }
}

/// Why a message cannot be inflated.
#[derive(Clone, Copy)]
enum Fault {
    TooLarge,
    OutOfMemory,
    /// In zlib's words.
    Named(&'static str),
    /// The inflater did not say.
    Unnamed,
}

impl Fault {
    /// What made this inflater fail.
    fn of(inflater: &Inflate) -> Fault {
        match inflater.error_message() {
            None | Some("repeated call with bad state") => Fault::Unnamed,
            Some(text) => Fault::Named(text),
        }
    }
}

impl From<Fault> for Violation {
    fn from(fault: Fault) -> Violation {
        match fault {
            Fault::TooLarge => Violation::TooLarge,
            Fault::OutOfMemory => Violation::OutOfMemory,
            Fault::Named(text) => Violation::Extension(text.to_owned()),
            Fault::Unnamed => Violation::Extension("data error".to_owned()),
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("length", &self.length).finish_non_exhaustive()
    }
}
