//! Rows of frames and messages.

use super::Frame;
use super::header::{CLOSE, PING, PONG, TEXT};
use crate::protocol::Violation;
use crate::protocol::hybi::close;
use crate::protocol::rows::{Kind, QUEUED, Rows};
use crate::transcode::is_utf8;

/// Reports a frame whose whole payload is here: a message of one frame, or a control frame.
pub(super) fn report(
    frame: &Frame,
    payload: &[u8],
    ascii: bool,
    offset: i32,
    rows: &mut Rows<'_>,
) -> Result<(), Violation> {
    match frame.opcode {
        PING => rows.push(Kind::Ping, offset, payload.len(), 0),
        PONG => rows.push(Kind::Pong, offset, payload.len(), 0),
        CLOSE => {
            let close = close::parse(payload);
            // The reason lies behind the two bytes of the code; what is queued is the reason alone.
            let start = if offset == QUEUED || close.reason == 0 { offset } else { offset.saturating_add(2) };
            rows.push(Kind::Close, start, close.reason, i32::from(close.code.unwrap_or(0)));
        }
        opcode => {
            if opcode == TEXT && !ascii && !is_utf8(payload) {
                return Err(Violation::InvalidUtf8);
            }
            rows.push(message_kind(opcode, ascii), offset, payload.len(), 0);
        }
    }
    Ok(())
}

/// What a whole message is.
pub(super) fn message_kind(opcode: u8, ascii: bool) -> Kind {
    match (opcode, ascii) {
        (TEXT, true) => Kind::Ascii,
        (TEXT, false) => Kind::Text,
        _ => Kind::Binary,
    }
}
