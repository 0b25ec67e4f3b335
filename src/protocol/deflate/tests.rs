#![expect(clippy::unwrap_used, reason = "a test may panic")]
use super::*;
#[test]
fn smoke() {
    let mut pool = CodecPool::default();
    let o = Options::default();
    let (a, _) = negotiation::accept(&o, &[negotiation::offer(&o)]).unwrap();
    let (mut us, mut peer) = (Deflate::new(&o, &a), Deflate::new(&o, &a));
    for n in 0..100 {
        let m = format!("Hello {n}").repeat(n);
        let (mut w, mut r) = (vec![], vec![]);
        us.compress(&mut pool, m.as_bytes(), &mut w).unwrap();
        peer.decompress(&mut pool, &w, true, &mut r, 1 << 20).unwrap();
        assert_eq!(r, m.as_bytes());
    }
}
