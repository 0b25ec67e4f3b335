//! Any text as `Sec-WebSocket-Extensions` (RFC 6455 section 9.1): what was read can be written and read again, and
//! whatever a server agrees to works in both directions.

use super::input::Input;
use faye_websocket_native::protocol::deflate::negotiation::{self, Agreement};
use faye_websocket_native::protocol::deflate::{CodecPool, Deflate, Options, WindowBits};
use faye_websocket_native::protocol::extension::header::{parse, serialize};
use faye_websocket_native::protocol::extension::{Offer, Value};

/// See the module.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let options = options(&mut input);
    let header = String::from_utf8_lossy(input.rest()).into_owned();
    let _ = negotiation::activate(None, &header);
    let answered = negotiation::activate(Some(&options), &header);
    let offers = match parse(&header) {
        Ok(offers) => offers,
        Err(fault) => {
            assert_eq!(fault.0, header, "the fault holds the header");
            assert!(answered.is_err());
            return;
        }
    };
    check(&offers);
    if offers.iter().all(keeps_its_values) {
        let written = serialize(&offers);
        let again = parse(&written).expect("what we write follows the grammar");
        assert_eq!(again, offers, "{written:?}");
    }
    if let Ok(Some(agreement)) = answered {
        talk(&options, &agreement);
    }
    if let Some((agreement, answer)) = negotiation::accept(&options, &offers) {
        let answer = answer.to_string();
        assert!(answer.bytes().all(|byte| matches!(byte, b' '..=b'~')), "an answer keeps to its line");
        let read = parse(&answer).expect("an answer follows the grammar");
        assert_eq!(read.len(), 1);
        talk(&options, &agreement);
    }
}

/// Options of permessage-deflate.
pub fn options(input: &mut Input<'_>) -> Options {
    let (flags, bits) = (input.byte(), input.byte());
    let window =
        |wanted: bool, bits: u8| wanted.then(|| WindowBits::new(f64::from(8 + (bits & 7)))).flatten();
    Options {
        no_context_takeover: flags & 1 != 0,
        request_no_context_takeover: flags & 2 != 0,
        max_window_bits: window(flags & 4 != 0, bits),
        request_max_window_bits: window(flags & 8 != 0, bits >> 3),
        ..Options::default()
    }
}

/// What [`parse`] promises of each offer.
fn check(offers: &[Offer]) {
    for offer in offers {
        assert!(!offer.name.is_empty());
        for (i, param) in offer.params.iter().enumerate() {
            assert!(!param.values.is_empty());
            let before = offer.params.get(..i).unwrap_or_default();
            assert!(before.iter().all(|other| other.name != param.name), "no name occurs twice");
        }
    }
}

/// Whether writing and reading gives the same: not so for numbers that need an exponent.
fn keeps_its_values(offer: &Offer) -> bool {
    offer.params.iter().flat_map(|param| &param.values).all(|value| match value {
        Value::Number(number) => *number == 0.0 || (1e-6..1e21).contains(&number.abs()),
        _ => true,
    })
}

/// Messages go to a peer that understood the same, and come back.
pub fn talk(options: &Options, agreement: &Agreement) {
    let mirrored = Agreement { outgoing: agreement.incoming, incoming: agreement.outgoing };
    let mut ends = [Deflate::new(options, agreement), Deflate::new(options, &mirrored)];
    let mut pool = CodecPool::default();
    let text = b"What was agreed on works. What was agreed on works in both directions.".repeat(5);
    for _ in 0..2 {
        for (sender, receiver) in [(0, 1), (1, 0)] {
            let (mut wire, mut plain) = (Vec::new(), Vec::new());
            let pays =
                ends[sender].compress(&mut pool, &text, &mut wire).expect("a message can be compressed");
            assert!(pays, "it repeats itself");
            let limit = text.len() as u64;
            ends[receiver].decompress(&mut pool, &wire, true, &mut plain, limit).expect("and inflated");
            assert_eq!(plain, text);
        }
    }
}
