//! What is inflated where it arrives, what waits for another thread, and what becomes of the codec meanwhile.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use super::*;
use crate::protocol::deflate::Options;
use crate::protocol::deflate::negotiation;
use crate::protocol::extension::header;

const BINARY: u8 = 2;

/// A connection and its peer.
fn pair(limit: u64) -> (Coding, Deflate) {
    pair_with(limit, u64::MAX)
}

fn pair_with(limit: u64, max_text: u64) -> (Coding, Deflate) {
    let options = Options::default();
    let offers = header::parse(&negotiation::offer(&options).to_string()).unwrap();
    let (agreement, answer) = negotiation::accept(&options, &offers).unwrap();
    let theirs = negotiation::activate(Some(&options), &answer.to_string()).unwrap().unwrap();
    (Coding::new(Deflate::new(&options, &agreement), limit, max_text), Deflate::new(&options, &theirs))
}

fn compressed(peer: &mut Deflate, plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    peer.force();
    peer.compress(&mut CodecPool::default(), plain, &mut out).unwrap();
    out
}

fn inflate(coding: &mut Coding, opcode: u8, bytes: Vec<u8>) -> Result<Step, Violation> {
    let message = Compressed { opcode, place: Place::Own(bytes) };
    coding.inflate(message, &[], &mut CodecPool::default(), &mut Buffers::default(), &mut Work::unlimited())
}

/// The message, inflated at once.
fn done(step: Result<Step, Violation>) -> (Kind, Vec<u8>) {
    match step.unwrap() {
        Step::Done(kind, bytes) => (kind, bytes),
        Step::Wait => panic!("it waits"),
    }
}

fn waits(step: Result<Step, Violation>) -> bool {
    matches!(step, Ok(Step::Wait))
}

/// The message, inflated elsewhere.
fn run(coding: &mut Coding) -> Result<(Kind, Vec<u8>), Violation> {
    let inflated = coding.take_inflation().unwrap().run(&mut CodecPool::default());
    coding.give(inflated.deflate);
    inflated.outcome
}

/// Bytes that do not get shorter.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn a_small_message_is_inflated_at_once_and_called_what_it_is() {
    let (mut coding, mut peer) = pair(1 << 20);
    for (opcode, plain, kind) in [
        (TEXT, "some words", Kind::Ascii),
        (TEXT, "", Kind::Ascii),
        (TEXT, "水", Kind::Text),
        (BINARY, "some words", Kind::Binary),
    ] {
        let message = compressed(&mut peer, plain.as_bytes());
        assert_eq!(done(inflate(&mut coding, opcode, message)), (kind, plain.into()));
    }
    assert!(coding.take_inflation().is_none());
}

#[test]
fn a_message_in_the_chunk_is_read_where_it_is() {
    let (mut coding, mut peer) = pair(1 << 20);
    let chunk = [b"before".to_vec(), compressed(&mut peer, b"words"), b"behind".to_vec()].concat();
    let message = Compressed { opcode: TEXT, place: Place::Chunk(6, chunk.len() - 6) };
    let (codecs, buffers) = (&mut CodecPool::default(), &mut Buffers::default());
    let step = coding.inflate(message, &chunk, codecs, buffers, &mut Work::unlimited());
    assert_eq!(done(step), (Kind::Ascii, b"words".to_vec()));
}

#[test]
fn a_message_that_comes_long_waits() {
    let (mut coding, mut peer) = pair(1 << 20);
    let plain = noise(2 * OFFLOAD_FROM);
    let message = compressed(&mut peer, &plain);
    assert!(message.len() >= OFFLOAD_FROM);
    assert!(waits(inflate(&mut coding, BINARY, message)));
    assert!(coding.memory_usage().1 >= OFFLOAD_FROM);
    assert_eq!(run(&mut coding), Ok((Kind::Binary, plain)));
    assert_eq!(coding.memory_usage().1, 0);
    assert!(coding.take_inflation().is_none());
}

