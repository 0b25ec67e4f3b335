//! Framed bytes of one connection that wait for its socket.

use super::socket::Socket;
use std::io::{self, IoSlice};

/// What a flush came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flushed {
    /// Everything has left.
    All,
    /// The kernel has no more room; the socket will say when it has.
    Blocked,
}

/// A queue of bytes: frames are appended at the end, and sent from the front. A frame counts once it is
/// [`finished`](Outbox::finish): what a panic or an error has left of one is never sent, nor followed by another.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    sent: usize,
    /// Where the last whole frame ends.
    whole: usize,
}

impl Outbox {
    /// Bytes that wait.
    pub(crate) fn len(&self) -> usize {
        self.whole - self.sent
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where a frame is appended, which [`finish`](Outbox::finish) ends. An empty outbox takes `spare` memory first, if it
    /// has none of its own.
    pub(crate) fn buffer(&mut self, spare: &mut Vec<Vec<u8>>) -> &mut Vec<u8> {
        if self.bytes.capacity() == 0
            && let Some(buffer) = spare.pop()
        {
            self.bytes = buffer;
        }
        self.bytes.truncate(self.whole);
        &mut self.bytes
    }

    /// What was appended is whole.
    pub(crate) fn finish(&mut self) {
        self.whole = self.bytes.len();
    }

    /// Sends what waits.
    pub(crate) fn flush(&mut self, socket: &Socket) -> io::Result<Flushed> {
        while self.sent < self.whole {
            match socket.send(&self.bytes[self.sent..self.whole]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.compact();
                    return Ok(Flushed::Blocked);
                }
                Err(error) => return Err(error),
            }
        }
        self.clear();
        Ok(Flushed::All)
    }

    /// Sends what waits and `header` and `payload` behind it; what the kernel does not take is copied and waits.
    pub(crate) fn flush_with(
        &mut self,
        header: &[u8],
        payload: &[u8],
        socket: &Socket,
    ) -> io::Result<Flushed> {
        if !self.is_empty() && self.flush(socket)? == Flushed::Blocked {
            self.keep(header, payload)?;
            return Ok(Flushed::Blocked);
        }
        let mut done = 0;
        let whole = header.len() + payload.len();
        while done < whole {
            let head = &header[done.min(header.len())..];
            let body = &payload[done.saturating_sub(header.len())..];
            let sent = if body.is_empty() {
                socket.send(head)
            } else {
                socket.send_parts(&[IoSlice::new(head), IoSlice::new(body)])
            };
            match sent {
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.keep(head, body)?;
                    return Ok(Flushed::Blocked);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Flushed::All)
    }

    /// Appends a copy of what the kernel has not taken. If there is no memory for it, that ends the connection of this
    /// slow peer, and no other.
    fn keep(&mut self, head: &[u8], body: &[u8]) -> io::Result<()> {
        let refused = |_| io::Error::from_raw_os_error(libc::ENOMEM);
        self.bytes.truncate(self.whole);
        self.bytes.try_reserve(head.len() + body.len()).map_err(refused)?;
        self.bytes.extend_from_slice(head);
        self.bytes.extend_from_slice(body);
        self.finish();
        Ok(())
    }

    /// Moves what waits to the front once more than that has left: so the memory of an outbox that is never empty stays
    /// in proportion to its waiting bytes, and at most one byte is moved for each byte that has left.
    fn compact(&mut self) {
        if self.sent > self.len() {
            self.bytes.drain(..self.sent);
            self.whole -= self.sent;
            self.sent = 0;
        }
    }

    /// Forgets everything and keeps the memory.
    fn clear(&mut self) {
        self.bytes.clear();
        (self.sent, self.whole) = (0, 0);
    }

    /// The memory of an empty outbox, for the next connection that sends.
    pub(crate) fn reclaim(&mut self) -> Vec<u8> {
        self.clear();
        std::mem::take(&mut self.bytes)
    }

    /// Takes the waiting bytes out; the caller sends them in another way.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.truncate(self.whole);
        bytes.drain(..self.sent);
        (self.sent, self.whole) = (0, 0);
        bytes
    }
}
