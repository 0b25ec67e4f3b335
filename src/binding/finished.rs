//! Takes the results of jobs on other threads back to the loop. The jobs are those of [`offload`](super::offload).

use super::export::{Export, Exports, register as export};
use super::injected;
use super::js::owned;
use super::js::values::Args;
use super::offload::pool;
use super::receive::break_off;
use super::state::jobs::{Done, Outcome, Owner, Work};
use super::state::registry::{Registry, find};
use crate::protocol::Violation;
use crate::protocol::rows::{Kind, Rows};
use napi::{Error, Result, Status, sys};
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<Finished>(exports)?;
    export::<TakeResult>(exports)?;
    export::<ResultText>(exports)
}

/// `finished()`: takes back what one job has made, as an array of four numbers: the job, a row's kind, a length and the
/// row's extra; an empty one if no job is done. The kind is 0 for bytes that wait for `takeResult`, with the extra 1 if
/// they are a message that is to be sent uncompressed; 2 for a text that waits for `takeConverted`; and -1 for a fault,
/// with its code as the extra and its text for `resultText`. A job whose owner has gone is reported with the length -1.
struct Finished;
impl Export for Finished {
    const NAME: &'static str = "finished";
    const ARGUMENTS: usize = 0;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let Ok(done) = pool(registry)?.receiver.try_recv() else { return args.array(&[]) };
        pool(registry)?.end_job(args.env())?;
        registry.codecs.pool.totals += done.totals;
        let id = done.id as i32;
        let owner = done.owner;
        let taken = catch_unwind(AssertUnwindSafe(|| take_back(registry, done)));
        let [kind, length, extra] = match taken {
            Ok(row) => row,
            // The codec may have gone with it, or the message.
            Err(_) => give_up(registry, id as u32, owner),
        };
        let cells = [id, kind, length, extra].into_iter().map(|cell| args.number(cell));
        args.array(&cells.collect::<Result<Vec<_>>>()?)
    }
}

/// A job could not be taken back: its connection, or its codec, is of no more use. Returns the row of that fault.
fn give_up(registry: &mut Registry, id: u32, owner: Owner) -> [i32; 3] {
    match owner {
        Owner::Session(slot) => {
            let Ok(session) = find(&mut registry.slots, slot) else { return GONE };
            session.stop();
        }
        Owner::Handle(handle) => {
            let Ok(owner) = registry.codecs.handle(handle) else { return GONE };
            owner.deflate = None;
        }
    }
    let text = Violation::Internal.to_string().into_bytes();
    let length = text.len() as i32;
    let Some(offload) = &mut registry.offload else { return GONE };
    offload.results.insert(id, text);
    [FAULT, length, i32::from(Violation::Internal.code())]
}

const BYTES: i32 = 0;
const FAULT: i32 = -1;
/// The kind of a text that waits for `takeConverted`.
const TEXT: i32 = Kind::Text as i32;
/// The extra of a message that is to be sent uncompressed.
const AS_IT_IS: i32 = 1;
const GONE: [i32; 3] = [BYTES, -1, 0];

/// Gives the codec back to its owner, and keeps the result until it is taken. Returns the row's kind, length and extra.
fn take_back(registry: &mut Registry, done: Done) -> [i32; 3] {
    let Registry { slots, codecs, offload, buffers, texts, .. } = registry;
    let Some(offload) = offload else { return GONE };
    injected::panics("finished");
    let mut cells = [0; 4];
    let result = match (done.owner, done.outcome) {
        (Owner::Session(slot), Outcome::Inflated(inflated)) => {
            let Ok(session) = find(slots, slot) else { return GONE };
            session.finish_inflation(inflated, &mut Rows::new(&mut cells));
            return [cells[0], cells[2], cells[3]];
        }
        (Owner::Session(slot), Outcome::Lost(Work::Incoming)) => {
            let Ok(session) = find(slots, slot) else { return GONE };
            break_off(session, &mut Rows::new(&mut cells));
            return [cells[0], cells[2], cells[3]];
        }
        (Owner::Session(slot), Outcome::Lost(Work::Message)) => {
            let Ok(session) = find(slots, slot) else { return GONE };
            // The codec is lost, and the peer's next message may need it.
            session.stop();
            Err(Violation::Internal)
        }
        (owner, Outcome::Ran(deflate, input, result)) => {
            match owner {
                Owner::Session(slot) => {
                    let Ok(session) = find(slots, slot) else { return GONE };
                    session.give_deflate(deflate);
                }
                Owner::Handle(handle) => {
                    let Ok(owner) = codecs.handle(handle) else { return GONE };
                    owner.deflate = Some(deflate);
                }
            }
            match result {
                Ok(Some(made)) => {
                    buffers.give(input);
                    Ok((made, 0))
                }
                Ok(None) => Ok((input, AS_IT_IS)),
                Err(violation) => Err(violation),
            }
        }
        (Owner::Handle(_), Outcome::Lost(_)) => Err(Violation::Internal),
        (Owner::Session(slot), Outcome::Converted(bytes, characters)) => {
            let Ok(session) = find(slots, slot) else { return GONE };
            let length = bytes.len() as i32;
            buffers.give(bytes);
            match characters {
                Some(characters) => {
                    texts.insert(slot, characters);
                    return [TEXT, length, 0];
                }
                None => {
                    session.stop();
                    Err(Violation::OutOfMemory)
                }
            }
        }
        (Owner::Handle(_), Outcome::Inflated(_) | Outcome::Converted(..)) => return GONE,
    };
    let (kind, bytes, extra) = match result {
        Ok((bytes, extra)) => (BYTES, bytes, extra),
        Err(violation) => (FAULT, violation.to_string().into_bytes(), i32::from(violation.code())),
    };
    let length = bytes.len() as i32;
    offload.results.insert(done.id, bytes);
    [kind, length, extra]
}

/// `takeResult(id, target)`: copies what a job made into `target`, which is as long; without a target, returns it as a
/// Buffer, not copied if that can be.
struct TakeResult;
impl Export for TakeResult {
    const NAME: &'static str = "takeResult";
    const ARGUMENTS: usize = 2;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let bytes = result(registry, args)?;
        let Some(target) = args.optional_bytes(1)? else {
            return owned::buffer(args, bytes);
        };
        if bytes.len() != target.len() {
            return Err(Error::from_status(Status::InvalidArg));
        }
        target.copy_from_slice(&bytes);
        Ok(args.undefined())
    }
}

/// `resultText(id)`: the text of a job's fault.
struct ResultText;
impl Export for ResultText {
    const NAME: &'static str = "resultText";
    const ARGUMENTS: usize = 1;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        args.text(&String::from_utf8_lossy(&result(registry, args)?))
    }
}

fn result(registry: &mut Registry, args: &Args<'_>) -> Result<Vec<u8>> {
    let id = args.u32(0)?;
    pool(registry)?.results.remove(&id).ok_or_else(|| Error::from_status(Status::InvalidArg))
}
