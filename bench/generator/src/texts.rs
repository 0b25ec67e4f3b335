//! Texts as people write them: a paragraph in each of many languages and scripts, over and over.
//!
//! They were written for this benchmark. What a server does with them depends on how many bytes their characters take,
//! how often these change, and whether a string of one byte a character can hold them.

use crate::payload::Dice;

/// What is sent, by the name of its payload.
const TEXTS: [(&str, &str); 17] = [
    ("arabic", include_str!("../texts/arabic.txt")),
    ("chinese", include_str!("../texts/chinese.txt")),
    ("emoji", include_str!("../texts/emoji.txt")),
    ("french", include_str!("../texts/french.txt")),
    ("german", include_str!("../texts/german.txt")),
    ("greek", include_str!("../texts/greek.txt")),
    ("hebrew", include_str!("../texts/hebrew.txt")),
    ("hindi", include_str!("../texts/hindi.txt")),
    ("japanese", include_str!("../texts/japanese.txt")),
    ("korean", include_str!("../texts/korean.txt")),
    ("polish", include_str!("../texts/polish.txt")),
    ("quotes", include_str!("../texts/quotes.txt")),
    ("russian", include_str!("../texts/russian.txt")),
    ("spanish", include_str!("../texts/spanish.txt")),
    ("thai", include_str!("../texts/thai.txt")),
    ("turkish", include_str!("../texts/turkish.txt")),
    ("vietnamese", include_str!("../texts/vietnamese.txt")),
];

/// The paragraph of that name.
pub(crate) fn find(name: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(known, _)| *known == name).map(|(_, text)| text.trim_end())
}

/// A message of `size` bytes from somewhere in a paragraph that is repeated.
pub(crate) fn excerpt(paragraph: &str, dice: &mut Dice, size: usize) -> Vec<u8> {
    let skipped = dice.below(paragraph.chars().count() as u64) as usize;
    let characters = paragraph.chars().chain([' ']).cycle().skip(skipped);
    fill(characters, size)
}

/// Characters of one to four bytes in no order, as many of each.
pub(crate) fn random(dice: &mut Dice, size: usize) -> Vec<u8> {
    const RANGES: [(u32, u32); 4] = [(0x20, 0x7F), (0x80, 0x800), (0x800, 0xD800), (0x1_0000, 0x11_0000)];
    let characters = std::iter::repeat_with(|| {
        let (low, high) = RANGES[dice.below(4) as usize];
        char::from_u32(low + dice.below(u64::from(high - low)) as u32).unwrap_or(' ')
    });
    fill(characters, size)
}

/// Records with names of all sorts and an emoji now and then, cut to size within the last string.
pub(crate) fn names(dice: &mut Dice, size: usize) -> Vec<u8> {
    const NAMES: [&str; 10] = [
        "Zoë",
        "Łukasz",
        "李雷",
        "Mehmet Ağa",
        "Søren",
        "佐藤さくら",
        "Иван",
        "Bob",
        "Ngọc Ánh",
        "Sarah Miller",
    ];
    const MOODS: [&str; 5] = ["fine", "😀", "on the train 🚆", "bientôt là", "👍🏽"];
    let mut text = String::from("[");
    while text.len() < size {
        let name = NAMES[dice.below(10) as usize];
        let mood = MOODS[dice.below(5) as usize];
        let (id, at) = (dice.below(1_000_000), 1_790_000_000_000 + dice.below(1_000_000_000));
        text.push_str(&format!("{{\"id\":{id},\"user\":\"{name}\",\"mood\":\"{mood}\",\"at\":{at}}},"));
    }
    let mut bytes = fill(text.chars(), size.saturating_sub(3));
    bytes.extend_from_slice(b"\"}]");
    bytes
}

/// Characters as long as whole ones fit, and full stops behind them.
fn fill(mut characters: impl Iterator<Item = char>, size: usize) -> Vec<u8> {
    let mut text = String::with_capacity(size + 4);
    while let Some(character) =
        characters.next().filter(|character| text.len() + character.len_utf8() <= size)
    {
        text.push(character);
    }
    text.extend(std::iter::repeat_n('.', size - text.len()));
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_paragraph_is_one_of_some_length_and_no_two_are_alike() {
        for (name, text) in TEXTS {
            assert!(text.len() > 400 && find(name) == Some(text.trim_end()), "{name}");
            assert_eq!(TEXTS.iter().filter(|(_, other)| *other == text).count(), 1, "{name}");
        }
        assert_eq!(find("klingon"), None);
    }

    #[test]
    fn excerpts_are_text_of_the_size_asked_for() {
        let mut dice = Dice::new(1);
        for (name, text) in TEXTS {
            for size in [1, 16, 4096, 70_000] {
                let message = excerpt(text.trim_end(), &mut dice, size);
                assert!(message.len() == size && std::str::from_utf8(&message).is_ok(), "{name} {size}");
            }
        }
    }

    #[test]
    fn random_characters_are_of_all_widths() {
        let text = String::from_utf8(random(&mut Dice::new(1), 4096)).unwrap();
        for width in 1..=4 {
            let share = text.chars().filter(|character| character.len_utf8() == width).count();
            assert!(share * 5 > text.chars().count(), "{width}");
        }
    }
}
