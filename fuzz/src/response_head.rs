//! Any bytes as the answer to a client's handshake (RFC 6455 section 4.1): however they are cut, they mean the same;
//! a head takes no more than its limit; and what was read can be written and read again.

use super::events::{Event, check_order, with_rows};
use super::input::{Input, chunks};
use faye_websocket_native::protocol::deflate::{CodecPool, Options};
use faye_websocket_native::protocol::handshake::{
    ClientHandshake, HeadFault, Protocols, ResponseHead, ResponseParser, Tunnel,
};
use faye_websocket_native::protocol::opening::{Answer, Offered};
use faye_websocket_native::protocol::{Buffers, Limits, Opening, Session};

/// What a parser said: the head and where it ended.
type Outcome = Result<Option<(ResponseHead, usize)>, HeadFault>;

/// See the module.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let flags = input.byte();
    let max_head = [20, 300, 4096, 16384][usize::from(flags & 3)];
    let pattern = input.take(3);
    let bytes = input.rest();

    let whole = parse(&[bytes], max_head);
    assert_eq!(parse(&chunks(bytes, pattern), max_head), whole, "in chunks of {pattern:?}");
    assert_eq!(parse(&chunks(bytes, &[0]), max_head), whole, "byte by byte");
    if let Ok(Some((head, used))) = &whole {
        assert!(*used <= max_head && *used <= bytes.len());
        check(head);
    } else if bytes.len() > max_head {
        assert!(whole.is_err(), "a head that is too long is a fault");
    }

    let open = |parts: &[&[u8]]| open(flags, max_head, parts);
    let whole = open(&[bytes]);
    check_order(&whole.0);
    // What follows the answer of a proxy is handed out with it, and stays where it is.
    if flags & 4 == 0 {
        assert_eq!(open(&chunks(bytes, pattern)), whole, "in chunks of {pattern:?}");
        assert_eq!(open(&chunks(bytes, &[0])), whole, "byte by byte");
    } else {
        open(&chunks(bytes, pattern));
    }
}

fn parse(parts: &[&[u8]], max_head: usize) -> Outcome {
    let mut parser = ResponseParser::new(max_head);
    let mut before = 0;
    for part in parts {
        if let Some((head, used)) = parser.receive(part)? {
            assert!(used <= part.len());
            return Ok(Some((head, before + used)));
        }
        before += part.len();
    }
    Ok(None)
}

/// What a head promises; and that it is the same once it is written.
fn check(head: &ResponseHead) {
    assert!(head.status == 101 || !(100..200).contains(&head.status), "interim responses are skipped");
    let mut bytes = format!("HTTP/1.1 {:03} Whatever\r\n", head.status).into_bytes();
    for (i, (name, value)) in head.headers.iter().enumerate() {
        assert!(!name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_uppercase()));
        assert!(head.headers[..i].iter().all(|(known, _)| known != name), "names are joined");
        assert!(!value.contains(['\r', '\n', '\0']), "a value is one line");
        bytes.extend(format!("{name}: ").bytes());
        bytes.extend(value.chars().map(|char| u8::try_from(u32::from(char)).expect("values are Latin-1")));
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"\r\n");
    let (again, used) = parse(&[&bytes], bytes.len()).expect("it is HTTP").expect("it is whole");
    assert_eq!(used, bytes.len());
    assert_eq!(again.status, head.status);
    assert_eq!(again.headers.len(), head.headers.len());
    for ((name, value), (known, wanted)) in again.headers.iter().zip(&head.headers) {
        assert_eq!((name, value.as_str()), (known, wanted.trim_matches([' ', '\t'])));
    }
}

/// A client's session with these settings: its rows, and the answer that it keeps.
fn open(flags: u8, max_head: usize, parts: &[&[u8]]) -> (Vec<Event>, Option<Answer>) {
    let protocols = Protocols::parse("chat, superchat").expect("legal names");
    // The nonce of RFC 6455 section 1.3, so that inputs can hold what answers it.
    let handshake = ClientHandshake::new(*b"the sample nonce", protocols, max_head);
    let offered = match flags >> 3 & 3 {
        0 => Offered::Nothing,
        1 => Offered::Plugins,
        _ => Offered::Deflate(Options::default()),
    };
    let tunnel = (flags & 4 != 0).then(|| Tunnel::new(max_head));
    let limits = Limits { max_length: 1000, max_head, ..Limits::default() };
    let mut session = Session::connecting(Opening::new(handshake, tunnel).offering(offered), limits);
    let (mut buffers, mut codecs) = (Buffers::default(), CodecPool::default());
    let mut events = Vec::new();
    let mut ahead = Vec::new();
    for part in parts {
        let mut chunk = std::mem::take(&mut ahead);
        chunk.extend_from_slice(part);
        let mut at = 0;
        while at < chunk.len() && !session.holds() {
            let (reached, rows) =
                with_rows(4, |rows| session.receive(&mut chunk, at, rows, &mut buffers, &mut codecs));
            at = reached;
            events.extend(rows.into_iter().map(|row| Event::of(row, &chunk, || session.take())));
        }
        ahead = chunk.split_off(at);
    }
    (events, session.take_answer())
}
