//! What the rows of a receiver said, with their bytes taken from where the rows point.

use faye_websocket_native::protocol::rows::{CELLS, Kind, QUEUED, Row, Rows};

/// One row: its kind, the bytes it points at, and its extra number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// A [`Kind`] as its number.
    pub kind: i32,
    /// The bytes of the row.
    pub bytes: Vec<u8>,
    /// A code, a flag or a status.
    pub extra: i32,
}

impl Event {
    /// Reads a row whose bytes are in `chunk` or come out of `take`, and checks what every row promises.
    pub fn of(row: Row, chunk: &[u8], take: impl FnOnce() -> Option<Vec<u8>>) -> Event {
        let length = usize::try_from(row.length).expect("no length is negative");
        let bytes = if row.offset == QUEUED {
            let bytes = take().expect("a row with the offset QUEUED has bytes in the queue");
            assert_eq!(bytes.len(), length, "a queue holds what its row says");
            bytes
        } else {
            let offset = usize::try_from(row.offset).expect("no other offset is negative");
            chunk[offset..][..length].to_vec()
        };
        let event = Event { kind: row.kind, bytes, extra: row.extra };
        event.check();
        event
    }

    /// Whether this row is of that kind.
    pub fn is(&self, kind: Kind) -> bool {
        self.kind == kind as i32
    }

    /// Whether nothing may follow: a close frame, a violation, a failed handshake.
    pub fn is_last(&self) -> bool {
        self.is(Kind::Close) || self.is(Kind::Violation) || self.is(Kind::Refused)
    }

    /// Whether this is a message.
    pub fn is_message(&self) -> bool {
        [Kind::Ascii, Kind::Text, Kind::Binary, Kind::Raw].into_iter().any(|kind| self.is(kind))
    }

    fn check(&self) {
        if self.is(Kind::Ascii) {
            assert!(self.bytes.is_ascii());
        }
        if self.is(Kind::Text) {
            assert!(!self.bytes.is_ascii());
        }
        if [Kind::Text, Kind::Close, Kind::Violation, Kind::Refused].into_iter().any(|kind| self.is(kind)) {
            assert!(std::str::from_utf8(&self.bytes).is_ok(), "text is UTF-8: {self:?}");
        }
        if [Kind::Ping, Kind::Pong].into_iter().any(|kind| self.is(kind)) {
            assert!(self.bytes.len() <= 125, "a control frame is short");
        }
        if self.is(Kind::Close) {
            let legal = matches!(self.extra, 0 | 1000..=1003 | 1007..=1011 | 3000..=4999);
            assert!(legal && self.bytes.len() <= 123, "a close frame is as RFC 6455 section 7.4 wants it");
        }
        if self.is(Kind::Violation) {
            assert!(matches!(self.extra, 1002 | 1003 | 1007 | 1008 | 1009 | 1010), "{self:?}");
        }
    }
}

/// Runs `receive` with cells for so many rows, and returns the rows with what it returned.
pub fn with_rows<T>(count: usize, receive: impl FnOnce(&mut Rows<'_>) -> T) -> (T, Vec<Row>) {
    let mut cells = vec![0; count * CELLS];
    let mut rows = Rows::new(&mut cells);
    let result = receive(&mut rows);
    let rows = rows.iter().collect();
    (result, rows)
}

/// Checks that nothing follows what ends a connection.
pub fn check_order(events: &[Event]) {
    if let Some(last) = events.iter().position(Event::is_last) {
        assert_eq!(last + 1, events.len(), "nothing follows: {events:?}");
    }
}
