//! Close codes and the payload of a close frame (RFC 6455 sections 5.5.1 and 7.4).

use crate::transcode::is_utf8;
use tungstenite::protocol::frame::coding::CloseCode;

/// The code that answers a close frame which breaks the rules.
pub const PROTOCOL_ERROR: u16 = 1002;

/// The longest reason: a control frame's 125 bytes less the code.
pub const MAX_REASON: usize = 123;

/// What a close frame said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// The code to report and to answer with; `None` when the frame was empty.
    pub code: Option<u16>,
    /// Bytes of reason, which follow the code; 0 when they were not UTF-8.
    pub reason: usize,
}

/// Whether a peer may send `code` (section 7.4.2): registered for the wire, or of the ranges for libraries and
/// applications. 1012 to 1014 were registered after the RFC (IANA's WebSocket Close Code Numbers); the table of
/// `tungstenite` lacks the last.
pub fn is_legal(code: u16) -> bool {
    match code {
        1014 => true,
        1016..=2999 | 5000.. => false,
        _ => CloseCode::from(code).is_allowed(),
    }
}

/// Reads the unmasked payload of a close frame. A payload that breaks a rule counts as code 1002.
pub fn parse(payload: &[u8]) -> Close {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return Close { code: if payload.is_empty() { None } else { Some(PROTOCOL_ERROR) }, reason: 0 };
    };
    let code = u16::from_be_bytes(*code);
    let code = if is_legal(code) { code } else { PROTOCOL_ERROR };
    if is_utf8(reason) {
        Close { code: Some(code), reason: reason.len() }
    } else {
        Close { code: Some(PROTOCOL_ERROR), reason: 0 }
    }
}

/// Writes the payload of a close frame; a reason that is too long is cut at a character.
pub fn write(code: u16, reason: &str, out: &mut Vec<u8>) {
    let end = reason.floor_char_boundary(MAX_REASON);
    out.extend_from_slice(&code.to_be_bytes());
    out.extend_from_slice(reason.as_bytes().get(..end).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legal_codes_are_those_of_the_contract() {
        for code in 0..=u16::MAX {
            let legal = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
            assert_eq!(is_legal(code), legal, "{code}");
        }
    }

    #[test]
    fn an_empty_payload_has_no_code() {
        assert_eq!(parse(b""), Close { code: None, reason: 0 });
    }

    #[test]
    fn one_byte_an_illegal_code_and_a_bad_reason_are_protocol_errors() {
        assert_eq!(parse(b"\x03"), Close { code: Some(1002), reason: 0 });
        assert_eq!(parse(b"\x03\xedno"), Close { code: Some(1002), reason: 2 });
        assert_eq!(parse(b"\x03\xe8\xff"), Close { code: Some(1002), reason: 0 });
    }

    #[test]
    fn code_and_reason_are_read() {
        assert_eq!(parse(b"\x03\xe8bye"), Close { code: Some(1000), reason: 3 });
        assert_eq!(parse(b"\x0b\xb8"), Close { code: Some(3000), reason: 0 });
    }

    #[test]
    fn a_long_reason_is_cut_at_a_character() {
        let mut out = Vec::new();
        write(1000, &"é".repeat(100), &mut out);
        assert_eq!(out.len(), 2 + 122);
        assert!(std::str::from_utf8(&out[2..]).is_ok());
    }
}
