//! All connections of a load and the loop that serves them.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Registry, Token};

use crate::Outcome;
use crate::link::{Link, Progress};
use crate::workload::Workload;

/// Connections that may be opening at once: well below any listen backlog.
const OPENING: usize = 64;
/// A load without any event for this many waits of [`WAIT`] has failed. Waits are counted, rather than time, so that
/// a machine that was frozen for a while is not taken for a silent server.
const PATIENCE: u32 = 40;
const WAIT: Duration = Duration::from_millis(500);
const SCRATCH: usize = 256 * 1024;

/// The connections of a load.
pub(crate) struct Swarm {
    address: SocketAddr,
    poll: Poll,
    events: Events,
    links: Vec<Link>,
    scratch: Vec<u8>,
    quiet: u32,
}

/// One link in a turn of the loop.
pub(crate) struct Turn<'a> {
    /// Which link it is.
    pub(crate) token: Token,
    /// The link; a scenario may replace it.
    pub(crate) link: &'a mut Link,
    /// What happened to it.
    pub(crate) progress: Progress,
    /// Where a replacement is registered.
    pub(crate) registry: &'a Registry,
}

impl Swarm {
    /// A swarm without connections.
    pub(crate) fn new(address: SocketAddr) -> Outcome<Self> {
        Ok(Self {
            address,
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            links: Vec::new(),
            scratch: vec![0; SCRATCH],
            quiet: 0,
        })
    }

    /// How many connections there are.
    pub(crate) fn len(&self) -> usize {
        self.links.len()
    }

    /// The connection at an index.
    pub(crate) fn link(&mut self, index: usize) -> &mut Link {
        &mut self.links[index]
    }

    /// All connections.
    pub(crate) fn links(&mut self) -> impl Iterator<Item = &mut Link> {
        self.links.iter_mut()
    }

    /// Opens `count` more connections and returns when all of them are open. Each then echoes one message if
    /// `greet` says so.
    pub(crate) fn open(&mut self, count: usize, greet: bool, load: &Workload) -> Outcome<()> {
        let target = self.links.len() + count;
        let mut settled = self.links.len();
        while settled < target {
            while self.links.len() < target && self.links.len() - settled < OPENING {
                let token = Token(self.links.len());
                self.links.push(Link::connect(self.address, self.poll.registry(), token, load)?);
            }
            self.turn(load, |turn| {
                if turn.progress.ended {
                    return Err("the server ended a connection during the handshake".into());
                }
                if turn.progress.opened {
                    turn.link.give(u64::from(greet), load)?;
                }
                let finished = if greet { turn.progress.messages > 0 } else { turn.progress.opened };
                settled += usize::from(finished);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Waits for readiness: asleep, or, with `BENCH_AWAKE` in the environment, by asking again and again. Whoever writes to a
    /// load that is awake does not pay for waking it.
    fn wait(&mut self) -> Outcome<()> {
        if std::env::var_os("BENCH_AWAKE").is_none() {
            return wait(&mut self.poll, &mut self.events, Some(WAIT));
        }
        let end = Instant::now() + WAIT;
        loop {
            wait(&mut self.poll, &mut self.events, Some(Duration::ZERO))?;
            if !self.events.is_empty() || Instant::now() >= end {
                return Ok(());
            }
        }
    }

    /// Waits for readiness once and shows every ready link to `serve`.
    pub(crate) fn turn(
        &mut self,
        load: &Workload,
        serve: impl FnMut(Turn<'_>) -> Outcome<()>,
    ) -> Outcome<()> {
        self.wait()?;
        if self.events.is_empty() {
            self.quiet += 1;
            return if self.quiet > PATIENCE { Err("no event for 20 s".into()) } else { Ok(()) };
        }
        self.quiet = 0;
        self.serve(load, serve)
    }

    /// Shows every ready link to `serve`, without waiting for any.
    pub(crate) fn glance(
        &mut self,
        load: &Workload,
        serve: impl FnMut(Turn<'_>) -> Outcome<()>,
    ) -> Outcome<()> {
        wait(&mut self.poll, &mut self.events, Some(Duration::ZERO))?;
        self.serve(load, serve)
    }

    fn serve(&mut self, load: &Workload, mut serve: impl FnMut(Turn<'_>) -> Outcome<()>) -> Outcome<()> {
        for event in &self.events {
            let Token(index) = event.token();
            let link = &mut self.links[index];
            let progress = link.ready(event, load, &mut self.scratch)?;
            serve(Turn { token: event.token(), link, progress, registry: self.poll.registry() })?;
        }
        Ok(())
    }
}

/// Waits for events; a wait that a signal cut short brings none.
pub(crate) fn wait(poll: &mut Poll, events: &mut Events, timeout: Option<Duration>) -> Outcome<()> {
    match poll.poll(events, timeout) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            events.clear();
            Ok(())
        }
        result => Ok(result?),
    }
}
