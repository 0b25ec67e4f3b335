//! The head of an HTTP request, as a server reads it that is given the bytes of a connection (RFC 9112 sections 2 to 5).
//!
//! [`RequestParser`] takes any split of the bytes and says how many of a chunk belong to the head. It looks at each byte
//! once to find the end of the head and then parses the whole once; its memory is bounded.

use super::response::{HeadFault, join};

/// Method, target and headers of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestHead {
    /// The method, as it came: methods are case-sensitive.
    pub method: String,
    /// The request target, read as Latin-1.
    pub target: String,
    /// Names in lower case; repeated headers joined with `", "`. Values are read as Latin-1, as Node reads them.
    pub headers: Vec<(String, String)>,
}

/// Finds and reads a request head in the bytes of a peer.
#[derive(Debug)]
pub struct RequestParser {
    /// Bytes that the head may still take.
    room: usize,
    head: Vec<u8>,
    /// Whether the line that is being received has no bytes yet.
    line_is_empty: bool,
    /// Lines with bytes so far; the first is the request line.
    lines: usize,
}

impl RequestParser {
    /// A parser that refuses more than `max_head` bytes before the end of the head.
    pub fn new(max_head: usize) -> Self {
        RequestParser { room: max_head, head: Vec::new(), line_is_empty: true, lines: 0 }
    }

    /// Takes the next chunk. Once the head is complete, returns it with the number of bytes of *this* chunk that belong
    /// to it. After a head or a fault the parser is spent.
    pub fn receive(&mut self, chunk: &[u8]) -> Result<Option<(RequestHead, usize)>, HeadFault> {
        let end = self.find_end(chunk);
        let length = end.unwrap_or(chunk.len());
        self.room = self.room.checked_sub(length).ok_or(HeadFault::TooLong)?;
        self.head.extend_from_slice(chunk.get(..length).unwrap_or_default());
        match end {
            Some(used) => Ok(Some((parse(&self.head, self.lines)?, used))),
            None => Ok(None),
        }
    }

    /// How many bytes of `chunk` there are up to the blank line that ends the head, that line included. Blank lines in
    /// front of the request line do not count (RFC 9112 section 2.2).
    fn find_end(&mut self, chunk: &[u8]) -> Option<usize> {
        for (at, &byte) in chunk.iter().enumerate() {
            match byte {
                b'\n' if self.line_is_empty && self.lines > 0 => return Some(at + 1),
                b'\n' if self.line_is_empty => {}
                b'\n' => {
                    self.lines += 1;
                    self.line_is_empty = true;
                }
                b'\r' => {}
                _ => self.line_is_empty = false,
            }
        }
        None
    }
}

/// Parses a whole head, which holds at most `lines` headers.
fn parse(bytes: &[u8], lines: usize) -> Result<RequestHead, HeadFault> {
    let mut headers = vec![httparse::EMPTY_HEADER; lines];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => Ok(RequestHead {
            method: request.method.unwrap_or_default().to_owned(),
            target: request.path.unwrap_or_default().to_owned(),
            headers: join(request.headers),
        }),
        _ => Err(HeadFault::Malformed),
    }
}
