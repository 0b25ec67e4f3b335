//! Any bytes as frames (RFC 6455 section 5): however they are cut, they mean the same; no more is held than the
//! limit allows; and what was received can be sent and received again.

use super::events::{Event, check_order, with_rows};
use super::input::{Input, chunks};
use faye_websocket_native::protocol::hybi::sender::Header;
use faye_websocket_native::protocol::hybi::{Receiver, Role};
use faye_websocket_native::protocol::rows::Kind;
use faye_websocket_native::protocol::{Buffers, Limits};

#[derive(Clone, Copy)]
struct Settings {
    role: Role,
    limits: Limits,
    rsv: u8,
    all_messages: bool,
}

impl Settings {
    fn read(input: &mut Input<'_>) -> Settings {
        let flags = input.byte();
        let role = if flags & 1 == 0 { Role::Server } else { Role::Client };
        let max_length = [16, 200, 70_000, u64::MAX][usize::from(flags >> 1 & 3)];
        let limits = Limits { max_length, max_empty_fragments: 5, ..Limits::default() };
        Settings { role, limits, rsv: flags >> 3 & 7, all_messages: flags & 0x40 != 0 }
    }

    fn receiver(&self) -> Receiver {
        let mut receiver = Receiver::new(self.role, self.limits);
        receiver.set_extensions(self.rsv, self.all_messages);
        receiver
    }
}

/// See the module.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let settings = Settings::read(&mut input);
    let rows = usize::from(input.byte() & 7) + 1;
    let pattern = input.take(3);
    let bytes = input.rest();

    let whole = receive(&settings, &[bytes], 64);
    check_order(&whole);
    assert_eq!(receive(&settings, &chunks(bytes, pattern), rows), whole, "in chunks of {pattern:?}");
    if bytes.len() <= 300 {
        assert_eq!(receive(&settings, &chunks(bytes, &[0]), 1), whole, "byte by byte");
    }
    resend(&whole);
}

/// What `parts` mean when they come one after the other, with room for so many rows.
fn receive(settings: &Settings, parts: &[&[u8]], room: usize) -> Vec<Event> {
    let mut receiver = settings.receiver();
    let mut buffers = Buffers::default();
    let mut events = Vec::new();
    let mut arrived = 0;
    for part in parts {
        let mut chunk = part.to_vec();
        let mut at = 0;
        while at < chunk.len() {
            let (reached, rows) =
                with_rows(room, |rows| receiver.receive(&mut chunk, at, rows, &mut buffers));
            assert!(reached > at, "it goes on");
            at = reached;
            for row in rows {
                let event = Event::of(row, &chunk, || receiver.take());
                assert!(!event.is_message() || event.bytes.len() as u64 <= settings.limits.max_length);
                events.push(event);
            }
        }
        arrived += part.len();
        assert!(receiver.buffered() as u64 <= settings.limits.max_length, "no more than a message");
        assert!(receiver.buffered() <= arrived, "no more than has arrived");
        assert_eq!(receiver.is_done(), events.last().is_some_and(Event::is_last));
    }
    assert_eq!(receiver.take(), None, "each queue has its row");
    events
}

/// Sends what was received as frames of the other end, which has to understand the same.
fn resend(events: &[Event]) {
    let mut bytes = Vec::new();
    let key = [0x5a, 0, 0xff, 0x81];
    let mut again = Vec::new();
    for event in events {
        let (opcode, rsv) = match event.kind {
            kind if kind == Kind::Ascii as i32 || kind == Kind::Text as i32 => (1, 0),
            kind if kind == Kind::Binary as i32 => (2, 0),
            kind if kind == Kind::Ping as i32 => (9, 0),
            kind if kind == Kind::Pong as i32 => (10, 0),
            kind if kind == Kind::Raw as i32 => ((event.extra & 15) as u8, (event.extra >> 4 & 7) as u8),
            _ => continue,
        };
        let header = Header { opcode, rsv, mask: Some(key) };
        let before = bytes.len();
        header.append_frame(&event.bytes, &mut bytes);
        assert_eq!(bytes.len() - before, header.len(event.bytes.len()) + event.bytes.len());
        again.push(event.clone());
    }
    let limits = Limits { max_length: u64::MAX, ..Limits::default() };
    let raw = events.iter().any(|event| event.is(Kind::Raw));
    // With all messages for extensions, none of them is told from another.
    if raw && events.iter().any(|event| event.is_message() && !event.is(Kind::Raw)) {
        return;
    }
    let settings = Settings { role: Role::Server, limits, rsv: 7, all_messages: raw };
    assert_eq!(receive(&settings, &[&bytes], 64), again, "what was sent again");
}
