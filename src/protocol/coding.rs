//! permessage-deflate within a session: which messages are inflated at once, and which elsewhere.
//!
//! A short message is inflated at once, on the thread that parses it. A message that is long, compressed or inflated,
//! is not: the [`Session`](super::Session) parses nothing more until an [`Inflation`] has inflated it, on any thread,
//! and was handed back. The codec of the connection is moved into the [`Inflation`] and back, so that messages of a
//! connection cannot overtake each other (RFC 7692 section 7.2.2 needs them in order).

use crate::protocol::deflate::negotiation::NAME;
use crate::protocol::deflate::{CodecPool, Deflate};
use crate::protocol::rows::Kind;
use crate::protocol::text::check_units;
use crate::protocol::{Buffers, Violation, Work, memory};
use crate::transcode::is_utf8;

/// Compressed bytes from which a message is inflated elsewhere.
pub const OFFLOAD_FROM: usize = 64 * 1024;
/// Inflated bytes from which the rest of a message is inflated elsewhere.
const OFFLOAD_PLAIN_FROM: usize = 256 * 1024;
/// So many compressed bytes are inflated between two looks at the work. A kilobyte inflates to a megabyte at most.
const STEP: usize = 1024;

const TEXT: u8 = 1;

/// A compressed message: its first frame had RSV1.
#[derive(Debug)]
pub(crate) struct Compressed {
    pub(crate) opcode: u8,
    pub(crate) place: Place,
}

/// Where a compressed message is.
#[derive(Debug)]
pub(crate) enum Place {
    /// In the chunk, from the first place to the second.
    Chunk(usize, usize),
    /// Gathered from fragments or several chunks.
    Own(Vec<u8>),
}

/// What a connection with permessage-deflate has in addition.
#[derive(Debug)]
pub(super) struct Coding {
    /// `None` while an [`Inflation`], or a job that compresses, has it.
    deflate: Option<Box<Deflate>>,
    /// What the codec says of itself by [`Deflate::shared`], for as long as it is away as well.
    shared: Option<u16>,
    waiting: Option<Waiting>,
    limit: u64,
    max_text: u64,
    /// Whether a message went either way since the last [`hibernate_if_idle`](Coding::hibernate_if_idle).
    busy: bool,
}

/// The message that is inflated elsewhere.
#[derive(Debug)]
struct Waiting {
    opcode: u8,
    input: Vec<u8>,
    plain: Vec<u8>,
}

/// A message that was inflated, or is to be elsewhere.
pub(super) enum Step {
    Done(Kind, Vec<u8>),
    Wait,
}

impl Coding {
    /// Messages may come to `limit` bytes, texts to `max_text` UTF-16 units.
    pub(super) fn new(deflate: Deflate, limit: u64, max_text: u64) -> Self {
        let shared = deflate.shared();
        Coding { deflate: Some(Box::new(deflate)), shared, waiting: None, limit, max_text, busy: true }
    }

    /// Inflates a message. If it is large, or the work of the turn is used up before its end, keeps it for
    /// [`take_inflation`](Coding::take_inflation).
    pub(super) fn inflate(
        &mut self,
        message: Compressed,
        chunk: &[u8],
        codecs: &mut CodecPool,
        buffers: &mut Buffers,
        work: &mut Work,
    ) -> Result<Step, Violation> {
        self.busy = true;
        let (opcode, limit) = (message.opcode, self.limit);
        let mut rest = match &message.place {
            Place::Chunk(start, end) => chunk.get(*start..*end).unwrap_or_default(),
            Place::Own(bytes) => bytes,
        };
        let mut plain = Vec::new();
        if let Some(deflate) = &mut self.deflate
            && rest.len() < OFFLOAD_FROM
        {
            let Some(read) = inflate_some(deflate, codecs, rest, &mut plain, limit, work).map_err(named)?
            else {
                if let Place::Own(bytes) = message.place {
                    buffers.give(bytes);
                }
                return Ok(Step::Done(kind(opcode, &plain, self.max_text)?, plain));
            };
            rest = rest.get(read..).unwrap_or_default();
        }
        let whole = rest.len();
        let input = match message.place {
            Place::Own(bytes) if bytes.len() == whole => bytes,
            _ => memory::copy(rest)?,
        };
        self.waiting = Some(Waiting { opcode, input, plain });
        Ok(Step::Wait)
    }

