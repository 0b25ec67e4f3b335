//! A client's opening, from the tunnel and the response to the frames behind them.

use super::{Opening, Progress};
use crate::protocol::deflate::CodecPool;
use crate::protocol::handshake::tests::splits::{for_every_split, for_random_splits};
use crate::protocol::handshake::{ClientHandshake, Protocols, Tunnel};
use crate::protocol::rows::{CELLS, Kind, QUEUED, Rows};
use crate::protocol::{Buffers, Limits, Session};

const AGREED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n";
const TUNNEL: &str = "HTTP/1.1 200 OK\r\nVia: x\r\n\r\n";

/// A text message, a binary one, a close frame with the code 1000.
const FRAMES: [u8; 13] = [0x81, 3, b'o', b'n', b'e', 0x82, 2, 0, 255, 0x88, 2, 3, 232];

fn opening(proxy: bool) -> Opening {
    let protocols = Protocols::parse("chat").unwrap();
    // The nonce of RFC 6455 section 1.3.
    let handshake = ClientHandshake::new(*b"the sample nonce", protocols, Limits::DEFAULT_MAX_HEAD);
    Opening::new(handshake, proxy.then(|| Tunnel::new(Limits::DEFAULT_MAX_HEAD)))
}

/// What a session makes of chunks: each row's kind and extra, with its bytes as text.
fn play(session: &mut Session, chunks: &[&[u8]]) -> Vec<(i32, String, i32)> {
    let mut events = Vec::new();
    let mut buffers = Buffers::default();
    for chunk in chunks {
        let (mut chunk, mut at) = (chunk.to_vec(), 0);
        while at < chunk.len() {
            let mut cells = [0; CELLS * 3];
            let mut rows = Rows::new(&mut cells);
            at = session.receive(&mut chunk, at, &mut rows, &mut buffers, &mut CodecPool::default());
            for row in rows.iter() {
                let bytes = match usize::try_from(row.offset) {
                    Ok(offset) => chunk[offset..offset + row.length as usize].to_vec(),
                    Err(_) => session.take().unwrap(),
                };
                events.push((row.kind, String::from_utf8_lossy(&bytes).into_owned(), row.extra));
            }
        }
    }
    events
}

fn event(kind: Kind, text: &str, extra: i32) -> (i32, String, i32) {
    (kind as i32, text.to_owned(), extra)
}

#[test]
fn frames_behind_the_answer_are_received_in_every_split() {
    let transcript = [AGREED.as_bytes(), &FRAMES].concat();
    let check = |chunks: &[&[u8]]| {
        let mut session = Session::connecting(opening(false), Limits::default());
        assert_eq!(
            play(&mut session, chunks),
            [
                event(Kind::Open, "", 101),
                event(Kind::Ascii, "one", 0),
                event(Kind::Binary, "\0\u{fffd}", 0),
                event(Kind::Close, "", 1000),
            ]
        );
        let answer = session.take_answer().unwrap();
        assert_eq!((answer.response.status, answer.protocol.as_deref()), (101, Some("chat")));
        assert_eq!(answer.response.header("upgrade"), "websocket");
        assert_eq!(session.take_answer(), None);
    };
    for_every_split(&transcript, check);
    for_random_splits(&transcript, 10_000, check);
}

#[test]
fn frames_behind_the_answer_wait_when_there_is_no_room_for_rows() {
    let mut session = Session::connecting(opening(false), Limits::default());
    let mut chunk = [AGREED.as_bytes(), &FRAMES].concat();
    let mut cells = [0; CELLS];
    let mut rows = Rows::new(&mut cells);
    let reached =
        session.receive(&mut chunk, 0, &mut rows, &mut Buffers::default(), &mut CodecPool::default());
    assert_eq!((reached, rows.count()), (AGREED.len(), 1));
}

