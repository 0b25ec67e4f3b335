//! Threads that take long work off the loop, two at most for each environment, whatever number of copies of the shim it
//! has loaded.
//!
//! A thread starts with the first job that finds no idle one, and ends after two seconds without a job. Starting one
//! can fail (`RLIMIT_NPROC`, a container's `pids.max`, no memory for a stack): then the job waits for a thread that
//! already runs; if none does, [`Threads::start`] returns the job, and the caller runs it. Nothing here panics when no
//! thread can be started. No job begins while much that others have made waits for the loop: a kilobyte may inflate to a
//! megabyte, and what a loop that is slower than the threads has not taken would be without bound. Dropping [`Threads`] drops the jobs that have not begun, and does not wait for those that
//! run.

use super::returning::Returning;
use crate::binding::injected;
use crate::protocol::deflate::CodecPool;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::{Rc, Weak};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The most threads of one environment. More jobs wait for these, in order.
const MOST: usize = 2;
/// No job begins while so many bytes that others have made wait for the loop. One more may be made by each thread.
const MOST_WAITING: usize = 16 * 1024 * 1024;
/// How long a thread without work stays.
const KEEP_ALIVE: Duration = Duration::from_secs(2);
/// By how much the nice value of the threads is above that of the loop's thread.
#[cfg(target_os = "linux")]
const NICE: libc::c_int = 5;

/// Work for a thread; it is given the codecs of the thread that runs it.
pub(in crate::binding) type Job = Box<dyn FnOnce(&mut CodecPool) + Send>;

/// The threads of one environment.
#[derive(Default)]
pub(in crate::binding) struct Threads {
    shared: Arc<Shared>,
}

thread_local! {
    /// The threads of this thread's environment, as long as a copy of the shim has them.
    static THREADS: RefCell<Weak<Threads>> = const { RefCell::new(Weak::new()) };
}

/// Where what jobs have made is counted while it waits for the loop.
#[derive(Clone)]
pub(in crate::binding) struct Results(Arc<Shared>);

impl Results {
    /// Counts so many bytes until what is returned is dropped.
    pub(in crate::binding) fn count(&self, bytes: usize) -> Waiting {
        self.0.lock().waiting += bytes;
        Waiting { results: self.clone(), bytes }
    }
}

/// Bytes that wait for the loop.
pub(in crate::binding) struct Waiting {
    results: Results,
    bytes: usize,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Results(shared) = &self.results;
        let mut state = shared.lock();
        let was_full = state.is_full();
        state.waiting -= self.bytes;
        let has_room = was_full && !state.is_full();
        drop(state);
        if has_room {
            shared.changed.notify_all();
        }
    }
}

/// The state that the loop and the threads share.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    /// Threads that wait for a job, or for the loop.
    idle: usize,
    /// Bytes that jobs have made and the loop has not taken.
    waiting: usize,
    /// Whether the environment has gone.
    closed: bool,
}

impl State {
    /// Whether more waits for the loop than may while a job begins.
    fn is_full(&self) -> bool {
        self.waiting > MOST_WAITING
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Jobs run without the lock, so whatever panicked has left the state as it was.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Threads {
    /// The threads of this thread's environment.
    pub(in crate::binding) fn of_this_thread() -> Rc<Self> {
        THREADS.with_borrow_mut(|threads| {
            threads.upgrade().unwrap_or_else(|| {
                let new = Rc::new(Threads::default());
                *threads = Rc::downgrade(&new);
                new
            })
        })
    }

    /// Where is counted what the jobs make.
    pub(in crate::binding) fn results(&self) -> Results {
        Results(Arc::clone(&self.shared))
    }

    /// Has a thread run `job`.
    ///
    /// # Errors
    /// The job itself, when there is no thread and none can be started.
    pub(in crate::binding) fn start(&self, job: Job) -> Result<(), Job> {
        let mut state = self.shared.lock();
        if state.idle <= state.jobs.len() && state.threads < MOST {
            match self.spawn() {
                Ok(()) => state.threads += 1,
                Err(_) if state.threads == 0 => return Err(job),
                // The job waits for a thread that already runs.
                Err(_) => {}
            }
        }
        state.jobs.push_back(job);
        drop(state);
        self.shared.changed.notify_one();
        Ok(())
    }

    fn spawn(&self) -> io::Result<()> {
        injected::refuse("thread")?;
        let shared = Arc::clone(&self.shared);
        thread::Builder::new().name("websocket-deflate".to_owned()).spawn(move || work(&shared))?;
        Ok(())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        let jobs = std::mem::take(&mut state.jobs);
        drop(state);
        self.shared.changed.notify_all();
        drop(jobs);
    }
}

/// The life of a thread: jobs in their order, until there has been none for a while.
fn work(shared: &Shared) {
    yield_to_loops();
    // The thread yields between steps, so that a loop never waits for a whole time slice of the system.
    let mut codecs = CodecPool::with_pause(thread::yield_now);
    while let Some(job) = next(shared) {
        if catch_unwind(AssertUnwindSafe(|| job(&mut codecs))).is_err() {
            // The panic may have left the codecs in any state.
            codecs = CodecPool::with_pause(thread::yield_now);
        }
    }
    drop(codecs);
    // This thread has allocated messages in a heap of its own, which the loop's thread does not allocate from; so its
    // free memory goes back here.
    let mut returning = Returning::default();
    returning.search();
    while returning.step() {}
}

/// Waits for a job; nothing when it is time for the thread to end.
fn next(shared: &Shared) -> Option<Job> {
    let mut state = shared.lock();
    loop {
        if !state.is_full()
            && let Some(job) = state.jobs.pop_front()
        {
            return Some(job);
        }
        if state.closed {
            break;
        }
        state.idle += 1;
        let waited = shared.changed.wait_timeout(state, KEEP_ALIVE);
        let timeout;
        (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        state.idle -= 1;
        if timeout.timed_out() && state.jobs.is_empty() {
            break;
        }
    }
    // Under the lock: whoever starts a job either sees that this thread has gone, or had its job seen above.
    state.threads -= 1;
    None
}

/// Lowers the priority of this thread, so that a loop that wants the same core gets it.
fn yield_to_loops() {
    // SAFETY: the call takes any number. On Linux it is about the calling thread alone.
    #[cfg(target_os = "linux")]
    unsafe {
        libc::nice(NICE);
    }
}
