//! One client connection: connect, shake hands, send on credit, count replies.
//!
//! A link never decides when to send: the scenario gives it credit for messages and it writes them as the socket
//! allows. It reads until the socket is drained, as edge-triggered polling demands.

use std::io::{self, Read, Write};
use std::net::SocketAddr;

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use nix::sys::socket::{setsockopt, sockopt};

use crate::Outcome;
use crate::handshake;
use crate::replies::Replies;
use crate::stream::Stream;
use crate::workload::{Wire, Workload};

/// What a turn of the loop did for a link.
#[derive(Default)]
pub(crate) struct Progress {
    /// The handshake was completed.
    pub(crate) opened: bool,
    /// Replies that were completed.
    pub(crate) messages: u64,
    /// The server's close frame came.
    pub(crate) closed: bool,
    /// The server ended the stream.
    pub(crate) ended: bool,
}

enum Phase {
    Connecting,
    Handshaking(Vec<u8>),
    Open,
    /// Our close frame is out: what still comes is not counted.
    Closing,
}

/// A client connection.
pub(crate) struct Link {
    stream: Stream,
    phase: Phase,
    replies: Replies,
    /// The ring's frame to send next, and how much of it has been sent.
    frame: usize,
    offset: usize,
    credit: usize,
    extensions: String,
}

impl Link {
    /// Starts connecting.
    pub(crate) fn connect(
        address: SocketAddr,
        registry: &Registry,
        token: Token,
        load: &Workload,
    ) -> Outcome<Self> {
        let mut socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        registry.register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self {
            stream: Stream::new(socket, &load.layer)?,
            phase: Phase::Connecting,
            replies: Replies::default(),
            frame: 0,
            offset: 0,
            credit: 0,
            extensions: String::new(),
        })
    }

    /// The extensions that the server accepted, and whether its last reply was compressed.
    pub(crate) fn agreed(&self) -> (&str, bool) {
        (&self.extensions, self.replies.compressed())
    }

    /// Handles readiness.
    pub(crate) fn ready(&mut self, event: &Event, load: &Workload, scratch: &mut [u8]) -> Outcome<Progress> {
        let mut progress = Progress::default();
        if matches!(self.phase, Phase::Connecting) && !self.finish_connect(load, &mut progress)? {
            return Ok(progress);
        }
        if event.is_writable() {
            self.stream.flush()?;
            self.flush(load)?;
        }
        if event.is_readable() || event.is_read_closed() {
            self.drain(event.is_read_closed(), load, scratch, &mut progress)?;
        }
        Ok(progress)
    }

    /// Allows `messages` more and sends what the socket takes.
    pub(crate) fn give(&mut self, messages: u64, load: &Workload) -> Outcome<()> {
        self.credit += usize::try_from(messages)?;
        self.flush(load)
    }

    /// Sends a close frame; the link then waits for the server to end the stream.
    pub(crate) fn close(&mut self, load: &Workload) -> Outcome<()> {
        self.phase = Phase::Closing;
        self.write_small(&load.close)
    }

    /// Drops the connection with a reset, so that no port waits in TIME_WAIT at our end.
    pub(crate) fn reset(self) -> Outcome<()> {
        let linger = nix::libc::linger { l_onoff: 1, l_linger: 0 };
        setsockopt(self.stream.socket(), sockopt::Linger, &linger)?;
        Ok(())
    }

    fn finish_connect(&mut self, load: &Workload, progress: &mut Progress) -> Outcome<bool> {
        if let Some(error) = self.stream.socket().take_error()? {
            return Err(error.into());
        }
        match self.stream.socket().peer_addr() {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotConnected => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        if load.wire == Wire::Raw {
            self.phase = Phase::Open;
            progress.opened = true;
        } else {
            self.phase = Phase::Handshaking(Vec::new());
            self.write_small(&load.request)?;
        }
        Ok(true)
    }

    fn write_small(&mut self, bytes: &[u8]) -> Outcome<()> {
        if self.stream.write(bytes)? == bytes.len() {
            Ok(())
        } else {
            Err("the socket did not take a head or a close frame whole".into())
        }
    }

    fn flush(&mut self, load: &Workload) -> Outcome<()> {
        while self.credit > 0 {
            match self.stream.write(&load.run(self.frame, self.credit)[self.offset..]) {
                Ok(count) => self.advance(count, load),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn advance(&mut self, count: usize, load: &Workload) {
        let mut left = self.offset + count;
        loop {
            let size = load.run(self.frame, 1).len();
            if left < size {
                break;
            }
            left -= size;
            self.frame = (self.frame + 1) % load.frames();
            self.credit -= 1;
        }
        self.offset = left;
    }

    fn drain(
        &mut self,
        to_end: bool,
        load: &Workload,
        scratch: &mut [u8],
        progress: &mut Progress,
    ) -> Outcome<()> {
        loop {
            match self.stream.read(scratch) {
                Ok(0) => {
                    progress.ended = true;
                    return Ok(());
                }
                Ok(count) => {
                    self.receive(&scratch[..count], load, progress)?;
                    // A short read has emptied the socket, unless the end of the stream is behind it.
                    if count < scratch.len() && !to_end {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn receive(&mut self, bytes: &[u8], load: &Workload, progress: &mut Progress) -> Outcome<()> {
        match &mut self.phase {
            Phase::Connecting => Err("bytes before the connection".into()),
            Phase::Handshaking(head) => {
                head.extend_from_slice(bytes);
                let Some(end) = handshake::head_end(head) else { return Ok(()) };
                self.extensions = handshake::check_response(&head[..end])?;
                if load.deflate
                    && load.wire == Wire::Frames
                    && !self.extensions.contains("permessage-deflate")
                {
                    return Err("the server did not accept permessage-deflate".into());
                }
                self.replies.negotiated(&self.extensions);
                let early = head.split_off(end);
                self.phase = Phase::Open;
                progress.opened = true;
                self.count(&early, load, progress)
            }
            Phase::Open => self.count(bytes, load, progress),
            Phase::Closing if load.wire == Wire::Frames => self.count(bytes, load, progress),
            Phase::Closing => Ok(()),
        }
    }

    fn count(&mut self, bytes: &[u8], load: &Workload, progress: &mut Progress) -> Outcome<()> {
        let arrival = self.replies.take(bytes, load)?;
        progress.messages += arrival.messages;
        progress.closed |= arrival.closed;
        Ok(())
    }
}
