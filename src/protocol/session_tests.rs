//! A session with permessage-deflate or extensions of its caller's: what waits, in which order, and what it costs.

use super::Session;
use crate::protocol::deflate::negotiation::{self, Agreement};
use crate::protocol::deflate::{CodecPool, Deflate, Options};
use crate::protocol::handshake::{ClientHandshake, Protocols};
use crate::protocol::hybi::Role;
use crate::protocol::hybi::sender::Header;
use crate::protocol::opening::Offered;
use crate::protocol::rows::{CELLS, Kind, QUEUED, Rows};
use crate::protocol::{Buffers, Limits, Opening, Violation};

/// A row: kind, bytes, extra.
type Event = (i32, Vec<u8>, i32);

fn event(kind: Kind, bytes: &[u8]) -> Event {
    (kind as i32, bytes.to_vec(), 0)
}

/// A session with what it borrows.
struct End {
    session: Session,
    codecs: CodecPool,
}

impl End {
    fn new(session: Session) -> Self {
        End { session, codecs: CodecPool::default() }
    }

    /// Passes a chunk on as long as the session takes it: how far it came, and the rows.
    fn receive(&mut self, chunk: &[u8]) -> (usize, Vec<Event>) {
        let mut chunk = chunk.to_vec();
        let mut cells = [0; CELLS * 8];
        let mut rows = Rows::new(&mut cells);
        let at = self.session.receive(&mut chunk, 0, &mut rows, &mut Buffers::default(), &mut self.codecs);
        let events = rows.iter().map(|row| {
            let bytes = if row.offset == QUEUED {
                self.session.take().unwrap()
            } else {
                chunk[row.offset as usize..][..row.length as usize].to_vec()
            };
            (row.kind, bytes, row.extra)
        });
        (at, events.collect())
    }

    fn events(&mut self, chunk: &[u8]) -> Vec<Event> {
        let (at, events) = self.receive(chunk);
        assert_eq!(at, chunk.len(), "all is taken");
        events
    }

    /// Inflates what waits, and returns the row of it.
    fn inflate(&mut self) -> Event {
        let inflated = self.session.take_inflation().unwrap().run(&mut CodecPool::default());
        let mut cells = [0; CELLS];
        let mut rows = Rows::new(&mut cells);
        self.session.finish_inflation(inflated, &mut rows);
        let row = rows.iter().next().unwrap();
        assert_eq!(row.offset, QUEUED);
        (row.kind, self.session.take().unwrap(), row.extra)
    }
}

fn agreement(options: &Options) -> (Agreement, Agreement) {
    let (server, answer) = negotiation::accept(options, &[negotiation::offer(options)]).unwrap();
    (server, negotiation::activate(Some(options), &answer.to_string()).unwrap().unwrap())
}

/// A server's session with permessage-deflate, and its client's codec.
fn deflating(max_length: u64) -> (End, Deflate) {
    let options = Options { threshold: 10, ..Options::default() };
    let (server, client) = agreement(&options);
    let mut session = Session::new(Role::Server, Limits { max_length, ..Limits::default() });
    assert!(!session.deflates());
    session.set_deflate(Deflate::new(&options, &server));
    assert!(session.deflates());
    (End::new(session), Deflate::new(&options, &client))
}

/// A masked frame with this first byte.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Header::new(first & 15, Some([1, 2, 3, 4])).append_frame(payload, &mut bytes);
    bytes[0] = first;
    bytes
}

fn compressed(peer: &mut Deflate, payload: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    peer.force();
    peer.compress(&mut CodecPool::default(), payload, &mut wire).unwrap();
    wire
}

/// The compressed form, of `length` bytes, of a message that was stored as it is (RFC 1951 section 3.2.4).
fn stored(length: usize) -> (Vec<u8>, Vec<u8>) {
    let plain: Vec<u8> = (0..length - 6).map(|n| (n % 251) as u8).collect();
    let size = u16::try_from(plain.len()).unwrap();
    let wire = [&[0][..], &size.to_le_bytes(), &(!size).to_le_bytes(), &plain, &[0]].concat();
    assert_eq!(wire.len(), length);
    (wire, plain)
}

