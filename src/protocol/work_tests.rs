//! A session that stops when the work of a turn is done, whatever kind of traffic has caused it, and goes on where it
//! stopped.

use super::*;
use crate::protocol::deflate::negotiation::{self, Agreement};
use crate::protocol::deflate::{CodecPool, Deflate, Options};
use crate::protocol::hybi::Role;
use crate::protocol::rows::{CELLS, Kind, QUEUED, Row, Rows};
use crate::protocol::{Buffers, Limits, Session};

#[test]
fn every_kind_of_work_has_its_price() {
    let mut work = Work::of(10_000);
    work.row();
    assert_eq!(work.left(), 9_488);
    work.frame(88);
    assert_eq!(work.left(), 9_368);
    work.inflated(84, 0, 0);
    assert_eq!(work.left(), 9_200);
    work.inflated(0, 1, 0);
    assert_eq!(work.left(), 7_152);
    assert!(!work.is_done());
    work.frame(7_120);
    assert!(work.is_done() && work.left() == 0);
    work.inflated(0, 0, 1);
    assert_eq!(work.left(), -8_192);
}

#[test]
fn rows_together_cost_what_they_do_one_by_one_and_there_is_work_for_as_many_as_said() {
    for left in [i32::MIN, 0, 1, 543, 544, 545, 54_300, 54_400, i32::MAX] {
        let (mut together, mut each) = (Work::of(left), Work::of(left));
        let count = together.takes(100).min(1000);
        for told in 0..count {
            assert!(!each.is_done(), "{told} of {count} with {left}");
            each.row();
            each.frame(100);
        }
        together.rows(count, count * 100);
        assert_eq!(together, each, "{left}");
        assert_eq!(count == 0, left <= 0);
    }
}

#[test]
fn more_than_a_number_holds_is_done_all_the_same() {
    let mut work = Work::TURN;
    assert!(!work.is_done());
    work.inflated(usize::MAX, u32::MAX, u32::MAX);
    work.inflated(usize::MAX, u32::MAX, u32::MAX);
    work.frame(usize::MAX);
    assert_eq!(work.left(), i32::MIN);
    assert!(work.is_done() && !Work::unlimited().is_done());
}

/// Passes `chunk` on in turns of `work` units: the number of rows of each, and all events.
fn play(session: &mut Session, chunk: &[u8], work: i32) -> (Vec<usize>, Vec<(i32, Vec<u8>)>) {
    let (mut chunk, mut at) = (chunk.to_vec(), 0);
    let (mut buffers, mut codecs) = (Buffers::default(), CodecPool::default());
    let (mut turns, mut events) = (Vec::new(), Vec::new());
    while at < chunk.len() {
        let mut cells = vec![0; CELLS * 2000];
        let mut rows = Rows::new(&mut cells).with_work(Work::of(work));
        let reached = session.receive(&mut chunk, at, &mut rows, &mut buffers, &mut codecs);
        assert!(reached > at, "each turn takes something");
        assert!(reached == chunk.len() || rows.work.is_done() || rows.is_full());
        at = reached;
        turns.push(rows.count());
        for Row { kind, offset, length, .. } in rows.iter().collect::<Vec<_>>() {
            let bytes = match usize::try_from(offset) {
                Ok(offset) => chunk[offset..][..length as usize].to_vec(),
                Err(_) => session.take().unwrap(),
            };
            assert!(offset != QUEUED || bytes.len() == length as usize);
            events.push((kind, bytes));
        }
    }
    (turns, events)
}

