//! Looking for matches: turns bytes into tokens.
//!
//! Positions are filed in buckets under a hash of the five bytes there, the latest first. A bucket is half a cache
//! line, so that to look something up is to touch one line of the table, and then the window where candidates are.
//! The table grows with the window and is never cleared: whatever a position says, the bytes there decide.

use super::super::window::Window;
use super::token::{LONGEST_MATCH, SHORTEST_MATCH, Token};

/// The positions in a bucket, modulo 2^16.
const DEPTH: usize = 16;

/// A bucket that follows a match of at least this length is looked at less closely.
const GOOD: usize = 24;

/// A match of this length is taken without a look at whether the next byte begins a longer one.
const LAZY: usize = 32;

/// A match of this length ends the search.
const NICE: usize = 128;

/// Every position in a match up to this length is filed, in longer ones every fourth: they begin where others did.
const DENSE: usize = 16;
const SPARSE: usize = 4;

/// After as many literals, every second one is looked up; after twice as many, every third.
const MISSES: usize = 64;

/// Bytes that are compared at once.
const WORD: usize = 8;

/// Positions of equal hash, the latest first.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
struct Bucket([u16; DEPTH]);

/// A window and where its bytes occur.
#[derive(Debug)]
pub(super) struct Matcher {
    window: Window,
    buckets: Vec<Bucket>,
    /// How far a hash is shifted down to number a bucket.
    shift: u32,
    /// The position of the window's first byte.
    origin: u16,
    /// How many of the window's bytes are filed, counted from the first.
    filed: usize,
}

/// Bytes that occurred before.
#[derive(Clone, Copy)]
struct Match {
    length: usize,
    distance: usize,
}

impl Match {
    /// How many bits the match is worth, roughly and but for a constant: four for each byte, less those of the distance.
    fn worth(self) -> i64 {
        4 * self.length as i64 + i64::from(self.distance.leading_zeros())
    }
}

impl Matcher {
    /// A matcher with a window of `reach` bytes.
    pub(super) fn new(reach: usize) -> Self {
        Matcher { window: Window::new(reach), buckets: Vec::new(), shift: u64::BITS - 1, origin: 0, filed: 0 }
    }

    /// Appends the tokens that stand for `piece` to `tokens`, and `piece` to the window.
    pub(super) fn tokenize(&mut self, piece: &[u8], tokens: &mut Vec<Token>) {
        let forgotten = self.window.append(piece, self.window.limit());
        self.forget(forgotten);
        self.grow_table();
        let base = self.window.bytes().len() - piece.len();
        self.file_until(base, 1);
        let (mut next, mut misses) = (0, 0);
        while next < piece.len() {
            let Some(mut found) = self.find(base + next, None) else {
                // What has had no match for a while is likely to have none: look less and less often.
                let skipped = 1 + misses / MISSES;
                let literals = piece.iter().skip(next).take(skipped);
                tokens.extend(literals.map(|byte| Token::literal(*byte)));
                next += skipped;
                misses += 1;
                continue;
            };
            while found.length < LAZY
                && let Some(better) = self.find(base + next + 1, Some(found))
            {
                tokens.extend(piece.get(next).map(|byte| Token::literal(*byte)));
                next += 1;
                found = better;
            }
            tokens.push(Token::matched(found.length, found.distance));
            next += found.length;
            misses = 0;
            self.file_until(base + next, if found.length <= DENSE { 1 } else { SPARSE });
        }
    }

    /// Appends to the window what was compressed by other means.
    pub(super) fn push(&mut self, plain: &[u8]) {
        let forgotten = self.window.push(plain);
        self.forget(forgotten);
    }

    /// Takes the last `length` bytes off the window. Buckets keep their positions: what comes there next is compared like
    /// anything else.
    pub(super) fn take_back(&mut self, length: usize) {
        self.window.take_back(length);
        self.filed = self.filed.min(self.window.bytes().len());
    }

    /// The window.
    pub(super) fn window(&self) -> &Window {
        &self.window
    }

    /// Begins anew, with a window of `reach` bytes, on the same table.
    pub(super) fn restart(&mut self, reach: usize) {
        self.forget(self.window.bytes().len());
        self.window.restart(reach);
    }

    /// Gives back the table, and of the window what exceeds its reach.
    pub(super) fn shrink(&mut self) {
        let forgotten = self.window.shrink();
        self.forget(forgotten);
        self.buckets = Vec::new();
    }

    /// Bytes of memory.
    pub(super) fn memory_usage(&self) -> usize {
        self.window.memory_usage() + self.buckets.capacity() * size_of::<Bucket>()
    }

    /// Takes into account that the window lost its first bytes.
    fn forget(&mut self, bytes: usize) {
        self.origin = self.origin.wrapping_add(bytes as u16);
        self.filed = self.filed.saturating_sub(bytes);
    }