#[test]
fn short_compressed_messages_are_inflated_where_they_arrive() {
    let (mut end, mut peer) = deflating(1 << 20);
    let mut bytes = frame(0xC1, &compressed(&mut peer, b"hello hello hello"));
    bytes.extend(frame(0x81, b"plain"));
    bytes.extend(frame(0x41, &compressed(&mut peer, "κόσμε".as_bytes())));
    bytes.extend(frame(0x80, b""));
    bytes.extend(frame(0xC2, &compressed(&mut peer, b"hello hello hello")));
    let expected = [
        event(Kind::Ascii, b"hello hello hello"),
        event(Kind::Ascii, b"plain"),
        event(Kind::Text, "κόσμε".as_bytes()),
        event(Kind::Binary, b"hello hello hello"),
    ];
    assert_eq!(end.events(&bytes), expected);
    let (mut end, _) = deflating(1 << 20);
    let single: Vec<Event> = bytes.chunks(1).flat_map(|chunk| end.events(chunk)).collect();
    assert_eq!(single, expected);
}

#[test]
fn a_message_waits_from_64_kib_of_compressed_bytes_on() {
    let (mut end, _) = deflating(1 << 20);
    let (wire, plain) = stored((64 << 10) - 1);
    assert_eq!(end.events(&frame(0xC2, &wire)), [event(Kind::Binary, &plain)]);

    let (wire, plain) = stored(64 << 10);
    let first = frame(0xC2, &wire);
    let chunk = [first.clone(), frame(0x81, b"behind")].concat();
    let (at, events) = end.receive(&chunk);
    assert_eq!((at, events.as_slice()), (first.len(), &[event(Kind::Inflate, b"")][..]));
    assert!(end.session.holds());
    assert_eq!(end.receive(&chunk[at..]), (0, vec![]), "nothing overtakes it");
    assert_eq!(end.inflate(), event(Kind::Binary, &plain));
    assert!(!end.session.holds());
    assert_eq!(end.events(&chunk[at..]), [event(Kind::Ascii, b"behind")]);
}

#[test]
fn a_message_waits_once_it_has_become_long() {
    for fragmented in [false, true] {
        let (mut end, mut peer) = deflating(8 << 20);
        let plain: Vec<u8> = (0..4 << 20).map(|n: usize| (n >> 12) as u8).collect();
        let wire = compressed(&mut peer, &plain);
        assert!(wire.len() > 2048);
        let bytes = if fragmented {
            let (left, right) = wire.split_at(100);
            [frame(0x42, left), frame(0x80, right)].concat()
        } else {
            frame(0xC2, &wire)
        };
        assert_eq!(end.events(&bytes), [event(Kind::Inflate, b"")]);
        let (messages, _) = end.session.memory_usage();
        assert!((256 << 10..6 << 20).contains(&messages), "{messages}");
        assert_eq!(end.inflate(), event(Kind::Binary, &plain));
        assert_eq!(end.session.memory_usage().0, 0);
    }
}

#[test]
fn a_message_of_many_short_steps_does_not_wait() {
    let (mut end, _) = deflating(1 << 20);
    let (wire, plain) = stored(5_000);
    assert_eq!(end.events(&frame(0xC2, &wire)), [event(Kind::Binary, &plain)]);
}

#[test]
fn compressed_messages_that_break_a_rule_are_violations() {
    let violation = |code, text: &str| vec![(Kind::Violation as i32, text.as_bytes().to_vec(), code)];
    let cases: [(&[u8], i32, &str); 3] = [
        (b"ab\xff ab\xff ab\xff", 1007, "Could not decode a text frame as UTF-8"),
        (&[b'x'; 101], 1009, "WebSocket frame length too large"),
        (b"", 1010, "permessage-deflate: invalid block type"),
    ];
    for (plain, code, text) in cases {
        let (mut end, mut peer) = deflating(100);
        let wire = if plain.is_empty() { vec![0xff; 3] } else { compressed(&mut peer, plain) };
        assert_eq!(end.events(&[frame(0xC1, &wire), frame(0x81, b"late")].concat()), violation(code, text));
    }
}

#[test]
fn a_waiting_message_that_breaks_a_rule_is_a_violation() {
    let (mut end, _) = deflating(1 << 20);
    let (mut wire, _) = stored(64 << 10);
    wire[0] = 0b110;
    assert_eq!(end.events(&frame(0xC2, &wire)), [event(Kind::Inflate, b"")]);
    let text = b"permessage-deflate: invalid block type";
    assert_eq!(end.inflate(), (Kind::Violation as i32, text.to_vec(), 1010));
    assert_eq!(end.events(&frame(0x81, b"late")), []);

    let (mut end, _) = deflating(1 << 20);
    let (wire, _) = stored(64 << 10);
    assert_eq!(end.events(&frame(0xC1, &wire)), [event(Kind::Inflate, b"")]);
    assert_eq!(end.inflate().2, 1007);
}

