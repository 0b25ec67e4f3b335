//! The opening handshakes of the drafts, in both under the title "Sending the server's opening handshake".

use super::Most;
use crate::protocol::handshake::{Headers, Refusal, Request, is_field_value};
use md5::{Digest, Md5};

/// Bytes that a client of hixie-76 sends after its head.
const BODY: usize = 8;

/// Accepts a request of hixie-75.
pub(super) fn accept_75(request: &Request<'_>, headers: &Headers, out: &mut Vec<u8>) -> Result<(), Refusal> {
    if !request.is_websocket() {
        return Err(Refusal::NotWebSocket);
    }
    check_echoes(request)?;
    let own = [
        ("Upgrade", Some("WebSocket")),
        ("Connection", Some("Upgrade")),
        ("WebSocket-Origin", request.origin),
        ("WebSocket-Location", Some(request.url)),
    ];
    out.extend_from_slice(b"HTTP/1.1 101 Web Socket Protocol Handshake\r\n");
    headers.write_after(out, &own);
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// Accepts a request of hixie-76, all but the 8 bytes that follow its head: those may come late.
pub(super) fn accept_76(
    request: &Request<'_>,
    headers: &Headers,
    most: Most,
    out: &mut Vec<u8>,
) -> Result<Challenge, Refusal> {
    const KEY1: &str = "Sec-WebSocket-Key1";
    const KEY2: &str = "Sec-WebSocket-Key2";
    if !request.is_websocket() {
        return Err(Refusal::NotWebSocket);
    }
    let given = |key: Option<&'_ str>| key.filter(|key| !key.is_empty()).map(str::to_owned);
    let key1 = given(request.key1).ok_or(Refusal::MissingDraftKey(KEY1))?;
    let key2 = given(request.key2).ok_or(Refusal::MissingDraftKey(KEY2))?;
    let number1 = key_number(&key1).ok_or(Refusal::InvalidDraftKey)?;
    let number2 = key_number(&key2).ok_or(Refusal::InvalidDraftKey)?;
    check_echoes(request)?;

    let own = [
        ("Upgrade", Some("WebSocket")),
        ("Connection", Some("Upgrade")),
        ("Sec-WebSocket-Origin", request.origin),
        ("Sec-WebSocket-Location", Some(request.url)),
    ];
    let mut head = b"HTTP/1.1 101 WebSocket Protocol Handshake\r\n".to_vec();
    headers.write_after(&mut head, &own);
    head.extend_from_slice(b"\r\n");
    out.extend_from_slice(&latin1(head));
    Ok(Challenge { numbers: [number1, number2], body: [0; BODY], received: 0, most })
}

/// Origin and URL go back to the peer, and must not break out of their lines there. Node's parser lets no such
/// value through, but a request may be made by hand.
fn check_echoes(request: &Request<'_>) -> Result<(), Refusal> {
    if !request.origin.is_none_or(is_field_value) {
        return Err(Refusal::UnsafeEcho("Origin"));
    }
    if is_field_value(request.url) { Ok(()) } else { Err(Refusal::UnsafeEcho("Host")) }
}

/// A head in Latin-1, the encoding in which Node has read the values that it repeats. Where a custom header has
/// characters beyond it, the head stays UTF-8: cut to a byte they could turn into line breaks.
fn latin1(head: Vec<u8>) -> Vec<u8> {
    let narrow =
        std::str::from_utf8(&head).ok().and_then(|text| text.chars().map(|c| u8::try_from(c).ok()).collect());
    narrow.unwrap_or(head)
}

/// The number in a key of hixie-76: its digits, read as one, divided by its blanks.
fn key_number(key: &str) -> Option<u32> {
    let mut number = 0_u64;
    let mut blanks = 0_u64;
    for byte in key.bytes() {
        match byte {
            b'0'..=b'9' => number = number.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?,
            b' ' => blanks += 1,
            _ => {}
        }
    }
    if number == 0 || number.checked_rem(blanks)? != 0 {
        return None;
    }
    u32::try_from(number.checked_div(blanks)?).ok()
}

/// The challenge of hixie-76, while its last 8 bytes are on the way.
#[derive(Debug)]
pub(super) struct Challenge {
    numbers: [u32; 2],
    body: [u8; BODY],
    received: usize,
    pub(super) most: Most,
}

impl Challenge {
    /// Takes what is missing out of `chunk`, and returns what follows it. Yields the answer once all is there:
    /// the MD5 digest of both numbers, big-endian, and the 8 bytes.
    pub(super) fn receive<'c>(&mut self, chunk: &'c [u8]) -> (Option<[u8; 16]>, &'c [u8]) {
        let missing = self.body.get_mut(self.received..).unwrap_or_default();
        let length = missing.len().min(chunk.len());
        for (to, from) in missing.iter_mut().zip(chunk) {
            *to = *from;
        }
        self.received += length;
        let rest = chunk.get(length..).unwrap_or_default();
        if self.received < BODY {
            return (None, rest);
        }
        let mut digest = Md5::new();
        self.numbers.iter().for_each(|number| digest.update(number.to_be_bytes()));
        digest.update(self.body);
        (Some(digest.finalize().into()), rest)
    }
}
