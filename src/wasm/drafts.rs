//! The drafts hixie-75 and hixie-76, for the server role, owned by handle.

use super::open::headers_of;
use super::state::{State, state};
use super::values::{Args, Fault, Value, call, failed};
use crate::protocol::handshake::Request;
use crate::protocol::hixie::{Draft, Event, HixieSession, Most, write_text};

/// `draft_accept(hixie76, method, url, upgrade, connection, origin, protocol, key1, key2, headers, maxLength,
/// maxText)`: answers a request. Returns `[handle, head, fault]`; the handle is -1 if it is refused.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "draft_accept"))]
extern "C" fn draft_accept(length: u32) -> *const u8 {
    call(length, accept)
}

fn accept(args: &Args) -> Result<Value, Fault> {
    let headers = headers_of(&args.texts(9)?.unwrap_or_default())?;
    let draft = if args.u32(0) == 1 { Draft::Hixie76 } else { Draft::Hixie75 };
    let request = Request {
        method: args.text(1).unwrap_or_default(),
        url: args.text(2).unwrap_or_default(),
        upgrade: args.text(3),
        connection: args.text(4),
        origin: args.text(5),
        protocol: args.text(6),
        key1: args.text(7),
        key2: args.text(8),
        ..Request::default()
    };
    let mut head = Vec::new();
    // A float converts by saturation, NaN to 0.
    let most = Most { bytes: args.number(10) as u64, units: args.number(11) as u64 };
    match HixieSession::accept(draft, &request, &headers, most, &mut head) {
        Ok(session) => {
            let handle = state().drafts.insert(session);
            Ok(Value::List(vec![handle.into(), Value::Bytes(head), Value::Undefined]))
        }
        Err(refusal) => {
            refusal.write(&mut head);
            Ok(Value::List(vec![(-1).into(), Value::Bytes(head), refusal.to_string().into()]))
        }
    }
}

/// `draft_is_open(handle)`: whether messages may be sent.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "draft_is_open"))]
extern "C" fn draft_is_open(handle: u32) -> u32 {
    state().drafts.get(handle).is_some_and(|session| session.is_open()).into()
}

/// `draft_receive(handle, length)`: what so many bytes of the chunk meant, as a list of kinds, each with what belongs to
/// it behind it.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "draft_receive"))]
extern "C" fn draft_receive(handle: u32, length: u32) -> *const u8 {
    call(0, |_| {
        let State { chunk, drafts, .. } = state();
        let session = drafts.get(handle).ok_or_else(closed)?;
        let mut events = Vec::new();
        session.receive(chunk.get(..length as usize).unwrap_or_default(), &mut events);
        let values = events.into_iter().flat_map(|event| match event {
            Event::Open(answer) => [Value::from("open"), Value::Bytes(answer.to_vec())],
            Event::Text(text) => ["text".into(), text.into()],
            Event::Close | Event::TooLarge => ["close".into(), Value::Undefined],
        });
        Ok(Value::List(values.collect()))
    })
}

/// `draft_frame(length)`: the frame of a text that stands at the front of the area.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "draft_frame"))]
extern "C" fn draft_frame(length: u32) -> *const u8 {
    let state = state();
    let mut out = Vec::new();
    write_text(&String::from_utf8_lossy(state.area.get(..length as usize).unwrap_or_default()), &mut out);
    state.put(out)
}

/// `draft_close(handle)`: the bytes that end a session of hixie-76; undefined if there are none to send.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "draft_close"))]
extern "C" fn draft_close(handle: u32) -> *const u8 {
    call(0, |_| {
        let session = state().drafts.get(handle).ok_or_else(closed)?;
        Ok(session.close().map_or(Value::Undefined, |bytes| Value::Bytes(bytes.to_vec())))
    })
}

/// `draft_release(handle)`: ends a session.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "draft_release"))]
extern "C" fn draft_release(handle: u32) {
    state().drafts.take(handle);
}

fn closed() -> Fault {
    failed("The session is closed")
}
