//! Heads of HTTP messages, for callers that are given the bytes of a connection, and the header of extensions; see the
//! namesakes in the native binding.

use super::contents::Reader;
use super::state::{State, state};
use super::values::{Fault, Value, call, failed};
use crate::protocol::Limits;
use crate::protocol::extension::header;
use crate::protocol::handshake::{HeadFault, RequestParser, ResponseParser};

/// `head_open(response)`: a reader of a response, or else of a request; its handle.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "head_open"))]
extern "C" fn head_open(response: u32) -> u32 {
    let max = Limits::DEFAULT_MAX_HEAD;
    let reader = match response {
        0 => Reader::Request(RequestParser::new(max)),
        _ => Reader::Response(ResponseParser::new(max)),
    };
    state().heads.insert(reader)
}

/// `head_receive(handle, length)`: takes so many bytes of the chunk. Returns `[used, method, target, status, headers]`
/// once the head is complete, and nothing before.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "head_receive"))]
extern "C" fn head_receive(handle: u32, length: u32) -> *const u8 {
    call(0, |_| receive(handle, length as usize))
}

fn receive(handle: u32, length: usize) -> Result<Value, Fault> {
    let State { chunk, heads, .. } = state();
    let chunk = chunk.get(..length).unwrap_or_default();
    let found = match heads.get(handle).ok_or_else(|| failed("The reader is closed"))? {
        Reader::Request(parser) => parser
            .receive(chunk)
            .map(|found| found.map(|(head, used)| value(used, &head.method, &head.target, 0, head.headers))),
        Reader::Response(parser) => parser
            .receive(chunk)
            .map(|found| found.map(|(head, used)| value(used, "", "", head.status, head.headers))),
    };
    found.map(Value::from).map_err(|fault: HeadFault| failed(fault))
}

fn value(used: usize, method: &str, target: &str, status: u16, headers: Vec<(String, String)>) -> Value {
    let headers = headers.into_iter().flat_map(|(name, value)| [name.into(), value.into()]).collect();
    let (used, status) = (used as u32, u32::from(status));
    Value::List(vec![used.into(), method.into(), target.into(), status.into(), Value::List(headers)])
}

/// `head_release(handle)`: ends a reader.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "head_release"))]
extern "C" fn head_release(handle: u32) {
    state().heads.take(handle);
}

/// `parse_extensions(header)`: a list with the name of each extension, and a list of its parameters behind it. A
/// parameter is a list: its name and its values, of which one that is undefined is `true`.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "parse_extensions"))]
extern "C" fn parse_extensions(length: u32) -> *const u8 {
    call(length, |args| {
        let offers = header::parse(args.text(0).unwrap_or_default()).map_err(failed)?;
        let values = offers.into_iter().flat_map(|offer| {
            let params = offer.params.into_iter().map(param).collect();
            [offer.name.into(), Value::List(params)]
        });
        Ok(Value::List(values.collect()))
    })
}

fn param(param: header::Param) -> Value {
    let values = param.values.into_iter().map(|value| match value {
        header::Value::Flag => Value::Undefined,
        header::Value::Number(number) => Value::Number(number),
        header::Value::Text(text) => Value::Text(text),
    });
    Value::List([param.name.into()].into_iter().chain(values).collect())
}
