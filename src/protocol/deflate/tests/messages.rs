//! Messages there and back, with all parameters.

use std::cell::Cell;

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};

use super::*;

fn samples() -> Vec<Vec<u8>> {
    vec![
        b"Hello".to_vec(),
        b"Hello".to_vec(),
        vec![],
        vec![0],
        vec![],
        vec![],
        records(512),
        records(512),
        noise(700),
        noise(700),
        vec![b'a'; 5000],
        records(3000),
        b"after a longer message".to_vec(),
        records(512),
    ]
}

/// Too long for the encoder, and for the window.
fn long_samples() -> Vec<Vec<u8>> {
    vec![records(512), noise(70_000), b"after a long message".to_vec(), records(100_000), records(512)]
}

/// Sends the samples both ways and reads them back, once with the codec and once naively.
fn exchange(server: &str, client: &str, samples: &[Vec<u8>], farthest: usize) {
    let (mut server_end, mut client_end) = pair(server, client);
    for way in 0..2 {
        let mut sent = Vec::new();
        for sample in samples {
            let message = compressed(&mut server_end, sample);
            assert_eq!(inflated(&mut client_end, &message), *sample, "{server:?} and {client:?}, way {way}");
            if sample.len() < 5000 {
                let inflated = naive::inflate(&sent, &[message, TAIL.to_vec()].concat());
                assert_eq!(inflated.plain, *sample);
                assert!(way == 1 || inflated.farthest <= farthest, "{} bytes back", inflated.farthest);
            }
            sent.extend_from_slice(sample);
        }
        (server_end, client_end) = (client_end, server_end);
    }
}

#[test]
fn every_set_of_parameters_carries_messages_both_ways() {
    for takeover in ["", "o!", "r!", "o! r!"] {
        for bits in ["", "o8 r8", "o9", "r9", "o11 r12"] {
            exchange(&format!("{takeover} {bits}"), "", &samples(), 1 << 15);
        }
    }
}

#[test]
fn every_level_strategy_and_memory_level_carries_messages() {
    for level in -1..=9 {
        exchange(&format!("L{level} M{}", 1 + (level + 1) % 9), "", &samples(), 1 << 15);
        exchange(&format!("L{level} S{}", (level + 1) % 5), "", &samples(), 1 << 15);
    }
}

#[test]
fn long_messages_are_carried() {
    for server in ["", "o!", "o9", "L1", "L9 M9", "L0"] {
        exchange(server, "", &long_samples(), 1 << 15);
    }
}

#[test]
fn references_stay_within_the_window_that_was_agreed_on() {
    for bits in 8..=15 {
        for codec in ["", "L1", "L5", "L9", "S4"] {
            exchange(&format!("{codec} o{bits}"), "", &samples(), 1 << bits);
        }
    }
}

#[test]
fn each_window_is_used_to_its_full_size() {
    for bits in 9..=15 {
        let window = 1 << bits;
        let (mut server, _) = pair(&format!("o{bits}"), "");
        compressed(&mut server, &noise(window));
        let again = compressed(&mut server, &noise(window)[..window / 2]).len();
        assert!(again < window / 20, "{again} bytes, although all of them are in the window of {window}");
    }
}

#[test]
fn messages_come_in_parts_of_any_size() {
    for size in [1, 2, 3, 100, 1000] {
        let (mut server, mut client) = pair("", "");
        let mut pool = CodecPool::default();
        for sample in samples() {
            let message = compressed(&mut client, &sample);
            let mut out = b"before ".to_vec();
            for part in message.chunks(size) {
                server.decompress(&mut pool, part, false, &mut out, 1 << 26).unwrap();
            }
            server.decompress(&mut pool, &[], true, &mut out, 1 << 26).unwrap();
            assert_eq!(out, [b"before ".as_slice(), &sample].concat());
        }
    }
}

#[test]
fn long_work_pauses_and_comes_to_the_same() {
    thread_local!(static PAUSES: Cell<usize> = const { Cell::new(0) });
    let taken = || PAUSES.with(|pauses| pauses.replace(0));
    let mut pool = CodecPool::with_pause(|| PAUSES.with(|pauses| pauses.set(pauses.get() + 1)));
    let (mut server, mut client) = pair("", "");
    let (mut other, _) = pair("", "");
    for length in [100_000, 150_001] {
        let (mut out, mut plain) = (Vec::new(), Vec::new());
        server.compress(&mut pool, &records(length), &mut out).unwrap();
        assert!(taken() >= length / (64 << 10));
        assert_eq!(out, compressed(&mut other, &records(length)));
        client.decompress(&mut pool, &out, true, &mut plain, 1 << 26).unwrap();
        assert_eq!(taken(), 0, "inflating is short");
        assert_eq!(plain, records(length));
    }
    let zeros = compressed(&mut other, &vec![0; 3 << 20]);
    client.decompress(&mut pool, &zeros, true, &mut Vec::new(), 1 << 26).unwrap();
    assert!(taken() > 1);
    pool.trim();
    server.compress(&mut pool, &records(100_000), &mut Vec::new()).unwrap();
    assert!(taken() > 0, "also after a rest");
}

#[test]
fn compressing_appends() {
    let (mut server, mut client) = pair("", "");
    let mut out = b"before ".to_vec();
    server.force();
    server.compress(&mut CodecPool::default(), b"Hello", &mut out).unwrap();
    assert_eq!(out.split_off(7), bytes("f248cdc9c90700"));
    assert_eq!(inflated(&mut client, &bytes("f248cdc9c90700")), b"Hello");
}

