//! Handshakes of hixie-75 and hixie-76.

use super::*;
use crate::protocol::hixie::Event;
use proptest::prelude::*;

fn head(draft: Draft, request: &Request<'_>, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut custom = Headers::new();
    headers.iter().for_each(|(name, value)| custom.add(name, value).unwrap());
    accept(draft, request, &custom).unwrap().1
}

fn refusal(draft: Draft, request: Request<'_>) -> String {
    accept(draft, &request, &Headers::new()).unwrap_err().to_string()
}

fn signature(key1: &str, key2: &str) -> Option<Vec<Event>> {
    let request = Request { key1: Some(key1), key2: Some(key2), ..request_76() };
    let (mut session, _) = accept(Draft::Hixie76, &request, &Headers::new()).ok()?;
    let mut events = Vec::new();
    session.receive(BODY, &mut events);
    Some(events)
}

#[test]
fn answers_hixie_75() {
    assert_eq!(
        String::from_utf8(head(Draft::Hixie75, &request_75(), &[])).unwrap(),
        "HTTP/1.1 101 Web Socket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\
         WebSocket-Origin: http://example.com\r\nWebSocket-Location: ws://example.com/demo\r\n\r\n"
    );
}

#[test]
fn answers_the_example_of_hixie_76() {
    assert_eq!(
        String::from_utf8(head(Draft::Hixie76, &request_76(), &[])).unwrap(),
        "HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Origin: http://example.com\r\nSec-WebSocket-Location: ws://example.com/demo\r\n\r\n"
    );
    let (key1, key2) = (request_76().key1.unwrap(), request_76().key2.unwrap());
    assert_eq!(signature(key1, key2), Some(vec![Event::Open(SIGNATURE)]));
}

#[test]
fn leaves_the_origin_out_when_the_client_sends_none() {
    for (draft, prefix) in [(Draft::Hixie75, ""), (Draft::Hixie76, "Sec-")] {
        let text = head(draft, &Request { origin: None, ..request_76() }, &[]);
        let end = format!("Connection: Upgrade\r\n{prefix}WebSocket-Location: ws://example.com/demo\r\n\r\n");
        assert!(String::from_utf8(text).unwrap().ends_with(&end));
    }
}

#[test]
fn writes_custom_headers_last_and_keeps_its_own() {
    for (draft, prefix) in [(Draft::Hixie75, ""), (Draft::Hixie76, "sec-")] {
        let origin = format!("{prefix}websocket-origin");
        let custom =
            [("X-A", "1"), ("upgrade", "mine"), (&*origin, "mine"), ("Set-Cookie", "a"), ("set-cookie", "b")];
        let text = String::from_utf8(head(draft, &request_76(), &custom)).unwrap();
        assert!(
            text.ends_with("ws://example.com/demo\r\nX-A: 1\r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\n"),
            "{text}"
        );
        assert!(!text.contains("mine"));
        let bare = Request { origin: None, ..request_76() };
        assert!(
            String::from_utf8(head(draft, &bare, &custom)).unwrap().contains(&format!("{origin}: mine\r\n"))
        );
    }
}

#[test]
fn writes_hixie_75_in_utf8_and_hixie_76_in_latin_1_where_it_can() {
    let find = |head: Vec<u8>, part: &[u8]| head.windows(part.len()).any(|window| window == part);
    let custom = [("X-A", "é")];
    assert!(find(head(Draft::Hixie75, &request_75(), &custom), b"X-A: \xc3\xa9\r\n"));
    assert!(find(head(Draft::Hixie76, &request_76(), &custom), b"X-A: \xe9\r\n"));
    // U+010D and U+010A end in the bytes of CR and LF.
    let wide = head(Draft::Hixie76, &request_76(), &[("X-A", "é\u{10d}\u{10a}X-B: 1")]);
    assert!(find(wide, "X-A: é\u{10d}\u{10a}X-B: 1\r\n".as_bytes()));
}

