//! What a peer sends to do harm.

use proptest::prelude::{any, prop, prop_assert, proptest};

use super::*;

fn violation(text: &str) -> Violation {
    Violation::Extension(text.to_owned())
}

/// The server's answer to the last of these messages, all others being fine.
fn answer(messages: &[&str], client: &str) -> Result<Vec<u8>, Violation> {
    let (mut server, _) = pair("", client);
    let (last, earlier) = messages.split_last().unwrap();
    for message in earlier {
        inflated(&mut server, &bytes(message));
    }
    try_inflate(&mut server, &bytes(last), 1 << 20)
}

#[test]
fn corrupt_data_is_named_in_the_words_of_zlib() {
    let cases = [
        ("07", "invalid block type"),
        ("00fffffffe00", "invalid stored block lengths"),
        ("f200110000", "invalid distance too far back"),
        ("f2003e00", "invalid distance code"),
        ("f21803", "invalid literal/length code"),
        ("04c0", "invalid code lengths set"),
        ("fdff", "too many length or distance symbols"),
    ];
    for (message, text) in cases {
        assert_eq!(answer(&[message], ""), Err(violation(text)), "{message}");
        if message.starts_with("f2") {
            let longer = format!("{message}{}", "00".repeat(30));
            assert_eq!(answer(&[&longer], ""), Err(violation(text)), "within the fast loop");
        }
        assert_eq!(violation(text).code(), 1010);
    }
}

#[test]
fn the_reason_may_be_lost_when_a_message_comes_in_parts() {
    let (mut server, _) = pair("", "");
    let mut pool = CodecPool::default();
    let mut feed = |part: &[u8]| server.decompress(&mut pool, part, false, &mut Vec::new(), 1 << 20);
    assert_eq!(feed(&bytes("f248")), Ok(()));
    let rest = [bytes("cdc9c9d751f048cdc9c9078a03"), vec![0; 30]].concat();
    assert_eq!(feed(&rest), Err(violation("data error")));
}

#[test]
fn a_reference_past_what_was_seen_is_refused() {
    let far = violation("invalid distance too far back");
    assert_eq!(answer(&["f248cdc9c90700", "f200110000"], ""), Ok(b"Hello".to_vec()));
    assert_eq!(answer(&["f248cdc9c90700", "f200110000"], "o!"), Err(far.clone()), "without context takeover");
    assert_eq!(answer(&["00", "f200110000"], ""), Err(far));
}

#[test]
fn a_reference_past_the_window_that_was_agreed_on_is_refused() {
    let (mut server, mut client) = pair("", "o9");
    let (_, mut liar) = pair("", "");
    for _ in 0..2 {
        for message in [noise(800), b"Hello".to_vec()] {
            let sent = compressed(&mut client, &message);
            assert_eq!(inflated(&mut server, &sent), message);
            compressed(&mut liar, &message);
        }
    }
    let message = compressed(&mut liar, &noise(100));
    assert_eq!(try_inflate(&mut server, &message, 1 << 20), Err(violation("invalid distance too far back")));
}

#[test]
fn a_message_cut_short_is_refused_where_another_could_refer_to_it() {
    let (mut server, mut client) = pair("", "");
    let message = compressed(&mut client, &records(300));
    assert_eq!(inflated(&mut server, &message), records(300));
    for length in 1..message.len() {
        let (mut server, _) = pair("", "");
        let result = try_inflate(&mut server, &message[..length], 1 << 20);
        assert!(matches!(result, Err(Violation::Extension(_))), "{length} bytes: {result:?}");
    }
}

#[test]
fn a_tail_that_was_not_left_out_is_tolerated_where_nothing_refers_to_it() {
    let with_tail = "f248cdc9c907000000ffff";
    assert_eq!(answer(&[with_tail, with_tail], "o!"), Ok(b"Hello".to_vec()));
    assert_eq!(answer(&[with_tail], ""), Err(violation("unexpected end of file")));
}

#[test]
fn a_message_of_no_bytes_is_empty() {
    assert_eq!(answer(&["", "f248cdc9c90700", "", "f200110000"], ""), Ok(b"Hello".to_vec()));
}

#[test]
fn a_final_block_ends_neither_the_message_nor_the_window() {
    for alone in ["f348cdc9c90700", "f348cdc9c907"] {
        assert_eq!(answer(&[alone], ""), Ok(b"Hello".to_vec()), "with nothing behind it");
    }
    assert_eq!(answer(&["f348cdc9c90700f348cdc9c90700"], ""), Ok(b"HelloHello".to_vec()));
    assert_eq!(answer(&["f348cdc9c90700f248cdc9c90700"], "o!"), Ok(b"HelloHello".to_vec()));
    assert_eq!(answer(&["f348cdc9c90700", "f200110000"], ""), Ok(b"Hello".to_vec()));
}

