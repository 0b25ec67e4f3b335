//! The head of an HTTP response, as a client reads it from a server or a proxy (RFC 9112 sections 2 to 5).
//!
//! [`ResponseParser`] takes any split of the bytes and says how many of a chunk belong to the head: what follows is no
//! HTTP any more. It looks at each byte once to find the end of the head, and then parses the whole head once. So a
//! head that comes byte by byte costs no more than one that comes at once. Its memory is bounded.
//!
//! It is as lenient as the reference: folded headers are unfolded (RFC 9112 section 5.2), a line that is no header
//! is ignored, lines may end in a bare LF. Interim responses (RFC 9110 section 15.2) are skipped.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

/// Status code and headers of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in the order of their first appearance; repeated headers joined with `", "`. Values are
    /// read as Latin-1, as Node reads them. Names are the peer's: `__proto__` is a token too.
    pub headers: Vec<(String, String)>,
}

impl ResponseHead {
    /// The value of the header `name` (in lower case), and the empty string if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// Why there is no response head. The texts are those of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadFault {
    /// The bytes are no HTTP/1 response.
    Malformed,
    /// The head is longer than the limit.
    TooLong,
}

impl fmt::Display for HeadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeadFault::Malformed => "Parse Error",
            HeadFault::TooLong => "max header size exceeded",
        })
    }
}

impl std::error::Error for HeadFault {}

/// The version and the code of a status line take no more bytes than this. They are checked with each chunk; the rest
/// of the head is parsed once.
const BEGINNING: usize = 16;

/// What the line that is being received holds so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Empty,
    /// One CR and nothing else.
    CarriageReturn,
    Text,
}

/// Finds and reads a response head in the bytes of a peer.
#[derive(Debug)]
pub struct ResponseParser {
    /// Bytes that heads may still take, interim ones included.
    room: usize,
    /// The head so far.
    head: Vec<u8>,
    line: Line,
    /// Lines with text so far; the first is the status line.
    lines: usize,
}

impl ResponseParser {
    /// A parser that refuses more than `max_head` bytes before the end of the head.
    pub fn new(max_head: usize) -> Self {
        ResponseParser { room: max_head, head: Vec::new(), line: Line::Empty, lines: 0 }
    }

    /// Takes the next chunk. Once the head is complete, returns it with the number of bytes of *this* chunk that
    /// belong to it. After a head or a fault the parser is spent.
    pub fn receive(&mut self, chunk: &[u8]) -> Result<Option<(ResponseHead, usize)>, HeadFault> {
        let mut rest = chunk;
        while let Some((line, after)) = self.take_line(rest)? {
            rest = after;
            let Some(head) = line else { continue };
            // 101 is the only 1xx that ends the exchange; any other announces that the response is still to come.
            if head.status == 101 || !(100..200).contains(&head.status) {
                return Ok(Some((head, chunk.len() - rest.len())));
            }
        }
        Ok(None)
    }

    /// Takes one line out of `chunk` and returns what follows it, or `None` if its end is still to come. The blank
    /// line that ends a head yields the head.
    #[expect(clippy::type_complexity, reason = "a line may yield a head, and there may be no line")]
    fn take_line<'c>(
        &mut self,
        chunk: &'c [u8],
    ) -> Result<Option<(Option<ResponseHead>, &'c [u8])>, HeadFault> {
        let found = chunk.iter().take(self.room).position(|&byte| byte == b'\n');
        let length = found.map_or(chunk.len(), |newline| newline + 1);
        let fits = length.min(self.room);
        let (line, rest) = chunk.split_at_checked(fits).unwrap_or((chunk, &[]));
        let before = self.head.len();
        self.head.extend_from_slice(line);
        self.room -= fits;
        if self.lines == 0 && before < BEGINNING {
            // Bytes that begin no status line (TLS, SSH, a frame) are no answer, even if their line has no end.
            parse(self.head.get(..BEGINNING).unwrap_or(&self.head), 0)?;
        }
        // A head that fills the room exactly is no fault yet; the next byte is.
        if fits < length {
            return Err(HeadFault::TooLong);
        }

        let text = if found.is_some() { line.get(..length - 1).unwrap_or(line) } else { line };
        self.line = match (self.line, text) {
            (before, []) => before,
            (Line::Empty, [b'\r']) => Line::CarriageReturn,
            _ => Line::Text,
        };
        if found.is_none() {
            return Ok(None);
        }
        let ended = std::mem::replace(&mut self.line, Line::Empty);
        if ended == Line::Text {
            self.lines += 1;
            if self.lines == 1 {
                // A peer that speaks another protocol is refused at its first line, not after a timeout.
                parse(&self.head, 0)?;
            }
            return Ok(Some((None, rest)));
        }
        if self.lines == 0 {
            // Blank lines before a head are no part of it (RFC 9112 section 2.2).
            self.head.clear();
            return Ok(Some((None, rest)));
        }
        let head = parse(&self.head, self.lines)?.ok_or(HeadFault::Malformed)?;
        self.head.clear();
        self.lines = 0;
        Ok(Some((Some(head), rest)))
    }
}

/// Parses `bytes`, which hold at most `lines` headers. `None` means that they are a good beginning.
fn parse(bytes: &[u8], lines: usize) -> Result<Option<ResponseHead>, HeadFault> {
    let mut headers = vec![httparse::EMPTY_HEADER; lines];
    let mut response = httparse::Response::new(&mut headers);
    let status = httparse::ParserConfig::default()
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .parse_response(&mut response, bytes)
        .map_err(|_| HeadFault::Malformed)?;
    match status {
        httparse::Status::Partial => Ok(None),
        httparse::Status::Complete(length) if length == bytes.len() => Ok(Some(ResponseHead {
            status: response.code.ok_or(HeadFault::Malformed)?,
            headers: join(response.headers),
        })),
        // The blank line that ended the head must be the one that ended it for the parser.
        httparse::Status::Complete(_) => Err(HeadFault::Malformed),
    }
}

/// Lower-cases names and joins the values of repeated ones.
pub(super) fn join(headers: &[httparse::Header<'_>]) -> Vec<(String, String)> {
    let mut joined: Vec<(String, String)> = Vec::with_capacity(headers.len());
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for header in headers {
        let value = unfold(header.value);
        match places.entry(header.name.to_ascii_lowercase()) {
            Entry::Vacant(place) => {
                joined.push((place.key().clone(), value));
                place.insert(joined.len() - 1);
            }
            Entry::Occupied(place) => {
                if let Some((_, first)) = joined.get_mut(*place.get()) {
                    first.push_str(", ");
                    first.push_str(&value);
                }
            }
        }
    }
    joined
}

/// Reads a value as Latin-1, with each fold (a line break and the blanks on both sides of it) as one blank.
fn unfold(value: &[u8]) -> String {
    let mut text = String::with_capacity(value.len());
    let mut bytes = value.iter().peekable();
    while let Some(&byte) = bytes.next() {
        if matches!(byte, b'\r' | b'\n') {
            while bytes.next_if(|next| matches!(next, b'\r' | b'\n' | b' ' | b'\t')).is_some() {}
            text.truncate(text.trim_end_matches([' ', '\t']).len());
            text.push(' ');
        } else {
            text.push(char::from(byte));
        }
    }
    text
}