#[test]
fn a_kilobyte_that_becomes_a_megabyte_waits_with_a_part_of_it() {
    let (mut coding, mut peer) = pair(1 << 26);
    let plain = vec![7; 1 << 20];
    let message = compressed(&mut peer, &plain);
    // What is left out of a message's last block, and the beginning of another empty one.
    for more in [&[][..], &[0, 0, 0xFF, 0xFF, 0]] {
        let message = [&message, more].concat();
        assert!(message.len() < 2 * STEP);
        assert!(waits(inflate(&mut coding, BINARY, message)));
        let held = coding.memory_usage().1;
        assert!(held <= 2 * OFFLOAD_PLAIN_FROM + 4 * STEP, "{held} bytes");
        assert_eq!(run(&mut coding), Ok((Kind::Binary, plain.clone())));
    }
}

#[test]
fn a_message_that_becomes_long_waits_with_what_there_is() {
    let (mut coding, mut peer) = pair(1 << 26);
    let plain = b"again and again ".repeat(1 << 17);
    let message = compressed(&mut peer, &plain);
    assert!(message.len() < OFFLOAD_FROM);
    assert!(waits(inflate(&mut coding, TEXT, message)));
    assert_eq!(run(&mut coding), Ok((Kind::Ascii, plain)));
    let next = compressed(&mut peer, b"again");
    assert_eq!(done(inflate(&mut coding, TEXT, next)), (Kind::Ascii, b"again".to_vec()));
}

#[test]
fn a_message_waits_while_the_codec_is_away() {
    let (mut coding, mut peer) = pair(1 << 20);
    let deflate = coding.take().unwrap();
    assert!(coding.take().is_none());
    assert!(coding.compresses(0), "whether it does is decided when the codec is back");
    assert!(coding.compress(&mut CodecPool::default(), b"x", &mut Vec::new()).is_none());
    let message = compressed(&mut peer, b"words");
    assert!(waits(inflate(&mut coding, TEXT, message)));
    assert!(coding.take_inflation().is_none());
    coding.give(deflate);
    assert_eq!(run(&mut coding), Ok((Kind::Ascii, b"words".to_vec())));
}

#[test]
fn bad_text_is_refused_wherever_it_is_inflated() {
    let (mut coding, mut peer) = pair(1 << 20);
    let message = compressed(&mut peer, b"good and \xff");
    assert_eq!(inflate(&mut coding, TEXT, message).err(), Some(Violation::InvalidUtf8));
    let (mut coding, mut peer) = pair(1 << 20);
    let message = compressed(&mut peer, &noise(2 * OFFLOAD_FROM));
    assert!(waits(inflate(&mut coding, TEXT, message)));
    assert_eq!(run(&mut coding).err(), Some(Violation::InvalidUtf8));
}

#[test]
fn more_than_the_limit_is_too_large_wherever_it_is_inflated() {
    let (mut coding, mut peer) = pair(1000);
    let message = compressed(&mut peer, &[0; 1001]);
    assert_eq!(inflate(&mut coding, BINARY, message).err(), Some(Violation::TooLarge));
    let (mut coding, mut peer) = pair(1 << 20);
    let message = compressed(&mut peer, &vec![0; (1 << 20) + 1]);
    assert!(waits(inflate(&mut coding, BINARY, message)));
    assert_eq!(run(&mut coding).err(), Some(Violation::TooLarge));
}

#[test]
fn a_fault_says_whose_it_is() {
    let (mut coding, _) = pair(1 << 20);
    let fault = inflate(&mut coding, BINARY, vec![0xff; 8]).err();
    assert_eq!(fault, Some(Violation::Extension("permessage-deflate: invalid block type".to_owned())));
    let (mut coding, _) = pair(1 << 20);
    assert!(waits(inflate(&mut coding, BINARY, vec![0xff; OFFLOAD_FROM])));
    let fault = run(&mut coding).err();
    assert_eq!(fault, Some(Violation::Extension("permessage-deflate: invalid block type".to_owned())));
}