#[test]
fn an_answer_that_refuses_is_kept_and_nothing_behind_it_is_read() {
    let transcript = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n\x81\x03one";
    for_every_split(transcript, |chunks| {
        let mut session = Session::connecting(opening(false), Limits::default());
        let text = "Error during WebSocket handshake: Unexpected response code: 401";
        assert_eq!(play(&mut session, chunks), [event(Kind::Refused, text, 401)]);
        assert_eq!(session.take_answer().unwrap().response.header("www-authenticate"), "Basic");
    });
}

#[test]
fn an_answer_that_is_not_http_has_no_status() {
    let mut session = Session::connecting(opening(false), Limits::default());
    let text = "Error during WebSocket handshake: Parse Error";
    assert_eq!(play(&mut session, &[b"SSH-2.0-x\r\n"]), [event(Kind::Refused, text, 0)]);
    assert_eq!(session.take_answer().unwrap().response.status, 0);
}

#[test]
fn an_extension_that_was_not_offered_is_refused() {
    let answer = AGREED.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x-mine\r\n\r\n");
    let mut session = Session::connecting(opening(false), Limits::default());
    let text = "Error during WebSocket handshake: \
        Server sent an extension response for unknown extension \"x-mine\"";
    assert_eq!(play(&mut session, &[answer.as_bytes()]), [event(Kind::Refused, text, 101)]);
}

#[test]
fn no_answer_is_there_before_it_is_complete() {
    let mut session = Session::connecting(opening(false), Limits::default());
    assert_eq!(play(&mut session, &[&AGREED.as_bytes()[..50]]), []);
    assert_eq!(session.take_answer(), None);
    assert_eq!(play(&mut session, &[&AGREED.as_bytes()[50..]]), [event(Kind::Open, "", 101)]);
}

#[test]
fn what_follows_the_answer_of_a_proxy_is_handed_out() {
    let mut session = Session::connecting(opening(true), Limits::default());
    let chunk = [TUNNEL.as_bytes(), b"more"].concat();
    assert_eq!(play(&mut session, &[&chunk]), [event(Kind::Tunnel, "more", 0)]);
    assert_eq!(play(&mut session, &[AGREED.as_bytes()]), [event(Kind::Open, "", 101)]);
}

#[test]
fn a_tunnel_opens_in_every_split() {
    for_every_split(TUNNEL.as_bytes(), |chunks| {
        let mut session = Session::connecting(opening(true), Limits::default());
        assert_eq!(play(&mut session, chunks), [event(Kind::Tunnel, "", 0)]);
    });
}

#[test]
fn a_proxy_that_refuses_is_no_server_that_answers() {
    let mut session = Session::connecting(opening(true), Limits::default());
    let text = "Unexpected response code of the proxy: 407";
    let chunk = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
    assert_eq!(play(&mut session, &[chunk]), [event(Kind::Refused, text, 407)]);
    assert_eq!(session.take_answer().unwrap().response.status, 0);
}

#[test]
fn a_proxy_that_speaks_no_http_is_refused() {
    let mut session = Session::connecting(opening(true), Limits::default());
    let text = "Error in the answer of the proxy: Parse Error";
    assert_eq!(play(&mut session, &[b"\x16\x03\x01\r\n"]), [event(Kind::Refused, text, 0)]);
}

#[test]
fn a_refusal_is_queued_text() {
    let mut session = Session::connecting(opening(false), Limits::default());
    let mut cells = [0; CELLS];
    let mut rows = Rows::new(&mut cells);
    session.receive(&mut b"x\r\n".to_vec(), 0, &mut rows, &mut Buffers::default(), &mut CodecPool::default());
    assert_eq!(rows.iter().map(|row| row.offset).collect::<Vec<_>>(), [QUEUED]);
}

#[test]
fn an_opening_says_how_many_bytes_it_used() {
    let mut opening = opening(true);
    assert_eq!(opening.receive(b"HTTP/1.1 200"), Progress::More);
    assert_eq!(opening.receive(b" OK\r\n\r\nHTTP"), Progress::Tunnel(7));
    assert_eq!(opening.receive(&[AGREED.as_bytes(), &FRAMES].concat()), Progress::Open(AGREED.len()));
}
