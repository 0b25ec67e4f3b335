//! The operations of a session, read from an input.

use super::super::extension_header::options;
use super::super::input::{Input, chunks};
use faye_websocket_native::protocol::Limits;
use faye_websocket_native::protocol::deflate::negotiation::{self, Agreement};
use faye_websocket_native::protocol::deflate::{CodecPool, Deflate, Options, WindowBits};
use faye_websocket_native::protocol::hybi::Role;
use faye_websocket_native::protocol::hybi::sender::Header;

/// The most bytes of one message, and of all together, so that one input does not take long.
const MOST: usize = 500_000;

/// The answer to the nonce of RFC 6455 section 1.3.
const AGREED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

/// Something that happens to a session.
pub(super) enum Step {
    /// The peer's bytes arrive.
    Receive(Vec<u8>),
    /// What the session waits for is done.
    Settle,
    /// The caller sends a message.
    Send(Vec<u8>),
    /// The caller takes the codec away, or gives it back.
    Codec,
    /// A quiet while is over.
    Rest,
    /// The caller takes no more.
    Stop,
}

/// Which extensions a session has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extensions {
    None,
    Deflate,
    Plugins(u8),
}

/// A session to be, and what happens to it.
pub(super) struct Script {
    pub(super) role: Role,
    pub(super) limits: Limits,
    pub(super) extensions: Extensions,
    pub(super) options: Options,
    /// What was agreed on: as the session sees it, and as its peer does.
    pub(super) agreements: [Agreement; 2],
    pub(super) steps: Vec<Step>,
}

impl Script {
    pub(super) fn read(mut input: Input<'_>) -> Script {
        let flags = input.byte();
        let role = if flags & 1 == 0 { Role::Server } else { Role::Client };
        let max_length = [50, 3_000, 300_000, MOST as u64][usize::from(flags >> 1 & 3)];
        let extensions = match flags >> 3 & 3 {
            0 => Extensions::None,
            1 | 2 => Extensions::Deflate,
            _ => Extensions::Plugins(flags >> 5),
        };
        let mut options = options(&mut input);
        // A client that asks for the largest window in so many words wants to be told; the server, like the
        // reference's, does not say what goes without saying.
        options.request_max_window_bits.take_if(|bits| *bits == WindowBits::MAX);
        let offer = negotiation::offer(&options);
        let (server, answer) = negotiation::accept(&options, &[offer]).expect("our own offer");
        let client = negotiation::activate(Some(&options), &answer.to_string());
        let client = client.expect("our own answer").expect("our own answer");
        let mut steps = Vec::new();
        if role == Role::Client {
            let extension = if extensions == Extensions::Deflate {
                format!("Sec-WebSocket-Extensions: {answer}\r\n")
            } else {
                String::new()
            };
            steps.push(Step::Receive(format!("{AGREED}{extension}\r\n").into_bytes()));
        }
        let agreements = if role == Role::Server { [server, client] } else { [client, server] };
        let limits = Limits { max_length, max_empty_fragments: 20, ..Limits::default() };
        let mut script = Script { role, limits, extensions, options, agreements, steps };
        script.read_steps(input);
        script
    }

    fn read_steps(&mut self, mut input: Input<'_>) {
        let mut peer = Deflate::new(&self.options, &self.agreements[1]);
        let mut pool = CodecPool::default();
        let mut total = 0;
        while !input.is_empty() && total < MOST {
            let operation = input.byte();
            let high = operation >> 4;
            let mut payload = |input: &mut Input<'_>| {
                let payload = payload(input, high);
                total += payload.len();
                payload
            };
            let step = match operation & 15 {
                0 => Step::Receive(input.field().to_vec()),
                1 | 2 => {
                    let first = input.byte();
                    Step::Receive(self.frame(first, input.field()))
                }
                3 | 4 => {
                    let payload = payload(&mut input);
                    Step::Receive(self.message(high & 1 | 0x80, &payload, input.take(2)))
                }
                5..=7 => {
                    let payload = payload(&mut input);
                    let mut wire = Vec::new();
                    let pays =
                        peer.compress(&mut pool, &payload, &mut wire).expect("any message can be compressed");
                    let (rsv, sent) = if pays { (0x40, &wire) } else { (0, &payload) };
                    Step::Receive(self.message(high & 1 | 0x80 | rsv, sent, input.take(2)))
                }
                8 => Step::Receive(self.message(0xc0 | high & 1, input.field(), input.take(1))),
                9 | 10 => Step::Settle,
                11 | 12 => Step::Send(payload(&mut input)),
                13 => Step::Codec,
                14 => Step::Rest,
                _ => Step::Stop,
            };
            if let Step::Receive(bytes) = &step {
                total += bytes.len();
            }
            self.steps.push(step);
        }
    }

    /// A text or binary message (bit 0 of `first`) in frames of these lengths; of the other bits, RSV1 to RSV3 count.
    fn message(&self, first: u8, payload: &[u8], lengths: &[u8]) -> Vec<u8> {
        let lengths = if lengths.first().is_none_or(|&length| length & 1 == 0) { &[] } else { lengths };
        let mut parts = chunks(payload, lengths);
        if parts.is_empty() {
            parts.push(&[]);
        }
        // Frames of a byte are slow in the hundred thousands, and say nothing new.
        if parts.len() > 1000 {
            parts = vec![payload];
        }
        let count = parts.len();
        let frames = parts.into_iter().enumerate().map(|(i, part)| {
            let fin = if i + 1 == count { 0x80 } else { 0 };
            let opcode = if i == 0 { first & 0x70 | (2 - (first & 1)) } else { 0 };
            self.frame(fin | opcode, part)
        });
        frames.collect::<Vec<_>>().concat()
    }

    /// A frame of the peer's with this first byte.
    fn frame(&self, first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = (self.role == Role::Server).then_some([0x11, 0x80, 0, 0xfe]);
        let mut bytes = Vec::new();
        Header { opcode: first & 15, rsv: first >> 4 & 7, mask }.append_frame(payload, &mut bytes);
        if let Some(byte) = bytes.first_mut() {
            *byte = first;
        }
        bytes
    }
}

/// The bytes of a message: as they stand, again and again, or noise; by the bits 1 and 2 of `how`.
fn payload(input: &mut Input<'_>, how: u8) -> Vec<u8> {
    let bytes = input.field();
    match how >> 1 & 3 {
        0 | 1 => bytes.to_vec(),
        2 => bytes.repeat((input.number() * 2).min(MOST / bytes.len().max(1))),
        _ => {
            let mut state = u64::from(bytes.first().copied().unwrap_or_default());
            let next = || {
                state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                (state >> 56) as u8
            };
            std::iter::repeat_with(next).take(input.number() * 2).collect()
        }
    }
}
