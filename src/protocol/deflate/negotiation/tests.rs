//! Decisions over offers and settings, as the npm package `permessage-deflate` 0.1.7 was seen to make them.
//!
//! The tables abbreviate. In headers: `s!` and `c!` for the no-context-takeover parameters of server and client,
//! `s9` and `c9` for their window sizes, `c` for the client's without a value. In settings: `o` for our own
//! messages, `r` for what is requested of the peer's. In agreements: window bits of outgoing and incoming
//! messages, with `!` where there is no context takeover.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use super::*;
use crate::protocol::extension::header::{parse, serialize};

fn settings(short: &str) -> Options {
    let mut options = Options::default();
    for word in short.split_whitespace() {
        let (whose, what) = word.split_at(1);
        match (whose, what) {
            ("o", "!") => options.no_context_takeover = true,
            ("r", "!") => options.request_no_context_takeover = true,
            ("o", bits) => options.max_window_bits = Some(WindowBits::new(bits.parse().unwrap()).unwrap()),
            ("r", bits) => {
                options.request_max_window_bits = Some(WindowBits::new(bits.parse().unwrap()).unwrap());
            }
            _ => panic!("{word}"),
        }
    }
    options
}

fn header_of(short: &str) -> String {
    let params = short.split_whitespace().map(|word| {
        let (whose, what) = word.split_at(1);
        let side = if whose == "s" { "server" } else { "client" };
        match what {
            "!" => format!("; {side}_no_context_takeover"),
            "" => format!("; {side}_max_window_bits"),
            bits => format!("; {side}_max_window_bits={bits}"),
        }
    });
    std::iter::once(NAME.to_owned()).chain(params).collect()
}

fn short(agreement: &Agreement) -> String {
    [agreement.outgoing, agreement.incoming]
        .map(|direction| {
            let Value::Number(bits) = direction.window_bits.to_param() else { panic!("not a number") };
            format!("{bits}{}", if direction.context_takeover { "" } else { "!" })
        })
        .join(" ")
}

fn accepted(options: &str, header: &str) -> Option<(String, String)> {
    let (agreement, answer) = accept(&settings(options), &parse(header).unwrap())?;
    Some((answer.to_string(), short(&agreement)))
}

const OFFERS: [&str; 11] = ["", "s!", "c!", "s8", "s10", "s15", "c", "c8", "c10", "c15", "s! c! s9 c12"];

/// For each setting, the server's answer and agreement for each of [`OFFERS`].
#[rustfmt::skip]
const ACCEPTED: [(&str, [&str; 11]); 8] = [
    ("", ["/15 15", "s!/15! 15", "c!/15 15!", "s8/8 15", "s10/10 15", "/15 15", "/15 15", "c8/15 8",
        "c10/15 10", "/15 15", "s! c! s9 c12/9! 12!"]),
    ("o!", ["s!/15! 15", "s!/15! 15", "s! c!/15! 15!", "s! s8/8! 15", "s! s10/10! 15", "s!/15! 15",
        "s!/15! 15", "s! c8/15! 8", "s! c10/15! 10", "s!/15! 15", "s! c! s9 c12/9! 12!"]),
    ("o9", ["/9 15", "s!/9! 15", "c!/9 15!", "s8/8 15", "s9/9 15", "s9/9 15", "/9 15", "c8/9 8",
        "c10/9 10", "/9 15", "s! c! s9 c12/9! 12!"]),
    ("o15", ["/15 15", "s!/15! 15", "c!/15 15!", "s8/8 15", "s10/10 15", "/15 15", "/15 15", "c8/15 8",
        "c10/15 10", "/15 15", "s! c! s9 c12/9! 12!"]),
    ("r!", ["c!/15 15!", "s! c!/15! 15!", "c!/15 15!", "c! s8/8 15!", "c! s10/10 15!", "c!/15 15!",
        "c!/15 15!", "c! c8/15 8!", "c! c10/15 10!", "c!/15 15!", "s! c! s9 c12/9! 12!"]),
    ("r9", ["/15 15", "s!/15! 15", "c!/15 15!", "s8/8 15", "s10/10 15", "/15 15", "c9/15 9", "c8/15 8",
        "c9/15 9", "c9/15 9", "s! c! s9 c9/9! 9!"]),
    ("r15", ["/15 15", "s!/15! 15", "c!/15 15!", "s8/8 15", "s10/10 15", "/15 15", "/15 15", "c8/15 8",
        "c10/15 10", "/15 15", "s! c! s9 c12/9! 12!"]),
    ("o! o12 r! r11", ["s! c!/12! 15!", "s! c!/12! 15!", "s! c!/12! 15!", "s! c! s8/8! 15!",
        "s! c! s10/10! 15!", "s! c! s12/12! 15!", "s! c! c11/12! 11!", "s! c! c8/12! 8!",
        "s! c! c10/12! 10!", "s! c! c11/12! 11!", "s! c! s9 c11/9! 11!"]),
];

