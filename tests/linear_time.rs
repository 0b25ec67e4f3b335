//! What a peer can make the core look at takes time in proportion to its length, however it is cut. The core has no
//! clock, so this is tested from outside of it.
#![cfg(not(feature = "node"))]

use std::time::{Duration, Instant};

use faye_websocket_native::protocol::extension::header::parse;
use faye_websocket_native::protocol::handshake::{
    Headers, Protocols, Request, ResponseHead, ResponseParser, is_websocket,
};
use faye_websocket_native::protocol::hixie::{Draft, Event, HixieSession, Most};

/// Far beyond every real limit: what is quadratic takes hours at this length, and the bound can be generous.
const SIZE: usize = 1 << 20;

/// Fails when `read` takes time that nothing linear takes, on any machine.
fn is_linear(read: impl FnOnce()) {
    let start = Instant::now();
    read();
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn drafts_read_byte_by_byte_and_at_once() {
    let mut long = vec![b'x'; 2 * SIZE];
    long[0] = 0x00;
    long.push(0xFF);
    let empty = b"\x00\xff".repeat(SIZE / 2);
    let request = Request {
        method: "GET",
        url: "ws://localhost/",
        upgrade: Some("WebSocket"),
        connection: Some("Upgrade"),
        ..Request::default()
    };
    let most = Most { bytes: 4 << 20, units: 4 << 20 };
    is_linear(|| {
        for bytes in [&long, &empty] {
            for size in [1, bytes.len()] {
                let mut head = Vec::new();
                let mut session =
                    HixieSession::accept(Draft::Hixie75, &request, &Headers::new(), most, &mut head).unwrap();
                let mut events = Vec::new();
                bytes.chunks(size).for_each(|chunk| session.receive(chunk, &mut events));
                assert!(matches!(events.last(), Some(Event::Text(_))));
            }
        }
    });
}

#[test]
fn lists_full_of_blanks_are_read() {
    let supported = Protocols::new(["a"]).unwrap();
    is_linear(|| {
        for header in [" ".repeat(SIZE), " ,".repeat(SIZE / 2), format!("x{}y", " ".repeat(SIZE))] {
            assert_eq!(supported.choose(&header), None);
            assert!(!is_websocket("GET", Some(&header), Some("websocket")));
        }
    });
}

#[test]
fn hostile_heads_are_read_byte_by_byte() {
    let distinct: String = (0..50_000).map(|n| format!("x{n}: 1\r\n")).collect();
    let bodies = [b"a:\n".as_slice(), b" ", b"x: ,\n", b"x:\n ", b"\r", distinct.as_bytes()];
    is_linear(|| {
        for body in bodies {
            let repeated = body.repeat((SIZE / body.len()).max(1));
            let head = read_head(&[b"HTTP/1.1 101 S\r\nx: ".as_slice(), &repeated, b"y\r\n\r\n"].concat());
            assert_eq!(head.is_none(), body == b"\r");
        }
    });
}

/// Reads a head byte by byte; none when it is malformed.
fn read_head(bytes: &[u8]) -> Option<ResponseHead> {
    let mut parser = ResponseParser::new(2 * SIZE);
    for byte in bytes.chunks(1) {
        if let Some((head, _)) = parser.receive(byte).ok()? {
            return Some(head);
        }
    }
    panic!("the head has an end");
}

#[test]
fn huge_extension_headers_are_read() {
    let blanks = " ".repeat(SIZE);
    let offers = vec!["permessage-deflate; client_max_window_bits"; 100_000].join(", ");
    let distinct: String = (0..100_000).map(|key| format!("; k{key}")).collect();
    let repeated = "; x".repeat(100_000);
    is_linear(|| {
        assert!(parse(&format!("a{blanks}b")).is_err());
        assert!(parse(&format!("a{blanks};{blanks}x{blanks}={blanks}1")).is_ok());
        assert!(parse(&"a\r\n ".repeat(SIZE / 4)).is_err());
        assert!(parse(&format!("a; x=\"{}", "\\\"".repeat(SIZE / 2))).is_err());
        assert_eq!(parse(&offers).unwrap().len(), 100_000);
        assert_eq!(parse(&format!("a{distinct}")).unwrap()[0].params.len(), 100_000);
        assert_eq!(parse(&format!("a{repeated}")).unwrap()[0].params[0].values.len(), 100_000);
    });
}
