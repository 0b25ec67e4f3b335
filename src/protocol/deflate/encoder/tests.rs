//! What the encoder writes is read back by an inflater that is independent of every codec.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::huffman::{Code, LONGEST, word_lengths};
use super::token::{LONGEST_MATCH, Symbols};
use super::*;
use crate::protocol::deflate::tests::naive::inflate;
use crate::protocol::deflate::tests::{noise, records};

/// The plain bytes that tokens stand for, behind `window`.
fn expand(window: &[u8], tokens: &[Token]) -> Vec<u8> {
    let number = |ranged: token::Ranged, first: usize, each: usize| {
        let place = ranged.symbol - first;
        let base: usize = (0..place).map(|lower| 1 << (lower / each).saturating_sub(1)).sum();
        base + ranged.extra as usize
    };
    let mut all = window.to_vec();
    for token in tokens {
        match token.symbols() {
            Symbols::Literal(byte) => all.push(byte as u8),
            Symbols::Match { length, distance } => {
                let longest = length.symbol == 285;
                let length = if longest { 258 } else { 3 + number(length, 257, 4) };
                let distance = 1 + number(distance, 0, 2);
                for _ in 0..length {
                    all.push(all[all.len() - distance]);
                }
            }
        }
    }
    all.split_off(window.len())
}

/// A block, followed by what ends a message.
fn written(tokens: &[Token], plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bits = BitWriter::new(&mut out);
    block::write(&mut bits, tokens, plain);
    block::finish(&mut bits);
    out.extend([0, 0, 0xff, 0xff]);
    out
}

fn encoded(encoder: &mut Encoder, plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    encoder.encode(plain, &mut Workspace::default(), &mut out, None).unwrap();
    out.extend([0, 0, 0xff, 0xff]);
    out
}

#[test]
fn every_length_and_distance_has_its_symbols() {
    let window = noise(1 << 15);
    for length in 3..=LONGEST_MATCH {
        for distance in [1, 2, 3, 4, 5, 6, 7, 258, 1 << 15] {
            let plain = expand(&window, &[Token::matched(length, distance)]);
            assert_eq!(plain.len(), length);
            assert_eq!(plain[0], window[window.len() - distance]);
        }
    }
    for distance in (1..=1 << 15).step_by(37).chain((0..15).flat_map(|power| [1 << power, (1 << power) + 1]))
    {
        assert_eq!(expand(&window, &[Token::matched(3, distance)])[0], window[window.len() - distance]);
    }
}

#[test]
fn a_block_takes_its_shortest_form() {
    let form = |plain: &[u8]| {
        let tokens: Vec<_> = plain.iter().map(|byte| Token::literal(*byte)).collect();
        let out = written(&tokens, plain);
        assert_eq!(inflate(&[], &out).plain, plain);
        out[0] >> 1 & 3
    };
    assert_eq!(form(&noise(2000)), 0);
    assert_eq!(form(b"few bytes"), 1);
    assert_eq!(form(&b"all of these bytes are of the few kinds ".repeat(20)), 2);
}

#[test]
fn codes_of_one_symbol_have_a_second() {
    let tokens = [Token::literal(7), Token::matched(258, 1), Token::matched(258, 1), Token::matched(258, 1)];
    let tokens = [tokens.as_slice(); 200].concat();
    let plain = expand(&[], &tokens);
    assert_eq!(inflate(&[], &written(&tokens, &plain)).plain, plain);
}

#[test]
fn runs_of_code_lengths_of_every_size_are_written() {
    // The symbols that occur lie further and further apart, so that runs of zeros of every size come between them.
    let mut plain: Vec<u8> = (0..23).map(|step| (step * (step + 1) / 2) as u8).collect();
    plain = plain.repeat(40);
    plain.extend((0..=255).filter(|byte| byte % 3 > 0));
    let tokens: Vec<_> = plain.iter().map(|byte| Token::literal(*byte)).collect();
    assert_eq!(inflate(&[], &written(&tokens, &plain)).plain, plain);
}

