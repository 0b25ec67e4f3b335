//! Headers that a caller adds: their order, their repetitions, and what is refused in them.

use crate::protocol::handshake::{Headers, IllegalProtocol, Protocols};
use proptest::prelude::*;

fn written(headers: &Headers) -> String {
    let mut out = Vec::new();
    headers.write(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn keeps_headers_in_order_without_the_blanks_around_them() {
    let mut headers = Headers::new();
    headers.add(" X-A ", "  1  ").unwrap();
    headers.add("X-B", "\t2 3\t").unwrap();
    headers.add("X-C", "").unwrap();
    assert_eq!(written(&headers), "X-A: 1\r\nX-B: \t2 3\t\r\nX-C: \r\n");
    assert_eq!(headers.iter().next(), Some(("X-A", "1")));
}

#[test]
fn keeps_the_first_of_a_repeated_name() {
    let mut headers = Headers::new();
    for (name, value) in [("X-A", "1"), ("x-a", "2"), ("Cookie", "3"), ("COOKIE", "4")] {
        headers.add(name, value).unwrap();
    }
    assert_eq!(written(&headers), "X-A: 1\r\nCookie: 3\r\n");
    assert!(headers.contains("x-A") && !headers.contains("x"));
}

#[test]
fn lets_four_names_repeat() {
    for name in ["Set-Cookie", "Set-Cookie2", "Warning", "WWW-Authenticate"] {
        let mut headers = Headers::new();
        headers.add(name, "1").unwrap();
        headers.add(&name.to_lowercase(), "2").unwrap();
        assert_eq!(written(&headers), format!("{name}: 1\r\n{}: 2\r\n", name.to_lowercase()));
    }
}

#[test]
fn sends_values_outside_ascii_as_utf8() {
    let mut headers = Headers::new();
    headers.add("X-A", "é 日本").unwrap();
    assert_eq!(written(&headers), "X-A: é 日本\r\n");
}

#[test]
fn refuses_a_name_that_is_not_a_token() {
    for name in ["", " ", "X A", "X:", "X\r\nY", "é", "X\0", "(X)", "\tX", "X\u{7f}"] {
        let error = Headers::new().add(name, "1").unwrap_err().to_string();
        assert!(error.starts_with("Header name ") && error.contains("use letters, digits"), "{error}");
        assert!(!error.contains(['\r', '\n', '\0']), "{error}");
    }
    assert!(Headers::new().add("!#$%&'*+-.^_`|~09azAZ", "1").is_ok());
}

#[test]
fn refuses_a_value_that_could_forge_a_header_and_does_not_repeat_it() {
    for value in ["secret\r\nX: 1", "secret\n", "\rsecret", "secret\0"] {
        let error = Headers::new().add("X-A", value).unwrap_err().to_string();
        assert_eq!(
            error,
            "Value of header \"X-A\" is not valid: remove line breaks and NUL characters from it"
        );
    }
}

#[test]
fn bounds_the_name_in_an_error() {
    let error = Headers::new().add(&"é".repeat(100_000), "1").unwrap_err().to_string();
    assert!(error.len() < 300, "{}", error.len());
}

#[test]
fn takes_protocols_as_an_array_or_as_a_list() {
    let from_array = Protocols::new(["a", "b"]).unwrap();
    assert_eq!(Protocols::parse("a , b").unwrap(), from_array);
    assert_eq!(from_array.header_value(), "a, b");
    assert!(from_array.contains("b") && !from_array.contains("B"));
    assert!(Protocols::parse("").unwrap().is_empty() && Protocols::new([""; 0]).unwrap().is_empty());
    assert!(!Protocols::new([""]).unwrap().is_empty());
}

#[test]
fn a_server_may_speak_protocols_with_separators_and_repetitions() {
    assert_eq!(Protocols::new(["a b/c", "x", "x"]).unwrap().choose("z, a b/c"), Some("a b/c"));
}

#[test]
fn a_client_offers_tokens_each_once() {
    assert_eq!(Protocols::offer(["a.b_c", "A.B_C", "v1|~"]).unwrap().header_value(), "a.b_c, A.B_C, v1|~");
    assert!(Protocols::offer([""; 0]).unwrap().is_empty());
    // The separators of RFC 2616 section 2.2, the blank among them; and what is not ASCII.
    for separator in "()<>@,;:\\\"/[]?={} \u{20ac}".chars() {
        let error = Protocols::offer([format!("a{separator}b")]).unwrap_err();
        assert!(matches!(error, IllegalProtocol::Separator(_)), "{error}");
    }
    assert!(matches!(Protocols::offer([""]), Err(IllegalProtocol::Separator(_))));
    assert!(matches!(Protocols::offer(["a\n"]), Err(IllegalProtocol::Control(_))));
    assert_eq!(Protocols::offer(["a", "b", "a"]), Err(IllegalProtocol::Repeated("a".to_owned())));
    let text = |names: &[&str]| Protocols::offer(names.iter().copied()).unwrap_err().to_string();
    assert_eq!(
        text(&["a b"]),
        "Subprotocol \"a b\" is not valid: use letters, digits and !#$%&'*+-.^_`|~ only (RFC 6455 section 4.1)"
    );
    assert_eq!(
        text(&["a", "a"]),
        "Subprotocol \"a\" is offered more than once: name it once (RFC 6455 section 4.1)"
    );
}

#[test]
fn refuses_protocols_that_could_forge_a_header() {
    for name in ["a\r\nX: 1", "\n", "a\0", "a\tb", "\u{7f}", "\u{85}"] {
        let error = Protocols::new(["ok", name]).unwrap_err().to_string();
        assert!(error.starts_with("Subprotocol ") && error.contains("remove control characters"), "{error}");
        assert!(!error.contains(['\r', '\n', '\0', '\t']), "{error}");
        assert!(Protocols::parse(&format!("x,{name}")).is_err());
    }
}

proptest! {
    #[test]
    fn every_header_that_passes_is_one_line_of_name_and_value(name in ".{0,20}", value in "(?s).{0,40}") {
        let mut headers = Headers::new();
        match headers.add(&name, &value) {
            Ok(()) => {
                let text = written(&headers);
                let line = text.strip_suffix("\r\n").unwrap();
                prop_assert!(!line.contains(['\r', '\n', '\0']));
                prop_assert_eq!(line, format!("{}: {}", name.trim_matches(' '), value.trim_matches(' ')));
            }
            Err(_) => prop_assert_eq!(written(&headers), ""),
        }
    }
}
