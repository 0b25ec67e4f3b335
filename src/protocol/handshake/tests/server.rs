//! The server's half of the handshake: requests that it answers, and those that it refuses (RFC 6455, section 4.2).

use crate::protocol::handshake::{
    Dialect, Headers, Protocols, Refusal, Request, Response, Upgrade, accept_key, is_websocket,
};

/// The request of RFC 6455 section 1.3.
fn sample() -> Request<'static> {
    Request {
        method: "GET",
        url: "ws://server.example.com/chat",
        upgrade: Some("websocket"),
        connection: Some("Upgrade"),
        version: Some("13"),
        key: Some("dGhlIHNhbXBsZSBub25jZQ=="),
        ..Request::default()
    }
}

fn response(
    request: &Request<'_>,
    headers: &Headers,
    protocol: Option<&str>,
    extensions: Option<&str>,
) -> String {
    let mut out = Vec::new();
    let upgrade = Upgrade::verify(request).unwrap();
    upgrade.write(&Response { headers, protocol, extensions }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn refusal(request: Request<'_>) -> String {
    Upgrade::verify(&request).unwrap_err().to_string()
}

fn headers(pairs: &[(&str, &str)]) -> Headers {
    let mut headers = Headers::new();
    pairs.iter().for_each(|(name, value)| headers.add(name, value).unwrap());
    headers
}

#[test]
fn answers_the_key_of_the_rfc() {
    assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn answers_the_key_as_it_was_written() {
    for (key, accept) in [
        ("AAAAAAAAAAAAAAAAAAAAAA==", "ICX+Yqv66kxgM0FcWaLWlFLwTAI="),
        ("AAAAAAAAAAAAAAAAAAAAAB==", "NRJrplgTSmBqvVaQhF+6peBS1S8="),
    ] {
        let answer = response(&Request { key: Some(key), ..sample() }, &Headers::new(), None, None);
        assert!(answer.contains(&format!("Sec-WebSocket-Accept: {accept}\r\n")), "{key}: {answer}");
    }
}

#[test]
fn writes_a_101_with_nothing_but_the_needful() {
    assert_eq!(
        response(&sample(), &Headers::new(), None, None),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    );
}

#[test]
fn writes_custom_headers_first_then_protocol_and_extensions() {
    let custom = headers(&[("X-A", "1"), ("Set-Cookie", "a=1"), ("set-cookie", "b=2")]);
    assert_eq!(
        response(&sample(), &custom, Some("chat"), Some("permessage-deflate")),
        "HTTP/1.1 101 Switching Protocols\r\nX-A: 1\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\
         Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
         Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    );
}

#[test]
fn lets_a_custom_header_take_the_place_of_its_own() {
    let custom = headers(&[("sec-websocket-protocol", "mine"), ("UPGRADE", "other")]);
    assert_eq!(
        response(&sample(), &custom, Some("chat"), None),
        "HTTP/1.1 101 Switching Protocols\r\nsec-websocket-protocol: mine\r\nUPGRADE: other\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    );
}

#[test]
fn writes_nothing_when_a_value_of_the_response_breaks_out_of_its_line() {
    let none = Headers::new();
    let upgrade = Upgrade::verify(&sample()).unwrap();
    for (protocol, extensions) in
        [(Some("a\r\nb"), None), (None, Some("x\nSet-Cookie: y")), (None, Some("\0"))]
    {
        let mut out = Vec::new();
        let error = upgrade.write(&Response { headers: &none, protocol, extensions }, &mut out).unwrap_err();
        assert!(error.to_string().starts_with("Value of header \"Sec-WebSocket-"), "{error}");
        assert!(out.is_empty());
    }
}

#[test]
fn refuses_in_the_order_of_the_reference() {
    let mut request = Request { method: "POST", version: None, key: None, ..sample() };
    assert_eq!(refusal(request), "Not a WebSocket request");
    request.method = "GET";
    assert_eq!(refusal(request), "Unsupported WebSocket version: undefined");
    request.version = Some("13");
    assert_eq!(refusal(request), "Missing handshake request header: Sec-WebSocket-Key");
    request.key = Some("abc");
    assert_eq!(refusal(request), "Invalid handshake request header: Sec-WebSocket-Key");
    request.key = sample().key;
    assert!(Upgrade::verify(&request).is_ok());
}

#[test]
fn takes_a_key_of_16_bytes_in_base64_and_no_other() {
    for key in ["dGhlIHNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAAAAAAAAA==", "//////////+////+////+/=="] {
        assert!(Upgrade::verify(&Request { key: Some(key), ..sample() }).is_ok(), "{key}");
    }
    let long = "A".repeat(15_500);
    for key in [
        "",
        " ",
        "==",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZQ= ",
        "dGhlIHNhbXBsZSBub25jZQ===",
        "dGhlIHNhbXBsZSBub25jZWE=",
        "dGhlIHNhbXBsZSBub25j====",
        "dGhlIHNhbXBsZSBub25-ZQ==",
        "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
        "dGhlIHNhbXBsZSBub25jéQ==",
        "ééééééééééé==",
        &long,
    ] {
        let text = refusal(Request { key: Some(key), ..sample() });
        assert_eq!(text, "Invalid handshake request header: Sec-WebSocket-Key");
    }
}

#[test]
fn refuses_every_version_but_13() {
    for version in ["", "0", "8", "12", "14", "013", "13, 13", " 13", "13.0", "é"] {
        let text = refusal(Request { version: Some(version), ..sample() });
        assert_eq!(text, format!("Unsupported WebSocket version: {version}"));
    }
}

#[test]
fn hands_the_extension_header_on_unread() {
    let request = Request { extensions: Some("==="), ..sample() };
    assert_eq!(Upgrade::verify(&request).unwrap().extensions(), Some("==="));
    assert_eq!(Upgrade::verify(&sample()).unwrap().extensions(), None);
}

#[test]
fn writes_a_400_with_the_text_as_its_body() {
    let mut out = Vec::new();
    Refusal::NotWebSocket.write(&mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 23\r\n\r\nNot a WebSocket request"
    );
}

#[test]
fn names_the_version_that_it_speaks_where_the_client_speaks_another() {
    for version in [None, Some("8".to_owned())] {
        let mut out = Vec::new();
        Refusal::UnsupportedVersion(version).write(&mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("\r\nSec-WebSocket-Version: 13\r\n\r\n"), "{text}");
    }
    let mut out = Vec::new();
    Refusal::MissingKey.write(&mut out);
    assert!(!String::from_utf8(out).unwrap().contains("Version"));
}

#[test]
fn words_every_refusal() {
    for (refusal, text) in [
        (Refusal::MissingDraftKey("Sec-WebSocket-Key1"), "Missing required header: Sec-WebSocket-Key1"),
        (Refusal::InvalidDraftKey, "Client sent invalid Sec-WebSocket-Key headers"),
        (Refusal::UnsafeEcho("Origin"), "Invalid handshake request header: Origin"),
        (
            Refusal::Extension("Invalid Sec-WebSocket-Extensions header: ===".to_owned()),
            "Invalid Sec-WebSocket-Extensions header: ===",
        ),
    ] {
        assert_eq!(refusal.to_string(), text);
    }
}

#[test]
fn counts_the_bytes_of_a_400_and_not_its_characters() {
    let mut out = Vec::new();
    Refusal::UnsupportedVersion(Some("é".to_owned())).write(&mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("\r\nContent-Length: 33\r\n"), "{text}");
}

#[test]
fn keeps_what_a_peer_sent_out_of_the_head_of_the_400_and_bounds_it() {
    for version in ["1\r\nSet-Cookie: a=b\r\n\r\n".to_owned(), "é".repeat(8_000), "x".repeat(15_500)] {
        let mut out = Vec::new();
        Refusal::UnsupportedVersion(Some(version)).write(&mut out);
        let response = String::from_utf8(out).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        assert_eq!(head.lines().count(), 4, "{head}");
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{head}");
        assert!(body.len() <= 1024);
    }
}

#[test]
fn writes_what_a_terminal_would_act_upon_as_escapes() {
    let text = refusal(Request { version: Some("1\x1b[2J\u{9b}\x07\u{202e}x\t\r\ny\x7f"), ..sample() });
    let escaped = r"1\u001b[2J\u009b\u0007\u202ex\u0009\u000d\u000ay\u007f";
    assert_eq!(text, format!("Unsupported WebSocket version: {escaped}"));
    let many = refusal(Request { version: Some(&"\x1b".repeat(8_000)), ..sample() });
    assert!(many.len() <= 1024 && many.ends_with("..."), "{many}");
}

#[test]
fn repeats_what_a_peer_sent_whole_up_to_a_kilobyte() {
    let whole = "x".repeat(1024 - "Unsupported WebSocket version: ".len());
    let text = refusal(Request { version: Some(&whole), ..sample() });
    assert_eq!(text, format!("Unsupported WebSocket version: {whole}"));
    let cut = refusal(Request { version: Some(&format!("{whole}x")), ..sample() });
    assert_eq!(cut.len(), 1024);
    assert!(cut.ends_with("xxx..."));
    let wide = refusal(Request { version: Some(&"é".repeat(600)), ..sample() });
    assert!(wide.ends_with("é...") && (1022..=1024).contains(&wide.len()), "{}", wide.len());
}

#[test]
fn knows_a_websocket_request() {
    let yes = [
        "Upgrade",
        "UPGRADE",
        "keep-alive, Upgrade",
        "upgrade , x",
        "a,upgrade,b",
        "a,  upgrade  ,b",
        "x,\tupgrade",
        "upgrade\t ,x",
        ",upgrade",
    ];
    for connection in yes {
        assert!(is_websocket("GET", Some(connection), Some("WebSocket")), "{connection:?}");
    }
    let no = ["", " upgrade", "upgrade ", "\tUpgrade", "upgrade;x", "keep-alive,upgrade ", "xupgrade"];
    for connection in no {
        assert!(!is_websocket("GET", Some(connection), Some("websocket")), "{connection:?}");
    }
    for upgrade in ["", " websocket", "websocket ", "websocket, websocket", "h2c, websocket", "websocke"] {
        assert!(!is_websocket("GET", Some("upgrade"), Some(upgrade)), "{upgrade:?}");
    }
    assert!(!is_websocket("GET", None, Some("websocket")));
    assert!(!is_websocket("GET", Some("upgrade"), None));
    assert!(!is_websocket("get", Some("upgrade"), Some("websocket")));
    assert!(!is_websocket("POST", Some("upgrade"), Some("websocket")));
}

#[test]
fn chooses_the_first_subprotocol_of_the_client_that_the_server_speaks() {
    for (offers, supported, choice) in [
        ("b , a", "a,b", Some("b")),
        ("c,b", "a, b", Some("b")),
        (" b,a ", "a,b", None),
        ("a ", "a", None),
        ("x,\ta", "a", Some("a")),
        ("A", "a", None),
        ("", "a", None),
        (",,a", "a", Some("a")),
        ("a", "", None),
        (",", ",", None),
    ] {
        let supported = Protocols::parse(supported).unwrap();
        assert_eq!(supported.choose(offers), choice, "{offers:?}");
        let request = Request { protocol: Some(offers), ..sample() };
        assert_eq!(Upgrade::verify(&request).unwrap().choose_protocol(&supported), choice);
    }
    let supported = Protocols::new(["a"]).unwrap();
    assert_eq!(Upgrade::verify(&sample()).unwrap().choose_protocol(&supported), None);
}

#[test]
fn tells_the_dialects_apart() {
    let none = Request { version: None, key: None, ..sample() };
    let keys = Request { key1: Some("1 2"), key2: Some("3 4"), ..none };
    for (request, dialect) in [
        (sample(), Dialect::Hybi13),
        (Request { version: None, ..sample() }, Dialect::Hybi13),
        (Request { key: None, ..sample() }, Dialect::Hybi13),
        (Request { version: Some("13"), ..keys }, Dialect::Hybi13),
        (keys, Dialect::Hixie76),
        (Request { key1: None, ..keys }, Dialect::Hixie76),
        (Request { key2: Some(""), ..keys }, Dialect::Hixie76),
        (Request { key1: Some(""), key2: None, ..keys }, Dialect::Hixie75),
        (none, Dialect::Hixie75),
        (Request { version: Some(""), key: Some(""), ..none }, Dialect::Hixie75),
    ] {
        assert_eq!(Dialect::of(&request, true), dialect, "{request:?}");
        assert_eq!(Dialect::of(&request, false), Dialect::Hybi13);
    }
    let versions = [Dialect::Hybi13, Dialect::Hixie75, Dialect::Hixie76].map(Dialect::version);
    assert_eq!(versions, ["hybi-13", "hixie-75", "hixie-76"]);
}
