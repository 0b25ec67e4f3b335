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

impl Word {
    /// The word of `length` bits that is `word` with its first bit as the highest.
    #[inline]
    pub(super) fn new(word: u16, length: u8) -> Self {
        Word { bits: word.reverse_bits() >> (16 - length), length }
    }
}

impl<const N: usize> Code<N> {
    /// The code that the lengths of its words define.
    pub(super) fn new(lengths: &[u8; N]) -> Self {
        // First the number of words of each length, one place up; then the first word of each length, which begins
        // where the words of all lengths below end.
        let mut next = [0_u16; LONGEST + 2];
        for length in lengths {
            if let Some(count) = next.get_mut(usize::from(*length) + 1) {
                *count += 1;
            }
        }
        if let Some(absent) = next.get_mut(1) {
            *absent = 0;
        }
        let mut first = 0;
        for place in &mut next {
            first = (first + *place) << 1;
            *place = first;
        }
        let mut words = [Word::default(); N];
        for leaf in Leaves::occurring(&lengths.map(u16::from)).as_slice() {
            let length = leaf.frequency() as u8;
            if let (Some(bits), Some(word)) =
                (next.get_mut(usize::from(length)), words.get_mut(leaf.symbol()))
            {
                *word = Word::new(*bits, length);
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

/// Symbols that occur less often than this are sorted by counting: most of a small block's do.
const RARE: usize = 32;

/// The deepest leaf of a tree of 288 leaves whose frequencies are 16 bits each lies less deep than this: a leaf at depth `n`
/// needs a sum of at least the `n`th Fibonacci number.
const DEEPEST: usize = 48;

/// The word lengths that make a text with these frequencies of symbols shortest, none above `longest`. A symbol
/// that does not occur has length 0, except that there are always two words: a code of fewer is not complete, and
/// some inflaters refuse it.
pub(super) fn word_lengths<const N: usize>(frequencies: &[u16; N], longest: usize) -> [u8; N] {
    let mut lengths = [0; N];
    let mut sorted = [Leaf::default(); N];
    let leaves = Leaves::two(frequencies);
    let leaves = leaves.sorted(&mut sorted);
    let mut rarest_first = leaves.iter();
    for (length, count) in counts::<N>(leaves, longest).iter().enumerate().rev() {
        for leaf in rarest_first.by_ref().take(usize::from(*count)) {
            if let Some(place) = lengths.get_mut(leaf.symbol()) {
                *place = length as u8;
            }
        }
    }
    lengths
}

/// A symbol that occurs. Frequency above symbol, so that the order is by frequency.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Leaf(u32);

impl Leaf {
    fn new(symbol: usize, frequency: u16) -> Self {
        Leaf(u32::from(frequency) << 9 | symbol as u32)
    }

    pub(super) fn frequency(self) -> u32 {
        self.0 >> 9
    }

    pub(super) fn symbol(self) -> usize {
        (self.0 & 0x1ff) as usize
    }
}

/// Symbols of an alphabet of `N` in their order.
pub(super) struct Leaves<const N: usize> {
    leaves: [Leaf; N],
    count: usize,
}

impl<const N: usize> Leaves<N> {
    /// Those that occur.
    pub(super) fn occurring(frequencies: &[u16; N]) -> Self {
        Self::filter(frequencies, |frequency| frequency > 0)
    }

    /// Those that occur, and at least two.
    fn two(frequencies: &[u16; N]) -> Self {
        let occurring = Self::occurring(frequencies);
        let mut missing = 2_usize.saturating_sub(occurring.count);
        if missing == 0 {
            return occurring;
        }
        Self::filter(frequencies, |frequency| {
            let spare = frequency == 0 && missing > 0;
            missing -= usize::from(spare);
            spare || frequency > 0
        })
    }

    /// Without a branch that depends on the frequencies: which symbols occur is hard to foresee.
    #[inline]
    fn filter(frequencies: &[u16; N], mut keep: impl FnMut(u16) -> bool) -> Self {
        let (mut leaves, mut count) = ([Leaf::default(); N], 0);
        for (symbol, frequency) in frequencies.iter().enumerate() {
            if let Some(place) = leaves.get_mut(count) {
                *place = Leaf::new(symbol, *frequency);
            }
            count += usize::from(keep(*frequency));
        }
        Leaves { leaves, count }
    }

    pub(super) fn as_slice(&self) -> &[Leaf] {
        self.leaves.get(..self.count).unwrap_or_default()
    }

    /// The rarest first, of equals the first, in `sorted`.
    fn sorted<'a>(&self, sorted: &'a mut [Leaf; N]) -> &'a [Leaf] {
        let class = |leaf: &Leaf| (leaf.frequency() as usize).min(RARE);
        // How many are in each class, one place up; then where those of each class begin.
        let mut begins = [0_u16; RARE + 2];
        for leaf in self.as_slice() {
            if let Some(count) = begins.get_mut(class(leaf) + 1) {
                *count += 1;
            }
        }
        let mut end = 0;
        for begin in &mut begins {
            end += *begin;
            *begin = end;
        }
        let [.., frequent, _] = begins.map(usize::from);
        for leaf in self.as_slice() {
            if let Some(next) = begins.get_mut(class(leaf))
                && let Some(place) = sorted.get_mut(usize::from(*next))
            {
                *place = *leaf;
                *next += 1;
            }
        }
        let sorted = sorted.get_mut(..self.count).unwrap_or_default();
        if let Some(frequent) = sorted.get_mut(frequent..) {
            frequent.sort_unstable();
        }
        sorted
    }
}

/// How many words there are of each length: as many as there are leaves of each depth in the tree that joins the two
/// lightest nodes until one is left. At most `N` leaves.
fn counts<const N: usize>(leaves: &[Leaf], longest: usize) -> [u16; LONGEST + 1] {
    // Inner nodes come about in order of weight: the lightest node is either the first leaf left or the first inner one.
    let (mut weights, mut parents) = ([u32::MAX; N], [0_u16; N]);
    let (mut leaf, mut inner) = (0, 0);
    let root = leaves.len() - 2;
    for node in 0..=root {
        let mut sum = 0;
        for _ in 0..2 {
            let leaf_weight = leaves.get(leaf).map_or(u32::MAX, |leaf| leaf.frequency());
            let inner_weight = weights.get(inner).copied().unwrap_or(u32::MAX);
            if leaf_weight <= inner_weight {
                leaf += 1;
            } else {
                if let Some(parent) = parents.get_mut(inner) {
                    *parent = node as u16;
                }
                inner += 1;
            }
            sum += leaf_weight.min(inner_weight);
        }
        if let Some(weight) = weights.get_mut(node) {
            *weight = sum;
        }
    }
    // Each inner node has two children; those of them that are no inner nodes are leaves.
    let (mut depths, mut inner_nodes) = ([0_u8; N], [0_u16; DEEPEST]);
    for node in (0..=root).rev() {
        let above = parents.get(node).and_then(|parent| depths.get(usize::from(*parent))).copied();
        let depth = if node == root { 0 } else { above.unwrap_or_default() + 1 };
        if let (Some(place), Some(count)) = (depths.get_mut(node), inner_nodes.get_mut(usize::from(depth))) {
            *place = depth;
            *count += 1;
        }
    }
    let mut counts = [0_u16; LONGEST + 1];
    for (depth, (parents, inner)) in (1..).zip(inner_nodes.iter().zip(inner_nodes.iter().skip(1))) {
        if let Some(count) = counts.get_mut(longest.min(depth)) {
            *count += 2 * parents - inner;
        }
    }
    shorten(&mut counts, longest);
    counts
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
