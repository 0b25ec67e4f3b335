//! All conversions against the standard library: every length at every alignment, every kind of character, every place
//! where half of a surrogate pair can stand.

use super::*;
use crate::protocol::hybi::sender::Header;
use proptest::prelude::*;

/// Texts whose characters take one to four bytes, alone and mixed as in languages and in JSON.
const TEXTS: [&str; 19] = [
    "Plain text, as most of what is sent. ",
    "Où est passé l'été ? À Noël, ça gèle. ",
    "Größe, Übermut und süße Äpfel ß ",
    "Şişli'de ığdır, çoğu öğrenci gülüyor ",
    "Tiếng Việt có nhiều dấu thanh và chữ đẹp ",
    "Zażółć gęślą jaźń, źrebię śpi ",
    "Съешь ещё этих мягких булок ",
    "Ξεσκεπάζω την ψυχή σου ",
    "صباح الخير يا أصدقاء ",
    "שלום לכל החברים ",
    "नमस्ते दुनिया, कैसे हो ",
    "สวัสดีชาวโลกทั้งหลาย",
    "안녕하세요, 모두 반갑습니다 ",
    "漢字かな交じり文、です。",
    "我能吞下玻璃而不伤身体。",
    "🎉🚀🥳👩‍💻👍🏽❤️🇫🇷",
    "{\"name\":\"Zoë 🐈\",\"city\":\"東京\",\"n\":12345}, ",
    "words and words, and now 🎉 and then a face 😅 among them, as people chat. ",
    "a quote that isn’t ASCII, behind much that is and before more of the same ",
];
const LONGEST: usize = 200;
/// What must not be written.
const GUARD: u8 = 0xA5;

/// Checks all conversions of a text, in every direction that it has.
fn check(text: &str) {
    let units: Vec<u16> = text.encode_utf16().collect();
    assert!(is_utf8(text.as_bytes()), "{text:?}");
    let mut utf16 = Vec::new();
    assert!(utf8_to_utf16(text.as_bytes(), &mut utf16), "{text:?}");
    assert_eq!(utf16, units, "{text:?}");

    let fits = text.chars().all(|character| character <= '\u{FF}');
    assert_eq!(is_latin1(text.as_bytes()), fits, "{text:?}");
    let mut latin1 = Vec::new();
    assert_eq!(utf8_to_latin1(text.as_bytes(), &mut latin1), fits, "{text:?}");
    let expected: Vec<u8> = if fits { units.iter().map(|&unit| unit as u8).collect() } else { Vec::new() };
    assert_eq!(latin1, expected, "{text:?}");

    check_units(&units, text);
}

/// Bytes in front of a text: as many as the header of a frame has there.
fn header(length: usize) -> usize {
    Header::new(1, None).len(length)
}

/// Checks that `units` become `text` behind a header, whether there is room to spare or not, and that no byte is written
/// past that room.
fn check_units(units: &[u16], text: &str) {
    let end = header(text.len()) + text.len();
    for room in [end, end + 1, 2 * end, end.max(3 * units.len() + 10)] {
        let mut units = units.to_vec();
        let mut out = vec![GUARD; room + 64];
        let range = write(&mut units, &mut out[..room], header);
        assert_eq!(range, Some(end - text.len()..end), "{text:?}");
        assert_eq!(&out[end - text.len()..end], text.as_bytes(), "{text:?}");
        assert!(out[room..].iter().all(|&byte| byte == GUARD), "{text:?}");
        assert_eq!(write(&mut units, &mut out[..end - 1], header), None, "{text:?}");
        assert!(units.iter().copied().eq(text.encode_utf16()), "{text:?}");
    }
    for capacity in [0, end, 2 * end, 4 * end] {
        let mut out = Vec::with_capacity(capacity);
        out.extend(b"before ");
        let range = append(&mut units.to_vec(), &mut out, header).unwrap();
        assert_eq!(range, end - text.len()..end, "{text:?}");
        assert_eq!(out, [b"before ", &[0; 10][..range.start], text.as_bytes()].concat(), "{text:?}");
    }
    check_ascii(units, text);
}

