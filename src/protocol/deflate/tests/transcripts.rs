//! Messages as other implementations compress them: the examples of RFC 7692 section 7.2.3, and what zlib made of a
//! list of messages in Node.js 20 (`zlib.createDeflateRaw`, flushed with `Z_SYNC_FLUSH`, without the tail).

use super::{bytes, inflated, pair};

#[test]
fn the_examples_of_the_rfc_are_read() {
    let examples = [
        ("one block", "f248cdc9c90700"),
        ("an uncompressed block", "000500faff48656c6c6f00"),
        ("a final block", "f348cdc9c9070000"),
        ("two blocks", "f24805000000ffffcac9c90700"),
    ];
    for (name, example) in examples {
        let (mut server, _) = pair("", "");
        assert_eq!(inflated(&mut server, &bytes(example)), b"Hello", "{name}");
        assert_eq!(inflated(&mut server, &bytes("f248cdc9c90700")), b"Hello", "a message after {name}");
        assert_eq!(inflated(&mut server, &bytes("f200110000")), b"Hello", "a reference after {name}");
        assert_eq!(inflated(&mut server, &bytes("00")), b"", "an empty message after {name}");
    }
}

fn messages() -> Vec<String> {
    vec![
        "Hello".to_owned(),
        "Hello".to_owned(),
        String::new(),
        "{\"id\":1,\"name\":\"Ada\",\"tags\":[\"a\",\"b\"]}".to_owned(),
        "{\"id\":2,\"name\":\"Ada\",\"tags\":[\"a\",\"c\"]}".to_owned(),
        "the quick brown fox ".repeat(4),
        "\u{4f60}\u{597d}".repeat(3),
        "0123456789abcdef".repeat(6) + "the quick brown fox ",
    ]
}

/// Settings, whether there was context takeover, and each of [`messages`] in hexadecimal.
#[rustfmt::skip]
const STREAMS: [(&str, bool, [&str; 8]); 6] = [
    ("defaults", true, [
        "f248cdc9c90700",
        "f200110000",
        "00",
        "aa56ca4c51b232d451ca4bcc4d55b252724c4954d2512a494c2f56b28a5602b19394626b0100",
        "82a832c2a32a19a80a00",
        "2ac94855282ccd4cce56482aca2fcf5348cbaf50a0440c00",
        "7ab277c1d3a57b91490000",
        "3230343236313533b7b04c4c4a4e494da3361f9b2b0000",
    ]),
    ("no takeover", false, [
        "f248cdc9c90700",
        "f248cdc9c90700",
        "00",
        "aa56ca4c51b232d451ca4bcc4d55b252724c4954d2512a494c2f56b28a5602b19394626b0100",
        "aa56ca4c51b232d251ca4bcc4d55b252724c4954d2512a494c2f56b28a5602b19395626b0100",
        "2ac94855282ccd4cce56482aca2fcf5348cbaf5028a1400c00",
        "7ab277c1d3a57b9f20910000",
        "3230343236313533b7b04c4c4a4e494d33a032bf242355a1b03433395b21a928bf3c4f212dbf420100",
    ]),
    ("level 1, window 9, memLevel 1", true, [
        "f248cdc9c90700",
        "f200110000",
        "00",
        "aa56ca4c51b232d451ca4bcc4d55b252724c4954d2512a494c2f56b28a5602b19394626b0100",
        "82a832c2a32a19a80a00",
        "2ac94855282ccd4cce56482aca2fcf5348cbaf50a0440c00",
        "7ab277c1d3a57b91490000",
        "3230343236313533b7b04c4c4a4e494da3361f9b6b0100",
    ]),
    ("level 9, window 10", true, [
        "f248cdc9c90700",
        "f200110000",
        "00",
        "aa56ca4c51b232d451ca4bcc4d55b252724c4954d2512a494c2f56b28a5602b19394626b0100",
        "82a832c2a32a19a80a00",
        "2ac94855282ccd4cce56482aca2fcf5348cbaf50a0440c00",
        "7ab277c1d3a57b91490000",
        "3230343236313533b7b04c4c4a4e494da3361f9b2b0000",
    ]),
    ("Huffman only", true, [
        "f248cdc9c90700",
        "f248cdc9c90700",
        "00",
        "aa56ca4c51b232d451ca4bcc4d55b252724c4954d2512a494c2f56b28a564a54d2514a528aad0500",
        "aa56ca4c51b232d251ca4bcc4d55b252724c4954d2512a494c2f56b28a564a54d2514a568aad0500",
        "04c1810900200800c1557e36c53002a54872fceeae1bbba62ee4e40b4636d78d5d531772f205239bebc6aea90b39f98291cd7563d7d4859c7cc1c8e603",
        "001200edffe4bda0e5a5bde4bda0e5a5bde4bda0e5a5bd00",
        "04c1890902300c00c0553a429bbfe324698222288aa2e37b371720b1a86d8f3cd57301128bdaf6c8533d1720b1a86d8f3cd57301128bdaf6c8533d1720b1a86d8f3cd57301128bdaf6c853fdbed4787eae791bf17a7cefa31fbff107",
    ]),
    ("fixed", true, [
        "f248cdc9c90700",
        "f200110000",
        "00",
        "aa56ca4c51b232d451ca4bcc4d55b252724c4954d2512a494c2f56b28a5602b19394626b0100",
        "82a832c2a32a19a80a00",
        "2ac94855282ccd4cce56482aca2fcf5348cbaf50a0440c00",
        "7ab277c1d3a57b91490000",
        "3230343236313533b7b04c4c4a4e494da3361f9b2b0000",
    ]),
];

#[test]
fn what_zlib_compressed_is_read() {
    for (name, takeover, stream) in STREAMS {
        let (mut server, _) = pair("", if takeover { "" } else { "o!" });
        for (message, expected) in stream.into_iter().zip(messages()) {
            let plain = inflated(&mut server, &bytes(message));
            assert_eq!(String::from_utf8(plain), Ok(expected), "{name}");
        }
    }
}
