//! The client's half of the handshake: what it asks, and which answers it takes (RFC 6455, section 4.1).

use super::splits::for_every_split;
use crate::protocol::Limits;
use crate::protocol::handshake::{
    Agreement, ClientHandshake, ClientRequest, Credentials, HandshakeFault, Headers, Key, Protocols,
    ResponseHead,
};
use proptest::prelude::*;

/// The nonce of RFC 6455 section 1.3.
const NONCE: [u8; 16] = *b"the sample nonce";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

fn handshake(protocols: &str) -> ClientHandshake {
    ClientHandshake::new(NONCE, Protocols::parse(protocols).unwrap(), Limits::DEFAULT_MAX_HEAD)
}

fn headers(pairs: &[(&str, &str)]) -> Headers {
    let mut headers = Headers::new();
    pairs.iter().for_each(|(name, value)| headers.add(name, value).unwrap());
    headers
}

fn request<'a>(headers: &'a Headers) -> ClientRequest<'a> {
    ClientRequest { host: "h.example", target: "/p?q=1", credentials: None, extensions: None, headers }
}

fn written(handshake: &ClientHandshake, request: &ClientRequest<'_>) -> String {
    let mut out = Vec::new();
    handshake.write(request, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A good response with `changes`: a header is replaced, or removed if its new value is `None`.
fn response(changes: &[(&str, Option<&str>)]) -> ResponseHead {
    let mut headers =
        vec![("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-accept", ACCEPT)];
    for (name, value) in changes {
        headers.retain(|(known, _)| known != name);
        headers.extend(value.map(|value| (*name, value)));
    }
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    ResponseHead { status: 101, headers }
}

fn fault(protocols: &str, changes: &[(&str, Option<&str>)]) -> String {
    let text = handshake(protocols).verify(&response(changes)).unwrap_err().to_string();
    text.strip_prefix("Error during WebSocket handshake: ").unwrap().to_owned()
}

#[test]
fn encodes_the_key_of_the_rfc() {
    let key = Key::new(NONCE);
    assert_eq!((key.as_str(), key.accept().as_str()), ("dGhlIHNhbXBsZSBub25jZQ==", ACCEPT));
}

#[test]
fn writes_the_least_that_the_rfc_asks_for() {
    assert_eq!(
        written(&handshake(""), &request(&Headers::new())),
        "GET /p?q=1 HTTP/1.1\r\nHost: h.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
}

#[test]
fn writes_protocols_credentials_custom_headers_and_extensions_in_that_order() {
    let custom = headers(&[
        ("Origin", "http://o"),
        ("X-A", "é"),
        ("x-a", "2"),
        ("Set-Cookie", "1"),
        ("set-cookie", "2"),
    ]);
    let credentials = Credentials::from_url("u", "p");
    let request = ClientRequest {
        credentials: credentials.as_ref(),
        extensions: Some("permessage-deflate; client_max_window_bits"),
        ..request(&custom)
    };
    assert_eq!(
        written(&handshake("a , b"), &request),
        "GET /p?q=1 HTTP/1.1\r\nHost: h.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: a, b\r\nAuthorization: Basic dTpw\r\n\
         Origin: http://o\r\nX-A: é\r\nSet-Cookie: 1\r\nset-cookie: 2\r\n\
         Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
    );
}

#[test]
fn keeps_its_own_headers_against_custom_ones() {
    let names = ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"];
    let mut custom = headers(&names.map(|name| (name, "custom")));
    let plain = written(&handshake(""), &request(&Headers::new()));
    assert_eq!(written(&handshake(""), &request(&custom)), plain);

    custom.add("sec-websocket-protocol", "custom").unwrap();
    custom.add("AUTHORIZATION", "custom").unwrap();
    let text = written(&handshake(""), &request(&custom));
    assert!(
        text.ends_with("Version: 13\r\nsec-websocket-protocol: custom\r\nAUTHORIZATION: custom\r\n\r\n"),
        "{text}"
    );

    let credentials = Credentials::from_url("u", "p");
    let text =
        written(&handshake("a"), &ClientRequest { credentials: credentials.as_ref(), ..request(&custom) });
    assert!(!text.contains("custom"), "{text}");
}

#[test]
fn sends_the_host_of_the_caller_in_the_place_of_the_url_s() {
    let custom = headers(&[("X-A", "b"), ("hOST", "other.example:81"), ("Host", "third")]);
    let text = written(&handshake(""), &request(&custom));
    assert!(text.starts_with("GET /p?q=1 HTTP/1.1\r\nHost: other.example:81\r\nUpgrade: "), "{text}");
    assert!(text.ends_with("Version: 13\r\nX-A: b\r\n\r\n"), "{text}");
}

#[test]
fn prefers_the_caller_s_authorization_to_half_of_the_url_s_credentials() {
    let custom = headers(&[("authorization", "Bearer x")]);
    for (username, password, own) in [("u", "", false), ("", "p", false), ("u", "p", true)] {
        let credentials = Credentials::from_url(username, password);
        let request = ClientRequest { credentials: credentials.as_ref(), ..request(&custom) };
        let text = written(&handshake(""), &request);
        assert_eq!(text.contains("Authorization: Basic "), own, "{text}");
        assert_eq!(text.contains("authorization: Bearer x"), !own, "{text}");
    }
}

#[test]
fn lets_a_custom_header_take_the_place_of_the_extension_offer() {
    let custom = headers(&[("sec-websocket-extensions", "mine")]);
    let text = written(&handshake(""), &ClientRequest { extensions: Some("theirs"), ..request(&custom) });
    assert!(text.ends_with("Version: 13\r\nsec-websocket-extensions: mine\r\n\r\n"), "{text}");
}

#[test]
fn refuses_to_write_what_would_break_out_of_its_line() {
    let none = Headers::new();
    for bad in [
        ClientRequest { host: "h\r\nX: 1", ..request(&none) },
        ClientRequest { host: "", ..request(&none) },
        ClientRequest { target: "/a b", ..request(&none) },
        ClientRequest { target: "/\r\n\r\n", ..request(&none) },
        ClientRequest { target: "/\0", ..request(&none) },
        ClientRequest { target: "", ..request(&none) },
        ClientRequest { extensions: Some("x\r\nY: 1"), ..request(&none) },
    ] {
        let mut out = Vec::new();
        let text = handshake("").write(&bad, &mut out).unwrap_err().to_string();
        assert!(text.contains("remove"), "{text}");
        assert!(out.is_empty());
    }
}

#[test]
fn decodes_the_credentials_of_a_url() {
    for (username, password, value) in [
        ("u", "p", Some("Basic dTpw")),
        ("u%40x", "p%3a%C3%A9", Some("Basic dUB4OnA6w6k=")),
        ("%", "%zz%4", Some("Basic JTolenolNA==")),
        ("%25", "%2", Some("Basic JTolMg==")),
        ("%00", "%ff", Some("Basic ADr/")),
        ("u", "", Some("Basic dTo=")),
        ("", "p", Some("Basic OnA=")),
        ("", "%3A", Some("Basic Ojo=")),
        ("", "", None),
    ] {
        let credentials = Credentials::from_url(username, password);
        assert_eq!(credentials.as_ref().map(Credentials::header_value), value, "{username}:{password}");
    }
}

#[test]
fn keeps_credentials_out_of_debug_output() {
    assert_eq!(format!("{:?}", Credentials::from_url("user", "secret").unwrap()), "Credentials(..)");
}

#[test]
fn agrees_to_a_good_response() {
    let none = Agreement { protocol: None, extensions: "" };
    for changes in [
        vec![],
        vec![("upgrade", Some("WebSOCKET"))],
        vec![("connection", Some("uPGRADE"))],
        vec![("sec-websocket-protocol", Some(""))],
    ] {
        for protocols in ["", "a, b"] {
            assert_eq!(handshake(protocols).verify(&response(&changes)), Ok(none));
        }
    }
    let picked =
        response(&[("sec-websocket-protocol", Some("b")), ("sec-websocket-extensions", Some("x; y"))]);
    let agreement = Agreement { protocol: Some("b"), extensions: "x; y" };
    assert_eq!(handshake("a, b").verify(&picked), Ok(agreement));
}

#[test]
fn reads_connection_as_a_list_of_tokens() {
    for value in [
        "upgrade",
        "keep-alive, Upgrade",
        "Upgrade,keep-alive",
        "a,\t upgrade\t, b",
        "Upgrade, Upgrade",
        ",UPGRADE",
    ] {
        let changes = response(&[("connection", Some(value))]);
        assert!(handshake("").verify(&changes).is_ok(), "{value:?}");
    }
}

#[test]
fn words_each_fault_as_the_reference_does() {
    let missing =
        [("upgrade", "'Upgrade' header is missing"), ("connection", "'Connection' header is missing")];
    for (name, text) in missing {
        assert_eq!(fault("", &[(name, None)]), text);
        assert_eq!(fault("", &[(name, Some(""))]), text);
    }
    for value in ["x", "websocket, x", "websocket, websocket", " websocket"] {
        assert_eq!(fault("", &[("upgrade", Some(value))]), "'Upgrade' header value is not 'WebSocket'");
    }
    for value in ["close", "keep-alive", "Upgraded", "Upgrade;x", ",", "keep-alive Upgrade"] {
        assert_eq!(fault("", &[("connection", Some(value))]), "'Connection' header value is not 'Upgrade'");
    }
    let doubled = format!("{ACCEPT}, {ACCEPT}");
    let longer = format!("{ACCEPT}=");
    let lower = ACCEPT.to_lowercase();
    for value in
        [None, Some(""), Some("x"), Some(&ACCEPT[..27]), Some(&*doubled), Some(&*longer), Some(&*lower)]
    {
        assert_eq!(fault("", &[("sec-websocket-accept", value)]), "Sec-WebSocket-Accept mismatch");
    }
    for (offers, value) in [("", "a"), ("a", "b"), ("a", "A"), ("a, b", "a, b"), ("a", "a, a"), ("a", "a ")] {
        let changes = [("sec-websocket-protocol", Some(value))];
        assert_eq!(fault(offers, &changes), "Sec-WebSocket-Protocol mismatch", "{offers:?} {value:?}");
    }
}

#[test]
fn looks_at_the_status_before_anything_else() {
    for status in [100, 200, 204, 301, 400, 401, 426, 500, 999] {
        let head = ResponseHead { status, ..response(&[]) };
        let text = handshake("").verify(&head).unwrap_err().to_string();
        assert_eq!(text, format!("Error during WebSocket handshake: Unexpected response code: {status}"));
    }
}

#[test]
fn checks_in_the_order_of_the_reference() {
    let mut changes = vec![
        ("upgrade", None),
        ("connection", None),
        ("sec-websocket-accept", None),
        ("sec-websocket-protocol", Some("x")),
    ];
    let mut seen = Vec::new();
    while !changes.is_empty() {
        seen.push(handshake("").verify(&response(&changes)).unwrap_err());
        changes.remove(0);
    }
    let order = [
        HandshakeFault::UpgradeMissing,
        HandshakeFault::ConnectionMissing,
        HandshakeFault::AcceptMismatch,
        HandshakeFault::ProtocolMismatch,
    ];
    assert_eq!(seen, order);
}

#[test]
fn bounds_the_text_of_an_extension_fault() {
    let fault = HandshakeFault::Extension("Invalid Sec-WebSocket-Extensions header: ===".to_owned());
    let prefix = "Error during WebSocket handshake: ";
    assert_eq!(fault.to_string(), format!("{prefix}Invalid Sec-WebSocket-Extensions header: ==="));
    let long = HandshakeFault::Extension("x".repeat(15_000)).to_string();
    assert_eq!(long.len(), prefix.len() + 1024);
    assert_eq!(HandshakeFault::CLOSE_CODE, 1002);
}

#[test]
fn every_split_of_a_101_and_frames_opens_and_leaves_the_frames() {
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {ACCEPT}\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
    );
    let transcript = [head.as_bytes(), b"\x81\x01a\x82\x02\r\n"].concat();
    for_every_split(&transcript, |chunks| {
        let mut handshake = handshake("chat");
        let mut frames = Vec::new();
        let mut opened = None;
        for chunk in chunks {
            if opened.is_some() {
                frames.extend_from_slice(chunk);
            } else if let Some((response, consumed)) = handshake.receive(chunk).unwrap() {
                frames.extend_from_slice(&chunk[consumed..]);
                opened = handshake.verify(&response).unwrap().protocol.map(str::to_owned);
            }
        }
        assert_eq!(
            (opened.as_deref(), frames.as_slice()),
            (Some("chat"), b"\x81\x01a\x82\x02\r\n".as_slice())
        );
    });
}

#[test]
fn fails_on_a_response_that_is_not_http_or_has_no_end() {
    for (bytes, text) in [
        (b"SSH-2.0-x\r\n".to_vec(), "Parse Error"),
        (b"HTTP/1.1 101 ".repeat(8_000), "max header size exceeded"),
        ([b"HTTP/1.1 101 ".as_slice(), &b"x".repeat(100_000)].concat(), "max header size exceeded"),
    ] {
        let error = handshake("").receive(&bytes).unwrap_err().to_string();
        assert_eq!(error, format!("Error during WebSocket handshake: {text}"));
    }
}

proptest! {
    #[test]
    fn no_request_holds_a_line_that_nobody_set(
        host in "[a-z\r\n]{1,3}",
        target in "/[a-z\r\n]{0,2}",
        extensions in "[a-z\0\n]{0,2}",
        value in "[a-zé\r\n\0]{0,2}",
    ) {
        let mut custom = Headers::new();
        let added = custom.add("X-A", &value).is_ok();
        let request = ClientRequest { host: &host, target: &target, extensions: Some(&extensions), ..request(&custom) };
        let mut out = Vec::new();
        if handshake("a").write(&request, &mut out).is_ok() {
            let text = String::from_utf8(out).unwrap();
            prop_assert!(text.ends_with("\r\n\r\n"));
            prop_assert_eq!(text.matches("\r\n").count(), 9 + usize::from(added));
            prop_assert_eq!(text.matches(['\r', '\n', '\0']).count(), 2 * (9 + usize::from(added)));
        } else {
            prop_assert!(out.is_empty());
        }
    }
}
