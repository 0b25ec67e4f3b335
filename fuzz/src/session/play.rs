//! Has a script done by a session, as the binding would.

use super::super::events::{Event, with_rows};
use super::super::input::chunks;
use super::script::{Extensions, Script, Step};
use faye_websocket_native::protocol::deflate::{CodecPool, Deflate};
use faye_websocket_native::protocol::handshake::{ClientHandshake, Protocols};
use faye_websocket_native::protocol::hybi::Role;
use faye_websocket_native::protocol::opening::Offered;
use faye_websocket_native::protocol::rows::Kind;
use faye_websocket_native::protocol::{Buffers, Limits, Opening, Session};

/// The kind of an event that no row has: a message that we sent.
const SENT: i32 = -1;

/// What windows, both of them with their indices, may take.
const MOST_WINDOWS: usize = 512 << 10;

/// What buffers may take besides messages: reserves for what was announced.
const RESERVES: u64 = 600 << 10;

struct Player<'s> {
    script: &'s Script,
    session: Session,
    pattern: &'s [u8],
    room: usize,
    buffers: Buffers,
    codecs: CodecPool,
    /// Bytes that have arrived but wait.
    pending: Vec<u8>,
    /// The codec, while the caller has it.
    codec: Option<Box<Deflate>>,
    events: Vec<Event>,
}

/// Plays a script in chunks of these lengths, with room for so many rows at once.
pub(super) fn play(script: &Script, pattern: &[u8], room: usize) -> Vec<Event> {
    let mut player = Player {
        script,
        session: session(script),
        pattern,
        room,
        buffers: Buffers::default(),
        codecs: CodecPool::default(),
        pending: Vec::new(),
        codec: None,
        events: Vec::new(),
    };
    let mut peer = Deflate::new(&script.options, &script.agreements[1]);
    let mut pool = CodecPool::default();
    for step in &script.steps {
        player.step(step, &mut peer, &mut pool);
        player.check_memory();
    }
    player.session.close(&mut player.codecs);
    player.events
}

fn session(script: &Script) -> Session {
    let limits = script.limits;
    if script.role == Role::Client {
        let protocols = Protocols::parse("").expect("no protocols");
        let handshake = ClientHandshake::new(*b"the sample nonce", protocols, Limits::DEFAULT_MAX_HEAD);
        let offered = match script.extensions {
            Extensions::None => Offered::Nothing,
            Extensions::Deflate => Offered::Deflate(script.options),
            Extensions::Plugins(_) => Offered::Plugins,
        };
        return Session::connecting(Opening::new(handshake, None).offering(offered), limits);
    }
    let mut session = Session::new(Role::Server, limits);
    match script.extensions {
        Extensions::None => {}
        Extensions::Deflate => session.set_deflate(Deflate::new(&script.options, &script.agreements[0])),
        Extensions::Plugins(rsv) => session.set_plugins(rsv),
    }
    session
}

impl Player<'_> {
    fn step(&mut self, step: &Step, peer: &mut Deflate, pool: &mut CodecPool) {
        match step {
            Step::Receive(bytes) => {
                self.pending.extend_from_slice(bytes);
                self.receive();
            }
            Step::Settle => {
                self.settle();
                self.receive();
            }
            Step::Send(payload) => self.send(payload, peer, pool),
            Step::Codec => match self.codec.take() {
                Some(codec) => self.session.give_deflate(codec),
                None => self.codec = self.session.take_deflate(),
            },
            Step::Rest => {
                self.session.hibernate_if_idle();
                self.buffers.trim();
                self.codecs.trim();
            }
            Step::Stop => {
                self.session.stop();
                self.receive();
            }
        }
    }

    /// Passes what is pending on, chunk by chunk, as long as the session takes it.
    fn receive(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let mut done = 0;
        for part in chunks(&pending, self.pattern) {
            let mut chunk = part.to_vec();
            let mut at = 0;
            while at < chunk.len() && !self.session.holds() {
                let (reached, rows) = with_rows(self.room, |rows| {
                    self.session.receive(&mut chunk, at, rows, &mut self.buffers, &mut self.codecs)
                });
                assert!(reached >= at && reached <= chunk.len());
                at = reached;
                for row in rows {
                    let event = Event::of(row, &chunk, || self.session.take());
                    self.report(event);
                }
            }
            done += at;
            if self.session.holds() {
                break;
            }
        }
        self.pending = pending[done..].to_vec();
        assert_eq!(self.session.take(), None, "each queue has its row");
    }

    /// Does what the session waits for.
    fn settle(&mut self) {
        if let Extensions::Plugins(rsv) = self.script.extensions {
            self.session.set_plugins(rsv);
            return;
        }
        let Some(inflation) = self.session.take_inflation() else { return };
        let inflated = inflation.run(&mut CodecPool::default());
        let ((), rows) = with_rows(1, |rows| self.session.finish_inflation(inflated, rows));
        for row in rows {
            let event = Event::of(row, &[], || self.session.take());
            self.report(event);
        }
    }

    /// Compresses a message, which the peer has to understand.
    fn send(&mut self, payload: &[u8], peer: &mut Deflate, pool: &mut CodecPool) {
        let mut wire = Vec::new();
        match self.session.compress(&mut self.codecs, payload, &mut wire) {
            None => assert!(self.codec.is_some() || !self.session.deflates(), "the codec is here"),
            Some(result) => {
                if !result.expect("any message can be compressed") {
                    assert!(wire.is_empty(), "a message that leaves as it is has no other form");
                    self.events.push(Event { kind: SENT, bytes: payload.to_vec(), extra: 0 });
                    return;
                }
                let mut plain = Vec::new();
                let limit = payload.len() as u64;
                peer.decompress(pool, &wire, true, &mut plain, limit).expect("the peer understands it");
                assert!(plain == payload, "a message comes through");
                self.events.push(Event { kind: SENT, bytes: wire, extra: 0 });
            }
        }
    }

    fn report(&mut self, event: Event) {
        if event.is_message() {
            assert!(event.bytes.len() as u64 <= self.script.limits.max_length, "no message is too large");
        }
        if event.is(Kind::Inflate) {
            assert!(self.session.holds(), "what follows waits");
        }
        assert!(!event.is(Kind::Refused) && !event.is(Kind::Tunnel), "the answer was good: {event:?}");
        self.events.push(event);
    }

    fn check_memory(&mut self) {
        let (messages, windows) = self.session.memory_usage();
        assert!(messages as u64 <= self.script.limits.max_length * 4 + RESERVES, "{messages} bytes");
        assert!(windows <= MOST_WINDOWS, "{windows} bytes of windows");
    }
}
