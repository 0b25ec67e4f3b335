//! Load generator and bare echo server for the benchmark.
//!
//! ```text
//!   echo | churn | broadcast | chat     a client load against --port, measuring the CPU time of process --pid
//!   paced | idle                        the same at a fixed rate; connections that stay open
//!   serve                               a bare echo server: the floor, and the peer of the client role
//! ```
//!
//! Single-threaded over epoll. Frames are built and masked once, replies are walked in place, so that one core of
//! load keeps one core of any server busy. `bench/run.js` starts it and reads its JSON lines.

mod arguments;
mod clock;
mod frame;
mod handshake;
mod link;
mod paced;
mod payload;
mod replies;
mod scenarios;
mod serve;
mod served;
mod stream;
mod swarm;
mod texts;
mod workload;

use std::process::ExitCode;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use arguments::Arguments;

/// The result of anything that can fail here; a failure ends the process with a message.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-generator: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<()> {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let arguments = Arguments::parse(words)?;
    raise_descriptor_limit()?;
    match command.as_str() {
        "echo" => scenarios::echo(&arguments),
        "churn" => scenarios::churn(&arguments),
        "broadcast" => scenarios::broadcast(&arguments),
        "chat" => scenarios::chat(&arguments),
        "paced" => paced::run(&arguments),
        "idle" => scenarios::idle(&arguments),
        "serve" => serve::run(&arguments),
        _ => {
            Err("usage: bench-generator echo|churn|broadcast|chat|paced|idle|serve [--name value]...".into())
        }
    }
}

/// Thousands of connections need more descriptors than the usual soft limit.
fn raise_descriptor_limit() -> Outcome<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}
