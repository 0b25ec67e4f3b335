//! Takes the results of jobs on other threads back to the loop. The jobs are those of [`offload`](super::offload).

use super::export::{Export, Exports, register as export};
use super::injected;
use super::js::owned;
use super::js::values::Args;
use super::offload::pool;
use super::receive::{break_off, copy_part};
use super::state::jobs::{Done, Outcome, Owner, Work};
use super::state::registry::{Registry, find};
use super::state::texts::Characters;
use crate::protocol::rows::{Kind, Rows};
use crate::protocol::{Buffers, Session, Violation};
use napi::{Error, Result, Status, sys};
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<Finished>(exports)?;
    export::<TakeResult>(exports)?;
    export::<ResultPart>(exports)?;
    export::<ResultText>(exports)
}

/// `finished()`: takes back what one job has made, as an array of four numbers: the job, a row's kind, a length and the
/// row's extra; an empty one if no job is done. The kind is 0 for bytes that wait for `takeResult` or `resultPart`, with the extra 1 if
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

/// What has become of a job.
enum Taken {
    /// A row that says it all.
    Row([i32; 3]),
    /// Bytes that wait for `takeResult`, and the row's extra.
    Bytes(Vec<u8>, i32),
    /// A fault, whose text waits for `resultText`.
    Fault(Violation),
}

/// Gives the codec back to its owner, and keeps the result until it is taken. Returns the row's kind, length and extra.
fn take_back(registry: &mut Registry, done: Done) -> [i32; 3] {
    let Registry { slots, codecs, offload, buffers, texts, .. } = registry;
    let Some(offload) = offload else { return GONE };
    injected::panics("finished");
    let taken = match done.owner {
        Owner::Session(slot) => {
            let Ok(session) = find(slots, slot) else { return GONE };
            take_back_to_session(session, done.outcome, buffers, |characters| {
                texts.insert(slot, characters);
            })
        }
        Owner::Handle(handle) => match done.outcome {
            Outcome::Ran(deflate, input, result) => {
                let Ok(owner) = codecs.handle(handle) else { return GONE };
                owner.deflate = Some(deflate);
                made(input, result, buffers)
            }
            Outcome::Lost(_) => Taken::Fault(Violation::Internal),
            Outcome::Inflated(_) | Outcome::Converted(..) => return GONE,
        },
    };
    let (kind, bytes, extra) = match taken {
        Taken::Row(row) => return row,
        Taken::Bytes(bytes, extra) => (BYTES, bytes, extra),
        Taken::Fault(violation) => (FAULT, violation.to_string().into_bytes(), i32::from(violation.code())),
    };
    let length = bytes.len() as i32;
    offload.results.insert(done.id, bytes);
    [kind, length, extra]
}

/// Gives a session what the job has of it; `keep` takes the characters of a text.
fn take_back_to_session(
    session: &mut Session,
    outcome: Outcome,
    buffers: &mut Buffers,
    keep: impl FnOnce(Characters),
) -> Taken {
    match outcome {
        Outcome::Inflated(inflated) => row(|rows| session.finish_inflation(inflated, rows)),
        Outcome::Lost(Work::Incoming) => row(|rows| break_off(session, rows)),
        Outcome::Lost(Work::Message) => {
            // The codec is lost, and the peer's next message may need it.
            session.stop();
            Taken::Fault(Violation::Internal)
        }
        Outcome::Ran(deflate, input, result) => {
            session.give_deflate(deflate);
            made(input, result, buffers)
        }
        Outcome::Converted(bytes, characters) => {
            let length = bytes.len() as i32;
            buffers.give(bytes);
            let Some(characters) = characters else {
                session.stop();
                return Taken::Fault(Violation::OutOfMemory);
            };
            keep(characters);
            Taken::Row([TEXT, length, 0])
        }
    }
}

/// The only row that `write` writes.
fn row(write: impl FnOnce(&mut Rows<'_>)) -> Taken {
    let mut cells = [0; 4];
    write(&mut Rows::new(&mut cells));
    let [kind, _, length, extra] = cells;
    Taken::Row([kind, length, extra])
}

/// What a codec has made of `input`.
fn made(
    input: Vec<u8>,
    result: std::result::Result<Option<Vec<u8>>, Violation>,
    buffers: &mut Buffers,
) -> Taken {
    match result {
        Ok(Some(made)) => {
            buffers.give(input);
            Taken::Bytes(made, 0)
        }
        Ok(None) => Taken::Bytes(input, AS_IT_IS),
        Err(violation) => Taken::Fault(violation),
    }
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

/// `resultPart(id, target, at)`: copies a part of what a job made, from `at` on, to the same place in `target`, which is as long.
/// Returns where the part ends; behind the last one, the result is gone.
struct ResultPart;
impl Export for ResultPart {
    const NAME: &'static str = "resultPart";
    const ARGUMENTS: usize = 3;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (id, target, at) = (args.u32(0)?, args.bytes(1)?, args.u32(2)? as usize);
        let results = &mut pool(registry)?.results;
        let bytes = results.get(&id).ok_or_else(|| Error::from_status(Status::InvalidArg))?;
        let end = copy_part(bytes, target, at)?;
        if end == target.len() {
            results.remove(&id);
        }
        args.number(end as i32)
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
