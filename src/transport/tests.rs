//! The transport on sockets of the loopback, without Node: nobody ties the reactor to a loop, so the tests ask it.

use super::outbox::{Flushed, Outbox};
use super::reactor::{INDEX_BITS, Reactor};
use super::socket::{Socket, peer_state};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

const SLOT: u32 = 7;

/// Two ends of a connection.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let client = TcpStream::connect(listener.local_addr().expect("its address")).expect("a connection");
    let (server, _) = listener.accept().expect("its other end");
    (client, server)
}

/// A reactor that watches `server` as the session [`SLOT`].
fn watching(server: &TcpStream, alive: bool) -> Reactor {
    let mut reactor = Reactor::new().expect("a reactor");
    // SAFETY: the tests end both at once.
    unsafe { reactor.attach(SLOT, server.as_raw_fd(), alive) }.expect("it is watched");
    reactor
}

/// Waits until something is ready, and reads from each connection that is, once. What came, nothing if nothing does.
fn turn(reactor: &mut Reactor) -> Vec<u8> {
    let mut set = libc::pollfd { fd: reactor.descriptor(), events: libc::POLLIN, revents: 0 };
    if reactor.waiting() == 0 {
        // SAFETY: `set` is one descriptor, as said.
        unsafe { libc::poll(&raw mut set, 1, 5_000) };
    }
    reactor.collect().expect("the set can be asked");
    let mut bytes = [0; 1024];
    let mut got = Vec::new();
    for _ in 0..reactor.waiting() {
        let Some(slot) = reactor.next_ready() else { break };
        let connection = reactor.connection(slot).expect("it is there");
        if let Ok(count) = connection.receive(&mut bytes) {
            got.extend_from_slice(&bytes[..count]);
            reactor.requeue(slot);
        }
    }
    got
}

/// Sends `before`, and a byte of urgent data.
#[cfg(target_os = "linux")]
fn send_urgent(client: &TcpStream) {
    let bytes = b"before!";
    // SAFETY: the bytes are readable for their length.
    let sent = unsafe { libc::send(client.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), libc::MSG_OOB) };
    assert_eq!(sent, 7);
}