    /// The waiting message with the codec, to be inflated; `None` if no message waits, or the codec is away.
    pub(super) fn take_inflation(&mut self) -> Option<Inflation> {
        let deflate = self.deflate.take()?;
        let Some(Waiting { opcode, input, plain }) = self.waiting.take() else {
            self.deflate = Some(deflate);
            return None;
        };
        Some(Inflation { deflate, opcode, input, read: 0, plain, limit: self.limit, max_text: self.max_text })
    }

    /// The codec, unless it is away.
    pub(super) fn take(&mut self) -> Option<Box<Deflate>> {
        self.busy = true;
        self.deflate.take()
    }

    /// Takes the codec back.
    pub(super) fn give(&mut self, deflate: Box<Deflate>) {
        self.deflate = Some(deflate);
    }

    /// Whether a message of `length` bytes is compressed.
    pub(super) fn compresses(&self, length: usize) -> bool {
        self.deflate.as_ref().is_none_or(|deflate| deflate.compresses(length))
    }

    /// See [`Deflate::shared`].
    pub(super) fn shared(&self) -> Option<u16> {
        self.shared
    }

    /// See [`Deflate::alike`]; nothing while the codec is away.
    pub(super) fn alike(&self) -> Option<Deflate> {
        self.deflate.as_ref()?.alike()
    }

    /// See [`Deflate::compress`]; nothing while the codec is away.
    pub(super) fn compress(
        &mut self,
        codecs: &mut CodecPool,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Option<Result<bool, Violation>> {
        self.busy = true;
        Some(self.deflate.as_mut()?.compress(codecs, payload, out))
    }

    /// Frees the memory that can be made again, if there was no message since the last call.
    pub(super) fn hibernate_if_idle(&mut self) -> bool {
        if !std::mem::take(&mut self.busy)
            && let Some(deflate) = &mut self.deflate
        {
            deflate.hibernate();
            return true;
        }
        false
    }

    /// Gives the codec's parts back to `codecs` at the end of the connection.
    pub(super) fn close(&mut self, codecs: &mut CodecPool) {
        if let Some(deflate) = &mut self.deflate {
            deflate.close(codecs);
        }
    }

    /// Bytes of memory: of the windows, and of a message that waits.
    pub(super) fn memory_usage(&self) -> (usize, usize) {
        let waiting = self.waiting.as_ref().map_or(0, |one| one.input.capacity() + one.plain.capacity());
        (self.deflate.as_ref().map_or(0, |deflate| deflate.memory_usage()), waiting)
    }
}

/// A message to inflate on any thread, with the codec that it needs.
#[derive(Debug)]
pub struct Inflation {
    deflate: Box<Deflate>,
    opcode: u8,
    input: Vec<u8>,
    /// How much of the input was read in the steps before.
    read: usize,
    plain: Vec<u8>,
    limit: u64,
    max_text: u64,
}

/// A message that was inflated elsewhere; a [`Session`](super::Session) takes it back.
#[derive(Debug)]
pub struct Inflated {
    pub(super) deflate: Box<Deflate>,
    pub(super) outcome: Result<(Kind, Vec<u8>), Violation>,
}

impl Inflated {
    /// The bytes of the message.
    pub fn size(&self) -> usize {
        self.outcome.as_ref().map_or(0, |(_, plain)| plain.len())
    }
}

impl Inflation {
    /// Inflates the message to its end.
    pub fn run(mut self, codecs: &mut CodecPool) -> Inflated {
        let rest = self.input.get(self.read..).unwrap_or_default();
        let outcome = self.deflate.decompress(codecs, rest, true, &mut self.plain, self.limit);
        self.end(outcome)
    }

