//! Masking (RFC 6455 section 5.3): the same operation in both directions.

/// Lanes wide enough for the compiler to use vector registers.
const LANE: usize = 32;

/// XORs `bytes` with `key` repeated, beginning with its first byte, and says whether all results are ASCII.
///
/// The check costs nothing in the same pass, and saves text messages a second pass.
#[inline]
pub fn apply(bytes: &mut [u8], key: [u8; 4]) -> bool {
    let mut high = 0u8;
    let (lanes, rest) = bytes.as_chunks_mut::<LANE>();
    if !lanes.is_empty() {
        let wide = [key; LANE / 4];
        let mut seen = [0u8; LANE];
        for lane in lanes {
            for ((byte, key), seen) in lane.iter_mut().zip(wide.as_flattened()).zip(&mut seen) {
                *byte ^= key;
                *seen |= *byte;
            }
        }
        high = seen.iter().fold(0, |all, byte| all | byte);
    }
    let word = u32::from_ne_bytes(key);
    let (words, rest) = rest.as_chunks_mut::<4>();
    let mut seen = 0;
    for four in words {
        let clear = u32::from_ne_bytes(*four) ^ word;
        seen |= clear;
        *four = clear.to_ne_bytes();
    }
    high |= seen.to_ne_bytes().iter().fold(0, |all, byte| all | byte);
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte ^= key;
        high |= *byte;
    }
    high < 0x80
}

/// The key as it applies to the byte at `position` of the payload.
#[inline]
pub fn rotate(mut key: [u8; 4], position: u64) -> [u8; 4] {
    key.rotate_left((position & 3) as usize);
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_byte_that_is_not_ascii_is_seen_wherever_it_stands() {
        for length in 0..=3 * LANE {
            assert!(apply(&mut vec![0x7F; length], [0; 4]), "{length} bytes");
            for at in 0..length {
                let mut bytes = vec![b'a'; length];
                bytes[at] = 0x80;
                assert!(!apply(&mut bytes, [0; 4]), "{length} bytes, at {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn applying_twice_restores_the_bytes(bytes: Vec<u8>, key: [u8; 4]) {
            let mut masked = bytes.clone();
            apply(&mut masked, key);
            apply(&mut masked, key);
            prop_assert_eq!(masked, bytes);
        }

        #[test]
        fn each_byte_meets_the_key_byte_of_its_position(bytes: Vec<u8>, key: [u8; 4]) {
            let mut masked = bytes.clone();
            let ascii = apply(&mut masked, key);
            for (i, (masked, byte)) in masked.iter().zip(&bytes).enumerate() {
                prop_assert_eq!(*masked, byte ^ key[i % 4]);
            }
            prop_assert_eq!(ascii, masked.is_ascii());
        }

        #[test]
        fn a_payload_masked_in_two_parts_equals_the_whole(bytes: Vec<u8>, key: [u8; 4], cut: prop::sample::Index) {
            let cut = cut.index(bytes.len() + 1);
            let mut whole = bytes.clone();
            apply(&mut whole, key);
            let mut parts = bytes;
            let (left, right) = parts.split_at_mut(cut);
            apply(left, key);
            apply(right, rotate(key, cut as u64));
            prop_assert_eq!(parts, whole);
        }
    }
}
