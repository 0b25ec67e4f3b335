//! Transcripts of frames and what they mean, over every split.

use super::*;
use crate::protocol::rows::CELLS;

/// What the rows of a transcript said, with their bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
    Violation(u16, String),
    Raw(i32, Vec<u8>),
}

/// Feeds `chunks` with `rows` rows a call.
fn events_of(receiver: &mut Receiver, chunks: &[&[u8]], rows: usize) -> Vec<Event> {
    let mut events = Vec::new();
    for chunk in chunks {
        let mut chunk = chunk.to_vec();
        let mut at = 0;
        while at < chunk.len() {
            let mut cells = vec![0; rows * CELLS];
            let mut sink = Rows::new(&mut cells);
            at = receiver.receive(&mut chunk, at, &mut sink, &mut Buffers::default());
            for row in sink.iter() {
                let length = row.length as usize;
                let bytes = if row.offset == QUEUED {
                    let queued = receiver.take().unwrap();
                    assert_eq!(queued.len(), length, "a queue holds what its row says");
                    queued
                } else {
                    chunk[row.offset as usize..][..length].to_vec()
                };
                let text = || String::from_utf8(bytes.clone()).unwrap();
                events.push(match row.kind {
                    1 => {
                        assert!(bytes.is_ascii());
                        Event::Text(text())
                    }
                    2 => {
                        assert!(!bytes.is_ascii());
                        Event::Text(text())
                    }
                    3 => Event::Binary(bytes),
                    4 => Event::Ping(bytes),
                    5 => Event::Pong(bytes),
                    6 => Event::Close(row.extra as u16, text()),
                    7 => Event::Violation(row.extra as u16, text()),
                    10 => Event::Raw(row.extra, bytes),
                    kind => panic!("row of kind {kind}"),
                });
            }
        }
    }
    events
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let header = crate::protocol::hybi::sender::Header {
        opcode: first & 0x0F,
        rsv: (first >> 4) & 7,
        mask: Some([0x12, 0x80, 0xfe, 0x07]),
    };
    header.append_frame(payload, &mut out);
    out[0] = first;
    out
}

fn server(limits: Limits) -> Receiver {
    Receiver::new(Role::Server, limits)
}

