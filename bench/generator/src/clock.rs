//! CPU time of a process, read from outside, and the window in which it is measured.
//!
//! `clock_getcpuclockid(3)` names another process's CPU clock: user and system time of all its threads, living and
//! gone, at nanosecond grain. So every peer is measured alike, with no code in the peer.

use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use crate::Outcome;

/// A stretch of CPU time is given up after this many times as much wall time.
const STRETCH: u32 = 6;
/// A load at a fixed rate may leave the process idle for most of the time: its stretches are wall time.
const WALL: u32 = 1;
/// How often the clock of the process under test is looked at: reading it costs a system call.
const GLANCE: Duration = Duration::from_millis(10);

/// The CPU clock of a process.
#[derive(Clone, Copy)]
pub(crate) struct CpuClock(ClockId);

impl CpuClock {
    /// The clock of the process with this id.
    pub(crate) fn of(pid: usize) -> Outcome<Self> {
        Ok(Self(clock_getcpuclockid(Pid::from_raw(i32::try_from(pid)?))?))
    }

    /// The clock of the generator itself.
    pub(crate) fn own() -> Self {
        Self(ClockId::CLOCK_PROCESS_CPUTIME_ID)
    }

    /// CPU time used so far.
    pub(crate) fn read(self) -> Outcome<Duration> {
        Ok(clock_gettime(self.0)?.into())
    }
}

/// Readings at one moment.
#[derive(Clone, Copy)]
struct Mark {
    at: Instant,
    subject: Duration,
    own: Duration,
    messages: u64,
}

impl Mark {
    /// Whether enough has been done since an earlier mark.
    fn is_past(&self, earlier: &Self, length: Duration, stretch: u32) -> bool {
        let used = self.subject.saturating_sub(earlier.subject);
        self.messages > earlier.messages && (used >= length || self.at - earlier.at >= length * stretch)
    }
}

/// Counts messages and CPU time between the end of the warm-up and the end of the window.
///
/// Both are lengths of *CPU time* of the process under test. In wall time, a process that gets a tenth of a busy core
/// would be measured before its JIT compiler has seen the hot path; this way the same work is done and measured,
/// however long it takes.
///
/// Offer it the running count after each turn in which messages completed: both ends of the window then fall on the
/// completion of a message, which is what makes windows of a few large messages exact.
pub(crate) struct Window {
    subject: CpuClock,
    warm: Duration,
    length: Duration,
    stretch: u32,
    born: Mark,
    start: Option<Mark>,
    glanced: Instant,
}

impl Window {
    /// Opens a window on the process `pid`, after a warm-up.
    pub(crate) fn open(pid: usize, warm: Duration, length: Duration) -> Outcome<Self> {
        let subject = CpuClock::of(pid)?;
        let born = mark(subject, 0)?;
        Ok(Self { subject, warm, length, stretch: STRETCH, born, start: None, glanced: born.at })
    }

    /// The same in wall time.
    pub(crate) fn open_by_wall(pid: usize, warm: Duration, length: Duration) -> Outcome<Self> {
        Ok(Self { stretch: WALL, ..Self::open(pid, warm, length)? })
    }

    /// Whether the warm-up is over.
    pub(crate) fn is_measuring(&self) -> bool {
        self.start.is_some()
    }

    /// Takes the running count of messages; answers with the sample once the window is over.
    pub(crate) fn offer(&mut self, messages: u64) -> Outcome<Option<Sample>> {
        let now = Instant::now();
        if now.duration_since(self.glanced) < GLANCE {
            return Ok(None);
        }
        self.glanced = now;
        let here = mark(self.subject, messages)?;
        match self.start {
            None if here.is_past(&self.born, self.warm, self.stretch) => {
                self.start = Some(here);
                Ok(None)
            }
            Some(start) if here.is_past(&start, self.length, self.stretch) => Ok(Some(Sample {
                messages: here.messages - start.messages,
                wall: here.at - start.at,
                subject: here.subject.saturating_sub(start.subject),
                own: here.own - start.own,
                subject_total: here.subject,
                own_total: here.own,
            })),
            _ => Ok(None),
        }
    }
}

fn mark(subject: CpuClock, messages: u64) -> Outcome<Mark> {
    Ok(Mark { at: Instant::now(), subject: subject.read()?, own: CpuClock::own().read()?, messages })
}

/// What one window measured.
pub(crate) struct Sample {
    messages: u64,
    wall: Duration,
    subject: Duration,
    own: Duration,
    subject_total: Duration,
    own_total: Duration,
}

impl Sample {
    /// The sample as a JSON object, with more members appended.
    pub(crate) fn json(&self, more: &str) -> String {
        format!(
            "{{\"messages\":{},\"wall\":{},\"cpu\":{},\"generator\":{},\"cpuTotal\":{},\"generatorTotal\":{}{more}}}",
            self.messages,
            self.wall.as_secs_f64(),
            self.subject.as_secs_f64(),
            self.own.as_secs_f64(),
            self.subject_total.as_secs_f64(),
            self.own_total.as_secs_f64(),
        )
    }
}
