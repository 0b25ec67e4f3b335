//! The drafts hixie-75 and hixie-76, for the server role. They are rare and small, so they are an ordinary class
//! beside the rows and slots of RFC 6455, and events cross as objects.

use super::js::values::{Args, MAX_ARGUMENTS, invalid, no_memory};
use super::open::headers_of;
use super::state::texts::InPieces;
use super::{convert, injected};
use crate::protocol::handshake::{Refusal, Request};
use crate::protocol::hixie::{Draft, Event, HixieSession, Most, write_text};
use napi::bindgen_prelude::{Buffer, ToNapiValue, Unknown};
use napi::{Env, Result, sys};
use napi_derive::napi;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// What a chunk of a draft's connection meant.
#[napi(object, object_from_js = false)]
pub struct DraftEvent {
    /// `open`, `text`, `long` or `close`. A long text is one that [`DraftSession::convert`] makes.
    pub kind: String,
    /// The message of `text`.
    #[napi(ts_type = "string")]
    pub text: Option<Message>,
    /// The bytes that `open` asks to be written.
    pub bytes: Option<Buffer>,
}

/// A message, which becomes a string as those of RFC 6455 do: V8's own decoder takes 5 ns a byte of Chinese on Node.js 20.
pub struct Message {
    text: String,
    /// Whether the runtime's external strings may be used.
    external: bool,
}

impl ToNapiValue for Message {
    unsafe fn to_napi_value(env: sys::napi_env, message: Self) -> Result<sys::napi_value> {
        convert::owned(env, message.text, message.external)
    }
}

/// The parts of a request that the drafts look at.
#[napi(object)]
pub struct DraftRequest {
    /// Whether the request is one of hixie-76.
    pub hixie76: bool,
    /// The request's method.
    pub method: String,
    /// The WebSocket URL.
    pub url: String,
    /// `upgrade`
    pub upgrade: Option<String>,
    /// `connection`
    pub connection: Option<String>,
    /// `origin`
    pub origin: Option<String>,
    /// `sec-websocket-protocol`
    pub protocol: Option<String>,
    /// `sec-websocket-key1`
    pub key1: Option<String>,
    /// `sec-websocket-key2`
    pub key2: Option<String>,
}

/// A text of so many bytes is not made a string of at once: 60 MB with one character that is not of Latin-1 took 90 ms.
const LONG: usize = 2 << 20;

/// One connection in one of the drafts.
#[napi]
pub struct DraftSession {
    session: Option<HixieSession>,
    head: Vec<u8>,
    fault: Option<String>,
    /// Whether the runtime's external strings may be used.
    external: bool,
    /// Long texts, the next one first.
    long: VecDeque<InPieces>,
}

#[napi]
impl DraftSession {
    /// Answers `request`. `headers` is a flat list of names and values; messages may come to `max_length` bytes and
    /// `max_text` UTF-16 units, and become external strings where the runtime has them (`external`).
    #[napi(constructor, catch_unwind)]
    pub fn new(
        request: DraftRequest,
        headers: Vec<String>,
        max_length: f64,
        max_text: f64,
        external: bool,
    ) -> Result<Self> {
        let headers = headers_of(&headers).map_err(invalid)?;
        let draft = if request.hixie76 { Draft::Hixie76 } else { Draft::Hixie75 };
        let fields = Request {
            method: &request.method,
            url: &request.url,
            upgrade: request.upgrade.as_deref(),
            connection: request.connection.as_deref(),
            origin: request.origin.as_deref(),
            protocol: request.protocol.as_deref(),
            key1: request.key1.as_deref(),
            key2: request.key2.as_deref(),
            ..Request::default()
        };
        let mut head = Vec::new();
        let accept = AssertUnwindSafe(|| {
            injected::panics("accept");
            // A float converts by saturation, NaN to 0.
            let most = Most { bytes: max_length as u64, units: max_text as u64 };
            HixieSession::accept(draft, &fields, &headers, most, &mut head)
        });
        // What a client sends must not throw into the server.
        match catch_unwind(accept).unwrap_or(Err(Refusal::Internal)) {
            Ok(session) => Ok(DraftSession {
                session: Some(session),
                head,
                fault: None,
                external,
                long: VecDeque::new(),
            }),
            Err(refusal) => {
                head.clear();
                refusal.write(&mut head);
                let fault = Some(refusal.to_string());
                Ok(DraftSession { session: None, head, fault, external, long: VecDeque::new() })
            }
        }
    }

    /// The head of the answer: a 101, or a 400.
    #[napi(getter, catch_unwind)]
    pub fn head(&self) -> Buffer {
        self.head.clone().into()
    }

    /// Why the request was refused, if it was.
    #[napi(getter, catch_unwind)]
    pub fn fault(&self) -> Option<String> {
        self.fault.clone()
    }

    /// Whether messages may be sent.
    #[napi(getter, catch_unwind)]
    pub fn is_open(&self) -> bool {
        self.session.as_ref().is_some_and(HixieSession::is_open)
    }

    /// What `chunk` meant, in order.
    #[napi(catch_unwind)]
    pub fn receive(&mut self, chunk: &[u8]) -> Vec<DraftEvent> {
        injected::panics("draft");
        let mut events = Vec::new();
        if let Some(session) = &mut self.session {
            session.receive(chunk, &mut events);
        }
        let event = |kind: &str, text, bytes| DraftEvent { kind: kind.to_owned(), text, bytes };
        let mut rows = Vec::with_capacity(events.len());
        let external = self.external;
        for one in events {
            rows.push(match one {
                Event::Open(answer) => event("open", None, Some(answer.to_vec().into())),
                Event::Text(text) if external && text.len() >= LONG && !text.is_ascii() => {
                    self.long.push_back(InPieces::new(text));
                    event("long", None, None)
                }
                Event::Text(text) => event("text", Some(Message { text, external }), None),
                Event::Close | Event::TooLarge => event("close", None, None),
            });
        }
        rows
    }

    /// Converts a piece of the long text that comes next, and returns the message with the last one.
    #[napi(catch_unwind, ts_return_type = "string | null")]
    pub fn convert(&mut self, env: Env) -> Result<Option<Unknown<'static>>> {
        let Some(next) = self.long.front_mut() else { return Ok(None) };
        match next.convert(convert::PIECE) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => {
                // The connection ends, and others may want the memory before it is collected.
                self.long.clear();
                return Err(no_memory(error));
            }
        }
        let Some(whole) = self.long.pop_front() else { return Ok(None) };
        let none = [ptr::null_mut(); MAX_ARGUMENTS];
        let value = convert::characters(&Args::new(env.raw(), &none), whole.finish())?;
        // SAFETY: the value was just made in this environment.
        Ok(Some(unsafe { Unknown::from_raw_unchecked(env.raw(), value) }))
    }

    /// The frame of a text message.
    #[napi(catch_unwind)]
    pub fn frame(&self, text: String) -> Buffer {
        let mut out = Vec::new();
        write_text(&text, &mut out);
        out.into()
    }

    /// The bytes that say goodbye, once.
    #[napi(catch_unwind)]
    pub fn close(&mut self) -> Option<Buffer> {
        let bytes = self.session.as_mut()?.close()?;
        Some(bytes.to_vec().into())
    }
}