#[test]
fn what_would_become_longer_leaves_as_it_is_and_the_window_does_not_know_of_it() {
    for codec in ["", "o!", "o9", "L9", "L9 o!", "L1 M1", "L0", "S2"] {
        let (mut server, mut client) = pair(codec, "");
        let mut pool = CodecPool::default();
        for length in [0, 1, 5, 7, 300, 16_384, 16_385, 40_000, 65_536, 65_537, 200_000] {
            let mut out = b"before ".to_vec();
            assert!(
                !server.compress(&mut pool, &noise(length), &mut out).unwrap(),
                "{codec}: {length} bytes"
            );
            assert_eq!(out, b"before ");
            let mut message = Vec::new();
            if server.compress(&mut pool, &records(3000), &mut message).unwrap() {
                assert_eq!(inflated(&mut client, &message), records(3000), "{codec}, behind {length} bytes");
            } else {
                assert_eq!(codec, "L0");
            }
        }
    }
}

#[test]
fn a_short_message_that_comes_again_gets_shorter() {
    let (mut server, mut client) = pair("", "");
    let mut lengths = Vec::new();
    for number in 1..=5 {
        let mut out = Vec::new();
        let tick = format!("{{\"tick\": {number}}}");
        if server.compress(&mut CodecPool::default(), tick.as_bytes(), &mut out).unwrap() {
            assert_eq!(inflated(&mut client, &out), tick.as_bytes());
            lengths.push(out.len());
        }
    }
    let [first, .., last] = lengths.as_slice() else { panic!("{lengths:?}") };
    assert!(lengths.len() == 4 && *first > 11 && *last < 11, "{lengths:?}");
}

#[test]
fn context_takeover_makes_the_second_message_small() {
    let second = |server: &str| {
        let (mut server, _) = pair(server, "");
        let first = compressed(&mut server, &records(512)).len();
        (compressed(&mut server, &records(512)).len(), first)
    };
    for codec in ["", "L9"] {
        let (again, first) = second(codec);
        assert!(again < 25 && first > 100, "{first} bytes and then {again}");
        let (again, first) = second(&format!("{codec} o!"));
        assert_eq!(again, first);
    }
}

#[test]
fn only_messages_from_the_threshold_on_are_compressed() {
    let compresses = |short: &str, length| pair(short, "").0.compresses(length);
    assert!(compresses("", 0));
    assert!(!compresses("T100", 99));
    assert!(compresses("T100", 100));
}

#[derive(Clone, Debug)]
enum Step {
    Send(Vec<u8>),
    HibernateServer,
    HibernateClient,
    TrimPool,
    OtherPool,
}

fn step() -> impl Strategy<Value = Step> {
    let source = [records(3000), noise(1000), vec![7; 2000]].concat();
    let slice = (0..source.len(), 0..1500_usize)
        .prop_map(move |(from, length)| Step::Send(source[from..(from + length).min(source.len())].to_vec()));
    prop_oneof![
        6 => slice,
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Step::Send),
        1 => (60_000..70_000_usize).prop_map(|length| Step::Send(records(length))),
        1 => Just(Step::HibernateServer),
        1 => Just(Step::HibernateClient),
        1 => Just(Step::TrimPool),
        1 => Just(Step::OtherPool),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_sequence_of_messages_survives_any_hibernation(
        server in prop::sample::select(vec!["", "o!", "L1", "L4 M1", "L9", "S2", "S3", "S4 o!", "L0", "o9", "r10"]),
        client in prop::sample::select(vec!["", "o!", "r!", "r8", "r9 o9", "r12", "o8", "L1 o11", "r! S1"]),
        steps in prop::collection::vec(step(), 1..25),
        part in 1_usize..5000,
    ) {
        let (mut server, mut client) = pair(server, client);
        let mut pools = [CodecPool::default(), CodecPool::default()];
        let mut other = false;
        for step in steps {
            let pool = &mut pools[usize::from(other)];
            match step {
                Step::HibernateServer => server.hibernate(),
                Step::HibernateClient => client.hibernate(),
                Step::TrimPool => pool.trim(),
                Step::OtherPool => other = !other,
                Step::Send(payload) => {
                    let (mut there, mut plain, mut back, mut echo) = (vec![], vec![], vec![], vec![]);
                    if server.compress(pool, &payload, &mut there).unwrap() {
                        for chunk in there.chunks(part) {
                            client.decompress(pool, chunk, false, &mut plain, 1 << 20).unwrap();
                        }
                        client.decompress(pool, &[], true, &mut plain, 1 << 20).unwrap();
                        prop_assert_eq!(&plain, &payload);
                    } else {
                        prop_assert_eq!(there.len(), 0);
                    }
                    if client.compress(pool, &payload, &mut back).unwrap() {
                        server.decompress(pool, &back, true, &mut echo, payload.len() as u64).unwrap();
                        prop_assert_eq!(&echo, &payload);
                    }
                }
            }
        }
    }
}

#[test]
fn a_message_that_does_not_get_shorter_leaves_the_window_as_it_was() {
    let record = records(300);
    for length in [100, 9 << 10, 33 << 10, 66 << 10, 300 << 10] {
        let (mut server, mut client) = pair("", "");
        let mut pool = CodecPool::default();
        let mut send = |payload: &[u8]| {
            let mut out = Vec::new();
            if server.compress(&mut pool, payload, &mut out).unwrap() {
                assert_eq!(try_inflate(&mut client, &out, 1 << 26).unwrap(), payload);
            }
            out.len()
        };
        let first = send(&record);
        assert_eq!(send(&noise(length)), 0, "{length} bytes of noise go as they are");
        let second = send(&record);
        assert!(second < 20, "{first} bytes, and {second} behind {length} bytes of noise");
        assert!(send(&record) < 20);
    }
}
