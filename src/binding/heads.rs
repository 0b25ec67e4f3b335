//! Heads of HTTP messages, for callers that are given the bytes of a connection: the driver's server and its proxy. They
//! are rare, so this is an ordinary class.

use crate::protocol::Limits;
use crate::protocol::extension::header;
use crate::protocol::handshake::{HeadFault, RequestParser, ResponseParser};
use napi::bindgen_prelude::{Either, Either3};
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

    /// The head, once it is complete; nothing before. Returns what is wrong with what is no head, or one that is too long, as
    /// [`parse_extensions`] does.
    #[napi(catch_unwind)]
    pub fn receive(&mut self, chunk: &[u8]) -> Either<Option<Head>, String> {
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
        match head {
            Ok(head) => Either::A(head),
            Err(fault) => Either::B(HeadFault::to_string(&fault)),
        }
    }
}

fn flat(headers: Vec<(String, String)>) -> Vec<String> {
    headers.into_iter().flat_map(|(name, value)| [name, value]).collect()
}

/// One extension in the header `Sec-WebSocket-Extensions`.
#[napi(object)]
pub(super) struct ExtensionOffer {
    /// Its name.
    pub name: String,
    /// Its parameters, in order; no name occurs twice.
    pub params: Vec<ExtensionParam>,
}

/// A parameter of an extension.
#[napi(object)]
pub(super) struct ExtensionParam {
    /// Its name.
    pub name: String,
    /// Its values: `true` for one without a value, a number, or a text.
    pub values: Vec<Either3<bool, f64, String>>,
}

/// Reads the header `Sec-WebSocket-Extensions` (RFC 6455 section 9.1). Returns what is wrong with what does not follow the
/// grammar; a peer has sent it, and with `--abort-on-uncaught-exception` a process must not end for that.
#[napi(catch_unwind)]
pub(super) fn parse_extensions(header: String) -> Either<Vec<ExtensionOffer>, String> {
    match header::parse(&header) {
        Ok(offers) => Either::A(
            offers
                .into_iter()
                .map(|offer| ExtensionOffer { name: offer.name, params: params(offer.params) })
                .collect(),
        ),
        Err(fault) => Either::B(fault.to_string()),
    }
}

fn params(params: Vec<header::Param>) -> Vec<ExtensionParam> {
    let value = |value| match value {
        header::Value::Flag => Either3::A(true),
        header::Value::Number(number) => Either3::B(number),
        header::Value::Text(text) => Either3::C(text),
    };
    let param = |param: header::Param| ExtensionParam {
        name: param.name,
        values: param.values.into_iter().map(value).collect(),
    };
    params.into_iter().map(param).collect()
}
