//! The drafts 75 and 76: any keys, any bytes in any chunking; and texts that are sent come back.

use super::input::{Input, chunks};
use faye_websocket_native::protocol::handshake::{Headers, Request};
use faye_websocket_native::protocol::hixie::{Draft, Event, HixieSession, Most, write_text};

/// Keys that make a number, for inputs that have better things to do than finding some.
const KEYS: [&str; 2] = ["18x 6]8vM;54 *(5:  {   U1]8  z [  8", "1_ tx7X d  <  nw  334J702) 7]o}` 0"];

/// A limit for bytes alone.
fn most(bytes: u64) -> Most {
    Most { bytes, units: u64::MAX }
}

/// See the module.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let flags = input.byte();
    let draft = if flags & 1 == 0 { Draft::Hixie75 } else { Draft::Hixie76 };
    let max_length = [8, 100, 70_000, u64::MAX][usize::from(flags >> 1 & 3)];
    let own = flags & 8 != 0;
    let (key1, key2) = if own { (input.text(), input.text()) } else { (KEYS[0].into(), KEYS[1].into()) };
    let origin = (flags & 16 != 0).then(|| input.text());
    let url = if flags & 32 != 0 { input.text() } else { "ws://localhost/".to_owned() };
    let request = Request {
        method: "GET",
        url: &url,
        upgrade: Some("WebSocket"),
        connection: Some("Upgrade"),
        origin: origin.as_deref(),
        key1: Some(&key1),
        key2: Some(&key2),
        ..Request::default()
    };
    let mut head = Vec::new();
    let accepted = HixieSession::accept(draft, &request, &Headers::new(), most(max_length), &mut head);
    if draft == Draft::Hixie76 && accepted.is_ok() {
        assert!(key_number(&key1).is_some() && key_number(&key2).is_some());
    }
    if accepted.is_err() {
        assert!(head.is_empty(), "nothing is written for a request that is refused");
        return;
    }
    check_head(&head, origin.is_some());

    let pattern = input.take(3);
    let bytes = input.rest();
    let start = || HixieSession::accept(draft, &request, &Headers::new(), most(max_length), &mut Vec::new());
    let play = |parts: &[&[u8]]| receive(start().expect("accepted as before"), parts, max_length);
    let whole = play(&[bytes]);
    assert_eq!(play(&chunks(bytes, pattern)), whole, "in chunks of {pattern:?}");
    assert_eq!(play(&chunks(bytes, &[0])), whole, "byte by byte");
    resend(&whole, draft);
}

/// The head has its lines and no other, whatever the request held.
fn check_head(head: &[u8], origin: bool) {
    assert!(head.starts_with(b"HTTP/1.1 101 ") && head.ends_with(b"\r\n\r\n"));
    let breaks = head.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count();
    assert_eq!(breaks, 2 * (5 + usize::from(origin)), "no line was forged");
}

fn receive(mut session: HixieSession, parts: &[&[u8]], max_length: u64) -> Vec<Event> {
    let mut events = Vec::new();
    for part in parts {
        session.receive(part, &mut events);
    }
    for (i, event) in events.iter().enumerate() {
        match event {
            Event::Text(text) => {
                // A byte that is no UTF-8 becomes three.
                assert!(text.len() as u64 <= max_length.saturating_mul(3));
            }
            Event::Open(_) => assert_eq!(i, 0, "the answer to the challenge comes first"),
            Event::Close | Event::TooLarge => assert_eq!(i + 1, events.len(), "nothing follows"),
        }
    }
    assert!(session.close().is_some());
    assert_eq!(session.close(), None, "it closes once");
    let before = events.len();
    session.receive(&[0, b'x', 0xff], &mut events);
    assert_eq!(events.len(), before, "nothing is read after that");
    events
}

/// Sends the texts that were received, which have to come back.
fn resend(events: &[Event], draft: Draft) {
    let texts: Vec<Event> = events.iter().filter(|event| matches!(event, Event::Text(_))).cloned().collect();
    let mut bytes = if draft == Draft::Hixie76 { b"^n:ds[4U".to_vec() } else { Vec::new() };
    for event in &texts {
        if let Event::Text(text) = event {
            write_text(text, &mut bytes);
        }
    }
    let request = Request {
        method: "GET",
        url: "ws://localhost/",
        upgrade: Some("WebSocket"),
        connection: Some("Upgrade"),
        key1: Some(KEYS[0]),
        key2: Some(KEYS[1]),
        ..Request::default()
    };
    let session = HixieSession::accept(draft, &request, &Headers::new(), most(u64::MAX), &mut Vec::new());
    let mut again = receive(session.expect("good keys"), &[&bytes], u64::MAX);
    again.retain(|event| !matches!(event, Event::Open(_)));
    assert_eq!(again, texts);
}

/// The number of a key, worked out in another way: from its digits as text.
fn key_number(key: &str) -> Option<u32> {
    let digits: String = key.chars().filter(char::is_ascii_digit).collect();
    let blanks = key.chars().filter(|&char| char == ' ').count() as u64;
    let number: u64 = digits.parse().ok()?;
    (blanks > 0 && number > 0 && number.is_multiple_of(blanks))
        .then(|| u32::try_from(number / blanks).ok())?
}
