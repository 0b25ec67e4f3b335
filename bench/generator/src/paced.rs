//! A load at a fixed rate, and the latency of its replies.
//!
//! A latency counts from the moment at which its message was *due*: one that could only be sent late, because the
//! server or the load was behind, has waited that long, too. The load never sleeps, since a timer that is a
//! millisecond late would be measured as the server's.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::arguments::Arguments;
use crate::clock::Window;
use crate::scenarios::report;
use crate::swarm::Swarm;
use crate::workload::Workload;

/// How many messages a connection's ring holds at least.
const DEPTH: usize = 8;
/// After this long without a reply the load has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// `--rate` messages a second, of the connections in turn; warm-up and window are wall time.
pub(crate) fn run(arguments: &Arguments) -> Outcome<()> {
    let load = Workload::new(arguments, DEPTH)?;
    let connections = arguments.number("connections")?;
    let interval = Duration::from_secs(1) / u32::try_from(arguments.number("rate")?)?;
    let mut swarm = Swarm::new(arguments.address()?)?;
    swarm.open(connections, false, &load)?;
    let (warm, length) = (arguments.millis("warm")?, arguments.millis("window")?);
    let mut window = Window::open_by_wall(arguments.number("pid")?, warm, length)?;
    let mut due = vec![VecDeque::new(); connections];
    let mut latencies: Vec<Duration> = Vec::new();
    let (mut received, mut sent) = (0, 0);
    let mut next = Instant::now();
    let mut heard = next;
    loop {
        let now = Instant::now();
        while next <= now {
            let index = usize::try_from(sent % connections as u64)?;
            due[index].push_back(next);
            swarm.link(index).give(1, &load)?;
            sent += 1;
            next += interval;
        }
        let before = received;
        swarm.glance(&load, |turn| {
            if turn.progress.ended || turn.progress.closed {
                return Err("the server closed a connection".into());
            }
            let arrived = Instant::now();
            for _ in 0..turn.progress.messages {
                let since = due[turn.token.0].pop_front().ok_or("a reply to nothing")?;
                if window.is_measuring() {
                    latencies.push(arrived - since);
                }
            }
            received += turn.progress.messages;
            Ok(())
        })?;
        if received > before {
            heard = now;
            if let Some(sample) = window.offer(received)? {
                return report(&sample, swarm.link(0), &members(&mut latencies, sent - received));
            }
        } else if now - heard > PATIENCE {
            return Err("no reply for 20 s".into());
        }
    }
}

/// The latencies as JSON members, in microseconds, and how many replies were still to come at the end.
fn members(latencies: &mut [Duration], waiting: u64) -> String {
    latencies.sort_unstable();
    let micros = |share: f64| percentile(latencies, share).as_secs_f64() * 1e6;
    format!(
        ",\"latency\":{{\"p50\":{:.1},\"p99\":{:.1},\"p999\":{:.1}}},\"waiting\":{waiting}",
        micros(0.5),
        micros(0.99),
        micros(0.999),
    )
}

/// The least of `sorted` that so large a share of them does not exceed.
fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let all: Vec<Duration> = (1..=1000).map(Duration::from_micros).collect();
        assert_eq!(percentile(&all, 0.5), Duration::from_micros(500));
        assert_eq!(percentile(&all, 0.99), Duration::from_micros(990));
        assert_eq!(percentile(&all, 0.999), Duration::from_micros(999));
        assert_eq!(percentile(&all[..1], 0.999), Duration::from_micros(1));
        assert_eq!(percentile(&[], 0.5), Duration::ZERO);
    }
}
