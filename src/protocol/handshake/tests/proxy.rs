//! The tunnel through an HTTP proxy: the request for it, and the proxy's answer (RFC 9110, section 9.3.6).

use super::splits::for_every_split;
use crate::protocol::Limits;
use crate::protocol::handshake::{ConnectRequest, Credentials, HeadFault, Headers, ResponseHead, Tunnel};

fn tunnel() -> Tunnel {
    Tunnel::new(Limits::DEFAULT_MAX_HEAD)
}

fn headers(pairs: &[(&str, &str)]) -> Headers {
    let mut headers = Headers::new();
    pairs.iter().for_each(|(name, value)| headers.add(name, value).unwrap());
    headers
}

fn request<'a>(headers: &'a Headers, credentials: Option<&'a Credentials>) -> ConnectRequest<'a> {
    ConnectRequest { authority: "h.example:80", host: "h.example", credentials, headers }
}

fn written(request: &ConnectRequest<'_>) -> String {
    let mut out = Vec::new();
    tunnel().write(request, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn asks_for_a_tunnel() {
    assert_eq!(
        written(&request(&Headers::new(), None)),
        "CONNECT h.example:80 HTTP/1.1\r\nHost: h.example\r\nConnection: keep-alive\r\n\
         Proxy-Connection: keep-alive\r\n\r\n"
    );
    let none = Headers::new();
    let ipv6 = ConnectRequest { authority: "[::1]:81", host: "[::1]:81", ..request(&none, None) };
    assert!(written(&ipv6).starts_with("CONNECT [::1]:81 HTTP/1.1\r\nHost: [::1]:81\r\n"));
}

#[test]
fn sends_credentials_and_then_custom_headers() {
    let credentials = Credentials::from_url("a", "b%40");
    let custom = headers(&[
        ("host", "custom"),
        ("connection", "custom"),
        ("proxy-connection", "custom"),
        ("proxy-authorization", "custom"),
        ("User-Agent", "custom"),
    ]);
    assert_eq!(
        written(&request(&custom, credentials.as_ref())),
        "CONNECT h.example:80 HTTP/1.1\r\nHost: h.example\r\nConnection: keep-alive\r\n\
         Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic YTpiQA==\r\nUser-Agent: custom\r\n\r\n"
    );
    let text = written(&request(&custom, None));
    assert!(
        text.ends_with("keep-alive\r\nproxy-authorization: custom\r\nUser-Agent: custom\r\n\r\n"),
        "{text}"
    );
}

#[test]
fn refuses_to_write_an_address_that_would_break_out_of_its_line() {
    let none = Headers::new();
    for (authority, host) in [("h\r\nX: 1:80", "h"), ("h:80", "h\n"), ("h :80", "h"), ("", "h"), ("h:80", "")]
    {
        let mut out = Vec::new();
        let bad = ConnectRequest { authority, host, ..request(&none, None) };
        assert!(tunnel().write(&bad, &mut out).is_err());
        assert!(out.is_empty());
    }
}

#[test]
fn every_split_of_a_200_opens_the_tunnel_and_leaves_what_follows() {
    for transcript in [
        "HTTP/1.1 200 Connection established\r\nVia: 1\r\nvia: 2\r\n\r\nrest",
        "HTTP/1.0 200 OK\nVia: 1\nVIA: 2\n\nrest",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nVia: 1, 2\r\n\r\nrest",
    ] {
        for_every_split(transcript.as_bytes(), |chunks| {
            let mut tunnel = tunnel();
            let mut rest = Vec::new();
            let mut open = None;
            for chunk in chunks {
                if open.is_some() {
                    rest.extend_from_slice(chunk);
                } else if let Some((response, consumed)) = tunnel.receive(chunk).unwrap() {
                    rest.extend_from_slice(&chunk[consumed..]);
                    assert_eq!(response.header("via"), "1, 2");
                    open = Some(Tunnel::is_open(&response));
                }
            }
            assert_eq!((open, rest.as_slice()), (Some(true), b"rest".as_slice()));
        });
    }
}

#[test]
fn keeps_status_and_headers_of_a_refusal() {
    let bytes = b"HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic\r\n\r\nbody";
    let (response, consumed) = tunnel().receive(bytes).unwrap().unwrap();
    assert!(!Tunnel::is_open(&response));
    assert_eq!(response.status, 407);
    assert_eq!(response.header("proxy-authenticate"), "Basic");
    assert_eq!(&bytes[consumed..], b"body");
}

#[test]
fn opens_for_every_2xx_and_for_nothing_else() {
    for status in 200..=299 {
        assert!(Tunnel::is_open(&ResponseHead { status, headers: Vec::new() }));
    }
    for status in [101, 199, 300, 301, 407, 502] {
        assert!(!Tunnel::is_open(&ResponseHead { status, headers: Vec::new() }));
    }
}

#[test]
fn fails_on_a_proxy_that_does_not_speak_http_or_does_not_stop() {
    assert_eq!(tunnel().receive(b"garbage\r\n"), Err(HeadFault::Malformed));
    assert_eq!(tunnel().receive(b"\x15\x03\x03\x00\x02\x02\x28"), Err(HeadFault::Malformed));
    let endless = [b"HTTP/1.1 200 ".as_slice(), &b"x".repeat(20_000)].concat();
    assert_eq!(tunnel().receive(&endless), Err(HeadFault::TooLong));
}
