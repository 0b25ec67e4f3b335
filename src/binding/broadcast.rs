//! One message to many connections: one frame, in one call.

use super::export::{Export, Exports, panicked, register as export};
use super::injected;
use super::js::values::{Args, no_memory, reserve};
use super::state::registry::Registry;
use crate::protocol::hybi::sender::{Header, MAX_HEADER};
use crate::transport::reactor::Reactor;
use napi::{Result, sys};
use std::collections::TryReserveError;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Payloads from this size up are not copied behind their header.
const UNCOPIED_FROM: usize = 16 * 1024;

/// Bytes of a cell of the array of slots.
const CELL: usize = size_of::<i32>();

pub(super) fn register(exports: Exports) -> Result<()> {
    export::<DirectMany>(exports)
}

/// `directMany(slots, count, opcode, payload)`: sends one frame to servers' connections. `slots` is the memory of an
/// Int32Array with the slots of `count` of them in front, as `~slot` where more messages of the connection are about to be
/// handled in this batch. Returns how many connections are backed up; their places in the array stand in its front then.
/// Where one cannot get the frame, the others do all the same, and then that is thrown.
struct DirectMany;
impl Export for DirectMany {
    const NAME: &'static str = "directMany";
    const ARGUMENTS: usize = 4;
    fn call(registry: &mut Registry, args: &Args<'_>) -> Result<sys::napi_value> {
        let (slots, count) = (args.bytes(0)?, args.u32(1)? as usize);
        let (opcode, payload) = (args.u32(2)? as u8, args.bytes(3)?);
        let Registry { direct: Some(direct), frame, .. } = registry else { return args.number(0) };
        let header = Header { opcode: opcode & 15, rsv: (opcode >> 4) & 7, mask: None };
        frame.clear();
        let body: &[u8] = if payload.len() < UNCOPIED_FROM {
            reserve(frame, MAX_HEADER + payload.len())?;
            header.append_frame(payload, frame);
            &[]
        } else {
            header.append(payload.len(), frame);
            payload
        };
        injected::panics("frame");
        let mut round = Round { slots, count, at: 0, full: 0 };
        let mut failure = None;
        loop {
            let share = AssertUnwindSafe(|| round.share(&mut direct.reactor, frame, body));
            match catch_unwind(share) {
                Ok(Ok(())) => break,
                Ok(Err(refused)) => failure = failure.or(Some(no_memory(refused))),
                Err(_) => failure = failure.or(Some(panicked(Self::NAME))),
            }
        }
        failure.map_or_else(|| args.number(round.full as i32), Err)
    }
}

/// The connections that get a frame, as `directMany` is given them.
struct Round<'a> {
    slots: &'a mut [u8],
    count: usize,
    /// The place of the next one.
    at: usize,
    /// How many are backed up.
    full: usize,
}

impl Round<'_> {
    /// Goes on with the next connection, until all have got the frame or one cannot get it.
    fn share(
        &mut self,
        reactor: &mut Reactor,
        header: &[u8],
        payload: &[u8],
    ) -> std::result::Result<(), TryReserveError> {
        while self.at < self.count {
            let place = self.at;
            let Some(cell) = cell(self.slots, place) else { break };
            let number = i32::from_ne_bytes(*cell);
            self.at += 1;
            injected::panics("many");
            let (slot, more) = if number < 0 { (!number, true) } else { (number, false) };
            if reactor.share(slot as u32, header, payload, more)? {
                // Places are told from the front on, where they have been read.
                let Some(cell) = self::cell(self.slots, self.full) else { break };
                *cell = (place as i32).to_ne_bytes();
                self.full += 1;
            }
        }
        Ok(())
    }
}

/// A cell of an Int32Array by its place.
fn cell(slots: &mut [u8], place: usize) -> Option<&mut [u8; CELL]> {
    slots.get_mut(place * CELL..)?.first_chunk_mut()
}
