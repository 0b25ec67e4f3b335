//! Large compressed messages. There is no other thread here: a job is done in a turn of the loop to come, by `run`, so
//! that everybody else has their turn between two of them; inflating takes several turns, if it takes long. As natively, a job takes the codec of its connection with it
//! and brings it back.

use super::contents::{Decompression, Job, Owner};
use super::receive::STALE;
use super::state::{HEAD, State, state};
use crate::protocol::coding::inflate_more;
use crate::protocol::deflate::Deflate;
use crate::protocol::rows::Rows;
use crate::protocol::{Violation, Work};
use std::ptr::null;

/// `inflate_later(id, slot)`: takes the job of a row `Inflate`. Returns 0 if the codec is away; the call is made again
/// when it is back.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "inflate_later"))]
extern "C" fn inflate_later(id: u32, slot: u32) -> i32 {
    let state = state();
    let Some(session) = state.session(slot) else { return STALE };
    let Some(work) = session.take_inflation() else { return 0 };
    state.jobs.waiting.push((id, Job::Inflate(slot, work)));
    1
}

/// `deflate_later(id, slot, length)`: compresses a message that stands at the front of the area. Returns 0 if the codec
/// is away.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "deflate_later"))]
extern "C" fn deflate_later(id: u32, slot: u32, length: u32) -> i32 {
    let state = state();
    let Some(session) = state.session(slot) else { return STALE };
    let Some(deflate) = session.take_deflate() else { return 0 };
    let plain = state.take_area(length);
    state.jobs.waiting.push((id, Job::Compress(Owner::Session(slot), deflate, plain)));
    1
}

/// `codec_later(id, handle, compress, length, limit)`: the same for a codec of another host's, both ways: of a message that
/// `codec_run` has begun, the rest.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "codec_later"))]
extern "C" fn codec_later(id: u32, handle: u32, compress: u32, length: u32, limit: f64) -> i32 {
    let state = state();
    let Some(found) = state.codecs.handle(handle) else { return STALE };
    let Some(deflate) = found.deflate.take() else { return 0 };
    let (read, plain) = std::mem::take(&mut found.begun);
    let bytes = state.take_area(length);
    let owner = Owner::Handle(handle);
    let job = match compress {
        0 => {
            let limit = limit as u64;
            Job::Decompress(owner, Decompression { deflate, input: bytes, read, plain, limit })
        }
        _ => Job::Compress(owner, deflate, bytes),
    };
    state.jobs.waiting.push((id, job));
    1
}

const BYTES: i32 = 0;
const FAULT: i32 = -1;
/// The extra of a message that is to leave as it is.
const AS_IT_IS: i32 = 1;
const GONE: [i32; 3] = [BYTES, -1, 0];
/// The kind of a job that is not done yet.
const MORE: [i32; 3] = [-2, 0, 0];

/// `run(id)`: does a job, and gives the codec back to its owner. The cells behind the head say what came of it: a row's
/// kind, a length and the row's extra, as in `Finished` of the native binding; or the kind -2 for a job that wants another
/// turn.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "run"))]
extern "C" fn run(id: u32) {
    let state = state();
    let outcome = state.do_job(id).unwrap_or(GONE);
    let cells = state.cells.get_mut(HEAD..).unwrap_or_default();
    cells.iter_mut().zip(outcome).for_each(|(cell, value)| *cell = value);
}

impl State {
    fn do_job(&mut self, id: u32) -> Option<[i32; 3]> {
        let place = self.jobs.waiting.iter().position(|(job, _)| *job == id)?;
        let job = self.jobs.waiting.remove(place).1;
        if !self.has_owner(&job) {
            return None;
        }
        let pool = &mut self.codecs.pool;
        match job {
            Job::Inflate(slot, work) => {
                let inflated = match work.step(pool, &mut Work::TURN.clone()) {
                    Ok(inflated) => inflated,
                    Err(rest) => return self.wait(id, Job::Inflate(slot, rest)),
                };
                let mut row = [0; 4];
                self.session(slot)?.finish_inflation(inflated, &mut Rows::new(&mut row));
                Some([row[0], row[2], row[3]])
            }
            Job::Compress(owner, mut deflate, bytes) => {
                let mut out = Vec::new();
                let outcome = deflate.compress(pool, &bytes, &mut out);
                self.keep(id, owner, deflate, bytes, outcome.map(|pays| pays.then_some(out)))
            }
            Job::Decompress(owner, mut one) => {
                let Decompression { deflate, input, read, plain, limit } = &mut one;
                let rest = input.get(*read..).unwrap_or_default();
                match inflate_more(deflate, pool, rest, plain, *limit, &mut Work::TURN.clone()) {
                    Ok(Some(length)) => {
                        *read += length;
                        self.wait(id, Job::Decompress(owner, one))
                    }
                    outcome => {
                        let Decompression { deflate, input, plain, .. } = one;
                        self.keep(id, owner, deflate, input, outcome.map(|_| Some(plain)))
                    }
                }
            }
        }
    }

    /// A job wants another turn.
    fn wait(&mut self, id: u32, job: Job) -> Option<[i32; 3]> {
        self.jobs.waiting.push((id, job));
        Some(MORE)
    }

    /// Whether a job is still wanted.
    fn has_owner(&mut self, job: &Job) -> bool {
        match job {
            Job::Inflate(slot, _)
            | Job::Compress(Owner::Session(slot), ..)
            | Job::Decompress(Owner::Session(slot), ..) => self.session(*slot).is_some(),
            Job::Compress(Owner::Handle(handle), ..) | Job::Decompress(Owner::Handle(handle), ..) => {
                self.codecs.handle(*handle).is_some()
            }
        }
    }

    /// Gives the codec back, and keeps what was made, or the input if that is nothing; kind, length and extra.
    fn keep(
        &mut self,
        id: u32,
        owner: Owner,
        deflate: Box<Deflate>,
        input: Vec<u8>,
        outcome: Result<Option<Vec<u8>>, Violation>,
    ) -> Option<[i32; 3]> {
        match owner {
            Owner::Session(slot) => self.session(slot)?.give_deflate(deflate),
            Owner::Handle(handle) => self.codecs.handle(handle)?.deflate = Some(deflate),
        }
        let (kind, bytes, extra) = match outcome {
            Ok(Some(bytes)) => {
                self.buffers.give(input);
                (BYTES, bytes, 0)
            }
            Ok(None) => (BYTES, input, AS_IT_IS),
            Err(violation) => (FAULT, violation.to_string().into_bytes(), i32::from(violation.code())),
        };
        let length = bytes.len() as i32;
        self.jobs.results.push((id, bytes));
        Some([kind, length, extra])
    }
}

/// `result(id)`: takes what a job made: its address, with its length in the head; 0 if there is nothing.
#[cfg_attr(target_arch = "wasm32", unsafe(export_name = "result"))]
extern "C" fn result(id: u32) -> *const u8 {
    let state = state();
    let Some(place) = state.jobs.results.iter().position(|(job, _)| *job == id) else { return null() };
    let (_, bytes) = state.jobs.results.swap_remove(place);
    state.put(bytes)
}
