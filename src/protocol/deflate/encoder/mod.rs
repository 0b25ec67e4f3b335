//! Compressing messages at zlib's default level (RFC 1951).
//!
//! With zlib, most of the cost of a small message does not depend on the message: either its tables are kept for each
//! connection, 300 KiB that have left the cache when the next message comes, or they are cleared and filled from the
//! window for each message. This encoder keeps, per connection, the window and an index of 4 to 64 KiB that grows with
//! it, and touches of both what the message leads it to. That takes about half the time, and the outcome is within a
//! few percent of the size that zlib's level 6 reaches. Of long messages it takes two thirds to all of zlib's time, and a
//! quarter of it where there is little to find, as in what has been compressed before.
//!
//! [`matcher`] turns bytes into tokens, [`block`] writes them with codes made by [`huffman`].

mod bits;
mod block;
mod huffman;
mod matcher;
mod token;

use bits::BitWriter;
use matcher::Matcher;
use token::Token;

use crate::protocol::Violation;

/// A block holds the tokens of at most this many bytes.
const PIECE: usize = 16 << 10;

/// A block is longer than what it stands for by an eighth and this at most.
const SLACK: usize = 64;

/// Memory for an encoder to work in; one a thread is enough.
#[derive(Default)]
pub(super) struct Workspace {
    tokens: Vec<Token>,
}

impl Workspace {
    /// Bytes of memory.
    pub(super) fn memory_usage(&self) -> usize {
        self.tokens.capacity() * size_of::<Token>()
    }
}

/// The compressing half of one connection, or of one message.
#[derive(Debug)]
pub(super) struct Encoder {
    matcher: Matcher,
}

impl Encoder {
    /// An encoder that refers at most `reach` bytes back. It allocates nothing yet.
    pub(super) fn new(reach: usize) -> Self {
        Encoder { matcher: Matcher::new(reach) }
    }

    /// Appends `plain` compressed to `out`, up to where the tail would follow. Calls `pause` between its pieces.
    ///
    /// # Errors
    /// [`Violation::OutOfMemory`] if there is no room for it; then the encoder is of no more use.
    pub(super) fn encode(
        &mut self,
        plain: &[u8],
        workspace: &mut Workspace,
        out: &mut Vec<u8>,
        pause: Option<fn()>,
    ) -> Result<(), Violation> {
        let tokens = &mut workspace.tokens;
        let mut bits = BitWriter::new(out);
        let mut pieces = plain.chunks(PIECE).peekable();
        while let Some(piece) = pieces.next() {
            bits.reserve(piece.len() + piece.len() / 8 + SLACK)?;
            tokens.clear();
            self.matcher.tokenize(piece, tokens);
            block::write(&mut bits, tokens, piece);
            if pieces.peek().is_some()
                && let Some(pause) = pause
            {
                pause();
            }
        }
        block::finish(&mut bits);
        Ok(())
    }

    /// Appends to the window a message that another codec compressed.
    pub(super) fn push(&mut self, plain: &[u8]) {
        self.matcher.push(plain);
    }

    /// Takes the last `length` bytes off the window again, which were encoded and do not leave.
    pub(super) fn take_back(&mut self, length: usize) {
        self.matcher.take_back(length);
    }

    /// The last `length` bytes of the window.
    pub(super) fn last(&self, length: usize) -> &[u8] {
        self.matcher.window().last(length)
    }

    /// Begins anew.
    pub(super) fn restart(&mut self, reach: usize) {
        self.matcher.restart(reach);
    }

    /// Gives back what can be made again from the window.
    pub(super) fn shrink(&mut self) {
        self.matcher.shrink();
    }

    /// Bytes of memory.
    pub(super) fn memory_usage(&self) -> usize {
        self.matcher.memory_usage()
    }
}

#[cfg(test)]
mod tests;