    /// Inflates the message to its end, or until the work is used up: for engines without other threads.
    ///
    /// # Errors
    /// What is left to do.
    pub fn step(mut self, codecs: &mut CodecPool, work: &mut Work) -> Result<Inflated, Self> {
        let rest = self.input.get(self.read..).unwrap_or_default();
        match inflate_more(&mut self.deflate, codecs, rest, &mut self.plain, self.limit, work) {
            Ok(Some(read)) => {
                self.read += read;
                Err(self)
            }
            outcome => Ok(self.end(outcome.map(drop))),
        }
    }

    fn end(self, outcome: Result<(), Violation>) -> Inflated {
        let Inflation { deflate, opcode, plain, max_text, .. } = self;
        let outcome = outcome.map_err(named).and_then(|()| Ok((kind(opcode, &plain, max_text)?, plain)));
        Inflated { deflate, outcome }
    }
}

/// Inflates a message to its end, or until the inflated bytes are many or the work is used up. Then it returns how many
/// bytes of `input` it has read; the rest is to be inflated elsewhere.
///
/// # Errors
/// As of [`Deflate::decompress`].
pub fn inflate_some(
    deflate: &mut Deflate,
    codecs: &mut CodecPool,
    input: &[u8],
    plain: &mut Vec<u8>,
    limit: u64,
    work: &mut Work,
) -> Result<Option<usize>, Violation> {
    inflate_until(OFFLOAD_PLAIN_FROM, deflate, codecs, input, plain, limit, work)
}

/// Goes on inflating a message that has become large, to its end or until the work is used up. Then it returns how many
/// bytes of `input` it has read.
///
/// # Errors
/// As of [`Deflate::decompress`].
pub fn inflate_more(
    deflate: &mut Deflate,
    codecs: &mut CodecPool,
    input: &[u8],
    plain: &mut Vec<u8>,
    limit: u64,
    work: &mut Work,
) -> Result<Option<usize>, Violation> {
    inflate_until(usize::MAX, deflate, codecs, input, plain, limit, work)
}

fn inflate_until(
    full: usize,
    deflate: &mut Deflate,
    codecs: &mut CodecPool,
    input: &[u8],
    plain: &mut Vec<u8>,
    limit: u64,
    work: &mut Work,
) -> Result<Option<usize>, Violation> {
    let mut rest = input;
    loop {
        let (part, behind) = rest.split_at(rest.len().min(STEP));
        let mut last = behind.is_empty();
        let (length, streams, blocks) = (plain.len(), deflate.streams(), deflate.blocks());
        let read = deflate.decompress_until(full, codecs, (part, last), plain, limit)?;
        last &= read == part.len();
        work.inflated(
            plain.len() - length,
            deflate.blocks().wrapping_sub(blocks),
            deflate.streams().wrapping_sub(streams),
        );
        rest = rest.get(read..).unwrap_or_default();
        if last {
            return Ok(None);
        }
        if plain.len() >= full || work.is_done() {
            return Ok(Some(input.len() - rest.len()));
        }
    }
}

/// Puts the name of the extension in front of its fault.
fn named(violation: Violation) -> Violation {
    match violation {
        Violation::Extension(text) => Violation::Extension(format!("{NAME}: {text}")),
        other => other,
    }
}

/// The kind of row of a whole inflated message. A text is checked to be UTF-8 here (RFC 6455 section 8.1).
fn kind(opcode: u8, bytes: &[u8], max_text: u64) -> Result<Kind, Violation> {
    if opcode != TEXT {
        return Ok(Kind::Binary);
    }
    check_units(bytes, max_text)?;
    if bytes.is_ascii() {
        return Ok(Kind::Ascii);
    }
    if is_utf8(bytes) { Ok(Kind::Text) } else { Err(Violation::InvalidUtf8) }
}

#[cfg(test)]
#[path = "coding_tests.rs"]
mod tests;