/// Plays `bytes` whole, in every split into two, byte by byte, and one row at a time.
fn for_every_split(limits: Limits, bytes: &[u8], expected: &[Event]) {
    for cut in 0..=bytes.len() {
        let (left, right) = bytes.split_at(cut);
        assert_eq!(events_of(&mut server(limits), &[left, right], 64), expected, "cut at {cut}");
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(events_of(&mut server(limits), &single, 64), expected, "byte by byte");
    assert_eq!(events_of(&mut server(limits), &[bytes], 1), expected, "one row a call");
}

fn expect(bytes: &[u8], expected: &[Event]) {
    for_every_split(Limits::default(), bytes, expected);
}

fn violation(code: u16, text: &str) -> Event {
    Event::Violation(code, text.to_owned())
}

#[test]
fn messages_of_one_frame_are_reported() {
    let bytes =
        [frame(0x81, b"Hello"), frame(0x81, "κόσμε".as_bytes()), frame(0x82, &[0, 255]), frame(0x81, b"")];
    let expected = [
        Event::Text("Hello".into()),
        Event::Text("κόσμε".into()),
        Event::Binary(vec![0, 255]),
        Event::Text(String::new()),
    ];
    expect(&bytes.concat(), &expected);
}

#[test]
fn each_reserved_bit_is_named() {
    for rsv in 1..8 {
        let [one, two, three] = [4, 2, 1].map(|bit| i32::from(rsv & bit != 0));
        let text = format!(
            "One or more reserved bits are on: reserved1 = {one}, reserved2 = {two}, reserved3 = {three}"
        );
        expect(&frame(0x81 | rsv << 4, b"a"), &[violation(1002, &text)]);
    }
}

#[test]
fn whole_frames_stay_where_they_stand_in_the_chunk() {
    let frames: [(u8, &[u8]); 5] =
        [(0x81, b"text"), (0x82, b"\xff"), (0x88, b"\x03\xe8bye"), (0x89, b"ping"), (0x8A, b"pong")];
    for (first, payload) in frames {
        for inflates in [false, true] {
            let mut receiver = server(Limits::default());
            if inflates {
                receiver.set_inflates();
            }
            let mut chunk = frame(first, payload);
            let mut cells = vec![0; CELLS];
            let mut sink = Rows::new(&mut cells);
            receiver.receive(&mut chunk, 0, &mut sink, &mut Buffers::default());
            let row = sink.iter().next().unwrap();
            assert!(row.offset != QUEUED, "{first:x}: the bytes were not copied");
            assert_eq!(receiver.take(), None, "{first:x}");
        }
    }
}

#[test]
fn lengths_of_two_and_eight_bytes_are_read() {
    for length in [125, 126, 127, 300] {
        expect(&frame(0x82, &vec![7; length]), &[Event::Binary(vec![7; length])]);
    }
    let large = frame(0x82, &vec![7; 70_000]);
    assert_eq!(
        events_of(&mut server(Limits::default()), &[&large[..5], &large[5..40_000], &large[40_000..]], 4),
        [Event::Binary(vec![7; 70_000])]
    );
}

#[test]
fn a_length_may_take_a_longer_form_than_it_needs() {
    // RFC 6455 section 5.2 forbids it; the reference takes it, also of a control frame of the most that is legal.
    let payload = [7; 125];
    expect(&[b"\x89\xfe\x00\x7d\0\0\0\0", &payload[..]].concat(), &[Event::Ping(payload.to_vec())]);
    let long = b"\x82\xff\0\0\0\0\0\0\0\x01\0\0\0\0x";
    expect(long, &[Event::Binary(b"x".to_vec())]);
    // It is the length that is limited, and not the number that announces a longer form.
    let limits = Limits { max_length: 100, ..Limits::default() };
    for_every_split(limits, b"\x82\xfe\0\x01\0\0\0\0x", &[Event::Binary(b"x".to_vec())]);
    for_every_split(limits, long, &[Event::Binary(b"x".to_vec())]);
}

#[test]
fn fragments_make_one_message_with_control_frames_between_them() {
    let bytes = [
        frame(0x01, "κό".as_bytes()),
        frame(0x89, b"p"),
        frame(0x00, b""),
        frame(0x8A, b""),
        frame(0x80, "σμε".as_bytes()),
        frame(0x02, b"a"),
        frame(0x80, b"b"),
    ];
    let expected = [
        Event::Ping(b"p".to_vec()),
        Event::Pong(vec![]),
        Event::Text("κόσμε".into()),
        Event::Binary(b"ab".to_vec()),
    ];
    expect(&bytes.concat(), &expected);
}

#[test]
fn a_character_may_be_cut_between_fragments() {
    expect(&[frame(0x01, b"\xe2\x82"), frame(0x80, b"\xac")].concat(), &[Event::Text("€".into())]);
}

#[test]
fn nothing_after_a_close_frame_is_read() {
    let close = frame(0x88, b"\x03\xe8bye");
    expect(&[close, frame(0x81, b"late")].concat(), &[Event::Close(1000, "bye".into())]);
    expect(&frame(0x88, b""), &[Event::Close(0, String::new())]);
    expect(&frame(0x88, b"\x01"), &[Event::Close(1002, String::new())]);
    expect(&frame(0x88, b"\x03\xe8a\xff"), &[Event::Close(1002, String::new())]);
}

#[test]
fn frames_that_break_a_rule_are_violations() {
    let reserved = "One or more reserved bits are on: reserved1 = 1, reserved2 = 0, reserved3 = 1";
    expect(&frame(0xD1, b"x"), &[violation(1002, reserved)]);
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        expect(
            &frame(0x80 | opcode, b""),
            &[violation(1002, &format!("Unrecognized frame opcode: {opcode}"))],
        );
    }
    expect(&frame(0x09, b""), &[violation(1002, "Received fragmented control frame: opcode = 9")]);
    expect(
        &frame(0x8A, &[0; 126]),
        &[violation(1002, "Received control frame having too long payload: 126")],
    );
    let unfinished = "Received new data frame but previous continuous frame is unfinished";
    expect(&[frame(0x01, b"a"), frame(0x81, b"b")].concat(), &[violation(1002, unfinished)]);
    expect(&frame(0x80, b"a"), &[violation(1002, "Received unexpected continuation frame")]);
    expect(b"\x81\x01a", &[violation(1003, "Received unmasked frame but masking is required")]);
}

