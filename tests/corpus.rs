//! Plays the committed inputs of the fuzzer (`fuzz/corpus`) on its targets (`fuzz/src`), so that what it once found
//! stays found without it.
#![cfg(not(feature = "node"))]

use std::fs;
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "they are public for the fuzzer")]
mod targets;

/// Plays all inputs of a target; says which one failed.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry of a folder").path())
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "{} has inputs", folder.display());
    for input in inputs {
        let bytes = fs::read(&input).expect("an input can be read");
        println!("playing {}", input.display());
        run(&bytes);
    }
}

#[test]
fn frames_hold() {
    replay("frames", targets::frames::run);
}

#[test]
fn sessions_hold() {
    replay("session", targets::session::run);
}

#[test]
fn response_heads_hold() {
    replay("response_head", targets::response_head::run);
}

#[test]
fn extension_headers_hold() {
    replay("extension_header", targets::extension_header::run);
}

#[test]
fn inflating_holds() {
    replay("inflate", targets::inflate::run);
}

#[test]
fn deflating_holds() {
    replay("deflate", targets::deflate::run);
}

#[test]
fn hixie_holds() {
    replay("hixie", targets::hixie::run);
}
