//! Huffman codes for DEFLATE blocks (RFC 1951 section 3.2.2).

/// The longest code word of the two main alphabets.
pub(super) const LONGEST: usize = 15;

/// The code words of an alphabet of `N` symbols.
pub(super) struct Code<const N: usize> {
    words: [Word; N],
}

/// A code word. Its first bit is the lowest, since that is how the stream wants it.
#[derive(Clone, Copy, Default)]
pub(super) struct Word {
    pub(super) bits: u16,
    pub(super) length: u8,
}

impl<const N: usize> Code<N> {
    /// The code that the lengths of its words define.
    pub(super) fn new(lengths: &[u8; N]) -> Self {
        // First the number of words of each length, one place up; then the first word of each length, which begins
        // where the words of all lengths below end.
        let mut next = [0_u16; LONGEST + 2];
        for length in lengths.iter().filter(|length| **length > 0) {
            if let Some(count) = next.get_mut(usize::from(*length) + 1) {
                *count += 1;
            }
        }
        let mut first = 0;
        for place in &mut next {
            first = (first + *place) << 1;
            *place = first;
        }
        let mut words = [Word::default(); N];
        for (word, length) in words.iter_mut().zip(lengths).filter(|(_, length)| **length > 0) {
            if let Some(bits) = next.get_mut(usize::from(*length)) {
                *word = Word { bits: bits.reverse_bits() >> (16 - length), length: *length };
                *bits += 1;
            }
        }
        Code { words }
    }

    /// The word of a symbol.
    #[inline]
    pub(super) fn word(&self, symbol: usize) -> Word {
        self.words.get(symbol).copied().unwrap_or_default()
    }
}

/// The word lengths that make a text with these frequencies of symbols shortest, none above `longest`. A symbol
/// that does not occur has length 0, except that there are always two words: a code of fewer is not complete, and
/// some inflaters refuse it.
pub(super) fn word_lengths<const N: usize>(frequencies: &[u16; N], longest: usize) -> [u8; N] {
    let leaves = leaves(frequencies);
    let mut lengths = [0; N];
    let mut rarest_first = leaves.iter();
    for (length, count) in counts(&leaves, longest).iter().enumerate().rev() {
        for leaf in rarest_first.by_ref().take(usize::from(*count)) {
            if let Some(place) = lengths.get_mut(leaf.symbol()) {
                *place = length as u8;
            }
        }
    }
    lengths
}

/// A symbol that occurs. Frequency above symbol, so that the order is by frequency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Leaf(u32);

impl Leaf {
    fn frequency(self) -> u32 {
        self.0 >> 9
    }

    fn symbol(self) -> usize {
        (self.0 & 0x1ff) as usize
    }
}

/// The symbols that occur, rarest first, and at least two.
fn leaves(frequencies: &[u16]) -> Vec<Leaf> {
    let mut leaves = Vec::with_capacity(frequencies.len());
    let occurring = |leaf: &Leaf| leaf.frequency() > 0;
    let all =
        || (0_u32..).zip(frequencies).map(|(symbol, frequency)| Leaf(u32::from(*frequency) << 9 | symbol));
    leaves.extend(all().filter(occurring));
    if leaves.len() < 2 {
        let missing = 2 - leaves.len();
        leaves.extend(all().filter(|leaf| !occurring(leaf)).take(missing));
    }
    leaves.sort_unstable();
    leaves
}

/// How many words there are of each length.
fn counts(leaves: &[Leaf], longest: usize) -> [u16; LONGEST + 1] {
    let mut counts = [0_u16; LONGEST + 1];
    for depth in depths(leaves) {
        if let Some(count) = counts.get_mut(depth.min(longest)) {
            *count += 1;
        }
    }
    shorten(&mut counts, longest);
    counts
}

/// The depths of the leaves in the tree that joins the two lightest nodes until one is left.
fn depths(leaves: &[Leaf]) -> impl Iterator<Item = usize> {
    let nodes = 2 * leaves.len() - 1;
    let mut weights = Vec::with_capacity(nodes);
    weights.extend(leaves.iter().map(|leaf| leaf.frequency()));
    let mut parents = vec![0; nodes];
    // Inner nodes come about in order of weight: the lightest is either the first leaf left or the first inner node.
    let (mut leaf, mut inner) = (0, leaves.len());
    while weights.len() < nodes {
        let mut sum = 0;
        for _ in 0..2 {
            let leaf_weight = weights.get(leaf).copied().filter(|_| leaf < leaves.len()).unwrap_or(u32::MAX);
            let inner_weight = weights.get(inner).copied().unwrap_or(u32::MAX);
            let child = if leaf_weight <= inner_weight { &mut leaf } else { &mut inner };
            if let Some(parent) = parents.get_mut(*child) {
                *parent = weights.len();
            }
            *child += 1;
            sum += leaf_weight.min(inner_weight);
        }
        weights.push(sum);
    }
    let mut depths = vec![0_usize; nodes];
    for node in (0..nodes - 1).rev() {
        let parent = parents.get(node).and_then(|parent| depths.get(*parent)).copied().unwrap_or_default();
        if let Some(depth) = depths.get_mut(node) {
            *depth = parent + 1;
        }
    }
    depths.truncate(leaves.len());
    depths.into_iter()
}

/// Makes room for words that were cut to `longest`: the lengths must fill the space of all words exactly (Kraft's
/// equation). One word of `longest` goes, a shorter one becomes two of the next length.
fn shorten(counts: &mut [u16; LONGEST + 1], longest: usize) {
    let space = 1_u32 << longest;
    let mut taken: u32 =
        (0..).zip(&*counts).skip(1).map(|(length, count)| u32::from(*count) << longest >> length).sum();
    while taken > space {
        if let Some(count) = counts.get_mut(longest) {
            *count -= 1;
        }
        let shorter = counts.iter().take(longest).rposition(|count| *count > 0).unwrap_or_default();
        if let Some([from, to]) =
            counts.get_mut(shorter..shorter + 2).and_then(|pair| pair.first_chunk_mut::<2>())
        {
            *from -= 1;
            *to += 2;
        }
        taken -= 1;
    }
}
