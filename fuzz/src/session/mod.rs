//! A whole session as a list of operations: what a peer sends, and what the caller does in between. In any chunking
//! the same operations have the same outcome; memory is bounded; messages sent and received come through.
//!
//! [`script`] reads the operations, with the peer's bytes; [`play`] has them done.

mod play;
mod script;

use super::events::{Event, check_order};
use super::input::Input;
use script::Script;

/// See the module.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let room = usize::from(input.byte() & 7) + 1;
    let pattern = input.take(3);
    let script = Script::read(input);

    let whole = play::play(&script, &[], 64);
    check_order(&whole.iter().filter(|event| event.kind > 0).cloned().collect::<Vec<Event>>());
    let parts = play::play(&script, pattern, room);
    assert!(parts == whole, "in chunks of {pattern:?}: {parts:?}\nas a whole: {whole:?}");
}
