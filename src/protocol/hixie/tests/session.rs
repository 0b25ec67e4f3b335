//! Frames of hixie-75 and hixie-76, in every split.

use super::*;
use crate::protocol::handshake::tests::splits::for_every_split;
use crate::protocol::hixie::{Event, write_text};
use proptest::prelude::*;

fn session(draft: Draft, max_length: u64) -> HixieSession {
    let mut out = Vec::new();
    HixieSession::accept(draft, &request_76(), &Headers::new(), most(max_length), &mut out).unwrap()
}

/// An open session of hixie-76.
fn open_76(max_length: u64) -> HixieSession {
    let mut session = session(Draft::Hixie76, max_length);
    session.receive(BODY, &mut Vec::new());
    session
}

fn texts(texts: &[&str]) -> Vec<Event> {
    texts.iter().map(|text| Event::Text(text.to_string())).collect()
}

/// Checks that every split of `bytes` means `expected` to new sessions made by `start`.
fn check(start: impl Fn() -> HixieSession, bytes: &[u8], expected: &[Event]) {
    for_every_split(bytes, |chunks| {
        let mut session = start();
        let mut events = Vec::new();
        chunks.iter().for_each(|chunk| session.receive(chunk, &mut events));
        assert_eq!(events, expected, "{bytes:x?}");
    });
}

#[test]
fn reads_text_frames_of_any_low_type() {
    let bytes = b"\x00a\xff\x00\xc3\xa9\xff\x00\xff\x01b\xff\x7fc\xff\x00unfinished";
    for draft in [Draft::Hixie75, Draft::Hixie76] {
        let start = || if draft == Draft::Hixie75 { session(draft, 100) } else { open_76(100) };
        check(start, bytes, &texts(&["a", "é", "", "b", "c"]));
    }
}