#[test]
fn a_message_waits_for_a_codec_that_is_away() {
    let (mut end, mut peer) = deflating(1 << 20);
    assert!(!end.session.compresses(9) && end.session.compresses(10));
    let codec = end.session.take_deflate().unwrap();
    assert!(end.session.take_deflate().is_none());
    assert!(end.session.compresses(9), "whether it is, the codec will say");
    assert_eq!(end.session.compress(&mut end.codecs, b"x", &mut Vec::new()), None);
    assert_eq!(end.session.memory_usage().1, 0);
    assert_eq!(end.events(&frame(0xC1, &compressed(&mut peer, b"hello"))), [event(Kind::Inflate, b"")]);
    assert!(end.session.take_inflation().is_none());
    end.session.give_deflate(codec);
    assert_eq!(end.inflate(), event(Kind::Ascii, b"hello"));
    assert_eq!(end.events(&frame(0xC1, &compressed(&mut peer, b"hello"))), [event(Kind::Ascii, b"hello")]);
}

#[test]
fn there_is_nothing_to_inflate_when_no_message_waits() {
    let (mut end, _) = deflating(100);
    assert!(end.session.take_inflation().is_none());
    assert!(end.session.take_deflate().is_some(), "the codec has stayed");
    assert!(Session::new(Role::Server, Limits::default()).take_inflation().is_none());
}

#[test]
fn messages_that_are_sent_are_compressed() {
    let (mut end, mut peer) = deflating(100);
    let (mut wire, mut plain) = (Vec::new(), Vec::new());
    assert_eq!(end.session.compress(&mut end.codecs, b"hello hello hello", &mut wire), Some(Ok(true)));
    assert!(wire.len() < 17);
    peer.decompress(&mut CodecPool::default(), &wire, true, &mut plain, 100).unwrap();
    assert_eq!(plain, b"hello hello hello");

    let mut session = Session::new(Role::Server, Limits::default());
    assert!(!session.compresses(1000));
    assert_eq!(session.compress(&mut end.codecs, b"x", &mut wire), None);
    assert!(session.take_deflate().is_none());
}

#[test]
fn memory_is_given_back_after_a_while_without_messages() {
    let (mut end, _) = deflating(1 << 20);
    let mut wire = Vec::new();
    assert!(!end.session.hibernate_if_idle(), "it has just begun");
    assert!(end.session.hibernate_if_idle());
    end.session.compress(&mut end.codecs, &[7; 40_000], &mut wire).unwrap().unwrap();
    assert!(!end.session.hibernate_if_idle(), "it has sent");
    let busy = end.session.memory_usage().1;
    assert!(end.session.hibernate_if_idle());
    assert!(end.session.memory_usage().1 < busy);
    let (wire, _) = stored(100);
    end.events(&frame(0xC2, &wire));
    assert!(!end.session.hibernate_if_idle(), "it has received");
    assert!(end.session.take_deflate().is_some());
    assert!(!end.session.hibernate_if_idle(), "the codec is away");
    assert!(!end.session.hibernate_if_idle(), "and still is");
    assert!(!Session::new(Role::Server, Limits::default()).hibernate_if_idle());
}

#[test]
fn a_codec_in_the_middle_of_a_message_is_given_back_at_the_end() {
    let (mut end, mut peer) = deflating(8 << 20);
    let wire = compressed(&mut peer, &vec![0; 4 << 20]);
    assert_eq!(end.events(&frame(0xC2, &wire)), [event(Kind::Inflate, b"")]);
    assert_eq!(end.codecs.memory_usage(), 0);
    end.session.close(&mut end.codecs);
    assert!(end.codecs.memory_usage() > 0);
}