/// Checks that `units` are written as ASCII if they are, and as a large text in any case.
fn check_ascii(units: &[u16], text: &str) {
    let mut out = vec![GUARD; units.len() + 64];
    assert_eq!(write_ascii(units, &mut out[..units.len()]), text.is_ascii(), "{text:?}");
    assert!(!text.is_ascii() || &out[..units.len()] == text.as_bytes(), "{text:?}");
    assert!(out[units.len()..].iter().all(|&byte| byte == GUARD), "{text:?}");
    assert!(text.is_empty() || !write_ascii(units, &mut out[1..units.len()]), "{text:?}");
    let mut out = b"before ".to_vec();
    assert_eq!(append_ascii(units, &mut out), Ok(text.is_ascii()), "{text:?}");
    let appended = if text.is_ascii() { text } else { "" };
    assert_eq!(out, [b"before ", appended.as_bytes()].concat(), "{text:?}");
    let mut out = b"before ".to_vec();
    append_large(&mut units.to_vec(), &mut out).unwrap();
    assert_eq!(out, [b"before ", text.as_bytes()].concat(), "{text:?}");
}

/// The characters of `text`, over and over, from the one at `first`: `count` of them.
fn cut(text: &str, first: usize, count: usize) -> String {
    text.chars().cycle().skip(first).take(count).collect()
}

#[test]
fn every_script_survives_at_every_length() {
    for text in TEXTS {
        for count in 0..LONGEST {
            check(&cut(text, count % 7, count));
        }
    }
}

#[test]
fn every_alignment_survives_at_every_length() {
    for text in TEXTS {
        let whole = cut(text, 0, LONGEST + 64);
        for skipped in 0..64 {
            let start = whole.char_indices().nth(skipped).map_or(whole.len(), |(at, _)| at);
            for count in (0..LONGEST).step_by(13) {
                let part: String = whole[start..].chars().take(count).collect();
                // The bytes and units stand where they do in the whole, and not where an allocation begins.
                let bytes = &whole.as_bytes()[start..start + part.len()];
                let mut utf16 = Vec::new();
                assert!(utf8_to_utf16(bytes, &mut utf16));
                assert!(utf16.iter().copied().eq(part.encode_utf16()), "{part:?}");
                let mut units: Vec<u16> = vec![0; skipped];
                units.extend(part.encode_utf16());
                let mut out = vec![GUARD; skipped + part.len() + 1];
                let range = write(&mut units[skipped..], &mut out[skipped..], |_| 0);
                assert_eq!(range, Some(0..part.len()));
                assert_eq!(&out[skipped..skipped + part.len()], part.as_bytes());
                assert_eq!(out[skipped + part.len()], GUARD);
            }
        }
    }
}

#[test]
fn large_texts_survive() {
    for text in TEXTS {
        check(&cut(text, 3, 70_001));
    }
}

#[test]
fn every_character_survives_behind_ascii_and_behind_others() {
    for first in ('\0'..=char::MAX).step_by(0x400) {
        let block: String = (first..=char::MAX).take(0x400).collect();
        check(&block);
        check(&format!("ascii in front of it {block} and behind"));
    }
}

#[test]
fn one_character_is_seen_wherever_it_stands() {
    for character in ['\u{80}', '\u{FF}', '\u{100}', '\u{7FF}', '\u{800}', '\u{FFFF}', '\u{10000}'] {
        for at in 0..LONGEST {
            let text = format!("{}{character}{}", "x".repeat(at), "y".repeat(LONGEST - at));
            check(&text);
        }
    }
}

#[test]
fn a_large_text_is_parted_nowhere_within_a_character() {
    for skipped in 0..4 {
        let ascii = "x".repeat(skipped);
        for character in ["é", "漢", "𝄞", "x"] {
            for count in [4090, 4096, 4100, 9000] {
                let text = format!("{ascii}{}", character.repeat(count));
                let units: Vec<u16> = text.encode_utf16().collect();
                check_ascii(&units, &text);
                let halved = &units[..units.len() - 1];
                check_ascii(halved, &String::from_utf16_lossy(halved));
            }
        }
    }
}

#[test]
fn ascii_with_emoji_is_refused_for_one_wrong_byte_in_any_part() {
    let text = "words and words, and now 🎉 and then a face 😅 ".repeat(900);
    for at in (0..text.len()).step_by(131) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = 0xF0;
        assert!(std::str::from_utf8(&bytes).is_ok() || !utf8_to_utf16(&bytes, &mut Vec::new()), "{at}");
        for end in at..at + 4 {
            let valid = text.is_char_boundary(end.min(text.len()));
            assert_eq!(
                utf8_to_utf16(&text.as_bytes()[..end.min(text.len())], &mut Vec::new()),
                valid,
                "{end}"
            );
        }
    }
}

