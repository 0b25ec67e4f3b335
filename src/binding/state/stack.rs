//! How much of the stack is in use, as far as it matters to whoever writes to a stream of Node's.

/// A call at most so many bytes deeper than our shallowest one has room for a write to a stream, whatever the size of
/// the stack is.
const SHALLOW: usize = 16 * 1024;

/// The shallowest place of the stack that calls of one copy of the shim have come from.
#[derive(Default)]
pub(in crate::binding) struct Stack {
    top: usize,
}

impl Stack {
    /// Whether the running call is at most that much deeper than the shallowest one so far. False where that is not
    /// known, as on another stack than before.
    #[inline]
    pub(in crate::binding) fn is_shallow(&mut self) -> bool {
        let mark = 0_u8;
        let here = std::ptr::from_ref(std::hint::black_box(&mark)).addr();
        self.top = self.top.max(here);
        self.top - here < SHALLOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn below(stack: &mut Stack, bytes: usize) -> bool {
        let frame = [0_u8; 1024];
        std::hint::black_box(&frame);
        if bytes > frame.len() { below(stack, bytes - frame.len()) } else { stack.is_shallow() }
    }

    #[test]
    fn a_call_is_deep_far_below_the_shallowest() {
        let mut stack = Stack::default();
        assert!(stack.is_shallow());
        assert!(below(&mut stack, 2048));
        assert!(!below(&mut stack, 3 * SHALLOW));
        assert!(stack.is_shallow());
    }
}
