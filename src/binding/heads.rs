//! Heads of HTTP messages, for callers that are given the bytes of a connection: the driver's server and its proxy. They
//! are rare, so this is an ordinary class.

use crate::protocol::Limits;
use crate::protocol::handshake::{HeadFault, RequestParser, ResponseParser};
use napi::{Error, Result, Status};
use napi_derive::napi;

/// A head, and how many bytes of the last chunk belong to it.
#[napi(object)]
pub struct Head {
    /// Bytes of the chunk up to the end of the head.
    pub used: u32,
    /// The method of a request; empty in a response.
    pub method: String,
    /// The target of a request; empty in a response.
    pub target: String,
    /// The status of a response; 0 in a request.
    pub status: u32,
    /// Names in lower case and values, alternately; repeated headers joined.
    pub headers: Vec<String>,
}

/// Reads one head, out of chunks of any size.
#[napi]
pub struct HeadReader {
    parser: Parser,
}

enum Parser {
    Request(RequestParser),
    Response(ResponseParser),
}

#[napi]
impl HeadReader {
    /// A reader of a response, or else of a request, of at most 16 KiB.
    #[napi(constructor, catch_unwind)]
    pub fn new(response: bool) -> Self {
        let max = Limits::DEFAULT_MAX_HEAD;
        let parser = if response {
            Parser::Response(ResponseParser::new(max))
        } else {
            Parser::Request(RequestParser::new(max))
        };
        HeadReader { parser }
    }

    /// The head, once it is complete; nothing before. Throws for what is no head, or one that is too long.
    #[napi(catch_unwind)]
    pub fn receive(&mut self, chunk: &[u8]) -> Result<Option<Head>> {
        let head = match &mut self.parser {
            Parser::Request(parser) => parser.receive(chunk).map(|found| {
                found.map(|(head, used)| Head {
                    used: used as u32,
                    method: head.method,
                    target: head.target,
                    status: 0,
                    headers: flat(head.headers),
                })
            }),
            Parser::Response(parser) => parser.receive(chunk).map(|found| {
                found.map(|(head, used)| Head {
                    used: used as u32,
                    method: String::new(),
                    target: String::new(),
                    status: u32::from(head.status),
                    headers: flat(head.headers),
                })
            }),
        };
        head.map_err(|fault: HeadFault| Error::new(Status::GenericFailure, fault.to_string()))
    }
}

fn flat(headers: Vec<(String, String)>) -> Vec<String> {
    headers.into_iter().flat_map(|(name, value)| [name, value]).collect()
}
