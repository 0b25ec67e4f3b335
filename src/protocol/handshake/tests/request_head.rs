//! The head of a request in the bytes of a connection (RFC 9112 sections 2 to 5).

use super::splits::for_every_split;
use crate::protocol::handshake::{HeadFault, RequestHead, RequestParser};

/// What a parser makes of chunks: the head and the number of bytes that belong to it, over all chunks.
fn read(chunks: &[&[u8]]) -> Result<Option<(RequestHead, usize)>, HeadFault> {
    let mut parser = RequestParser::new(16 * 1024);
    let mut before = 0;
    for chunk in chunks {
        if let Some((head, used)) = parser.receive(chunk)? {
            return Ok(Some((head, before + used)));
        }
        before += chunk.len();
    }
    Ok(None)
}

#[test]
fn a_head_is_read_in_every_split_and_what_follows_is_left() {
    let bytes = b"GET /chat?x=\xE9 HTTP/1.1\r\nHost: h\r\nA: 1\r\na:  2 \r\n\r\nrest";
    // A target outside of ASCII is no request.
    assert_eq!(read(&[bytes]).map(|found| found.is_some()), Err(HeadFault::Malformed));
    let bytes = b"\r\nGET /chat HTTP/1.1\r\nHost: h\r\nA: 1\r\na:  2 \r\n\r\nrest";
    for_every_split(bytes, |chunks| {
        let (head, used) = read(chunks).unwrap().unwrap();
        assert_eq!((head.method.as_str(), head.target.as_str(), used), ("GET", "/chat", bytes.len() - 4));
        let headers: Vec<_> = head.headers.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        assert_eq!(headers, [("host", "h"), ("a", "1, 2")]);
    });
}

#[test]
fn a_head_without_an_end_is_refused_at_the_limit() {
    let mut parser = RequestParser::new(100);
    assert_eq!(parser.receive(&[b'x'; 100]), Ok(None));
    assert_eq!(parser.receive(b"x"), Err(HeadFault::TooLong));
}

#[test]
fn what_is_no_request_is_malformed() {
    for bytes in [&b"junk\r\n\r\n"[..], b"GET / HTTP/2\r\n\r\n", b"GET / HTTP/1.1\r\nno header\r\n\r\n"] {
        assert_eq!(read(&[bytes]), Err(HeadFault::Malformed), "{bytes:?}");
    }
}