    /// Sees to it that there is a table, and that it is in proportion to the window.
    fn grow_table(&mut self) {
        let buckets: usize = match self.window.bytes().len() {
            0..0x800 => 128,
            0x800..0x2000 => 512,
            _ => 2048,
        };
        if self.buckets.len() < buckets {
            self.buckets = vec![Bucket([self.origin.wrapping_sub(1); DEPTH]); buckets];
            self.shift = u64::BITS - buckets.ilog2();
            self.filed = 0;
        }
    }

    /// Files every `step`th position that is not filed yet before `end`, as far as there is enough to hash.
    fn file_until(&mut self, end: usize, step: usize) {
        let bytes = self.window.bytes();
        let end = end.min((bytes.len() + 1).saturating_sub(SHORTEST_MATCH));
        for at in (self.filed..end).step_by(step) {
            let bucket = bucket_of(bytes, at, self.shift);
            if let Some(bucket) = self.buckets.get_mut(bucket) {
                bucket.file(self.origin.wrapping_add(at as u16));
            }
        }
        self.filed = self.filed.max(end);
    }

    /// The match at `at` that is worth most, if any is there and worth more than `than`, one byte before. Files
    /// the position.
    #[inline]
    fn find(&mut self, at: usize, than: Option<Match>) -> Option<Match> {
        let bytes = self.window.bytes();
        let most = LONGEST_MATCH.min(bytes.len().saturating_sub(at));
        if most < SHORTEST_MATCH {
            return None;
        }
        let position = self.origin.wrapping_add(at as u16);
        let bucket = self.buckets.get_mut(bucket_of(bytes, at, self.shift))?;
        let candidates = bucket.0;
        if at >= self.filed {
            bucket.file(position);
            self.filed = at + 1;
        }
        let reach = self.window.limit().min(at);
        let (mut least, mut worth, depth) = match than {
            None => (SHORTEST_MATCH, i64::MIN, DEPTH),
            // A byte more must outweigh the literal that it costs.
            Some(than) => {
                (than.length + 1, than.worth() + 2, if than.length < GOOD { DEPTH } else { DEPTH / 4 })
            }
        };
        let mut best = None;
        let mut end = load(bytes, at + least - 4)?;
        for candidate in candidates.iter().take(depth) {
            let distance = usize::from(position.wrapping_sub(*candidate));
            if distance.wrapping_sub(1) >= reach {
                // Those behind it are older.
                break;
            }
            // The end of what would be a better match is what candidates differ in most.
            let from = at - distance;
            let Some(candidate_end) = load(bytes, from + least - 4) else { break };
            if candidate_end != end {
                continue;
            }
            let found = Match { length: common(bytes, from, at, most), distance };
            if found.length >= least && found.worth() > worth {
                best = Some(found);
                worth = found.worth();
                least = found.length + 1;
                if found.length >= NICE || least > most {
                    break;
                }
                let Some(next) = load(bytes, at + least - 4) else { break };
                end = next;
            }
        }
        best
    }
}

impl Bucket {
    #[inline]
    fn file(&mut self, position: u16) {
        self.0.copy_within(..DEPTH - 1, 1);
        let [latest, ..] = &mut self.0;
        *latest = position;
    }
}

/// The bucket of the [`SHORTEST_MATCH`] bytes at `at`.
#[inline]
fn bucket_of(bytes: &[u8], at: usize, shift: u32) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let word = match rest.first_chunk::<WORD>() {
        Some(word) => u64::from_le_bytes(*word) << (8 * (WORD - SHORTEST_MATCH)),
        None => rest.iter().take(SHORTEST_MATCH).fold(0, |word, byte| word >> 8 | u64::from(*byte) << 56),
    };
    // 2^64 divided by the golden ratio: spreads best what differs in few bits (Knuth, volume 3, section 6.4).
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift) as usize
}

#[inline]
fn load(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// How many bytes from `old` and from `new` on are the same, at most `most`.
#[inline]
fn common(bytes: &[u8], old: usize, new: usize, most: usize) -> usize {
    let (Some(old), Some(new)) = (bytes.get(old..old + most), bytes.get(new..new + most)) else { return 0 };
    let ((old, old_rest), (new, new_rest)) = (old.as_chunks::<WORD>(), new.as_chunks::<WORD>());
    let mut length = 0;
    for (old, new) in old.iter().zip(new) {
        let difference = u64::from_le_bytes(*old) ^ u64::from_le_bytes(*new);
        if difference != 0 {
            return length + difference.trailing_zeros() as usize / 8;
        }
        length += WORD;
    }
    length + old_rest.iter().zip(new_rest).take_while(|(old, new)| old == new).count()
}