fn client() -> Session {
    Session::new(Role::Client, Limits::default())
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first, 126];
    bytes.extend_from_slice(&(payload.len() as u16).to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

#[test]
fn traffic_of_any_kind_is_cut_into_turns_and_means_the_same() {
    let small = [vec![0x81, 1, b'x'], vec![0x89, 0], vec![0x82, 0]].concat().repeat(400);
    let fragments = [vec![0x01, 1, b'x'], [0x00, 1, b'y'].repeat(2000), vec![0x80, 1, b'z']].concat();
    let large = frame(0x82, &[7; 60_000]).repeat(4);
    for (what, chunk, least) in [("rows", small, 6), ("fragments", fragments, 2), ("bytes", large, 3)] {
        let (whole, expected) = play(&mut client(), &chunk, i32::MAX);
        assert_eq!(whole.len(), 1, "{what}");
        for work in [1, 1000, 60_000] {
            let (turns, events) = play(&mut client(), &chunk, work);
            assert_eq!(events, expected, "{what} in turns of {work}");
            assert!(turns.len() >= if work == 60_000 { least } else { 2 }, "{what}: {turns:?}");
        }
    }
}

/// A client's session with permessage-deflate, and the compression of its server.
fn compressing() -> (Session, Deflate) {
    let options = Options::default();
    let agreement: Agreement = negotiation::activate(Some(&options), NAME).unwrap().unwrap();
    let mut session = client();
    session.set_deflate(Deflate::new(&options, &agreement));
    let Agreement { outgoing, incoming } = agreement;
    (session, Deflate::new(&options, &Agreement { outgoing: incoming, incoming: outgoing }))
}

const NAME: &str = "permessage-deflate";

#[test]
fn inflated_bytes_count_and_not_those_that_came() {
    let (mut session, mut peer) = compressing();
    let mut chunk = Vec::new();
    for _ in 0..20 {
        let mut packed = Vec::new();
        peer.compress(&mut CodecPool::default(), &[0; 100_000], &mut packed).unwrap();
        chunk.extend(frame(0xC2, &packed));
    }
    assert!(chunk.len() < 5_000);
    let (turns, events) = play(&mut session, &chunk, 400_000);
    assert_eq!(events, vec![(Kind::Binary as i32, vec![0; 100_000]); 20]);
    assert!(turns.iter().all(|&rows| rows <= 2) && turns.len() == 10, "{turns:?}");
}

#[test]
fn the_ends_of_streams_count() {
    let (mut session, _) = compressing();
    // A final block without a byte, 100 times over, and then an empty block as any message has.
    let payload = [[0x03, 0x00].repeat(100), vec![0x00]].concat();
    let chunk = frame(0xC2, &payload).repeat(20);
    let (turns, events) = play(&mut session, &chunk, 1_000_000);
    assert_eq!(events, vec![(Kind::Binary as i32, vec![]); 20]);
    assert!(turns.len() >= 10, "{turns:?}");
}

/// Blocks without a byte that have Huffman codes of their own (RFC 1951 section 3.2.7), so many, and then an empty block
/// as any message has.
fn tables(count: usize) -> Vec<u8> {
    // Dynamic codes: 257 literals, one distance, 18 lengths of codes, of which those of 18 and 1 are one bit long. Then
    // 138 + 118 zeros, 1 for the end of the block and 1 for the distance, and that end. The lowest bit first.
    let code_lengths: String = (0..18).map(|i| if i == 2 || i == 17 { "100" } else { "000" }).collect();
    let block =
        ["0", "01", "00000", "00000", "0111", &code_lengths, "1", "1111111", "1", "1101011", "00", "0"];
    let bits = block.concat().repeat(count) + "000";
    let byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | (bit - b'0'));
    bits.as_bytes().chunks(8).map(byte).collect()
}

#[test]
fn blocks_with_codes_of_their_own_count() {
    let (mut session, _) = compressing();
    let chunk = frame(0xC2, &tables(80)).repeat(60);
    assert!(chunk.len() < 60_000);
    let (turns, events) = play(&mut session, &chunk, 1_000_000);
    assert_eq!(events, vec![(Kind::Binary as i32, vec![]); 60]);
    assert!(turns.len() >= 9, "{turns:?}");
}

#[test]
fn blocks_of_a_message_count_before_it_is_at_its_end() {
    let (mut session, _) = compressing();
    let mut chunk = frame(0xC2, &tables(5000));
    let mut cells = [0; CELLS * 4];
    let mut rows = Rows::new(&mut cells).with_work(Work::TURN);
    session.receive(&mut chunk, 0, &mut rows, &mut Buffers::default(), &mut CodecPool::default());
    assert_eq!(rows.iter().map(|row| row.kind).collect::<Vec<_>>(), [Kind::Inflate as i32]);
    assert!(session.holds() && rows.work.left() > -1_000_000);
}

#[test]
fn a_message_that_takes_longer_than_its_turn_is_inflated_elsewhere() {
    let (mut session, _) = compressing();
    let payload = [[0x03, 0x00].repeat(1000), vec![0x00]].concat();
    let mut chunk = frame(0xC2, &payload);
    let mut cells = [0; CELLS * 4];
    let mut rows = Rows::new(&mut cells).with_work(Work::TURN);
    let reached =
        session.receive(&mut chunk, 0, &mut rows, &mut Buffers::default(), &mut CodecPool::default());
    assert_eq!(reached, chunk.len());
    assert_eq!(rows.iter().map(|row| row.kind).collect::<Vec<_>>(), [Kind::Inflate as i32]);
    assert!(session.holds());
}