#[test]
fn code_words_are_no_longer_than_allowed() {
    // Fibonacci numbers make the deepest of all trees.
    let mut frequencies = [0; 24];
    let (mut one, mut next) = (1_u16, 1_u16);
    for frequency in &mut frequencies {
        *frequency = one;
        (one, next) = (next, one.saturating_add(next));
    }
    for longest in [5, 7, 15] {
        let lengths = word_lengths(&frequencies, longest);
        assert_eq!(usize::from(*lengths.iter().max().unwrap()), longest);
        assert!(lengths.is_sorted_by(|rarer, commoner| rarer >= commoner));
        let space: usize = lengths.iter().map(|length| 1 << (longest - usize::from(*length))).sum();
        assert_eq!(space, 1 << longest);
    }
}

proptest! {
    #[test]
    fn no_code_word_begins_another(frequencies in any::<[u16; 32]>()) {
        let lengths = word_lengths(&frequencies, LONGEST);
        let code = Code::new(&lengths);
        let words: Vec<_> = (0..32).map(|symbol| code.word(symbol)).filter(|word| word.length > 0).collect();
        prop_assert!(words.len() >= 2);
        for (place, a) in words.iter().enumerate() {
            for b in &words[place + 1..] {
                let common = (1_u32 << a.length.min(b.length)) - 1;
                prop_assert_ne!(u32::from(a.bits) & common, u32::from(b.bits) & common);
            }
        }
        let space: usize = words.iter().map(|word| 1 << (LONGEST - usize::from(word.length))).sum();
        prop_assert_eq!(space, 1 << LONGEST);
    }

    #[test]
    fn tokens_stand_for_the_bytes(
        reach in prop::sample::select(vec![256_usize, 512, 4096, 32768]),
        pieces in prop::collection::vec((0_usize..6, 0_usize..2000, 1_usize..4000), 1..12),
    ) {
        let source = [records(4000), noise(2000), vec![0; 2000]].concat();
        let mut encoder = Encoder::new(reach);
        let (mut all, mut since) = (Vec::new(), 0);
        for (what, from, length) in pieces {
            let plain = &source[from * 3..(from * 3 + length).min(source.len())];
            match what {
                0 => encoder.shrink(),
                1 => {
                    encoder.restart(reach);
                    since = all.len();
                }
                2 => {
                    encoder.push(plain);
                    all.extend_from_slice(plain);
                }
                _ => {
                    let inflated = inflate(&all[since..], &encoded(&mut encoder, plain));
                    prop_assert_eq!(inflated.plain, plain);
                    prop_assert!(inflated.farthest <= reach);
                    all.extend_from_slice(plain);
                }
            }
            let kept = (all.len() - since).min(reach);
            prop_assert_eq!(encoder.last(reach), &all[all.len() - kept..]);
        }
    }
}

#[test]
fn a_message_longer_than_a_block_and_the_window_is_encoded() {
    let plain = [records(50_000), noise(20_000), vec![b' '; 70_000], records(30_000)].concat();
    let mut encoder = Encoder::new(1 << 15);
    let out = encoded(&mut encoder, &plain);
    assert_eq!(inflate(&[], &out).plain, plain);
    assert!(out.len() < 45_000, "{}", out.len());
}

#[test]
fn a_long_message_pauses_between_its_pieces_and_noise_stays_as_long_as_it_is() {
    static PAUSES: AtomicUsize = AtomicUsize::new(0);
    let pause = || {
        PAUSES.fetch_add(1, Ordering::Relaxed);
    };
    let plain = noise(10 * PIECE);
    let mut out = Vec::new();
    Encoder::new(1 << 15).encode(&plain, &mut Workspace::default(), &mut out, Some(pause)).unwrap();
    assert_eq!(PAUSES.load(Ordering::Relaxed), 9);
    // A stored block a piece, each behind its header and up to a byte of filling (RFC 1951 section 3.2.4).
    assert!(out.len() <= plain.len() + 10 * 6, "{}", out.len());
    out.extend([0, 0, 0xff, 0xff]);
    assert_eq!(inflate(&[], &out).plain, plain);
}