#[test]
fn a_flood_of_final_blocks_is_refused() {
    let (mut server, _) = pair("", "");
    inflated(&mut server, &compressed(&mut pair("", "").1, &noise(1 << 15)));
    let flood = [0x03, 0x00].repeat(1 << 20);
    assert_eq!(try_inflate(&mut server, &flood, 1 << 20), Err(violation("too many final blocks")));
    assert_eq!(inflated(&mut server, &[0x03, 0x00].repeat(1024)), b"");
}

#[test]
fn a_bomb_costs_no_more_than_the_limit() {
    let plain = vec![0; 64 << 20];
    for client in ["", "o!"] {
        let (mut server, mut bomber) = pair("", client);
        let bomb = compressed(&mut bomber, &plain);
        assert!(bomb.len() < 500_000, "{}", bomb.len());
        let mut out = Vec::new();
        let result = server.decompress(&mut CodecPool::default(), &bomb, true, &mut out, 1 << 20);
        assert_eq!(result, Err(Violation::TooLarge));
        assert_eq!(out.len(), (1 << 20) + 1);
        assert!(out.capacity() <= (1 << 20) + 1, "{}", out.capacity());
        assert!(server.memory_usage() < 50_000, "{}", server.memory_usage());
    }
}

#[test]
fn a_message_may_have_as_many_bytes_as_the_limit() {
    for length in [0, 1, 255, 256, 257, 1000, 1024, 200_000] {
        let message = compressed(&mut pair("", "").1, &records(length));
        for size in [1, 7, usize::MAX] {
            let run = |limit: usize| {
                let (mut server, _) = pair("", "");
                let (mut pool, mut out) = (CodecPool::default(), Vec::new());
                for part in message.chunks(size.min(message.len())) {
                    server.decompress(&mut pool, part, false, &mut out, limit as u64)?;
                }
                server.decompress(&mut pool, &[], true, &mut out, limit as u64)?;
                Ok(out)
            };
            assert_eq!(run(length), Ok(records(length)));
            if length > 0 {
                assert_eq!(run(length - 1), Err(Violation::TooLarge));
            }
        }
    }
    let message = compressed(&mut pair("", "").1, b"Hello");
    assert_eq!(try_inflate(&mut pair("", "").0, &message, u64::MAX), Ok(b"Hello".to_vec()));
}

#[test]
fn a_violation_gives_the_codec_back() {
    let mut pool = CodecPool::default();
    let (mut server, _) = pair("", "");
    let plain = server.memory_usage();
    assert!(server.decompress(&mut pool, &bytes("f200"), false, &mut Vec::new(), 9).is_ok());
    assert!(server.memory_usage() > plain + 40_000);
    assert!(format!("{server:?}").contains("Some(Message { length: 1, .. })"), "{server:?}");
    assert_eq!(pool.memory_usage(), 0);
    assert!(server.decompress(&mut pool, &bytes("110000"), false, &mut Vec::new(), 9).is_err());
    assert!(server.memory_usage() < plain + 100);
    assert!(pool.memory_usage() > 40_000);
}

#[test]
fn a_stream_corrupted_at_any_bit_is_a_message_or_a_violation() {
    for (codec, client) in [("", ""), ("L9", ""), ("S4", "o!"), ("", "o9")] {
        let (_, mut sender) = pair("", &format!("{client} {codec}"));
        let first = compressed(&mut sender, &records(200));
        let message = compressed(&mut sender, &records(400));
        for bit in 0..8 * message.len() {
            let (mut server, _) = pair("", client);
            inflated(&mut server, &first);
            let mut corrupt = message.clone();
            corrupt[bit / 8] ^= 1 << (bit % 8);
            match try_inflate(&mut server, &corrupt, 4096) {
                Ok(plain) => assert!(plain.len() <= 4096),
                Err(Violation::Extension(text)) => assert!(!text.is_empty()),
                Err(violation) => assert_eq!(violation, Violation::TooLarge),
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_messages_or_violations(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..6),
        part in 1_usize..20,
        client in prop::sample::select(vec!["", "o!", "o8"]),
    ) {
        let (mut server, _) = pair("", client);
        let mut pool = CodecPool::default();
        for message in &messages {
            let mut out = Vec::new();
            let parts = message.chunks(part).map(|part| (part, false)).chain([([].as_slice(), true)]);
            for (part, fin) in parts {
                if server.decompress(&mut pool, part, fin, &mut out, 2000).is_err() {
                    break;
                }
            }
            prop_assert!(out.len() <= 2001);
        }
    }
}