#[test]
fn a_violation_is_noticed_with_the_byte_that_breaks_the_rule() {
    let cases: [(&[u8], u16); 5] = [
        (b"\x83", 1002),
        (b"\x81\x05", 1003),
        (b"\x89\xfe\x00\x7e", 1002),
        (b"\x82\xff\x00\x00\x00\x01\x00\x00\x00\x00", 1009),
        (b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff", 1009),
    ];
    for (bytes, code) in cases {
        let (start, last) = bytes.split_at(bytes.len() - 1);
        let mut receiver = server(Limits::default());
        assert_eq!(events_of(&mut receiver, &[start], 4), [], "{bytes:x?}");
        match events_of(&mut receiver, &[last], 4).as_slice() {
            [Event::Violation(seen, _)] => assert_eq!(*seen, code, "{bytes:x?}"),
            events => panic!("{bytes:x?}: {events:?}"),
        }
        assert!(receiver.is_done());
    }
}

#[test]
fn max_length_counts_frames_and_the_sum_of_fragments() {
    let limits = Limits { max_length: 5, ..Limits::default() };
    let too_large = [violation(1009, "WebSocket frame length too large")];
    for_every_split(limits, &frame(0x81, b"12345"), &[Event::Text("12345".into())]);
    for_every_split(limits, &frame(0x81, b"123456"), &too_large);
    for_every_split(limits, &[frame(0x01, b"123"), frame(0x80, b"456")].concat(), &too_large);
    for_every_split(
        limits,
        &[frame(0x01, b"123"), frame(0x80, b"45")].concat(),
        &[Event::Text("12345".into())],
    );
}

#[test]
fn a_text_that_no_string_can_hold_is_too_large() {
    let limits = Limits { max_text: 4, ..Limits::default() };
    let too_large = [violation(1009, "WebSocket frame length too large")];
    for text in ["abcd", "éèêë", "漢字漢字", "a𝄞b"] {
        let fine = [Event::Text(text.into())];
        let bytes = text.as_bytes();
        for_every_split(limits, &frame(0x81, bytes), &fine);
        for_every_split(limits, &[frame(0x01, bytes), frame(0x80, b"")].concat(), &fine);
        for_every_split(limits, &[frame(0x01, bytes), frame(0x80, b"e")].concat(), &too_large);
        for_every_split(limits, &frame(0x81, &[bytes, b"e"].concat()), &too_large);
    }
    for_every_split(limits, &frame(0x82, b"abcde"), &[Event::Binary(b"abcde".to_vec())]);
}

#[test]
fn bad_text_is_noticed_before_its_frame_is_complete() {
    let bytes = frame(0x81, b"ab\xffcdefgh");
    let mut receiver = server(Limits::default());
    assert_eq!(
        events_of(&mut receiver, &[&bytes[..7], &bytes[7..9]], 4),
        [violation(1007, "Could not decode a text frame as UTF-8")]
    );
    let text = "Could not decode a text frame as UTF-8";
    expect(&frame(0x81, b"ab\xff"), &[violation(1007, text)]);
    expect(&[frame(0x01, b"\xe2"), frame(0x80, b"\x82")].concat(), &[violation(1007, text)]);
}

#[test]
fn empty_fragments_are_capped_and_others_are_not() {
    let limits = Limits { max_empty_fragments: 3, ..Limits::default() };
    let flood = [frame(0x01, b""), frame(0x00, b""), frame(0x00, b""), frame(0x80, b"x")].concat();
    for_every_split(limits, &flood, &[violation(1008, "Too many empty fragments in one message")]);
    let mut bytes = frame(0x01, b"a");
    (0..50).for_each(|_| bytes.extend(frame(0x00, b"b")));
    bytes.extend(frame(0x80, b""));
    let text = format!("a{}", "b".repeat(50));
    for_every_split(limits, &bytes, &[Event::Text(text)]);
}

#[test]
fn an_announced_length_reserves_little() {
    let mut receiver = server(Limits::default());
    let header = b"\x82\xff\x00\x00\x00\x00\x03\xff\xff\xff\x00\x00\x00\x00";
    assert_eq!(events_of(&mut receiver, &[header, b"x"], 4), []);
    assert_eq!(receiver.buffered(), 1);
}

#[test]
fn a_client_takes_unmasked_frames() {
    let mut receiver = Receiver::new(Role::Client, Limits::default());
    let bytes = b"\x81\x02hi\x01\x01\xc3\x80\x01\xa9\x88\x00";
    let expected = [Event::Text("hi".into()), Event::Text("é".into()), Event::Close(0, String::new())];
    assert_eq!(events_of(&mut receiver, &[bytes], 8), expected);
}

#[test]
fn a_client_takes_no_masked_frame() {
    let refused = violation(1002, "Received masked frame but masking is not allowed");
    for opcode in [0x81, 0x82, 0x88, 0x89, 0x8a] {
        for payload in [&b""[..], b"hi"] {
            let mut receiver = Receiver::new(Role::Client, Limits::default());
            let bytes = frame(opcode, payload);
            assert_eq!(events_of(&mut receiver, &[&bytes[..1]], 4), []);
            assert_eq!(events_of(&mut receiver, &[&bytes[1..2]], 4), std::slice::from_ref(&refused));
        }
    }
}

#[test]
fn bits_of_extensions_make_raw_messages() {
    let mut receiver = server(Limits::default());
    receiver.set_extensions(4, false);
    let bytes = [frame(0xC1, b"\xff"), frame(0x81, b"a"), frame(0x42, b"b"), frame(0x80, b"c")].concat();
    let expected = [Event::Raw(0x41, vec![0xff]), Event::Text("a".into()), Event::Raw(0x42, b"bc".to_vec())];
    assert_eq!(events_of(&mut receiver, &[&bytes], 8), expected);
    receiver.set_extensions(4, true);
    assert_eq!(events_of(&mut receiver, &[&frame(0x81, b"a")], 8), [Event::Raw(1, b"a".to_vec())]);
    for first in [0xC9, 0x40] {
        let mut receiver = server(Limits::default());
        receiver.set_extensions(4, false);
        let bytes = [frame(0x01, b""), frame(first, b"")].concat();
        assert!(matches!(events_of(&mut receiver, &[&bytes], 8).as_slice(), [Event::Violation(1002, _)]));
    }
}

proptest::proptest! {
    #[test]
    fn random_bytes_in_random_chunks_never_panic(chunks: Vec<Vec<u8>>, client: bool) {
        let role = if client { Role::Client } else { Role::Server };
        let mut receiver = Receiver::new(role, Limits { max_length: 1000, ..Limits::default() });
        let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        events_of(&mut receiver, &chunks, 3);
        proptest::prop_assert!(receiver.buffered() <= 1000);
    }

    #[test]
    fn any_chunking_of_any_frames_means_the_same(
        frames in proptest::collection::vec((0u8..16, proptest::bool::weighted(0.9), proptest::collection::vec(0u8..200, 0..300)), 0..8),
        cuts in proptest::collection::vec(proptest::prelude::any::<proptest::sample::Index>(), 0..6),
    ) {
        let bytes: Vec<u8> = frames.iter()
            .flat_map(|(opcode, fin, payload)| frame(opcode | if *fin { 0x80 } else { 0 }, payload))
            .collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let parts: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        let whole = events_of(&mut server(Limits::default()), &[&bytes], 64);
        proptest::prop_assert_eq!(events_of(&mut server(Limits::default()), &parts, 2), whole);
    }
}