#[test]
fn puts_replacement_characters_for_what_is_not_utf8() {
    let cases: [(&[u8], &str); 6] = [
        (b"\xc3", "\u{fffd}"),
        (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
        (b"a\x80b", "a\u{fffd}b"),
        (b"\xf0\x9f\x98", "\u{fffd}"),
        (b"\xc0\xaf", "\u{fffd}\u{fffd}"),
        (b"\xef\xbb\xbfa", "\u{feff}a"),
    ];
    for (bytes, text) in cases {
        let frame = [b"\x00", bytes, b"\xff"].concat();
        check(|| session(Draft::Hixie75, 100), &frame, &texts(&[text]));
    }
}

#[test]
fn a_text_is_mended_in_the_same_way_in_any_chunks() {
    let mut state = 1_u32;
    for _ in 0..2_000 {
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        // Bytes that begin, continue and break characters.
        const BYTES: [u8; 12] = [0x41, 0x80, 0xBF, 0xC0, 0xC3, 0xE0, 0xE6, 0xED, 0xF0, 0xF4, 0x9F, 0x90];
        let bytes: Vec<u8> = (0..next() % 12).map(|_| BYTES[next() as usize % BYTES.len()]).collect();
        let size = next() as usize % 4 + 1;
        let mut session = session(Draft::Hixie75, 100);
        let mut events = Vec::new();
        let frame = [b"\0", bytes.as_slice(), b"\xff"].concat();
        frame.chunks(size).for_each(|chunk| session.receive(chunk, &mut events));
        assert_eq!(events, [Event::Text(String::from_utf8_lossy(&bytes).into_owned())], "{bytes:x?}");
    }
}

#[test]
fn skips_frames_with_a_length() {
    let bytes =
        b"\x80\x03\x01\x02\xff\x00a\xff\x81\x80\x01\x09\x00b\xff\xfe\x00\x00c\xff\x80\x80\x80\x00\x00d\xff";
    check(|| session(Draft::Hixie75, 100), bytes, &texts(&["a", "b", "c", "d"]));
    check(|| open_76(100), bytes, &texts(&["a", "b", "c", "d"]));
}

#[test]
fn hixie_75_has_no_closing_handshake() {
    check(|| session(Draft::Hixie75, 100), b"\xff\x00\x00a\xff\xff\x80\x00\x00b\xff", &texts(&["a", "b"]));
}

#[test]
fn the_closing_frame_of_hixie_76_ends_the_reading() {
    let after_text = [texts(&["a"]), vec![Event::Close]].concat();
    check(|| open_76(100), b"\x00a\xff\xff\x00\x00b\xff\xff\x00", &after_text);
    // The reference needs the first group of the length only.
    check(|| open_76(100), b"\x00a\xff\xff\x80\x80\x00", &after_text);
}

#[test]
fn a_closing_byte_with_a_length_lets_any_empty_length_close() {
    let expected = [texts(&["a"]), vec![Event::Close]].concat();
    check(|| open_76(100), b"\xff\x01\x09\x00a\xff\x80\x00\x00b\xff", &expected);
    check(|| open_76(100), b"\x80\x00\x00a\xff", &texts(&["a"]));
}

#[test]
fn holds_a_text_to_the_limit() {
    check(|| session(Draft::Hixie75, 3), b"\x00aaa\xff\x00\xff", &texts(&["aaa", ""]));
    let expected = [texts(&["aaa"]), vec![Event::TooLarge]].concat();
    check(|| session(Draft::Hixie75, 3), b"\x00aaa\xff\x00aaaa\xff\x00b\xff", &expected);
    check(|| open_76(3), b"\x00aaa\xff\x00aaaa\xff\x00b\xff\xff\x00", &expected);
    // A byte that is not UTF-8 counts as what is put for it.
    check(
        || session(Draft::Hixie75, 6),
        b"\x00\x80\x80\xff\x00\xe6\xbc\xff",
        &texts(&["\u{fffd}\u{fffd}", "\u{fffd}"]),
    );
    check(|| session(Draft::Hixie75, 5), b"\x00\x80\x80\xff", &[Event::TooLarge]);
    check(|| session(Draft::Hixie75, 2), b"\x00\xe6\xbc\xff", &[Event::TooLarge]);
    check(|| session(Draft::Hixie75, 0), b"\x00\xff\x00a", &[texts(&[""]), vec![Event::TooLarge]].concat());
}

#[test]
fn holds_a_length_to_the_limit() {
    check(|| session(Draft::Hixie75, 3), b"\x80\x03\x01\x01\x01\x00b\xff", &texts(&["b"]));
    check(|| session(Draft::Hixie75, 3), b"\x80\x04\x01\x01\x01\x01\x00b\xff", &[Event::TooLarge]);
    check(|| open_76(3), b"\xff\x04\x01", &[Event::TooLarge]);
    check(|| session(Draft::Hixie75, 1 << 20), b"\x80\xff\xff\xff\x00a\xff", &[Event::TooLarge]);
}

#[test]
fn no_length_overflows_however_many_groups_it_has() {
    for (zeros, events) in [(99, texts(&["a"])), (100, vec![Event::TooLarge]), (1000, vec![Event::TooLarge])]
    {
        let bytes = [b"\x80".as_slice(), &vec![0x80; zeros], b"\x01x\x00a\xff"].concat();
        check(|| session(Draft::Hixie75, u64::MAX), &bytes, &events);
    }
    let mut session = session(Draft::Hixie75, u64::MAX);
    let mut events = Vec::new();
    session.receive(&[0xFF; 100_000], &mut events);
    assert_eq!(events, [Event::TooLarge]);
}

#[test]
fn every_split_of_a_late_body_and_frames_opens_first() {
    let bytes = [BODY, b"\x00a\xff\xff\x00"].concat();
    let expected = [vec![Event::Open(SIGNATURE)], texts(&["a"]), vec![Event::Close]].concat();
    check(|| session(Draft::Hixie76, 100), &bytes, &expected);
    check(|| session(Draft::Hixie76, 100), &BODY[..7], &[]);
}

#[test]
fn is_open_between_handshake_and_close() {
    assert!(session(Draft::Hixie75, 100).is_open());
    let mut late = session(Draft::Hixie76, 100);
    assert!(!late.is_open());
    late.receive(BODY, &mut Vec::new());
    assert!(late.is_open());
    late.close();
    assert!(!late.is_open());
}

#[test]
fn only_an_open_hixie_76_says_goodbye_and_each_session_closes_once() {
    for (mut session, goodbye) in [
        (session(Draft::Hixie75, 100), b"".as_slice()),
        (session(Draft::Hixie76, 100), b""),
        (open_76(100), b"\xff\x00"),
    ] {
        assert_eq!(session.close(), Some(goodbye));
        assert_eq!(session.close(), None);
        let mut events = Vec::new();
        session.receive(BODY, &mut events);
        session.receive(b"\x00a\xff", &mut events);
        assert_eq!(events, []);
    }
}

#[test]
fn answers_a_close_and_a_breach_of_the_limit_alike() {
    for (bytes, event) in [(b"\xff\x00".as_slice(), Event::Close), (b"\x80\x04", Event::TooLarge)] {
        let mut session = open_76(3);
        let mut events = Vec::new();
        session.receive(bytes, &mut events);
        assert_eq!(events, [event]);
        assert_eq!(session.close(), Some(b"\xff\x00".as_slice()));
    }
}

#[test]
fn writes_text_that_it_reads_back() {
    let mut out = Vec::new();
    write_text("", &mut out);
    write_text("a\u{0}é\u{ffff}😀", &mut out);
    assert_eq!(out[..3], [0x00, 0xFF, 0x00]);
    check(|| session(Draft::Hixie75, 100), &out, &texts(&["", "a\u{0}é\u{ffff}😀"]));
}

proptest! {
    #[test]
    fn any_chunks_of_any_bytes_mean_the_same(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0xFF), Just(0x00), Just(0x80)], 0..200),
        size in 1_usize..9,
        max in 0_u64..40,
    ) {
        for start in [session(Draft::Hixie75, max), session(Draft::Hixie76, max)] {
            let draft = start.draft;
            let (mut whole, mut cut) = (start, session(draft, max));
            let (mut from_whole, mut from_cut) = (Vec::new(), Vec::new());
            whole.receive(&bytes, &mut from_whole);
            bytes.chunks(size).for_each(|chunk| cut.receive(chunk, &mut from_cut));
            prop_assert_eq!(&from_whole, &from_cut);
            let ends = from_whole.iter().position(|event| matches!(event, Event::Close | Event::TooLarge));
            prop_assert!(ends.is_none_or(|index| index + 1 == from_whole.len()));
        }
    }

    #[test]
    fn every_text_survives_the_way(messages in prop::collection::vec("(?s).{0,20}", 0..8)) {
        let mut out = Vec::new();
        messages.iter().for_each(|text| write_text(text, &mut out));
        let mut events = Vec::new();
        session(Draft::Hixie75, 1000).receive(&out, &mut events);
        prop_assert_eq!(events, messages.into_iter().map(Event::Text).collect::<Vec<_>>());
    }
}

#[test]
fn a_text_that_no_string_can_hold_is_too_large() {
    let accept = |units| {
        let most = Most { bytes: 1000, units };
        HixieSession::accept(Draft::Hixie75, &request_75(), &Headers::new(), most, &mut Vec::new()).unwrap()
    };
    // Each byte that is no UTF-8 becomes a character of three bytes, and of one unit.
    for (bytes, units) in [("\0abc\u{e9}".as_bytes(), 4), (b"\0ab\xc0\xc0", 4), ("\0𝄞".as_bytes(), 2)] {
        let bytes = [bytes, b"\xff\0next\xff"].concat();
        check(|| accept(units - 1), &bytes, &[Event::TooLarge]);
        let mut events = Vec::new();
        accept(units).receive(&bytes, &mut events);
        assert!(matches!(events.first(), Some(Event::Text(_))), "{events:?}");
    }
}