#[test]
fn refuses_in_the_order_of_the_reference() {
    let mut request =
        Request { upgrade: Some("x"), key1: None, key2: None, origin: Some("\n"), ..request_76() };
    assert_eq!(refusal(Draft::Hixie75, request), "Not a WebSocket request");
    assert_eq!(refusal(Draft::Hixie76, request), "Not a WebSocket request");
    request.upgrade = Some("websocket");
    assert_eq!(refusal(Draft::Hixie76, request), "Missing required header: Sec-WebSocket-Key1");
    request.key1 = Some("");
    assert_eq!(refusal(Draft::Hixie76, request), "Missing required header: Sec-WebSocket-Key1");
    request.key1 = Some("12");
    assert_eq!(refusal(Draft::Hixie76, request), "Missing required header: Sec-WebSocket-Key2");
    request.key2 = Some("1 2");
    assert_eq!(refusal(Draft::Hixie76, request), "Client sent invalid Sec-WebSocket-Key headers");
    request.key1 = Some("1 2");
    assert_eq!(refusal(Draft::Hixie76, request), "Invalid handshake request header: Origin");
    assert_eq!(refusal(Draft::Hixie75, request), "Invalid handshake request header: Origin");
}

#[test]
fn refuses_to_repeat_a_url_that_would_break_out_of_its_line() {
    for draft in [Draft::Hixie75, Draft::Hixie76] {
        for url in ["ws://h/\r\nX: 1", "ws://h\n/", "ws://h/\0"] {
            let text = refusal(draft, Request { url, ..request_76() });
            assert_eq!(text, "Invalid handshake request header: Host");
        }
    }
}

#[test]
fn refuses_keys_without_a_number_that_their_blanks_divide() {
    let overflow = "9".repeat(400) + " ";
    let nearly = format!("{} ", u64::MAX);
    let long = format!("0{}", " ".repeat(15_000));
    let keys = [
        "12",           // no blank
        "  ",           // no digit
        "a b",          // nor here
        "0 0",          // zero
        "1  1",         // 11 by 2
        "1\t1",         // a tab is no blank
        "4294967296 ",  // one more than 32 bits
        "8589934592  ", // the same, by 2
        "9007199254740993 ",
        &overflow,
        &nearly,
        &long,
    ];
    for key in keys {
        assert_eq!(signature(key, "1 2"), None, "{key:?}");
        assert_eq!(signature("1 2", key), None, "{key:?}");
    }
}

#[test]
fn accepts_keys_at_the_edge_of_32_bits() {
    let long = "0".repeat(400) + "1 1";
    let sum = format!("{}{}", u64::from(u32::MAX) * 15_000, " ".repeat(15_000));
    for key in
        ["4294967295 ", "8589934590  ", "00000000000000000000000000000001 1", "\u{ff11} 2", &long, &sum]
    {
        let events = signature(key, "1 2").unwrap_or_else(|| panic!("{key:?}"));
        assert!(matches!(events[..], [Event::Open(_)]));
    }
}

#[test]
fn equal_numbers_have_equal_answers() {
    // 12, each time.
    let answers = ["1 2", "0a1b2c ", "2 4 ", "12 , ", " 3  6"].map(|key| signature(key, "3 6"));
    let expected = ["12", "12", "12", "6", "12"].map(|number| signature(&format!("{number} "), "3 6"));
    assert_eq!(answers, expected);
    assert_ne!(answers[0], answers[3]);
}

proptest! {
    #[test]
    fn random_keys_never_panic(key1 in "(?s).{0,80}", key2 in "[0-9 ]{0,200}") {
        let _ = signature(&key1, &key2);
        let _ = signature(&key2, &key1);
    }

    #[test]
    fn a_number_is_found_among_any_other_characters(number in 1_u32.., blanks in 1_usize..9, noise in "[a-zé!]{0,9}") {
        let digits = (u64::from(number) * blanks as u64).to_string();
        let key = format!("{noise}{digits}{noise}{}", " ".repeat(blanks));
        prop_assert_eq!(signature(&key, "1 2"), signature(&format!("{number} "), "1 2"));
    }
}
