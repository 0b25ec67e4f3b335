//! Compressing messages (RFC 7692 section 7.2.1).

use zlib_rs::{DeflateError, DeflateFlush, Status};

use super::TAIL;
use super::encoder::Encoder;
use super::negotiation::Direction;
use super::options::Options;
use super::pool::{CodecPool, Config, Deflater};
use super::recent::Recent;
use crate::protocol::{Violation, memory};

/// The least space for output of a step: zlib writes a flush again if it had no room for all of it.
const SLACK: usize = 64;

/// How much of a message a step compresses.
const STEP: usize = 32 << 10;

/// The half of a connection that compresses.
#[derive(Debug)]
pub(super) struct Outgoing {
    config: Config,
    context_takeover: bool,
    /// Holds the window, also of messages that zlib compresses, which are those of other settings than the encoder's.
    encoder: Encoder,
    /// The newest messages that were sent uncompressed.
    recent: Recent,
    /// Whether messages are compressed even if that makes them longer.
    #[cfg(test)]
    pub(super) forced: bool,
}

impl Outgoing {
    pub(super) fn new(options: &Options, direction: Direction) -> Self {
        let config = Config::new(options, direction.window_bits);
        Outgoing {
            config,
            context_takeover: direction.context_takeover,
            encoder: Encoder::new(config.reach()),
            recent: Recent::default(),
            #[cfg(test)]
            forced: false,
        }
    }

    /// See [`Deflate::alike`](super::Deflate::alike).
    pub(super) fn alike(&self) -> Option<Self> {
        if self.context_takeover {
            return None;
        }
        Some(Outgoing {
            config: self.config,
            context_takeover: false,
            encoder: Encoder::new(self.config.reach()),
            recent: Recent::default(),
            #[cfg(test)]
            forced: self.forced,
        })
    }

    /// See [`Deflate::shared`](super::Deflate::shared).
    pub(super) fn shared(&self) -> Option<u16> {
        if self.context_takeover { None } else { Some(self.config.number()) }
    }

    /// See [`Deflate::compress`](super::Deflate::compress).
    pub(super) fn compress(
        &mut self,
        pool: &mut CodecPool,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<bool, Violation> {
        if payload.is_empty() {
            // It would need a block (section 7.2.3.6).
            let pays = self.pays(1, payload);
            if pays {
                out.push(0);
            }
            return Ok(pays);
        }
        if !self.config.is_default() {
            return self.deflate(pool, payload, out);
        }
        let (start, pause) = (out.len(), pool.pause());
        // A longer message displaces the window, which is wanted again if the message does not pay.
        let displaced = if self.context_takeover && payload.len() > self.config.reach() / 4 {
            Some(memory::copy(self.encoder.last(self.config.reach()))?)
        } else {
            None
        };
        if self.context_takeover {
            self.encoder.encode(payload, pool.workspace(), out, pause)?;
        } else {
            let (encoder, workspace) = pool.encoder(self.config.reach());
            encoder.encode(payload, workspace, out, pause)?;
        }
        let pays = self.pays(out.len() - start, payload);
        if !pays {
            out.truncate(start);
            if let Some(window) = displaced {
                self.encoder.restart(self.config.reach());
                self.encoder.push(&window);
            } else if self.context_takeover {
                self.encoder.take_back(payload.len());
            }
        }
        Ok(pays)
    }

    /// Compresses with zlib.
    fn deflate(
        &mut self,
        pool: &mut CodecPool,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<bool, Violation> {
        let mut deflater = pool.take_deflater(self.config);
        let start = out.len();
        let history = self.encoder.last(self.config.history(payload.len()));
        let result = run(&mut deflater, history, payload, out, pool.pause());
        pool.put_deflater(deflater);
        let pays = result.is_ok() && self.pays(out.len() - start, payload);
        if !pays {
            out.truncate(start);
        } else if self.context_takeover {
            self.encoder.push(payload);
        }
        result.map(|()| pays)
    }

    /// Whether to send a message in its compressed form, which has `length` bytes.
    fn pays(&mut self, length: usize, payload: &[u8]) -> bool {
        #[cfg(test)]
        if self.forced {
            return true;
        }
        if length <= payload.len() {
            return true;
        }
        if !self.context_takeover {
            return false;
        }
        let repeats = self.recent.take_repeated(payload);
        if !repeats {
            self.recent.push(payload);
        }
        repeats
    }

    pub(super) fn shrink(&mut self) {
        self.encoder.shrink();
        self.recent.clear();
    }

    pub(super) fn memory_usage(&self) -> usize {
        self.encoder.memory_usage() + self.recent.memory_usage()
    }
}

fn run(
    deflater: &mut Deflater,
    history: &[u8],
    payload: &[u8],
    out: &mut Vec<u8>,
    pause: Option<fn()>,
) -> Result<(), Violation> {
    let codec = &mut deflater.codec;
    if !history.is_empty() {
        codec.set_dictionary(history).map_err(failed)?;
    }
    let mut steps = payload.chunks(STEP).peekable();
    while let Some(step) = steps.next() {
        if steps.peek().is_none() {
            feed(codec, step, DeflateFlush::SyncFlush, out)?;
        } else {
            feed(codec, step, DeflateFlush::NoFlush, out)?;
            if let Some(pause) = pause {
                pause();
            }
        }
    }
    if out.ends_with(&TAIL) {
        out.truncate(out.len() - TAIL.len());
    }
    Ok(())
}

fn failed(error: DeflateError) -> Violation {
    Violation::Extension(error.as_str().to_owned())
}

/// Compresses all of `rest`.
fn feed(
    codec: &mut zlib_rs::Deflate,
    mut rest: &[u8],
    flush: DeflateFlush,
    out: &mut Vec<u8>,
) -> Result<(), Violation> {
    loop {
        let (length, room) = (out.len(), SLACK + rest.len() / 2);
        let (read, written) = (codec.total_in(), codec.total_out());
        memory::reserve(out, room)?;
        out.resize(length + room, 0);
        let space = out.get_mut(length..).unwrap_or_default();
        let status = codec.compress(rest, space, flush).map_err(failed)?;
        let read = usize::try_from(codec.total_in() - read).unwrap_or(usize::MAX);
        let written = usize::try_from(codec.total_out() - written).unwrap_or(usize::MAX);
        out.truncate(length + written);
        rest = rest.get(read..).unwrap_or_default();
        // A codec that filled the space may have more output; one that did not has flushed.
        if rest.is_empty() && written < room || status == Status::BufError {
            return Ok(());
        }
    }
}