#[cfg(target_os = "linux")]
#[test]
fn what_stands_behind_urgent_data_is_read_at_once() {
    let (mut client, server) = pair();
    let mut reactor = watching(&server, false);
    for _ in 0..3 {
        send_urgent(&client);
        client.write_all(b"behind").expect("it is sent");
        let mut unacknowledged: libc::c_int = 1;
        while unacknowledged > 0 {
            // SAFETY: the call writes one number.
            unsafe { libc::ioctl(client.as_raw_fd(), libc::TIOCOUTQ, &raw mut unacknowledged) };
            std::thread::yield_now();
        }
        let mut got = Vec::new();
        while got.len() < 12 {
            let more = turn(&mut reactor);
            assert!(!more.is_empty(), "it stands still behind {:?}", String::from_utf8_lossy(&got));
            got.extend_from_slice(&more);
        }
        assert_eq!(got, b"beforebehind", "the urgent byte is not of the stream");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn urgent_data_is_forgotten_once_a_read_finds_nothing() {
    let (mut client, server) = pair();
    let mut reactor = watching(&server, false);
    send_urgent(&client);
    assert_eq!(turn(&mut reactor), b"before");
    while reactor.waiting() > 0 {
        assert_eq!(turn(&mut reactor), b"");
    }
    client.write_all(b"later").expect("it is sent");
    assert_eq!(turn(&mut reactor), b"later");
    assert_eq!(reactor.waiting(), 0, "a short read ends the reading again");
}

#[test]
fn a_stale_number_finds_no_connection() {
    let (_client, server) = pair();
    let mut reactor = watching(&server, true);
    let stale = SLOT | 1 << INDEX_BITS;
    assert!(reactor.connection(stale).is_none() && reactor.outbox(stale).is_none());
    assert_eq!(reactor.detach(stale), None);
    assert!(reactor.connection(SLOT).is_some());
    assert_eq!(reactor.detach(SLOT), Some((Vec::new(), 0, 0)));
    assert_eq!(reactor.detach(SLOT), None);
}

#[test]
fn what_has_left_takes_no_memory_although_the_outbox_never_empties() {
    let (client, mut server) = UnixStream::pair().expect("two ends");
    // SAFETY: `client` stays open until the end of the test.
    let socket = unsafe { Socket::borrow(client.as_raw_fd()) };
    let (mut outbox, mut spare) = (Outbox::default(), Vec::new());
    // More than the kernel holds, so that something always waits.
    outbox.buffer(&mut spare).resize(4 << 20, 0);
    outbox.finish();
    assert_eq!(outbox.flush(&socket).expect("it is sent"), Flushed::Blocked);
    let mut bytes = vec![0; 64 << 10];
    let (mut passed, mut most) = (0, 0);
    while passed < 64 << 20 {
        let count = server.read(&mut bytes).expect("it arrives");
        outbox.buffer(&mut spare).extend_from_slice(&bytes[..count]);
        outbox.finish();
        assert_eq!(outbox.flush(&socket).expect("it is sent"), Flushed::Blocked);
        passed += count;
        most = most.max(outbox.buffer(&mut spare).capacity());
    }
    assert!(most <= 16 << 20, "{most} bytes for {} that wait", outbox.len());
}

#[test]
fn what_is_taken_back_is_what_has_not_left() {
    let (client, mut server) = UnixStream::pair().expect("two ends");
    // SAFETY: `client` stays open until the end of the test.
    let socket = unsafe { Socket::borrow(client.as_raw_fd()) };
    let mut outbox = Outbox::default();
    let all: Vec<u8> = (0..4 << 20).map(|i: u32| (i % 251) as u8).collect();
    outbox.buffer(&mut Vec::new()).extend_from_slice(&all);
    outbox.finish();
    let mut got = vec![0; 1 << 10];
    for _ in 0..2 {
        assert_eq!(outbox.flush(&socket).expect("it is sent"), Flushed::Blocked);
        server.read_exact(&mut got[..1 << 10]).expect("it arrives");
    }
    let left = all.len() - outbox.len();
    assert!(outbox.take() == all[left..]);
    assert!(outbox.is_empty());
}

#[test]
fn a_part_of_a_frame_is_neither_sent_nor_followed_by_another() {
    let (client, mut server) = UnixStream::pair().expect("two ends");
    // SAFETY: `client` stays open until the end of the test.
    let socket = unsafe { Socket::borrow(client.as_raw_fd()) };
    let (mut outbox, mut spare) = (Outbox::default(), Vec::new());
    outbox.buffer(&mut spare).extend_from_slice(b"one");
    outbox.finish();
    outbox.buffer(&mut spare).extend_from_slice(b"a part");
    assert_eq!(outbox.len(), 3);
    assert_eq!(outbox.flush(&socket).expect("it is sent"), Flushed::All);
    outbox.buffer(&mut spare).extend_from_slice(b"a part");
    assert_eq!(outbox.flush_with(b"t", b"wo", &socket).expect("it is sent"), Flushed::All);
    outbox.buffer(&mut spare).extend_from_slice(b"a part");
    outbox.buffer(&mut spare).extend_from_slice(b"three");
    outbox.finish();
    outbox.buffer(&mut spare).extend_from_slice(b"a part");
    assert_eq!(outbox.take(), b"three");
    assert!(outbox.is_empty());
    drop(client);
    let mut got = Vec::new();
    server.read_to_end(&mut got).expect("it arrives");
    assert_eq!(got, b"onetwo");
}

#[test]
fn an_end_is_seen_behind_bytes_that_nobody_reads() {
    let (mut client, mut server) = pair();
    client.write_all(b"unread").expect("it leaves");
    server.set_nonblocking(true).expect("it does not wait");
    while server.write(&[0; 1 << 16]).is_ok() {}
    let (ended, before) = peer_state(server.as_raw_fd());
    assert!(!ended);
    client.shutdown(Shutdown::Write).expect("it ends");
    let deadline = Instant::now() + Duration::from_secs(5);
    while !peer_state(server.as_raw_fd()).0 {
        assert!(Instant::now() < deadline, "it is not seen");
    }
    #[cfg(target_os = "linux")]
    {
        assert!(before > 0, "nothing waits");
        let mut bytes = vec![0; before];
        client.read_exact(&mut bytes[..before / 2]).expect("it arrives");
        while peer_state(server.as_raw_fd()).1 == before {
            assert!(Instant::now() < deadline, "it is not known that bytes were taken");
        }
    }
    let _ = before;
    assert!(!peer_state(-1).0);
}

/// Sends a frame of one byte.
fn send(reactor: &mut Reactor) {
    reactor.outbox(SLOT).expect("it is there").push(b'x');
    let _ = reactor.appended(SLOT, false);
}

/// What a burst of so many frames has written before its end, which comes once `pause` is over.
fn burst(reactor: &mut Reactor, client: &mut TcpStream, frames: usize, pause: Duration) -> usize {
    (0..frames).for_each(|_| send(reactor));
    let waiting = reactor.connection(SLOT).expect("it is there").pending();
    let start = Instant::now();
    while start.elapsed() < pause {}
    reactor.flush_all();
    client.read_exact(&mut vec![0; frames]).expect("all arrives");
    frames - waiting
}

#[test]
fn of_a_long_burst_one_frame_leaves_at_once_if_those_that_waited_before_left_soon() {
    let (mut client, server) = pair();
    let mut reactor = watching(&server, false);
    let long = Duration::from_millis(2);
    assert_eq!(burst(&mut reactor, &mut client, 4, Duration::ZERO), 4);
    for _ in 0..2 {
        let deadline = Instant::now() + Duration::from_secs(20);
        // On a machine that does other work, a burst may take longer than it should.
        while burst(&mut reactor, &mut client, 8, Duration::ZERO) != 1 {
            assert!(Instant::now() < deadline, "it is not learned");
        }
        assert_eq!(burst(&mut reactor, &mut client, 1, long), 1);
        burst(&mut reactor, &mut client, 8, long);
        assert!(burst(&mut reactor, &mut client, 8, long) >= 4, "somebody has waited for them");
    }
}
