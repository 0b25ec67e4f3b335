//! The opening handshake from both sides (RFC 6455 sections 4.1 and 4.2), for peers that are trusted to be polite.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::Outcome;

/// The fixed key that every connection of the load sends: the one of RFC 6455 section 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The request head of a client. The deflate offer has no parameters, so that the server cannot shrink the window
/// that the load's frames were compressed for.
pub(crate) fn request(deflate: bool) -> Vec<u8> {
    let extensions = if deflate { "Sec-WebSocket-Extensions: permessage-deflate\r\n" } else { "" };
    format!(
        "GET /bench HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{extensions}\r\n"
    )
    .into_bytes()
}

/// Where a head ends in `bytes`, just behind its blank line.
pub(crate) fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// Checks a response head and answers with its extensions, empty if none were agreed.
pub(crate) fn check_response(head: &[u8]) -> Outcome<String> {
    let head = std::str::from_utf8(head)?;
    let status = head.lines().next().unwrap_or_default();
    if !status.starts_with("HTTP/1.1 101") {
        return Err(format!("the server answered {status}").into());
    }
    if header(head, "sec-websocket-accept") != Some(&accept(KEY)) {
        return Err("the server's Sec-WebSocket-Accept is wrong".into());
    }
    Ok(header(head, "sec-websocket-extensions").unwrap_or_default().to_owned())
}

/// The bare server's answer to a request head, accepting deflate whenever it is offered.
pub(crate) fn response(head: &[u8]) -> Outcome<Vec<u8>> {
    let head = std::str::from_utf8(head)?;
    let key = header(head, "sec-websocket-key").ok_or("a request without Sec-WebSocket-Key")?;
    let offered =
        header(head, "sec-websocket-extensions").is_some_and(|list| list.contains("permessage-deflate"));
    let extensions = if offered { "Sec-WebSocket-Extensions: permessage-deflate\r\n" } else { "" };
    Ok(format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n{extensions}\r\n",
        accept(key)
    )
    .into_bytes())
}

fn accept(key: &str) -> String {
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_value_is_the_one_of_rfc_6455_section_1_3() {
        assert_eq!(accept(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_response_answers_a_request() {
        let head = response(&request(true)).unwrap();
        assert_eq!(head_end(&head), Some(head.len()));
        assert_eq!(check_response(&head).unwrap(), "permessage-deflate");
        assert_eq!(check_response(&response(&request(false)).unwrap()).unwrap(), "");
    }

    #[test]
    fn a_refusal_and_a_wrong_accept_value_are_faults() {
        assert!(check_response(b"HTTP/1.1 400 Bad Request\r\n\r\n").is_err());
        assert!(check_response(b"HTTP/1.1 101 OK\r\nSec-WebSocket-Accept: no\r\n\r\n").is_err());
    }
}