#[test]
fn a_server_answers_every_combination_of_settings_and_parameters() {
    for (options, row) in ACCEPTED {
        for (offered, expected) in OFFERS.into_iter().zip(row) {
            let (answer, agreement) = expected.split_once('/').unwrap();
            assert_eq!(
                accepted(options, &header_of(offered)),
                Some((header_of(answer), agreement.to_owned())),
                "settings {options:?}, offer {offered:?}"
            );
        }
    }
}

#[test]
fn a_server_declines_parameters_that_are_unknown_repeated_or_out_of_range() {
    let declined = [
        "server_no_context_takeover=1",
        "server_no_context_takeover=true",
        "client_no_context_takeover=0",
        "server_max_window_bits",
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=08",
        "server_max_window_bits=9.5",
        "server_max_window_bits=-9",
        "server_max_window_bits=x",
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "client_max_window_bits=99999999999",
        "client_max_window_bits=\"\"",
        "client_max_window_bits; client_max_window_bits",
        "client_max_window_bits=9; client_max_window_bits=9",
        "client_no_context_takeover; client_no_context_takeover",
        "unknown",
        "Server_no_context_takeover",
        "x=1; client_max_window_bits",
        "__proto__",
    ];
    for param in declined {
        assert_eq!(accepted("", &format!("{NAME}; {param}")), None, "{param}");
    }
}

#[test]
fn a_server_reads_numbers_in_any_notation_of_the_header() {
    let answer = |answer: &str, agreement: &str| Some((header_of(answer), agreement.to_owned()));
    let offer = |param: &str| accepted("", &format!("{NAME}; {param}"));
    assert_eq!(offer("server_max_window_bits=\"15\""), answer("", "15 15"));
    assert_eq!(offer("server_max_window_bits=9.0"), answer("s9", "9 15"));
    assert_eq!(offer("client_max_window_bits=\"1\\0\""), answer("c10", "15 10"));
}

#[test]
fn a_server_takes_the_first_offer_that_it_can() {
    let cases = [
        ("", None),
        ("foo", None),
        ("Permessage-Deflate", None),
        ("x-webkit-deflate-frame", None),
        ("permessage-deflate; x, permessage-deflate", Some(("", "15 15"))),
        (
            "permessage-deflate; client_max_window_bits=7, permessage-deflate; client_max_window_bits=10, permessage-deflate",
            Some(("c10", "15 10")),
        ),
        ("foo; bar, permessage-deflate; server_no_context_takeover, baz", Some(("s!", "15! 15"))),
        (
            "permessage-deflate; server_max_window_bits=10, permessage-deflate; client_max_window_bits",
            Some(("s10", "10 15")),
        ),
    ];
    for (header, expected) in cases {
        let expected = expected.map(|(answer, agreement)| (header_of(answer), agreement.to_owned()));
        assert_eq!(accepted("", header), expected, "{header}");
    }
}

const ANSWERS: [&str; 10] = ["", "s!", "c!", "s8", "s10", "s15", "c8", "c10", "c15", "s! c! s9 c12"];

