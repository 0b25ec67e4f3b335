//! Between UTF-8 and UTF-16, for the text that V8's own converters are slow with.
//!
//! `encoding_rs` does the general case. In front of it stand loops for runs of ASCII, and for runs of characters of
//! three bytes (U+0800 to U+FFFF without surrogates: Chinese, Japanese, Korean, and most of the world's other
//! scripts): four at a time, or eight where [`vector`] has instructions for them.

mod vector;

use encoding_rs::mem;

/// Characters of one step of the fast loops for three bytes.
const STEP: usize = 4;
/// Units of the steps of the fast loop for ASCII: enough for the compiler to use whole vector registers.
const ASCII_STEP: usize = 64;
const ASCII_SMALL_STEP: usize = 8;

/// Converts valid UTF-8 to UTF-16. `out` has a unit for each byte and one more; returns the units written.
pub fn utf8_to_utf16(mut text: &str, out: &mut [u16]) -> usize {
    let mut written = 0;
    loop {
        let run = three_byte_run(text.as_bytes(), &mut out[written..]);
        written += run;
        text = &text[run * 3..];
        if text.is_empty() {
            return written;
        }
        // The general converter takes what is in the way, up to where the next run may begin.
        let cut = next_run(text);
        written += mem::convert_str_to_utf16(&text[..cut], &mut out[written..]);
        text = &text[cut..];
    }
}

/// Converts the characters of three bytes at the front of `bytes`, in whole steps; how many.
fn three_byte_run(bytes: &[u8], out: &mut [u16]) -> usize {
    let mut done = vector::utf8_run(bytes, out);
    let (groups, _) = bytes[done * 3..].as_chunks::<{ STEP * 3 }>();
    let (steps, _) = out[done..].as_chunks_mut::<STEP>();
    for (group, step) in groups.iter().zip(steps) {
        let three = |at: usize| group[at] & 0xF0 == 0xE0;
        if !(three(0) & three(3) & three(6) & three(9)) {
            break;
        }
        for (i, unit) in step.iter_mut().enumerate() {
            let at = i * 3;
            *unit = (u16::from(group[at]) << 12)
                | (u16::from(group[at + 1] & 0x3F) << 6)
                | u16::from(group[at + 2] & 0x3F);
        }
        done += STEP;
    }
    done
}

/// How many bytes the general converter takes before the fast loop is tried again.
fn next_run(text: &str) -> usize {
    const NEAR: usize = 48;
    let near = text.floor_char_boundary(NEAR);
    let bytes = &text.as_bytes()[..near];
    // Behind the last ASCII character of the neighbourhood, if there is one.
    bytes.iter().rposition(u8::is_ascii).map_or(near, |at| at + 1)
}

/// Converts UTF-16 to UTF-8, a lone surrogate to U+FFFD. Returns the units read and the bytes written; all are read
/// when `out` has three bytes for each unit.
pub fn utf16_to_utf8(units: &[u16], out: &mut [u8]) -> (usize, usize) {
    let (mut read, mut written) = (0, 0);
    loop {
        let run = ascii_units(&units[read..], &mut out[written..]);
        read += run;
        written += run;
        let run = three_byte_units(&units[read..], &mut out[written..]);
        read += run;
        written += run * 3;
        let rest = &units[read..];
        if rest.is_empty() {
            return (read, written);
        }
        let cut = next_units(rest);
        let (more, bytes) = mem::convert_utf16_to_utf8_partial(&rest[..cut], &mut out[written..]);
        read += more;
        written += bytes;
        if more < cut {
            return (read, written);
        }
    }
}

/// Converts the units at the front that are ASCII; how many.
fn ascii_units(units: &[u16], out: &mut [u8]) -> usize {
    let mut done = ascii_steps::<ASCII_STEP>(units, out);
    done += ascii_steps::<ASCII_SMALL_STEP>(&units[done..], &mut out[done..]);
    done + ascii_steps::<1>(&units[done..], &mut out[done..])
}

/// Converts whole steps of ASCII at the front.
#[inline]
fn ascii_steps<const STEP: usize>(units: &[u16], out: &mut [u8]) -> usize {
    let (steps, _) = units.as_chunks::<STEP>();
    let (groups, _) = out.as_chunks_mut::<STEP>();
    let mut done = 0;
    for (step, group) in steps.iter().zip(groups) {
        if step.iter().fold(0, |all, &unit| all | unit) >= 0x80 {
            break;
        }
        for (byte, &unit) in group.iter_mut().zip(step) {
            *byte = unit as u8;
        }
        done += STEP;
    }
    done
}

/// Bytes that `units` take as UTF-8 at most: exact but for pairs of surrogates, which are counted as two U+FFFD.
pub fn utf8_bound(units: &[u16]) -> usize {
    let (mut two, mut three) = (0, 0);
    // Counted in parts for which 16 bits do, so that the compiler can count in vectors.
    for part in units.chunks(1 << 15) {
        let (mut more, mut most) = (0u16, 0u16);
        for &unit in part {
            more += u16::from(unit >= 0x80);
            most += u16::from(unit >= 0x800);
        }
        two += usize::from(more);
        three += usize::from(most);
    }
    units.len() + two + three
}

