//! A peer's bytes may come in any chunks; a test that matters tries them all.

/// Calls `check` with the transcript whole, byte by byte, with an empty chunk, and cut in two at every place.
pub(crate) fn for_every_split(transcript: &[u8], mut check: impl FnMut(&[&[u8]])) {
    check(&[transcript]);
    check(&transcript.chunks(1).collect::<Vec<_>>());
    check(&transcript.chunks(3).collect::<Vec<_>>());
    for cut in 0..=transcript.len() {
        let (before, after) = transcript.split_at(cut);
        check(&[before, after]);
        check(&[before, &[], after]);
    }
}

/// Calls `check` with the transcript cut at `count` random sets of up to eight places, the same in every run.
pub(crate) fn for_random_splits(transcript: &[u8], count: usize, mut check: impl FnMut(&[&[u8]])) {
    let mut random = Random(1);
    for _ in 0..count {
        let mut cuts: Vec<usize> =
            (0..=random.below(8)).map(|_| random.below(transcript.len() + 1)).collect();
        cuts.sort_unstable();
        let (mut chunks, mut rest, mut at) = (Vec::new(), transcript, 0);
        for cut in cuts {
            let (chunk, behind) = rest.split_at(cut - at);
            chunks.push(chunk);
            (rest, at) = (behind, cut);
        }
        chunks.push(rest);
        check(&chunks);
    }
}

/// Numbers that are the same in every run (xorshift64).
struct Random(u64);

impl Random {
    /// A number from 0 up to `limit`, without it.
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap_or_default()
    }
}
