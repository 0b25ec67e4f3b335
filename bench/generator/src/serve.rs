//! The bare echo server over epoll, and the measuring of clients that load it.
//!
//! Prints its port, then answers lines on standard input as every server of the benchmark does: `gc` (nothing to do
//! here), and, for the client role, `measure PID WARM WINDOW`, answered with the CPU time of the *client* process and
//! the messages echoed to it. Ends when standard input does.

use std::io::{BufRead, stdin};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};

use crate::Outcome;
use crate::arguments::Arguments;
use crate::clock::Window;
use crate::served::Peer;
use crate::stream::{Layer, Stream};
use crate::swarm::wait;

const LISTENER: Token = Token(usize::MAX);
const COMMAND: Token = Token(usize::MAX - 1);
const SCRATCH: usize = 256 * 1024;

/// Serves until standard input ends. With `--mode broadcast` a message goes to every connection; with `--cert` and
/// `--key`, two PEM files, it serves TLS.
pub(crate) fn run(arguments: &Arguments) -> Outcome<()> {
    let mut server = Server::bind(arguments)?;
    let commands = listen_for_commands(Arc::new(Waker::new(server.poll.registry(), COMMAND)?));
    println!("{{\"port\":{}}}", server.listener.local_addr()?.port());
    let mut events = Events::with_capacity(1024);
    loop {
        // A client may stall while a window is open: look at the clock then, too.
        let timeout = server.window.is_some().then_some(Duration::from_millis(500));
        wait(&mut server.poll, &mut events, timeout)?;
        let before = server.messages;
        for event in &events {
            match event.token() {
                LISTENER => server.accept()?,
                COMMAND => {
                    if !server.obey(&commands)? {
                        return Ok(());
                    }
                }
                Token(index) => server.serve(index, event.is_writable(), event.is_read_closed())?,
            }
        }
        if server.messages > before {
            server.observe()?;
        }
    }
}

/// Reads lines on a thread of their own; it sleeps in `read` while the server is under load.
fn listen_for_commands(waker: Arc<Waker>) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() || waker.wake().is_err() {
                return;
            }
        }
        drop(sender);
        // If waking fails the poll is gone, and the process with it.
        let _ = waker.wake();
    });
    receiver
}

struct Server {
    poll: Poll,
    listener: TcpListener,
    peers: Vec<Option<Peer>>,
    vacant: Vec<usize>,
    scratch: Vec<u8>,
    out: Vec<u8>,
    layer: Layer,
    broadcast: bool,
    messages: u64,
    window: Option<Window>,
}

impl Server {
    fn bind(arguments: &Arguments) -> Outcome<Self> {
        let layer = match (arguments.text("cert", ""), arguments.text("key", "")) {
            ("", "") => Layer::Plain,
            (certificate, key) => Layer::server(certificate, key)?,
        };
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            poll,
            listener,
            peers: Vec::new(),
            vacant: Vec::new(),
            scratch: vec![0; SCRATCH],
            out: Vec::new(),
            layer,
            broadcast: arguments.text("mode", "echo") == "broadcast",
            messages: 0,
            window: None,
        })
    }

    fn accept(&mut self) -> Outcome<()> {
        loop {
            match self.listener.accept() {
                Ok((mut socket, _)) => {
                    socket.set_nodelay(true)?;
                    let index = self.vacant.pop().unwrap_or(self.peers.len());
                    let interest = Interest::READABLE | Interest::WRITABLE;
                    self.poll.registry().register(&mut socket, Token(index), interest)?;
                    if index == self.peers.len() {
                        self.peers.push(None);
                    }
                    self.peers[index] = Some(Peer::new(Stream::new(socket, &self.layer)?));
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Carries out the lines that have come; `false` when there will be no more.
    fn obey(&mut self, commands: &Receiver<String>) -> Outcome<bool> {
        loop {
            let line = match commands.try_recv() {
                Ok(line) => line,
                Err(TryRecvError::Empty) => return Ok(true),
                Err(TryRecvError::Disconnected) => return Ok(false),
            };
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["gc"] => println!("{{\"gc\":true}}"),
                ["measure", pid, warm, window] => {
                    let (warm, window) =
                        (Duration::from_millis(warm.parse()?), Duration::from_millis(window.parse()?));
                    self.window = Some(Window::open(pid.parse()?, warm, window)?);
                }
                _ => return Err(format!("unknown command {line}").into()),
            }
        }
    }

    fn observe(&mut self) -> Outcome<()> {
        if let Some(window) = &mut self.window
            && let Some(sample) = window.offer(self.messages)?
        {
            println!("{}", sample.json(""));
            self.window = None;
        }
        Ok(())
    }

    fn serve(&mut self, index: usize, writable: bool, read_closed: bool) -> Outcome<()> {
        let Some(peer) = self.peers.get_mut(index).and_then(Option::as_mut) else { return Ok(()) };
        if writable {
            peer.flush()?;
        }
        loop {
            let Some(peer) = self.peers[index].as_mut() else { return Ok(()) };
            self.out.clear();
            let Some((served, count)) = peer.read(&mut self.scratch, &mut self.out)? else { break };
            self.messages += served.messages;
            if self.broadcast && served.data {
                for peer in self.peers.iter_mut().flatten().filter(|peer| peer.is_open()) {
                    peer.send(&self.out)?;
                }
            } else if !self.out.is_empty() {
                peer.send(&self.out)?;
            }
            if served.over {
                self.finish(index);
                return Ok(());
            }
            // A short read has emptied the socket, unless the end of the stream is behind it.
            if count < self.scratch.len() && !read_closed {
                break;
            }
        }
        Ok(())
    }

    /// Drops a connection; closing it sends the end of the stream.
    fn finish(&mut self, index: usize) {
        self.peers[index] = None;
        self.vacant.push(index);
    }
}
