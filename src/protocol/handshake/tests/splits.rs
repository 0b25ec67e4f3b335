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
