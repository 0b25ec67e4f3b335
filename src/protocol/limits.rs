//! What one connection may cost. Every limit is on by default.

/// The limits of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one message: of a frame, of the sum of its fragments, and of what it inflates to.
    pub max_length: u64,
    /// UTF-16 units of a text: the longest string that the receiver's language has.
    pub max_text: u64,
    /// With so many empty fragments a message is refused. Those with bytes cost no memory of their own and are not counted.
    pub max_empty_fragments: u32,
    /// Bytes of a handshake head (the response that a client waits for, the third key of hixie-76).
    pub max_head: usize,
}

impl Limits {
    /// The reference's default for `maxLength`: 2^26 - 1 bytes.
    pub const DEFAULT_MAX_LENGTH: u64 = (1 << 26) - 1;
    /// Node's own default for the size of an HTTP head.
    pub const DEFAULT_MAX_HEAD: usize = 16 * 1024;
    /// Empty fragments serve no purpose; a thousand of them in one message are an attack.
    pub const DEFAULT_MAX_EMPTY_FRAGMENTS: u32 = 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_length: Self::DEFAULT_MAX_LENGTH,
            max_text: u64::MAX,
            max_empty_fragments: Self::DEFAULT_MAX_EMPTY_FRAGMENTS,
            max_head: Self::DEFAULT_MAX_HEAD,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_reference_and_of_node() {
        let limits = Limits {
            max_length: 67_108_863,
            max_text: u64::MAX,
            max_empty_fragments: 1024,
            max_head: 16_384,
        };
        assert_eq!(Limits::default(), limits);
    }
}
