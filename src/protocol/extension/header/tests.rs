//! The grammar, its edges as the npm package `websocket-extensions` 0.2.0 was seen to treat them, and its cost.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use proptest::prelude::*;

use super::*;

fn flag() -> Vec<Value> {
    vec![Value::Flag]
}

fn number(number: f64) -> Vec<Value> {
    vec![Value::Number(number)]
}

fn text(text: &str) -> Vec<Value> {
    vec![Value::Text(text.to_owned())]
}

/// The values of the parameter `x` of the only offer.
fn x_of(header: &str) -> Vec<Value> {
    let offers = parse(header).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(offers.len(), 1, "{header:?}");
    offers[0].params.iter().find(|param| param.name == "x").unwrap().values.clone()
}

#[test]
fn an_empty_header_holds_no_offers() {
    assert_eq!(parse(""), Ok(vec![]));
}

#[test]
fn offers_keep_their_order_and_their_own_parameters() {
    let offers = parse("a;x=\"p,q;r=s\",b;y , a;z=1").unwrap();
    let param = |name: &str, values| Param { name: name.to_owned(), values };
    let offer = |name: &str, params| Offer { name: name.to_owned(), params };
    assert_eq!(
        offers,
        [
            offer("a", vec![param("x", text("p,q;r=s"))]),
            offer("b", vec![param("y", flag())]),
            offer("a", vec![param("z", number(1.0))]),
        ]
    );
}

#[test]
fn a_value_is_a_flag_a_number_or_a_text() {
    let cases = [
        ("a; x", flag()),
        ("a; x=1", number(1.0)),
        ("a; x=\"1\"", number(1.0)),
        ("a; x=\"1\\5\"", number(15.0)),
        ("a; x=-5", number(-5.0)),
        ("a; x=1.50", number(1.5)),
        ("a; x=0.5", number(0.5)),
        ("a; x=0", number(0.0)),
        ("a; x=01", text("01")),
        ("a; x=-05", text("-05")),
        ("a; x=-", text("-")),
        ("a; x=.5", text(".5")),
        ("a; x=1.", text("1.")),
        ("a; x=1.2.3", text("1.2.3")),
        ("a; x=1e3", text("1e3")),
        ("a; x=+1", text("+1")),
        ("a; x=true", text("true")),
        ("a; x=Infinity", text("Infinity")),
        ("a; x=\"\"", text("")),
        ("a; x=\"p q\"", text("p q")),
        ("a; x=\"p\\\"q\"", text("p\"q")),
        ("a; x=\"p\\\\q\"", text("pq")),
        ("a; x=\"\t\"", text("\t")),
        ("a; x=\"\\\u{1}\"", text("\u{1}")),
        ("a; x=\"é\"", text("é")),
    ];
    for (header, expected) in cases {
        assert_eq!(x_of(header), expected, "{header:?}");
    }
}

#[test]
fn a_number_past_the_range_of_a_double_is_infinite() {
    assert_eq!(x_of(&format!("a; x=1{}", "0".repeat(400))), number(f64::INFINITY));
}

#[test]
fn a_repeated_parameter_collects_its_values() {
    let values = vec![Value::Number(1.0), Value::Text("b".to_owned()), Value::Flag];
    assert_eq!(x_of("a; x=1; y; x=b; x"), values);
}

#[test]
fn blanks_and_folded_lines_may_surround_separators() {
    for header in ["a;x=1", "a ; x = 1", "a\t;\tx\t=\t1", "a\r\n ;\r\n\tx \r\n  \r\n =\r\n 1"] {
        assert_eq!(x_of(header), number(1.0), "{header:?}");
    }
}

#[test]
fn whatever_breaks_the_grammar_is_refused_with_the_whole_header() {
    let broken = [
        "===",
        "=",
        ";",
        ",",
        "a,",
        "a;",
        ",a",
        " a",
        "a ",
        "a b",
        "a=1",
        "a; x=",
        "a; =1",
        "a;;x",
        "a,,b",
        "a; x=\"p",
        "a; x=\"p\\",
        "a; x=\"p\\é\"",
        "a; x=\"1\" \"2\"",
        "a; x=\"\u{1}\"",
        "a; x=\"\u{7f}\"",
        "a; x=\"1\n\"",
        "a; x=é",
        "é",
        "a; x=\0",
        "a\n",
        "a\r\n;x",
        "a; x=y=z",
        "a(b)",
    ];
    for header in broken {
        let error = parse(header).unwrap_err();
        assert_eq!(error.to_string(), format!("Invalid Sec-WebSocket-Extensions header: {header}"));
    }
}

#[test]
fn an_offer_is_written_as_it_was_read() {
    for header in ["a", "a; x", "a; x=1; y=b", "a; x=1; x=2; x", "a; x=1.5, b; y=-5", "a; x=\"p q\\\"\", c"] {
        assert_eq!(serialize(&parse(header).unwrap()), header);
    }
}

#[test]
fn numbers_are_written_as_ecmascript_writes_them() {
    let cases = [
        ("-0", "0"),
        ("99999999999", "99999999999"),
        ("123456789012345680000", "123456789012345680000"),
        ("100000000000000000000000", "1e+23"),
        ("-1230000000000000000000000", "-1.23e+24"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1e-7"),
    ];
    for (read, written) in cases {
        assert_eq!(parse(&format!("a; x={read}")).unwrap()[0].to_string(), format!("a; x={written}"));
    }
    let huge = "9".repeat(400);
    assert_eq!(serialize(&parse(&format!("a; x={huge}; x=-{huge}")).unwrap()), "a; x=Infinity; x=-Infinity");
}

#[test]
fn a_text_that_is_no_token_is_quoted() {
    let written = |value: &str| {
        let params = vec![Param { name: "x".to_owned(), values: text(value) }];
        Offer { name: "a".to_owned(), params }.to_string()
    };
    assert_eq!(written(""), "a; x=\"\"");
    assert_eq!(written("p,q"), "a; x=\"p,q\"");
    assert_eq!(written("\u{1}\t\\"), "a; x=\"\\\u{1}\t\\\\\"");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(header in any::<String>()) {
        let _ = parse(&header);
    }

    #[test]
    fn what_was_written_reads_the_same(header in "[ab](;[xy](=(-?[1-9][0-9]{0,8}|[a-z.]{1,4}|\"[ -!#-\\[\\]-~é\t]{0,6}\"))?){0,4}") {
        let offers = parse(&header).unwrap();
        prop_assert_eq!(parse(&serialize(&offers)).unwrap(), offers);
    }
}