#[test]
fn only_what_was_idle_hibernates() {
    let (mut coding, mut peer) = pair(1 << 20);
    assert!(!coding.hibernate_if_idle(), "it has just begun");
    assert!(coding.hibernate_if_idle());
    let message = compressed(&mut peer, &noise(600));
    done(inflate(&mut coding, BINARY, message));
    let busy = coding.memory_usage().0;
    assert!(!coding.hibernate_if_idle());
    assert_eq!(coding.memory_usage().0, busy);
    assert!(coding.hibernate_if_idle());
    assert!(coding.memory_usage().0 <= busy);
    let deflate = coding.take().unwrap();
    assert!(!coding.hibernate_if_idle());
    assert!(!coding.hibernate_if_idle(), "the codec is away");
    coding.give(deflate);
    assert!(coding.hibernate_if_idle());
    coding.compress(&mut CodecPool::default(), b"x", &mut Vec::new()).unwrap().unwrap();
    assert!(!coding.hibernate_if_idle());
}

#[test]
fn a_text_that_no_string_can_hold_is_too_large_wherever_it_is_inflated() {
    let (mut coding, mut peer) = pair_with(1 << 20, 10);
    for (opcode, plain, fits) in [
        (TEXT, "0123456789", true),
        (BINARY, "0123456789+", true),
        (TEXT, "水水水水水水水水水水", true),
        (TEXT, "水水水水水水水水水水水", false),
    ] {
        let step = inflate(&mut coding, opcode, compressed(&mut peer, plain.as_bytes()));
        assert_eq!(step.err(), (!fits).then_some(Violation::TooLarge), "{plain}");
    }
    let (mut coding, mut peer) = pair_with(1 << 20, 2 * OFFLOAD_FROM as u64 - 1);
    let large =
        String::from_utf8(noise(2 * OFFLOAD_FROM).iter().map(|byte| b'0' + byte % 64).collect()).unwrap();
    let message = compressed(&mut peer, large.as_bytes());
    assert!(waits(inflate(&mut coding, TEXT, message)));
    assert_eq!(run(&mut coding), Err(Violation::TooLarge));
}

#[test]
fn a_long_message_is_inflated_in_steps_to_what_it_is_in_one_go() {
    for plain in [b"again and again ".repeat(1 << 17), noise(1 << 21)] {
        let (mut coding, mut peer) = pair(1 << 26);
        let message = compressed(&mut peer, &plain);
        assert!(waits(inflate(&mut coding, BINARY, message)));
        let codecs = &mut CodecPool::default();
        let mut work = coding.take_inflation().unwrap();
        let mut steps = 1;
        let inflated = loop {
            match work.step(codecs, &mut Work::TURN.clone()) {
                Ok(inflated) => break inflated,
                Err(rest) => work = rest,
            }
            steps += 1;
        };
        assert!((2..=8).contains(&steps), "{steps}");
        coding.give(inflated.deflate);
        assert_eq!(inflated.outcome, Ok((Kind::Binary, plain)));
        let next = compressed(&mut peer, b"again");
        assert_eq!(done(inflate(&mut coding, TEXT, next)), (Kind::Ascii, b"again".to_vec()));
    }
}

#[test]
fn what_is_wrong_with_a_message_is_found_in_whatever_step() {
    let (mut coding, mut peer) = pair(1 << 21);
    let message = compressed(&mut peer, &vec![0; (1 << 21) + 1]);
    assert!(waits(inflate(&mut coding, BINARY, message)));
    let mut work = coding.take_inflation().unwrap();
    let outcome = loop {
        match work.step(&mut CodecPool::default(), &mut Work::TURN.clone()) {
            Ok(inflated) => break inflated.outcome,
            Err(rest) => work = rest,
        }
    };
    assert_eq!(outcome.err(), Some(Violation::TooLarge));
}
