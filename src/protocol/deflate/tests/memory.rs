//! What a connection costs.

use super::*;

#[test]
fn connections_and_pools_move_between_threads() {
    fn moves<T: Send + 'static>() {}
    moves::<Deflate>();
    moves::<CodecPool>();
}

#[test]
fn nothing_is_allocated_before_the_first_compressed_message() {
    let (server, client) = pair("", "");
    assert_eq!(server.memory_usage(), size_of::<Deflate>());
    assert_eq!(client.memory_usage(), size_of::<Deflate>());
    assert_eq!(CodecPool::default().memory_usage(), 0);
}

#[test]
fn an_idle_connection_keeps_the_bytes_that_may_be_referred_to() {
    let rest = |server: &str, length: usize| {
        let (mut server, mut client) = pair(server, "");
        let message = compressed(&mut client, &records(length));
        inflated(&mut server, &message);
        compressed(&mut server, &records(length));
        server.hibernate();
        server.memory_usage() - size_of::<Deflate>()
    };
    for codec in ["", "L9"] {
        assert_eq!(rest(codec, 512), 2 * 512);
        assert_eq!(rest(codec, 100_000), 2 << 15);
        assert_eq!(rest(&format!("{codec} o9"), 100_000), (1 << 9) + (1 << 15));
        assert_eq!(rest(&format!("{codec} o! r!"), 100_000), 0);
    }
}

#[test]
fn a_busy_connection_costs_a_fraction_of_a_codec() {
    let (mut server, mut client) = pair("", "");
    for _ in 0..200 {
        let message = compressed(&mut client, &records(512));
        inflated(&mut server, &message);
        compressed(&mut server, &records(512));
    }
    assert!(server.memory_usage() < 160_000, "{}", server.memory_usage());
}

#[test]
fn codecs_serve_one_connection_after_another() {
    let mut pool = CodecPool::default();
    let mut connections: Vec<_> = (0..20).map(|_| pair("", "L9")).collect();
    let mut once = 0;
    for round in 0..3 {
        for (server, client) in &mut connections {
            let (mut message, mut plain) = (Vec::new(), Vec::new());
            client.compress(&mut pool, &records(300), &mut message).unwrap();
            server.decompress(&mut pool, &message, true, &mut plain, 300).unwrap();
            assert_eq!(plain, records(300));
            if once == 0 {
                once = pool.memory_usage();
            }
        }
        assert_eq!(pool.memory_usage(), once, "round {round}");
    }
    pool.trim();
    assert_eq!(pool.memory_usage(), 0);
}

#[test]
fn a_pool_keeps_a_few_codecs_of_each_kind() {
    let mut pool = CodecPool::default();
    let mut sizes = Vec::new();
    for level in [1, 2, 3, 4, 5, 7, 8, 9] {
        pair(&format!("L{level}"), "").0.compress(&mut pool, b"Hello", &mut Vec::new()).unwrap();
        sizes.push(pool.memory_usage());
    }
    assert!(sizes[..4].is_sorted_by(|a, b| a < b));
    assert!(sizes[3..].iter().all(|size| *size == sizes[3]), "{sizes:?}");

    let mut open: Vec<_> = (0..9).map(|_| pair("", "").0).collect();
    for server in &mut open {
        server.decompress(&mut pool, &bytes("f248"), false, &mut Vec::new(), 9).unwrap();
    }
    for server in &mut open {
        server.close(&mut pool);
        server.close(&mut pool);
        assert!(server.memory_usage() < size_of::<Deflate>() + 100);
    }
    assert!(pool.memory_usage() - sizes[3] < 5 * 50_000);
    assert_eq!(format!("{pool:?}"), "CodecPool { deflaters: 4, inflaters: 4 }");
}