#[test]
fn memory_counts_what_is_unfinished_untaken_and_waiting() {
    let (mut end, _) = deflating(1 << 20);
    let (wire, _) = stored(64 << 10);
    let chunk = [frame(0x01, b"unta"), frame(0x80, b"ken"), frame(0xC2, &wire)].concat();
    let mut cells = [0; CELLS * 8];
    let mut rows = Rows::new(&mut cells);
    let (mut buffers, mut chunk) = (Buffers::default(), chunk);
    end.session.receive(&mut chunk, 0, &mut rows, &mut buffers, &mut end.codecs);
    assert_eq!(rows.count(), 2);
    assert_eq!(end.session.buffered(), 7);
    assert_eq!(end.session.memory_usage().0, 7 + (64 << 10));
    assert!(end.session.memory_usage().1 > 0);

    let mut end = End::new(Session::new(Role::Server, Limits::default()));
    assert_eq!(end.events(&frame(0x01, b"unfinished")), []);
    assert_eq!(end.session.memory_usage(), (10, 0));
}

#[test]
fn extensions_of_the_caller_get_all_messages() {
    let mut session = Session::new(Role::Server, Limits::default());
    session.set_plugins(2);
    let mut end = End::new(session);
    let raw = |bytes: &[u8], extra| (Kind::Raw as i32, bytes.to_vec(), extra);
    let bytes = [frame(0xA1, b"a"), frame(0x82, b"b"), frame(0x89, b"p"), frame(0xC1, b"c")].concat();
    let events = end.events(&bytes);
    assert_eq!(events[..3], [raw(b"a", 0x21), raw(b"b", 2), event(Kind::Ping, b"p")]);
    assert_eq!((events.len(), events[3].2), (4, 1002));
}

/// A client's session that has offered something.
fn connecting(offered: Offered) -> End {
    let handshake = ClientHandshake::new(*b"the sample nonce", Protocols::default(), 1000);
    End::new(Session::connecting(Opening::new(handshake, None).offering(offered), Limits::default()))
}

fn agreed(extensions: &str) -> Vec<u8> {
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: ";
    format!("{head}{extensions}\r\n\r\n").into_bytes()
}

#[test]
fn a_client_inflates_what_a_server_compresses_once_they_have_agreed() {
    let options = Options::default();
    let mut peer = Deflate::new(&options, &agreement(&options).0);
    let mut end = connecting(Offered::Deflate(options));
    assert!(!end.session.deflates());
    let mut bytes = agreed("permessage-deflate");
    Header { opcode: 1, rsv: 4, mask: None }.append_frame(&compressed(&mut peer, b"hello"), &mut bytes);
    assert_eq!(end.events(&bytes), [(Kind::Open as i32, vec![], 101), event(Kind::Ascii, b"hello")]);
    assert!(end.session.deflates());
}

#[test]
fn a_client_with_extensions_of_the_callers_reads_nothing_before_they_are_known() {
    let mut end = connecting(Offered::Plugins);
    let head = agreed("x-mine");
    let chunk = [head.clone(), b"\xa1\x01x".to_vec()].concat();
    assert_eq!(end.receive(&chunk), (head.len(), vec![(Kind::Open as i32, vec![], 101)]));
    assert!(end.session.holds());
    end.session.set_plugins(2);
    assert_eq!(end.events(&chunk[head.len()..]), [(Kind::Raw as i32, b"x".to_vec(), 0x21)]);
}

#[test]
fn a_session_that_stopped_or_met_a_violation_ignores_the_rest() {
    let mut end = End::new(Session::new(Role::Server, Limits::default()));
    assert_eq!(end.events(&frame(0x81, b"a")), [event(Kind::Ascii, b"a")]);
    end.session.stop();
    assert_eq!(end.events(&frame(0x81, b"b")), []);

    let mut end = End::new(Session::new(Role::Server, Limits::default()));
    let mut cells = [0; CELLS];
    let mut rows = Rows::new(&mut cells);
    end.session.violate(&Violation::Internal, &mut rows);
    let row = rows.iter().next().unwrap();
    assert_eq!((row.kind, row.extra), (Kind::Violation as i32, 1011));
    assert_eq!(end.session.take(), Some(b"Internal error".to_vec()));
    assert_eq!(end.events(&frame(0x81, b"b")), []);
}

#[test]
fn only_a_client_masks() {
    let server = Session::new(Role::Server, Limits::default());
    assert!(!server.masks());
    assert!(connecting(Offered::Nothing).session.masks());
    assert_eq!(server.header(0xC2, None), Header { opcode: 2, rsv: 4, mask: None });
    let mask = Some([1, 2, 3, 4]);
    assert_eq!(server.header(0x39, mask), Header { opcode: 9, rsv: 3, mask });
}
