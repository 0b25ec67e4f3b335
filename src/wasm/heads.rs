//! Heads of HTTP messages, for callers that are given the bytes of a connection; see the native binding's `HeadReader`.

use super::state::{State, state};
use super::values::{Fault, Value, call, failed};
use crate::protocol::Limits;
use crate::protocol::handshake::{HeadFault, RequestParser, ResponseParser};

/// A reader of one head.
pub(super) enum Reader {
    Request(RequestParser),
    Response(ResponseParser),
}

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
