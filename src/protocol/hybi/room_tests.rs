use super::super::{Role, mask};
use super::*;
use crate::protocol::rows::Kind;
use crate::protocol::{Buffers, Limits};
use proptest::prelude::*;

const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// A masked frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first, 0x80 | 127];
    bytes.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    bytes.extend_from_slice(&KEY);
    let start = bytes.len();
    bytes.extend_from_slice(payload);
    mask::apply(&mut bytes[start..], KEY);
    bytes
}

/// What arrives of `bytes` when reads bring `sizes` of them, in turn, and go to room of `least` bytes wherever there is
/// some: the kinds and extras of the rows, with their bytes.
fn receive(bytes: &[u8], sizes: &[usize], least: Option<usize>) -> Vec<(i32, i32, Vec<u8>)> {
    let mut receiver = Receiver::new(Role::Server, Limits::default());
    let mut buffers = Buffers::default();
    let mut found = Vec::new();
    let mut rest = bytes;
    for &size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let mut cells = vec![[0; 4]; 64];
        let mut rows = Rows::new(cells.as_flattened_mut());
        let size = size.min(rest.len());
        let mut chunk = rest[..size].to_vec();
        let room = least.and_then(|least| receiver.room(least, size));
        let used = match room {
            Some((bytes, most)) => {
                assert!(most <= size && bytes.capacity() - bytes.len() >= most);
                bytes.extend_from_slice(&rest[..most]);
                receiver.take_room(&mut rows);
                most
            }
            None => receiver.receive(&mut chunk, 0, &mut rows, &mut buffers),
        };
        rest = &rest[used..];
        for row in rows.iter() {
            let bytes = match usize::try_from(row.offset) {
                Ok(start) => chunk[start..start + row.length as usize].to_vec(),
                Err(_) => receiver.take().expect("a row's bytes"),
            };
            assert_eq!(bytes.len(), row.length as usize);
            found.push((row.kind, row.extra, bytes));
        }
    }
    found
}

#[test]
fn a_large_message_arrives_as_it_does_in_chunks() {
    let text = "Où est passé l'été ? 漢字 😀 ".repeat(9000);
    let mut bytes = frame(0x81, text.as_bytes());
    bytes.extend(frame(0x82, &[7; 50_000]));
    for sizes in [&[1000][..], &[4096, 1], &[65_536], &[300_000, 17]] {
        let found = receive(&bytes, sizes, Some(1));
        let expected =
            [(Kind::Text as i32, 0, text.clone().into_bytes()), (Kind::Binary as i32, 0, vec![7; 50_000])];
        assert!(found == expected, "{sizes:?}");
    }
}

#[test]
fn there_is_room_for_the_payload_alone_and_only_while_enough_of_it_is_missing() {
    let mut receiver = Receiver::new(Role::Server, Limits::default());
    let (mut buffers, mut cells) = (Buffers::default(), [[0; 4]; 8]);
    let mut rows = Rows::new(cells.as_flattened_mut());
    assert!(receiver.room(1, 100).is_none(), "before the header");
    let mut bytes = frame(0x82, &[1; 1000]);
    let used = receiver.receive(&mut bytes[..14], 0, &mut rows, &mut buffers);
    assert_eq!(used, 14);
    assert!(receiver.room(1001, 5000).is_none(), "less is missing");
    let (room, most) = receiver.room(1000, 5000).expect("room");
    assert_eq!(most, 1000, "not past the frame");
    room.extend_from_slice(&bytes[14..1014]);
    receiver.take_room(&mut rows);
    assert_eq!(rows.count(), 1);
    assert_eq!(receiver.take(), Some(vec![1; 1000]));
    assert!(receiver.room(1, 100).is_none(), "behind the frame");
    let mut ping = frame(0x89, b"");
    ping.truncate(12);
    receiver.receive(&mut ping, 0, &mut rows, &mut buffers);
    assert!(receiver.room(1, 100).is_none(), "within a header");
}

#[test]
fn text_that_is_not_utf_8_fails_with_the_read_that_brings_it() {
    let mut text = vec![b'x'; 10_000];
    text[6000] = 0xFF;
    let bytes = frame(0x81, &text);
    let found = receive(&bytes[..7000], &[500], Some(1));
    let text = b"Could not decode a text frame as UTF-8".to_vec();
    assert_eq!(found, [(Kind::Violation as i32, 1007, text)]);
}

#[test]
fn reads_that_bring_nothing_change_nothing() {
    let mut receiver = Receiver::new(Role::Server, Limits::default());
    let (mut buffers, mut cells) = (Buffers::default(), [[0; 4]; 8]);
    let mut rows = Rows::new(cells.as_flattened_mut());
    let mut bytes = frame(0x82, &[1; 1000]);
    receiver.receive(&mut bytes[..100], 0, &mut rows, &mut buffers);
    for _ in 0..3 {
        assert!(receiver.room(1, 5000).is_some());
        receiver.take_room(&mut rows);
    }
    assert_eq!((rows.count(), receiver.buffered()), (0, 86));
    receiver.receive(&mut bytes[100..], 0, &mut rows, &mut buffers);
    assert_eq!(receiver.take(), Some(vec![1; 1000]));
}

proptest! {
    #[test]
    fn any_traffic_in_any_reads_is_what_it_is_in_chunks(
        messages in prop::collection::vec(("[a-zé漢😀]{0,200}", any::<bool>(), 1usize..4), 1..8),
        sizes in prop::collection::vec(1usize..400, 1..6),
        least in 1usize..300,
    ) {
        let mut bytes = Vec::new();
        for (text, binary, fragments) in &messages {
            let opcode = if *binary { 2 } else { 1 };
            let parts: Vec<&[u8]> = text.as_bytes().chunks(text.len() / fragments + 1).collect();
            for (i, part) in parts.iter().enumerate() {
                let fin = if i + 1 == parts.len() { 0x80 } else { 0 };
                bytes.extend(frame(fin | if i == 0 { opcode } else { 0 }, part));
            }
        }
        prop_assert_eq!(receive(&bytes, &sizes, Some(least)), receive(&bytes, &sizes, None));
    }
}
