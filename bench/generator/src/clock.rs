//! CPU time of a process, read from outside, and the window in which it is measured.
//!
//! `clock_getcpuclockid(3)` names another process's CPU clock: user and system time of all its threads, living and
//! gone, at nanosecond grain. So every peer is measured alike, with no code in the peer.

use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use crate::Outcome;

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

/// Counts messages and CPU time between the end of the warm-up and the end of the window.
///
/// Offer it the running count after each turn in which messages completed: both ends of the window then fall on the
/// completion of a message, which is what makes windows of a few large messages exact.
pub(crate) struct Window {
    subject: CpuClock,
    warm: Duration,
    length: Duration,
    born: Mark,
    start: Option<Mark>,
}

impl Window {
    /// Opens a window on the process `pid`, `length` long, after a warm-up.
    pub(crate) fn open(pid: usize, warm: Duration, length: Duration) -> Outcome<Self> {
        let subject = CpuClock::of(pid)?;
        let born = mark(subject, 0)?;
        Ok(Self { subject, warm, length, born, start: None })
    }

    /// Takes the running count of messages; answers with the sample once the window is over.
    pub(crate) fn offer(&mut self, messages: u64) -> Outcome<Option<Sample>> {
        let now = Instant::now();
        match self.start {
            None if now.duration_since(self.born.at) >= self.warm => {
                self.start = Some(mark(self.subject, messages)?);
                Ok(None)
            }
            Some(start) if now.duration_since(start.at) >= self.length && messages > start.messages => {
                let end = mark(self.subject, messages)?;
                Ok(Some(Sample {
                    messages: end.messages - start.messages,
                    wall: end.at - start.at,
                    subject: end.subject.saturating_sub(start.subject),
                    own: end.own - start.own,
                    subject_total: end.subject,
                    own_total: end.own,
                }))
            }
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
