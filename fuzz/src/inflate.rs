//! Any bytes as compressed messages (RFC 7692 section 7.2.2): however they are cut, they inflate to the same, which
//! is what zlib makes of them without our windows and pools; and no output goes beyond the limit.

use super::extension_header::options;
use super::input::{Input, chunks};
use faye_websocket_native::protocol::Violation;
use faye_websocket_native::protocol::deflate::negotiation::{self, Agreement};
use faye_websocket_native::protocol::deflate::{CodecPool, Deflate, Options};
use zlib_rs::{Inflate, InflateFlush, Status};

/// What a connection with full windows may take, both directions together.
const MOST_MEMORY: usize = 256 << 10;

/// See the module.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let limit = [0, 100, 5_000, 100_000][usize::from(input.byte() & 3)];
    let options = options(&mut input);
    let pattern = input.take(3);
    let mut messages = Vec::new();
    while !input.is_empty() {
        let length = input.number();
        messages.push(input.take(length));
    }

    let (agreement, _) =
        negotiation::accept(&options, &[negotiation::offer(&options)]).expect("our own offer");
    let whole = play(&options, &agreement, &messages, limit, None);
    let parts = play(&options, &agreement, &messages, limit, Some(pattern));
    assert_eq!(parts, whole, "in parts of {pattern:?}");
    compare(&agreement, &messages, limit, &whole);
}

/// Inflates message after message, up to the first that cannot be.
fn play(
    options: &Options,
    agreement: &Agreement,
    messages: &[&[u8]],
    limit: u64,
    pattern: Option<&[u8]>,
) -> Vec<Option<Vec<u8>>> {
    let mut deflate = Deflate::new(options, agreement);
    let mut pool = CodecPool::default();
    let mut outcomes = Vec::new();
    for message in messages {
        let mut plain = Vec::new();
        let mut parts = pattern.map_or_else(|| vec![*message], |pattern| chunks(message, pattern));
        if pattern.is_some() {
            parts.push(&[]);
        }
        let last = parts.len() - 1;
        let result = parts.iter().enumerate().try_for_each(|(i, part)| {
            let result = deflate.decompress(&mut pool, part, i == last, &mut plain, limit);
            assert!(
                plain.len() as u64 <= limit + 1 && plain.capacity() as u64 <= limit + 1,
                "within the limit"
            );
            assert!(deflate.memory_usage() <= MOST_MEMORY, "{}", deflate.memory_usage());
            result
        });
        match result {
            Ok(()) => {
                assert!(plain.len() as u64 <= limit);
                outcomes.push(Some(plain));
            }
            Err(violation) => {
                assert!(matches!(violation, Violation::TooLarge | Violation::Extension(_)));
                assert!(violation != Violation::TooLarge || plain.len() as u64 > limit);
                outcomes.push(None);
                break;
            }
        }
        if message.len() & 1 == 1 {
            deflate.hibernate();
        }
    }
    deflate.close(&mut pool);
    outcomes
}

/// Inflates with one codec that keeps its own window, up to the first thing out of the common.
fn compare(agreement: &Agreement, messages: &[&[u8]], limit: u64, outcomes: &[Option<Vec<u8>>]) {
    let mut codec = Inflate::new(false, 15);
    let mut space = vec![0; limit as usize + 1];
    for (message, outcome) in messages.iter().zip(outcomes) {
        let Some(plain) = outcome else { return };
        if message.is_empty() {
            // It has no block that what is left out on the wire could complete.
            continue;
        }
        if !agreement.incoming.context_takeover {
            codec.reset(false);
        }
        let stream = [message, [0x00, 0x00, 0xff, 0xff].as_slice()].concat();
        let start = codec.total_out();
        match codec.decompress(&stream, &mut space, InflateFlush::SyncFlush) {
            Ok(Status::Ok | Status::BufError) => {}
            // Of several streams in one message, or bytes behind a message, the codec alone knows nothing.
            _ => return,
        }
        let written = (codec.total_out() - start) as usize;
        assert_eq!(plain.as_slice(), &space[..written], "as zlib inflates it");
    }
}
