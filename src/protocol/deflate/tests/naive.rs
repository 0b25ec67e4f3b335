//! An inflater that does nothing but RFC 1951, bit by bit, so that a fault of the codecs cannot hide in a codec. It
//! also says how far back the farthest match went, which is what a window size promises.

/// What a stream of blocks holds.
pub(in crate::protocol::deflate) struct Inflated {
    pub(in crate::protocol::deflate) plain: Vec<u8>,
    pub(in crate::protocol::deflate) farthest: usize,
}

/// Inflates blocks up to the end of `stream`, which must be the end of a block; `window` is what came before.
pub(in crate::protocol::deflate) fn inflate(window: &[u8], stream: &[u8]) -> Inflated {
    let mut bits = Bits { stream, next: 0 };
    let mut all = window.to_vec();
    let mut farthest = 0;
    while bits.next.div_ceil(8) < stream.len() {
        assert_eq!(bits.take(1), 0, "no block of a message is the last");
        match bits.take(2) {
            0 => stored(&mut bits, &mut all),
            1 => {
                let lengths: Vec<_> = [(144, 8), (112, 9), (24, 7), (8, 8)]
                    .iter()
                    .flat_map(|&(n, length)| vec![length; n])
                    .collect();
                let codes = (Code::new(&lengths), Code::new(&[5; 30]));
                compressed(&mut bits, &mut all, &codes, &mut farthest);
            }
            2 => {
                let codes = codes(&mut bits);
                compressed(&mut bits, &mut all, &codes, &mut farthest);
            }
            _ => panic!("no such block"),
        }
    }
    Inflated { plain: all.split_off(window.len()), farthest }
}

struct Bits<'a> {
    stream: &'a [u8],
    next: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> usize {
        let bit = |at: usize| usize::from(self.stream[at / 8] >> (at % 8) & 1);
        let value = (0..count).map(|place| bit(self.next + place) << place).sum();
        self.next += count;
        value
    }

    /// Reads a word of a code bit by bit.
    fn symbol(&mut self, code: &Code) -> usize {
        let (mut word, mut first) = (0, 0);
        for symbols in &code.0 {
            word |= self.take(1);
            if let Some(symbol) = symbols.get(word - first) {
                return *symbol;
            }
            first = (first + symbols.len()) << 1;
            word <<= 1;
        }
        panic!("no such word");
    }
}

/// The symbols with words of one bit, of two bits and so on, in the order of the words.
struct Code(Vec<Vec<usize>>);

impl Code {
    fn new(lengths: &[u8]) -> Self {
        let having =
            |length| (0..lengths.len()).filter(move |symbol| usize::from(lengths[*symbol]) == length);
        Code((1..=15).map(|length| having(length).collect()).collect())
    }
}

fn stored(bits: &mut Bits<'_>, all: &mut Vec<u8>) {
    bits.next = bits.next.next_multiple_of(8);
    let (length, complement) = (bits.take(16), bits.take(16));
    assert_eq!(length ^ complement, 0xffff);
    for _ in 0..length {
        let byte = bits.take(8);
        all.push(byte as u8);
    }
}

fn codes(bits: &mut Bits<'_>) -> (Code, Code) {
    let (literals, distances, count) = (bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4);
    let mut code = [0; 19];
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].into_iter().take(count) {
        code[symbol] = bits.take(3) as u8;
    }
    let code = Code::new(&code);
    let mut lengths: Vec<u8> = Vec::new();
    while lengths.len() < literals + distances {
        let (value, times) = match bits.symbol(&code) {
            16 => (*lengths.last().unwrap(), 3 + bits.take(2)),
            17 => (0, 3 + bits.take(3)),
            18 => (0, 11 + bits.take(7)),
            length => (length as u8, 1),
        };
        lengths.resize(lengths.len() + times, value);
    }
    assert_eq!(lengths.len(), literals + distances);
    let distances = lengths.split_off(literals);
    (Code::new(&lengths), Code::new(&distances))
}

fn compressed(bits: &mut Bits<'_>, all: &mut Vec<u8>, codes: &(Code, Code), farthest: &mut usize) {
    let (literals, distances) = codes;
    loop {
        let length = match bits.symbol(literals) {
            literal @ 0..256 => {
                all.push(literal as u8);
                continue;
            }
            256 => return,
            285 => 258,
            symbol => 3 + ranged(bits, symbol - 257, 4),
        };
        let symbol = bits.symbol(distances);
        let distance = 1 + ranged(bits, symbol, 2);
        assert!(distance <= all.len(), "a match before the first byte");
        *farthest = distance.max(*farthest);
        for _ in 0..length {
            all.push(all[all.len() - distance]);
        }
    }
}

/// The number that a symbol and the bits behind it stand for: the ranges of `each` symbols are of one size, and each
/// following size is twice that before, except that the first two are of size 1 (tables of section 3.2.5).
fn ranged(bits: &mut Bits<'_>, symbol: usize, each: usize) -> usize {
    let mut base = 0;
    let extra = |symbol: usize| (symbol / each).saturating_sub(1);
    for lower in 0..symbol {
        base += 1 << extra(lower);
    }
    base + bits.take(extra(symbol))
}