#[test]
fn bytes_that_a_worker_changes_meanwhile_have_room_for_two_units_each() {
    /// What the conversion comes to at worst, if all bytes become the first of four behind their validation.
    unsafe fn changed(bytes: &[u8], out: *mut u16) -> usize {
        // SAFETY: the caller has room for two units for each byte.
        unsafe { out.write_bytes(0xA5, 2 * bytes.len()) };
        2 * bytes.len()
    }
    let bytes = vec![b'x'; 200_000];
    let mut out = Vec::new();
    // SAFETY: it writes what it says.
    assert!(unsafe { super::decode::in_parts(&bytes, &mut out, changed) });
    assert_eq!(out, vec![0xA5A5; 400_000]);
}

#[test]
fn half_a_pair_becomes_a_replacement_character_wherever_it_stands() {
    let halves: [&[u16]; 7] = [
        &[0xD800],
        &[0xDFFF],
        &[0xDC00, 0xD800],
        &[0xD834, 0xD834],
        &[0xD834, 0xD834, 0xDD1E],
        &[0xD834, 0xDD1E, 0xDD1E],
        &[0xDBFF, 0x61],
    ];
    for filling in ["x", "é", "漢", "𝄞"] {
        for half in halves {
            for at in 0..LONGEST / 2 {
                let mut units: Vec<u16> = filling.repeat(at).encode_utf16().collect();
                units.extend(half);
                units.extend(filling.repeat(LONGEST / 2 - at).encode_utf16());
                check_units(&units, &String::from_utf16_lossy(&units));
                units.truncate(filling.encode_utf16().count() * at + half.len());
                check_units(&units, &String::from_utf16_lossy(&units));
            }
        }
    }
}

#[test]
fn nothing_but_halves_becomes_nothing_but_replacement_characters() {
    for count in 1..LONGEST {
        for half in [0xD800, 0xDBFF, 0xDC00, 0xDFFF] {
            let units = vec![half; count];
            check_units(&units, &String::from_utf16_lossy(&units));
        }
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_wherever_they_stand() {
    let wrong: [&[u8]; 9] = [
        b"\xFF",
        b"\x80",
        b"\xC0\x80",
        b"\xE0\x80\x80",
        b"\xED\xA0\x80",
        b"\xF4\x90\x80\x80",
        b"\xF8\x88\x80\x80\x80",
        b"\xE6\xBC",
        b"\xC3",
    ];
    for filling in ["x", "é", "漢", "𝄞"] {
        for bytes in wrong {
            for at in 0..LONGEST / 2 {
                let whole = [filling.repeat(at).as_bytes(), bytes, b"behind"].concat();
                assert_refused(&whole);
                assert_refused(&whole[..whole.len() - b"behind".len()]);
            }
        }
    }
}

fn assert_refused(bytes: &[u8]) {
    assert!(!is_utf8(bytes), "{bytes:x?}");
    let mut utf16 = vec![1];
    assert!(!utf8_to_utf16(bytes, &mut utf16) && utf16.is_empty(), "{bytes:x?}");
    let mut latin1 = vec![1];
    assert!(!utf8_to_latin1(bytes, &mut latin1) && latin1.is_empty(), "{bytes:x?}");
}

proptest! {
    #[test]
    fn any_text_survives(text: String, prefix in "[漢字a-zé𝄞]{0,90}") {
        check(&format!("{prefix}{text}{prefix}"));
    }

    #[test]
    fn any_runs_survive(text in "([a-z ]{0,70}[\u{80}-\u{7FF}]{0,70}[\u{800}-\u{D7FF}]{0,70}[\u{10000}-\u{10FFFF}]{0,40}){0,3}") {
        check(&text);
    }

    #[test]
    fn any_units_become_what_the_standard_library_says(units in prop::collection::vec(any::<u16>(), 0..300)) {
        check_units(&units, &String::from_utf16_lossy(&units));
    }

    #[test]
    fn any_bytes_are_judged_as_the_standard_library_does(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        match std::str::from_utf8(&bytes) {
            Ok(text) => check(text),
            Err(_) => assert_refused(&bytes),
        }
    }

    #[test]
    fn one_wrong_byte_is_found(text in "[漢字a-zé𝄞]{1,200}", at: prop::sample::Index, byte: u8) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        match std::str::from_utf8(&bytes) {
            Ok(text) => check(text),
            Err(_) => assert_refused(&bytes),
        }
    }
}
