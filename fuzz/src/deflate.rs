//! Messages of literals, repetitions and runs: with any settings they inflate to what they were, also at the limit and
//! not past it, and whatever the receiver's chunking (RFC 7692 section 7.2).

use super::extension_header::options;
use super::input::{Input, chunks};
use faye_websocket_native::protocol::Violation;
use faye_websocket_native::protocol::deflate::negotiation;
use faye_websocket_native::protocol::deflate::{CodecPool, Deflate, Level, MemLevel, Options, Strategy};

/// Bytes of all messages together.
const MOST: usize = 400_000;

/// See the module.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let server = settings(&mut input);
    let client = settings(&mut input);
    let pattern = input.take(2);
    let messages = messages(input);

    let offers = [negotiation::offer(&client)];
    // The two may want what they cannot have together.
    let Some((agreement, answer)) = negotiation::accept(&server, &offers) else { return };
    let Ok(Some(agreed)) = negotiation::activate(Some(&client), &answer.to_string()) else { return };
    let mut sender = Deflate::new(&server, &agreement);
    let mut receiver = Deflate::new(&client, &agreed);
    let mut pool = CodecPool::default();
    for (i, message) in messages.iter().enumerate() {
        let mut wire = b"before".to_vec();
        let pays = sender.compress(&mut pool, message, &mut wire).expect("any message can be compressed");
        assert!(wire.starts_with(b"before"), "it appends");
        let wire = &wire[6..];
        assert!(wire.len() <= most(&server, message.len()), "{} bytes became {}", message.len(), wire.len());
        if !pays {
            assert!(wire.is_empty(), "a message that leaves as it is has no other form");
            continue;
        }
        let limit = message.len() as u64;
        let mut plain = Vec::new();
        let last = i + 1 == messages.len();
        if last && limit > 0 {
            let result = receiver.decompress(&mut pool, wire, true, &mut plain, limit - 1);
            assert_eq!(result, Err(Violation::TooLarge));
            break;
        }
        for part in chunks(wire, pattern) {
            receiver.decompress(&mut pool, part, false, &mut plain, limit).expect("a part");
        }
        receiver.decompress(&mut pool, &[], true, &mut plain, limit).expect("the end");
        assert!(plain == *message, "message {i} comes back");
        if i & 1 == 1 {
            sender.hibernate();
            receiver.hibernate();
            pool.trim();
        }
    }
}

/// A message that repeats another may become longer up to this length.
const REPEATED: usize = 256;

/// The most bytes that a message of `length` bytes may become: no more than it has, or, if it repeats another, than stored
/// blocks make of it, which with zlib's smallest tables are short.
fn most(options: &Options, length: usize) -> usize {
    if length > REPEATED || options.no_context_takeover {
        return length;
    }
    let defaults = (Level::default(), MemLevel::default(), Strategy::Default);
    let defaults = (options.level, options.mem_level, options.strategy) == defaults;
    length + if defaults { length / 100 } else { length / 8 + length / 64 } + 64
}

fn settings(input: &mut Input<'_>) -> Options {
    let options = options(input);
    let (level, other) = (input.byte(), input.byte());
    let level = if level & 0x80 == 0 { Some(Level::default()) } else { Level::new(f64::from(level % 10)) };
    Options {
        level: level.expect("a level"),
        mem_level: MemLevel::new(f64::from(other % 9 + 1)).expect("a memory level"),
        strategy: Strategy::new(f64::from(other / 9 % 5)).expect("a strategy"),
        ..options
    }
}

/// Builds messages by operations. Repetitions may reach into earlier messages.
fn messages(mut input: Input<'_>) -> Vec<Vec<u8>> {
    let mut all: Vec<u8> = Vec::new();
    let mut ends = Vec::new();
    let mut noise = 1_u64;
    while !input.is_empty() && all.len() < MOST {
        let operation = input.byte();
        match operation & 7 {
            0 | 1 => all.extend_from_slice(input.take(usize::from(operation >> 3) + 1)),
            2 | 3 => {
                let distance = input.number() + 1;
                let length = if operation & 8 == 0 { usize::from(input.byte()) } else { input.number() };
                let start = all.len().saturating_sub(distance);
                for i in start..start + length {
                    let Some(&byte) = all.get(i) else { break };
                    all.push(byte);
                }
            }
            4 => {
                let (byte, length) = (input.byte(), input.number());
                all.extend(std::iter::repeat_n(byte, length));
            }
            5 => {
                let (bits, length) = (u32::from(operation >> 3 & 7), input.number());
                all.extend(
                    std::iter::repeat_with(|| {
                        noise = noise.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                        ((noise >> 56) as u8) >> bits
                    })
                    .take(length),
                );
            }
            _ => ends.push(all.len()),
        }
    }
    ends.push(all.len());
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(&ends).map(|(start, &end)| all[start..end].to_vec()).collect()
}