#[test]
fn a_block_that_codes_of_its_own_make_shorter_has_them() {
    // What is guessed before codes are made may miss a sixteenth where all symbols occur equally often, so that their
    // lengths are told in few bits, and next to nothing elsewhere.
    for kinds in 1..=256_usize {
        for length in [8, 20, 50, 100, 300, 1000, 4000] {
            let even = (0..length).map(|n| (n * 7 % kinds) as u8).collect::<Vec<_>>();
            let steep = noise(length).into_iter().map(|byte| {
                let cube = usize::from(byte).pow(3) >> 16;
                ((cube * kinds) >> 8) as u8
            });
            for (plain, part) in [(even, 16), (steep.collect(), 64)] {
                let tokens: Vec<_> = plain.iter().map(|byte| Token::literal(*byte)).collect();
                let (taken, least) = (written(&tokens, &plain).len(), block::shortest(&tokens, &plain));
                assert!(taken <= least + least / part, "{kinds} kinds in {length}: {taken}, and not {least}");
            }
        }
    }
}

#[test]
fn a_repeated_message_becomes_a_few_matches() {
    let message = records(512);
    let mut encoder = Encoder::new(1 << 15);
    let first = encoded(&mut encoder, &message).len();
    let second = encoded(&mut encoder, &message).len();
    assert!(second < 20, "{first} and then {second}");

    encoder.shrink();
    assert!(encoded(&mut encoder, &message).len() < 20, "the window outlasts the table");
    encoder.restart(1 << 15);
    assert_eq!(encoded(&mut encoder, &message).len(), first, "nothing outlasts a restart");
}

/// Words of a small language, in an order that does not repeat.
fn words(count: usize) -> Vec<u8> {
    let order = noise(2 * count);
    let list = [
        "connection",
        "close",
        "of",
        "the",
        "server",
        "masked",
        "fragment",
        "a",
        "payload",
        "opens",
        "extension",
    ];
    order
        .chunks(2)
        .flat_map(|pair| {
            [list[usize::from(pair[0]) % list.len()], [" ", ", ", ". "][usize::from(pair[1]) % 3]]
                .concat()
                .into_bytes()
        })
        .collect()
}

#[test]
fn samples_take_no_more_bytes_than_they_did() {
    // Who finds fewer or worse matches is not wrong, and shows here alone.
    let short: Vec<Vec<u8>> = words(4000).chunks(90).map(<[u8]>::to_vec).collect();
    let mixed: Vec<Vec<u8>> =
        (0..40).map(|n| [noise(n), words(n), noise(2 * n), words(2 * n)].concat()).collect();
    let cases = [
        ("records", vec![records(30_000)], 2964),
        ("words", vec![words(9000)], 11700),
        ("short messages of words", short, 8941),
        ("words between noise", mixed, 1181),
        (
            "far repetition",
            vec![[noise(30_000), records(700), noise(20_000), records(700), noise(400)].concat()],
            31124,
        ),
        ("runs", vec![(0..300).flat_map(|n| vec![n as u8 / 7; n]).collect()], 202),
    ];
    for (name, messages, most) in cases {
        let mut encoder = Encoder::new(1 << 15);
        let size: usize = messages.iter().map(|message| encoded(&mut encoder, message).len()).sum();
        assert!(size <= most, "{name}: {size} bytes, and not {most}");
    }
}

#[test]
fn memory_is_in_proportion_to_the_traffic() {
    let mut encoder = Encoder::new(1 << 15);
    assert_eq!(encoder.memory_usage(), 0);
    encoded(&mut encoder, &records(512));
    assert!(encoder.memory_usage() <= 6 << 10);
    for _ in 0..1000 {
        encoded(&mut encoder, &records(512));
    }
    assert!(encoder.memory_usage() <= (64 + 42) << 10, "{}", encoder.memory_usage());
    encoder.shrink();
    assert_eq!(encoder.memory_usage(), 1 << 15);
}

#[test]
fn a_workspace_knows_its_memory() {
    let mut workspace = Workspace::default();
    assert_eq!(workspace.memory_usage(), 0);
    let plain = noise(PIECE);
    Encoder::new(1 << 15).encode(&plain, &mut workspace, &mut Vec::new(), None).unwrap();
    // A token takes four bytes, and noise nearly a token for each of its own.
    assert!((2 * PIECE..=8 * PIECE).contains(&workspace.memory_usage()), "{}", workspace.memory_usage());
}
