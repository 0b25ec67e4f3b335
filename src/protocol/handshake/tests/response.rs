//! Reading the head of a response: every split, every fault, and its limit.

use super::splits::for_every_split;
use crate::protocol::Limits;
use crate::protocol::handshake::{HeadFault, ResponseHead, ResponseParser};
use proptest::prelude::*;

const MAX: usize = Limits::DEFAULT_MAX_HEAD;

/// Feeds `chunks` in order; returns the head and every byte behind it.
fn read(max: usize, chunks: &[&[u8]]) -> Result<Option<(ResponseHead, Vec<u8>)>, HeadFault> {
    let mut parser = ResponseParser::new(max);
    for (index, chunk) in chunks.iter().enumerate() {
        if let Some((head, consumed)) = parser.receive(chunk)? {
            let rest = [&chunk[consumed..], &chunks[index + 1..].concat()].concat();
            return Ok(Some((head, rest)));
        }
    }
    Ok(None)
}

fn head(text: &[u8]) -> ResponseHead {
    read(MAX, &[text]).unwrap().expect("the head is whole").0
}

fn headers(text: &[u8]) -> Vec<(String, String)> {
    head(text).headers
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

#[test]
fn every_split_of_a_head_and_frames_yields_the_same() {
    let transcripts: [&[u8]; 4] = [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-A: 1\r\nx-a: 2\r\n\r\n\x81\x01a\r\n\r\n\x89\x00",
        b"HTTP/1.1 101\nUpgrade: websocket\nX-A: 1,\n 2\n\n\x81\x01a\r\n\r\n\x89\x00",
        b"\r\n\nHTTP/1.1 101 \r\nUpgrade:websocket\t\r\nX-A:\t1, 2\n\r\n\x81\x01a\r\n\r\n\x89\x00",
        b"HTTP/1.1 100 Continue\r\nUpgrade: no\r\n\r\nHTTP/1.0 103 H\r\n\r\nHTTP/1.1 101 S\r\nUPGRADE: websocket\r\n\
          X-A: 1\r\nX-A: 2\r\n\r\n\x81\x01a\r\n\r\n\x89\x00",
    ];
    for transcript in transcripts {
        for_every_split(transcript, |chunks| {
            let (head, rest) = read(MAX, chunks).unwrap().unwrap();
            assert_eq!(head.status, 101);
            assert_eq!(head.headers, pairs(&[("upgrade", "websocket"), ("x-a", "1, 2")]));
            assert_eq!(rest, b"\x81\x01a\r\n\r\n\x89\x00");
        });
    }
}

#[test]
fn joins_repeated_headers_in_the_order_of_their_first_appearance() {
    assert_eq!(
        headers(b"HTTP/1.1 200 OK\r\nB: 1\r\nA: 2\r\nb: 3\r\nset-cookie: x\r\nSet-Cookie: y\r\nB:\r\n\r\n"),
        pairs(&[("b", "1, 3, "), ("a", "2"), ("set-cookie", "x, y")])
    );
    assert_eq!(head(b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\n").header("a"), "1");
    assert_eq!(head(b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\n").header("b"), "");
}

#[test]
fn reads_names_that_are_special_in_javascript_like_any_other() {
    assert_eq!(
        headers(b"HTTP/1.1 101 S\r\n__proto__: x\r\nconstructor: y\r\n\r\n"),
        pairs(&[("__proto__", "x"), ("constructor", "y")])
    );
}

#[test]
fn unfolds_folded_headers() {
    assert_eq!(
        headers(b"HTTP/1.1 101 S\r\nX-A: b\t \r\n c\r\n\t \td\r\nX-B: 1\r\n\r\n"),
        pairs(&[("x-a", "b c d"), ("x-b", "1")])
    );
    assert_eq!(headers(b"HTTP/1.1 101 S\r\nX-A:\r\n b\r\n \r\n\r\n"), pairs(&[("x-a", "b")]));
}

#[test]
fn reads_values_as_latin_1() {
    assert_eq!(headers(b"HTTP/1.1 101 S\r\nX-A: \xe9\x80\r\n\r\n"), pairs(&[("x-a", "\u{e9}\u{80}")]));
}

#[test]
fn ignores_lines_that_are_no_headers() {
    for line in ["abc", "abc : x", ": x", " first: folded onto nothing", "a b: c", "x-a: a\u{1}b"] {
        let text = format!("HTTP/1.1 101 S\r\n{line}\r\nX-B: 1\r\n\r\n");
        assert_eq!(headers(text.as_bytes()), pairs(&[("x-b", "1")]), "{line:?}");
    }
}

#[test]
fn refuses_what_is_no_http_response() {
    let malformed: [&[u8]; 13] = [
        b"garbage\r\n\r\n",
        b"SSH-2.0-x\r\n",
        b"http/1.1 101 S\r\n",
        b"HTTP/2.0 101 S\r\n",
        b"HTTP/1.1 99 S\r\n",
        b"HTTP/1.1 1010 S\r\n",
        b"HTTP/1.1 abc S\r\n",
        b"HTTP/1.1 -01 S\r\n",
        b"HTTP/1.1\r\n",
        b"\x81\x05hello\n",
        b"HTTP/1.1 101 S\r\nX-A: a\rb\r\n\r\n",
        b"HTTP/1.1 101 S\r\nX-A: a\0b\r\n\r\n",
        b"HTTP/1.1 101 S\r\nX-A: b\r\n\r\r\n\r\n",
    ];
    for bytes in malformed {
        for_every_split(bytes, |chunks| {
            assert_eq!(read(MAX, chunks), Err(HeadFault::Malformed), "{bytes:?}")
        });
    }
}

#[test]
fn refuses_at_once_what_begins_no_http_response() {
    let beginnings: [&[u8]; 8] = [
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"SSH",
        b"220 mail",
        b"\x81",
        b"h",
        b"HTTP/2",
        b"HTTP/1.1 1x",
        b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nICY",
    ];
    for bytes in beginnings {
        for_every_split(bytes, |chunks| {
            assert_eq!(read(MAX, chunks), Err(HeadFault::Malformed), "{bytes:?}");
        });
        assert_eq!(read(MAX, &bytes.chunks(1).collect::<Vec<_>>()), Err(HeadFault::Malformed), "{bytes:?}");
    }
}

#[test]
fn waits_for_the_rest_of_a_good_beginning() {
    for bytes in
        ["", "\r\n", "HTTP/1.1", "HTTP/1.1 101 S\r", "HTTP/1.1 101 S\r\n", "HTTP/1.1 101 S\r\nX: 1\r\n\r"]
    {
        assert_eq!(read(MAX, &[bytes.as_bytes()]), Ok(None));
    }
    assert_eq!(read(MAX, &[b"HTTP/1.1 100 Continue\r\n\r\n"]), Ok(None));
}

#[test]
fn counts_the_bytes_of_the_head_and_refuses_one_more() {
    let head = b"HTTP/1.1 101 S\r\nX-A: 1\r\n\r\n";
    for_every_split(&[head.as_slice(), b"frames"].concat(), |chunks| {
        assert_eq!(read(head.len(), chunks).unwrap().unwrap().1, b"frames");
        assert_eq!(read(head.len() - 1, chunks), Err(HeadFault::TooLong));
    });
}

#[test]
fn refuses_a_head_without_end_at_the_limit() {
    for endless in ["HTTP/1.1 101 ", "HTTP/1.1 101 S\r\nX: ", "HTTP/1.1 101 S\r\nX:\r\n ", "\r\n"] {
        let unit = if endless == "\r\n" { "\r\n" } else { "y" };
        let mut bytes = endless.as_bytes().to_vec();
        while bytes.len() < MAX {
            bytes.extend_from_slice(unit.as_bytes());
        }
        bytes.truncate(MAX);
        assert_eq!(read(MAX, &[&bytes]), Ok(None), "{endless:?}");
        bytes.push(b'y');
        for_every_split(&bytes[MAX - 3..], |tail| {
            let chunks = [&[&bytes[..MAX - 3]], tail].concat();
            assert_eq!(read(MAX, &chunks), Err(HeadFault::TooLong), "{endless:?}");
        });
    }
}

#[test]
fn counts_interim_responses_against_the_limit() {
    let interim = b"HTTP/1.1 102 Processing\r\n\r\n".repeat(MAX / 27 + 1);
    assert_eq!(read(MAX, &[&interim]), Err(HeadFault::TooLong));
    assert_eq!(read(MAX, &interim.chunks(1).collect::<Vec<_>>()), Err(HeadFault::TooLong));
}

#[test]
fn words_its_faults_as_the_reference_does() {
    assert_eq!(HeadFault::Malformed.to_string(), "Parse Error");
    assert_eq!(HeadFault::TooLong.to_string(), "max header size exceeded");
}

/// Text near enough to a response to get past the first line.
fn nearly_a_head() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"HTTP/1.1 101 S\r\n".to_vec()),
        Just(b"HTTP/1.1 100 C\r\n\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"X-A: 1\r\n".to_vec()),
        Just(b"x-a:\n".to_vec()),
        Just(b" fold\r\n".to_vec()),
        Just(b"\r".to_vec()),
        prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), max in 0_usize..300) {
        let _ = read(max, &[&bytes]);
    }

    #[test]
    fn any_chunks_of_any_bytes_yield_what_the_whole_yields(bytes in nearly_a_head(), size in 1_usize..9, max in 0_usize..120) {
        let whole = read(max, &[&bytes]);
        let cut = read(max, &bytes.chunks(size).collect::<Vec<_>>());
        prop_assert_eq!(whole, cut);
    }
}