/// For each setting, the client's offer, and its agreement for each of [`ANSWERS`], `-` where it cannot accept it.
#[rustfmt::skip]
const ACTIVATED: [(&str, &str, [&str; 10]); 10] = [
    ("", "c", ["15 15", "15 15!", "15! 15", "15 8", "15 10", "15 15", "8 15", "10 15", "15 15", "12! 9!"]),
    ("o!", "c! c", ["15! 15", "15! 15!", "15! 15", "15! 8", "15! 10", "15! 15", "8! 15", "10! 15", "15! 15",
        "12! 9!"]),
    ("o8", "c8", ["8 15", "8 15!", "8! 15", "8 8", "8 10", "8 15", "8 15", "-", "-", "-"]),
    ("o10", "c10", ["10 15", "10 15!", "10! 15", "10 8", "10 10", "10 15", "8 15", "10 15", "-", "-"]),
    ("o15", "c15", ["15 15", "15 15!", "15! 15", "15 8", "15 10", "15 15", "8 15", "10 15", "15 15", "12! 9!"]),
    ("r!", "c s!", ["-", "15 15!", "-", "-", "-", "-", "-", "-", "-", "12! 9!"]),
    ("r8", "c s8", ["-", "-", "-", "15 8", "-", "-", "-", "-", "-", "-"]),
    ("r10", "c s10", ["-", "-", "-", "15 8", "15 10", "-", "-", "-", "-", "12! 9!"]),
    ("r15", "c s15", ["-", "-", "-", "15 8", "15 10", "15 15", "-", "-", "-", "12! 9!"]),
    ("o! o12 r! r11", "c! c12 s! s11", ["-", "-", "-", "-", "-", "-", "-", "-", "-", "12! 9!"]),
];

#[test]
fn a_client_offers_what_its_settings_say() {
    for (options, offered, _) in ACTIVATED {
        assert_eq!(serialize(&[offer(&settings(options))]), header_of(offered), "settings {options:?}");
    }
}

#[test]
fn a_client_takes_the_answers_that_its_offer_allows() {
    for (options, _, row) in ACTIVATED {
        for (answer, expected) in ANSWERS.into_iter().zip(row) {
            let header = header_of(answer);
            match activate(Some(&settings(options)), &header) {
                Ok(agreement) => assert_eq!(short(&agreement.unwrap()), expected, "{options:?}, {answer:?}"),
                Err(error) => {
                    assert_eq!(expected, "-", "{options:?}, {answer:?}");
                    let text = format!("Server sent unacceptable extension parameters: {header}");
                    assert_eq!(error.to_string(), text);
                }
            }
        }
    }
}

#[test]
fn a_client_refuses_parameters_that_no_offer_allows() {
    let refused = [
        "client_max_window_bits",
        "server_max_window_bits",
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "server_max_window_bits=x",
        "server_no_context_takeover=1",
        "client_no_context_takeover=true",
        "unknown",
        "server_max_window_bits=9; server_max_window_bits=9",
        "x=\"a b\"",
    ];
    for param in refused {
        let error = activate(Some(&Options::default()), &format!("{NAME}; {param}")).unwrap_err();
        let text = format!("Server sent unacceptable extension parameters: {NAME}; {param}");
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn a_client_refuses_extensions_that_it_did_not_offer_and_repeats() {
    let unknown = |name: &str| format!("Server sent an extension response for unknown extension \"{name}\"");
    let repeated = "Server sent two extension responses that use the RSV1 bit: \"permessage-deflate\" and \
                    \"permessage-deflate\"";
    let cases = [
        ("foo", unknown("foo")),
        ("foo; a=1", unknown("foo")),
        ("permessage-deflate, foo", unknown("foo")),
        ("Permessage-deflate", unknown("Permessage-deflate")),
        ("permessage-deflate, permessage-deflate", repeated.to_owned()),
        ("===", "Invalid Sec-WebSocket-Extensions header: ===".to_owned()),
    ];
    for (header, text) in cases {
        assert_eq!(activate(Some(&Options::default()), header).unwrap_err().to_string(), text);
    }
    assert_eq!(activate(None, NAME).unwrap_err().to_string(), unknown(NAME));
}

#[test]
fn a_client_goes_on_without_the_extension_when_the_server_is_silent() {
    assert_eq!(activate(Some(&Options::default()), ""), Ok(None));
    assert_eq!(activate(None, ""), Ok(None));
}
