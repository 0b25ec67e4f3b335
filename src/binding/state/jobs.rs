//! The jobs on other threads that one copy of the shim has started, and the way back to its loop.

use super::texts::Characters;
use super::threads::{Threads, Waiting};
use crate::protocol::Violation;
use crate::protocol::coding::Inflated;
use crate::protocol::deflate::{Deflate, Totals};
use napi::sys;
use std::collections::HashMap;
use std::ptr;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

/// The jobs of one copy of the shim.
pub(in crate::binding) struct Offload {
    pub(in crate::binding) threads: Rc<Threads>,
    /// What is called when jobs are done. The reference is strong while there are any.
    pub(in crate::binding) callback: sys::napi_ref,
    pub(in crate::binding) wake: Arc<Mutex<Wake>>,
    pub(in crate::binding) sender: Sender<Done>,
    pub(in crate::binding) receiver: Receiver<Done>,
    /// Jobs that have not been taken back.
    pub(in crate::binding) jobs: usize,
    /// Results by the number of their job, until they are taken.
    pub(in crate::binding) results: HashMap<u32, Vec<u8>>,
}

/// The function that calls the loop back; null once the environment is ending.
pub(in crate::binding) struct Wake(pub(in crate::binding) sys::napi_threadsafe_function);

// SAFETY: calling a thread-safe function from any thread is what it is for. It is called only under the lock under
// which it is also taken away, before the environment lets go of it.
unsafe impl Send for Wake {}

/// Whose codec the job has.
#[derive(Clone, Copy)]
pub(in crate::binding) enum Owner {
    Session(u32),
    Handle(u32),
}

/// A job that is done.
pub(in crate::binding) struct Done {
    pub(in crate::binding) id: u32,
    pub(in crate::binding) owner: Owner,
    pub(in crate::binding) outcome: Outcome,
    /// What it compressed or inflated.
    pub(in crate::binding) totals: Totals,
    /// What it has made, as long as the loop has not taken it.
    #[expect(dead_code, reason = "it counts until it is dropped")]
    pub(in crate::binding) waiting: Waiting,
}

pub(in crate::binding) enum Outcome {
    Inflated(Inflated),
    /// With the message that was worked on, whose buffer is reused, and the result: `None` if the message is to be sent
    /// uncompressed.
    Ran(Box<Deflate>, Vec<u8>, std::result::Result<Option<Vec<u8>>, Violation>),
    /// A text, and its characters unless there was no memory for them.
    Converted(Vec<u8>, Option<Characters>),
    /// The job panicked, and its codec went with it.
    Lost(Work),
}

impl Outcome {
    /// The bytes that the job has made.
    pub(in crate::binding) fn size(&self) -> usize {
        match self {
            Outcome::Inflated(inflated) => inflated.size(),
            Outcome::Ran(_, _, Ok(Some(made))) => made.len(),
            Outcome::Converted(_, Some(characters)) => characters.size(),
            _ => 0,
        }
    }
}

/// What a job is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::binding) enum Work {
    /// A message that a session has received; until it is inflated the session parses nothing more.
    Incoming,
    /// A message to send, or one of another host's.
    Message,
}

impl Drop for Offload {
    fn drop(&mut self) {
        self.wake.lock().unwrap_or_else(PoisonError::into_inner).0 = ptr::null_mut();
    }
}
