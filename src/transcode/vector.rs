//! Runs of three-byte characters, eight at a time, with the vector instructions that x86-64 has had since 2008.
//!
//! Elsewhere, and for what is left at the end, the loops of the parent do the same. Every function stops before the
//! first group of eight that has a character of another size in it.

/// Converts the characters of three bytes at the front of `bytes`; how many.
pub(super) fn utf8_run(bytes: &[u8], out: &mut [u16]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("sse4.1") {
        // SAFETY: the processor has the instructions.
        return unsafe { x86::utf8_run(bytes, out) };
    }
    let _ = (bytes, out);
    0
}

/// Converts the units at the front that become three bytes; how many.
pub(super) fn utf16_run(units: &[u16], out: &mut [u8]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("sse4.1") {
        // SAFETY: the processor has the instructions.
        return unsafe { x86::utf16_run(units, out) };
    }
    let _ = (units, out);
    0
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    /// Characters of a step.
    const STEP: usize = 8;
    /// Bytes that a step touches: the second of its registers begins at 12.
    const TOUCHED: usize = 28;

    /// The first bytes of four characters among 16 bytes, as bits.
    const LEADS: i32 = 0b0010_0100_1001;

    #[target_feature(enable = "sse4.1")]
    pub(super) fn utf8_run(bytes: &[u8], out: &mut [u16]) -> usize {
        let high = _mm_set1_epi8(0xF0u8 as i8);
        let lead = _mm_set1_epi8(0xE0u8 as i8);
        // Each character's three bytes, the last of them lowest, in a lane of 32 bits.
        let spread = _mm_setr_epi8(2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1);
        let unit = |group| {
            let lanes = _mm_shuffle_epi8(group, spread);
            let low = _mm_and_si128(lanes, _mm_set1_epi32(0x3F));
            let middle = _mm_srli_epi32::<2>(_mm_and_si128(lanes, _mm_set1_epi32(0x3F00)));
            let top = _mm_srli_epi32::<4>(_mm_and_si128(lanes, _mm_set1_epi32(0xF_0000)));
            _mm_or_si128(_mm_or_si128(low, middle), top)
        };
        let mut done = 0;
        while done * 3 + TOUCHED <= bytes.len() && done + STEP <= out.len() {
            let at = done * 3;
            // SAFETY: the second load ends at `at + TOUCHED`, which is not past the end, and the first before it.
            let (first, second) = unsafe {
                let from = bytes.as_ptr().add(at);
                (_mm_loadu_si128(from.cast()), _mm_loadu_si128(from.add(12).cast()))
            };
            let leads = |group| _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_and_si128(group, high), lead));
            if leads(first) & leads(second) & LEADS != LEADS {
                break;
            }
            // SAFETY: eight units of 16 bits fit, as the loop's condition says.
            unsafe {
                let to = out.as_mut_ptr().add(done);
                _mm_storeu_si128(to.cast(), _mm_packus_epi32(unit(first), unit(second)));
            }
            done += STEP;
        }
        done
    }

    #[target_feature(enable = "sse4.1")]
    pub(super) fn utf16_run(units: &[u16], out: &mut [u8]) -> usize {
        let zero = _mm_setzero_si128();
        let top_bits = _mm_set1_epi16(0xF800u16 as i16);
        let surrogate = _mm_set1_epi16(0xD800u16 as i16);
        // The three bytes of each lane of 32 bits, together.
        let gather = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
        let three = |lanes| {
            let first = _mm_srli_epi32::<12>(lanes);
            let second = _mm_and_si128(_mm_slli_epi32::<2>(lanes), _mm_set1_epi32(0x3F00));
            let third = _mm_slli_epi32::<16>(_mm_and_si128(lanes, _mm_set1_epi32(0x3F)));
            let marks = _mm_set1_epi32(0x80_80E0);
            _mm_shuffle_epi8(_mm_or_si128(_mm_or_si128(first, second), _mm_or_si128(third, marks)), gather)
        };
        let mut done = 0;
        while done + STEP <= units.len() && done * 3 + TOUCHED <= out.len() {
            // SAFETY: eight units of 16 bits are there, as the loop's condition says.
            let group = unsafe { _mm_loadu_si128(units.as_ptr().add(done).cast()) };
            let top = _mm_and_si128(group, top_bits);
            let other = _mm_or_si128(_mm_cmpeq_epi16(top, zero), _mm_cmpeq_epi16(top, surrogate));
            if _mm_movemask_epi8(other) != 0 {
                break;
            }
            // SAFETY: the second store ends at `done * 3 + TOUCHED`, which is not past the end, and the first before
            // it. The second begins where the twelve bytes of the first end; four zeros are left behind its own.
            unsafe {
                let to = out.as_mut_ptr().add(done * 3);
                _mm_storeu_si128(to.cast(), three(_mm_unpacklo_epi16(group, zero)));
                _mm_storeu_si128(to.add(12).cast(), three(_mm_unpackhi_epi16(group, zero)));
            }
            done += STEP;
        }
        done
    }
}