/// Converts the units at the front that become three bytes, in whole steps; how many.
fn three_byte_units(units: &[u16], out: &mut [u8]) -> usize {
    let mut done = vector::utf16_run(units, out);
    let (steps, _) = units[done..].as_chunks::<STEP>();
    let (groups, _) = out[done * 3..].as_chunks_mut::<{ STEP * 3 }>();
    for (step, group) in steps.iter().zip(groups) {
        if !step.iter().fold(true, |all, &unit| all & is_three_bytes(unit)) {
            break;
        }
        for (i, &unit) in step.iter().enumerate() {
            let at = i * 3;
            group[at] = 0xE0 | (unit >> 12) as u8;
            group[at + 1] = 0x80 | ((unit >> 6) & 0x3F) as u8;
            group[at + 2] = 0x80 | (unit & 0x3F) as u8;
        }
        done += STEP;
    }
    done
}

fn is_three_bytes(unit: u16) -> bool {
    (unit >= 0x800) & (unit & 0xF800 != 0xD800)
}

/// How many units the general converter takes before the fast loop is tried again; never half a pair.
fn next_units(units: &[u16]) -> usize {
    const NEAR: usize = 16;
    if units.len() <= NEAR {
        return units.len();
    }
    // A stretch without such units goes in one call.
    let near = &units[..units.len().min(ASCII_STEP * 4)];
    let far = near.iter().position(|&unit| is_three_bytes(unit)).unwrap_or(near.len());
    let cut = far.max(NEAR);
    if cut < units.len() && units[cut - 1] & 0xFC00 == 0xD800 { cut + 1 } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(text: &str) {
        let expected: Vec<u16> = text.encode_utf16().collect();
        let mut units = vec![0; text.len() + 1];
        let count = utf8_to_utf16(text, &mut units);
        assert_eq!(&units[..count], expected, "{text:?}");
        let mut bytes = vec![0; expected.len() * 3];
        let (read, written) = utf16_to_utf8(&expected, &mut bytes);
        assert_eq!((read, &bytes[..written]), (expected.len(), text.as_bytes()), "{text:?}");
    }

    #[test]
    fn texts_of_all_widths_survive() {
        for text in [
            "",
            "a",
            "漢",
            "漢字漢字漢",
            "aé漢𝄞",
            "𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞",
            "Привет, мир! 漢字仮名交じり文です。",
        ] {
            for times in [1, 2, 7, 50] {
                round_trip(&text.repeat(times));
                round_trip(&format!("x{}", text.repeat(times)));
            }
        }
    }

    #[test]
    fn long_runs_of_ascii_survive_up_to_the_last_unit() {
        for length in [63, 64, 65, 128, 1000] {
            let ascii = "x".repeat(length);
            round_trip(&ascii);
            round_trip(&format!("{ascii}é{ascii}漢{ascii}"));
            let units: Vec<u16> = ascii.encode_utf16().collect();
            let mut bytes = vec![0; length];
            let (read, _) = utf16_to_utf8(&units, &mut bytes);
            assert_eq!(read, length, "in exactly as many bytes");
        }
    }

    #[test]
    fn runs_of_every_length_survive_in_targets_of_every_size() {
        let every: Vec<char> = ('\u{800}'..='\u{FFFF}').step_by(641).collect();
        for length in 0..every.len() {
            let text: String = every[..length].iter().collect();
            round_trip(&text);
            round_trip(&format!("{text}é{text}"));
            let units: Vec<u16> = text.encode_utf16().collect();
            for room in (length * 3).saturating_sub(40)..length * 3 {
                let mut bytes = vec![0; room];
                let (read, written) = utf16_to_utf8(&units, &mut bytes);
                assert_eq!(
                    &bytes[..written],
                    &text.as_bytes()[..read * 3],
                    "{room} bytes for {length} units"
                );
            }
        }
    }

    #[test]
    fn the_bound_is_exact_without_surrogates() {
        for text in ["", "abc", "é", "漢", "aé漢"] {
            let text = text.repeat(20_000);
            let units: Vec<u16> = text.encode_utf16().collect();
            assert_eq!(utf8_bound(&units), text.len());
        }
        assert_eq!(utf8_bound(&[0xD834, 0xDD1E]), 6);
    }

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        let mut units: Vec<u16> = vec![0x6F22; 21];
        units[5] = 0xD800;
        units[16] = 0xDC00;
        units[20] = 0xD834;
        let mut bytes = vec![0; units.len() * 3];
        let (read, written) = utf16_to_utf8(&units, &mut bytes);
        assert_eq!(read, units.len());
        assert_eq!(std::str::from_utf8(&bytes[..written]).unwrap(), String::from_utf16_lossy(&units));
    }

    proptest! {
        #[test]
        fn any_text_survives(text: String, prefix in "[漢字a-zé𝄞]{0,40}") {
            round_trip(&format!("{prefix}{text}{prefix}"));
        }

        #[test]
        fn any_text_in_long_runs_survives(text in "([\u{800}-\u{D7FF}\u{E000}-\u{FFFF}]{0,40}[aé𝄞]{0,3}){0,4}") {
            round_trip(&text);
        }

        #[test]
        fn any_units_become_what_the_standard_library_says(units: Vec<u16>) {
            let mut bytes = vec![0; units.len() * 3];
            let (read, written) = utf16_to_utf8(&units, &mut bytes);
            prop_assert_eq!(read, units.len());
            prop_assert_eq!(String::from_utf8(bytes[..written].to_vec()).unwrap(), String::from_utf16_lossy(&units));
        }

        #[test]
        fn a_short_target_gets_whole_characters(text in "[漢字a-zé𝄞]{0,60}", room in 0usize..100) {
            let units: Vec<u16> = text.encode_utf16().collect();
            let mut bytes = vec![0; room];
            let (read, written) = utf16_to_utf8(&units, &mut bytes);
            prop_assert_eq!(String::from_utf8(bytes[..written].to_vec()).unwrap(), String::from_utf16_lossy(&units[..read]));
        }
    }
}
