//! A tunnel through an HTTP proxy: `CONNECT` and its response (RFC 9110 section 9.3.6, RFC 6455 section 4.1,
//! item 3 of the requirements on the connection).

use super::credentials::Credentials;
use super::headers::{Headers, IllegalHeader, check_url};
use super::response::{HeadFault, ResponseHead, ResponseParser};

/// One request for a tunnel: write it, then receive the response.
#[derive(Debug)]
pub struct Tunnel {
    parser: ResponseParser,
}

/// What a client puts into its `CONNECT`.
#[derive(Clone, Copy, Debug)]
pub struct ConnectRequest<'a> {
    /// Host and port of the WebSocket server, the port always included.
    pub authority: &'a str,
    /// Host, and port unless it is the scheme's own: `URL.host`.
    pub host: &'a str,
    /// The credentials of the proxy's URL.
    pub credentials: Option<&'a Credentials>,
    /// The caller's headers for the proxy. One with the name of a header set here has no effect.
    pub headers: &'a Headers,
}

impl Tunnel {
    /// A tunnel whose response head may take `max_head` bytes.
    pub fn new(max_head: usize) -> Self {
        Tunnel { parser: ResponseParser::new(max_head) }
    }

    /// Writes the whole request, or nothing if a value in it would break out of its line: the caller's fault.
    pub fn write(&self, request: &ConnectRequest<'_>, out: &mut Vec<u8>) -> Result<(), IllegalHeader> {
        check_url(request.authority)?;
        check_url(request.host)?;
        let own = [
            // The server's host, whatever `Host` the caller gives (RFC 9112 section 3.2).
            ("Host", Some(request.host)),
            ("Connection", Some("keep-alive")),
            // Some proxies know only this older name of `Connection`.
            ("Proxy-Connection", Some("keep-alive")),
            (
                "Proxy-Authorization",
                request.credentials.and_then(|own| own.value_beside(request.headers, "Proxy-Authorization")),
            ),
        ];
        out.extend_from_slice(b"CONNECT ");
        out.extend_from_slice(request.authority.as_bytes());
        out.extend_from_slice(b" HTTP/1.1\r\n");
        request.headers.write_after(out, &own);
        out.extend_from_slice(b"\r\n");
        Ok(())
    }

    /// Takes the next chunk of the response. Once its head is complete, returns it with the number of bytes of this
    /// chunk that belong to it. The proxy agreed if [`is_open`](Self::is_open) says so; then the rest of the chunk
    /// comes from the server behind it.
    pub fn receive(&mut self, chunk: &[u8]) -> Result<Option<(ResponseHead, usize)>, HeadFault> {
        self.parser.receive(chunk)
    }

    /// Whether the response opens the tunnel: any 2xx does (RFC 9110 section 9.3.6).
    pub fn is_open(response: &ResponseHead) -> bool {
        matches!(response.status, 200..=299)
    }
}
