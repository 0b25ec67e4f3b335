//! Reading the bytes of an input: settings and operations from the front, with zeros once nothing is left, so that
//! every input means something and a mutation of one byte changes one thing.

/// What is left of an input.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// All of `data`.
    pub fn new(data: &'a [u8]) -> Self {
        Input { rest: data }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        byte
    }

    /// The next two bytes as a number.
    pub fn number(&mut self) -> usize {
        usize::from(self.byte()) << 8 | usize::from(self.byte())
    }

    /// The next `length` bytes, or as many as are left.
    pub fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// Bytes with their length before them.
    pub fn field(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte());
        self.take(length)
    }

    /// The same as text; what is not UTF-8 is replaced.
    pub fn text(&mut self) -> String {
        String::from_utf8_lossy(self.field()).into_owned()
    }

    /// All that is left.
    pub fn rest(self) -> &'a [u8] {
        self.rest
    }
}

/// Cuts `bytes` into chunks whose lengths come from `pattern`, again from its beginning at its end. Without a
/// pattern the bytes stay whole.
pub fn chunks<'b>(bytes: &'b [u8], pattern: &[u8]) -> Vec<&'b [u8]> {
    let mut lengths = pattern.iter().map(|&length| usize::from(length) + 1).cycle();
    let mut chunks = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at(lengths.next().unwrap_or(rest.len()).min(rest.len()));
        chunks.push(chunk);
        rest = behind;
    }
    chunks
}
