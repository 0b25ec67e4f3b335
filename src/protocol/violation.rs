//! What a peer can do wrong once the connection is open, in one table: close code and text.
//!
//! Codes are those of RFC 6455 section 7.4.1; the texts are part of the public contract, because they
//! travel in the close frame and in the `error` event, where applications match on them.

use std::fmt;

/// A rule that the peer broke. It closes the connection with [`code`](Violation::code) and its `Display` text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// RSV bits without an extension that owns them (RFC 6455 section 5.2).
    ReservedBits(bool, bool, bool),
    /// An opcode that no one defined (section 5.2).
    UnknownOpcode(u8),
    /// A control frame without FIN (section 5.5).
    FragmentedControl(u8),
    /// A control frame with more than 125 bytes (section 5.5).
    ControlTooLong(u64),
    /// A text or binary frame inside a fragmented message (section 5.4).
    UnfinishedMessage,
    /// A continuation frame outside a fragmented message (section 5.4).
    UnexpectedContinuation,
    /// A frame without a mask from a client (section 5.1).
    Unmasked,
    /// A frame with a mask from a server (section 5.1).
    Masked,
    /// More bytes than `maxLength` allows (section 7.4.1, code 1009).
    TooLarge,
    /// More empty fragments in one message than [`Limits`](super::Limits) allows.
    TooManyFragments,
    /// Text that is not UTF-8 (section 8.1).
    InvalidUtf8,
    /// What an extension could not accept (section 9.1); the text is the extension's own.
    Extension(String),
    /// Not the peer's fault: our own code panicked, and this connection cannot go on (section 7.4.1, code 1011).
    Internal,
    /// Not the peer's fault either: there is no memory for a message that it may send (the same code).
    OutOfMemory,
}

impl Violation {
    /// The close code that goes on the wire and into the `close` event.
    pub fn code(&self) -> u16 {
        match self {
            Violation::Unmasked => 1003,
            Violation::InvalidUtf8 => 1007,
            Violation::TooManyFragments => 1008,
            Violation::TooLarge => 1009,
            Violation::Extension(_) => 1010,
            Violation::Internal | Violation::OutOfMemory => 1011,
            _ => 1002,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::ReservedBits(rsv1, rsv2, rsv3) => write!(
                f,
                "One or more reserved bits are on: reserved1 = {}, reserved2 = {}, reserved3 = {}",
                u8::from(*rsv1),
                u8::from(*rsv2),
                u8::from(*rsv3)
            ),
            Violation::UnknownOpcode(opcode) => write!(f, "Unrecognized frame opcode: {opcode}"),
            Violation::FragmentedControl(opcode) => {
                write!(f, "Received fragmented control frame: opcode = {opcode}")
            }
            Violation::ControlTooLong(length) => {
                write!(f, "Received control frame having too long payload: {length}")
            }
            Violation::UnfinishedMessage => {
                f.write_str("Received new data frame but previous continuous frame is unfinished")
            }
            Violation::UnexpectedContinuation => f.write_str("Received unexpected continuation frame"),
            Violation::Unmasked => f.write_str("Received unmasked frame but masking is required"),
            Violation::Masked => f.write_str("Received masked frame but masking is not allowed"),
            Violation::TooLarge => f.write_str("WebSocket frame length too large"),
            Violation::TooManyFragments => f.write_str("Too many empty fragments in one message"),
            Violation::InvalidUtf8 => f.write_str("Could not decode a text frame as UTF-8"),
            Violation::Extension(text) => f.write_str(text),
            Violation::Internal => f.write_str("Internal error"),
            Violation::OutOfMemory => f.write_str("Out of memory"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_violation_has_the_code_of_its_section() {
        let codes = [
            (Violation::ReservedBits(true, false, true), 1002),
            (Violation::UnknownOpcode(3), 1002),
            (Violation::FragmentedControl(9), 1002),
            (Violation::ControlTooLong(126), 1002),
            (Violation::UnfinishedMessage, 1002),
            (Violation::UnexpectedContinuation, 1002),
            (Violation::Unmasked, 1003),
            (Violation::Masked, 1002),
            (Violation::InvalidUtf8, 1007),
            (Violation::TooManyFragments, 1008),
            (Violation::TooLarge, 1009),
            (Violation::Extension("why".to_owned()), 1010),
            (Violation::Internal, 1011),
            (Violation::OutOfMemory, 1011),
        ];
        for (violation, code) in codes {
            assert_eq!(violation.code(), code, "{violation}");
        }
        assert_eq!(Violation::Extension("why".to_owned()).to_string(), "why");
    }
}
