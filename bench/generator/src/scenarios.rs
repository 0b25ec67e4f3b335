//! The client loads: echo, churn, broadcast, chat and idle. Each prints one JSON line per result.

use std::io::{BufRead, stdin};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::arguments::Arguments;
use crate::clock::{Sample, Window};
use crate::link::Link;
use crate::swarm::Swarm;
use crate::workload::{Wire, Workload};

/// Every connection keeps `--in-flight` messages on their way.
pub(crate) fn echo(arguments: &Arguments) -> Outcome<()> {
    let in_flight = arguments.number("in-flight")?;
    let load = Workload::new(arguments, in_flight)?;
    let mut window = window(arguments)?;
    let mut swarm = Swarm::new(arguments.address()?)?;
    swarm.open(arguments.number("connections")?, false, &load)?;
    for link in swarm.links() {
        link.give(in_flight as u64, &load)?;
    }
    let mut received = 0;
    loop {
        let before = received;
        swarm.turn(&load, |turn| {
            if turn.progress.ended || turn.progress.closed {
                return Err("the server closed a connection".into());
            }
            received += turn.progress.messages;
            if turn.progress.messages > 0 {
                turn.link.give(turn.progress.messages, &load)?;
            }
            Ok(())
        })?;
        if received > before
            && let Some(sample) = window.offer(received)?
        {
            return report(&sample, swarm.link(0), "");
        }
    }
}

/// `--connections` loops of connect, handshake, one echo, closing handshake, end of stream.
pub(crate) fn churn(arguments: &Arguments) -> Outcome<()> {
    let load = Workload::new(arguments, 1)?;
    let address = arguments.address()?;
    let mut window = window(arguments)?;
    let mut swarm = Swarm::new(address)?;
    swarm.open(arguments.number("connections")?, false, &load)?;
    for link in swarm.links() {
        link.give(1, &load)?;
    }
    let mut closed = vec![false; swarm.len()];
    let mut finished = 0;
    loop {
        let before = finished;
        swarm.turn(&load, |turn| {
            let closed = &mut closed[turn.token.0];
            if turn.progress.opened {
                turn.link.give(1, &load)?;
            }
            if turn.progress.messages > 0 {
                turn.link.close(&load)?;
            }
            *closed |= turn.progress.closed || (load.wire != Wire::Frames && turn.progress.ended);
            if turn.progress.ended {
                if !*closed {
                    return Err("the server ended a connection without a close frame".into());
                }
                *closed = false;
                finished += 1;
                let next = Link::connect(address, turn.registry, turn.token, &load)?;
                std::mem::replace(turn.link, next).reset()?;
            }
            Ok(())
        })?;
        if finished > before
            && let Some(sample) = window.offer(finished)?
        {
            return report(&sample, swarm.link(0), "");
        }
    }
}

/// One connection sends a message, all receive it; the next is sent when the last has arrived everywhere.
///
/// The sender is the connection that was opened last: a raw peer has no handshake to tell that it has accepted the
/// others, but it accepts in order.
pub(crate) fn broadcast(arguments: &Arguments) -> Outcome<()> {
    let load = Workload::new(arguments, 1)?;
    let mut window = window(arguments)?;
    let mut swarm = Swarm::new(arguments.address()?)?;
    let connections = arguments.number("connections")?;
    swarm.open(connections, false, &load)?;
    let (mut delivered, mut sent) = (0, 0);
    loop {
        if delivered == sent * connections as u64 {
            if let Some(sample) = window.offer(delivered)? {
                return report(&sample, swarm.link(0), "");
            }
            swarm.link(connections - 1).give(1, &load)?;
            sent += 1;
        }
        swarm.turn(&load, |turn| {
            if turn.progress.ended || turn.progress.closed {
                return Err("the server closed a connection".into());
            }
            delivered += turn.progress.messages;
            Ok(())
        })?;
        if delivered > sent * connections as u64 {
            return Err("a message arrived more than once".into());
        }
    }
}

/// How long a room is silent, at least, before everybody speaks again.
const SILENCE: Duration = Duration::from_millis(64);

/// A chat room: each connection sends `--in-flight` messages at once, and each of them goes to all connections, its
/// sender's too, with a name in front. They speak again when everybody has all of it.
pub(crate) fn chat(arguments: &Arguments) -> Outcome<()> {
    let speaks = arguments.number("in-flight")? as u64;
    let load = Workload::new(arguments, arguments.number("in-flight")?)?.with_any_text();
    let mut window = window(arguments)?;
    let mut swarm = Swarm::new(arguments.address()?)?;
    let connections = arguments.number("connections")?;
    swarm.open(connections, false, &load)?;
    let (mut delivered, mut expected) = (0, 0);
    let mut spoke = Instant::now();
    loop {
        if delivered == expected {
            std::thread::sleep(SILENCE.saturating_sub(spoke.elapsed()));
            spoke = Instant::now();
            for link in swarm.links() {
                link.give(speaks, &load)?;
            }
            expected += speaks * (connections as u64).pow(2);
        }
        let before = delivered;
        swarm.turn(&load, |turn| {
            if turn.progress.ended || turn.progress.closed {
                return Err("the server closed a connection".into());
            }
            delivered += turn.progress.messages;
            Ok(())
        })?;
        if delivered > before
            && let Some(sample) = window.offer(delivered)?
        {
            return report(&sample, swarm.link(0), "");
        }
        if delivered > expected {
            return Err("a message arrived more than once".into());
        }
    }
}

/// Opens `--before` connections, then `--connections` more; each echoes one message and stays open. Prints a line
/// after each step, and goes on when a line arrives on standard input, so that the server's memory can be read.
pub(crate) fn idle(arguments: &Arguments) -> Outcome<()> {
    let load = Workload::new(arguments, 1)?;
    let mut swarm = Swarm::new(arguments.address()?)?;
    for step in ["before", "connections"] {
        swarm.open(arguments.number(step)?, true, &load)?;
        let open = swarm.len();
        let (extensions, compressed) = swarm.link(0).agreed();
        println!("{{\"open\":{open}{}}}", agreement(extensions, compressed));
        if stdin().lock().read_line(&mut String::new())? == 0 {
            break;
        }
    }
    Ok(())
}

fn window(arguments: &Arguments) -> Outcome<Window> {
    Window::open(arguments.number("pid")?, arguments.millis("warm")?, arguments.millis("window")?)
}

/// Prints a sample, with what the connections agreed on and `more` members.
pub(crate) fn report(sample: &Sample, link: &Link, more: &str) -> Outcome<()> {
    let (extensions, compressed) = link.agreed();
    println!("{}", sample.json(&(agreement(extensions, compressed) + more)));
    Ok(())
}

/// What was negotiated, as JSON members.
fn agreement(extensions: &str, compressed: bool) -> String {
    format!(",\"extensions\":\"{}\",\"compressed\":{compressed}", extensions.replace(['"', '\\'], "'"))
}
