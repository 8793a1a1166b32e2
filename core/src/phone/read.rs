//! From characters to digits.

use super::PhoneError;
use crate::text::length;

/// How many characters are looked at; the longest number with every digit spaced out has fewer.
pub(super) const MOST_CHARACTERS: usize = 64;

/// From this many digits on, what follows may be an extension or a second number.
const WHOLE_NUMBER: usize = 5;

/// The digits of an input, and whether a plus stood in front of them.
pub(super) struct Typed {
    digits: [u8; MOST_CHARACTERS],
    count: usize,
    pub(super) plus: bool,
}

impl Typed {
    pub(super) fn digits(&self) -> &[u8] {
        self.digits.get(..self.count).unwrap_or_default()
    }
}

/// Takes the digits out of what was typed.
pub(super) fn read(text: &str) -> Result<Typed, PhoneError> {
    if length(text) > MOST_CHARACTERS {
        return Err(PhoneError::InputLength { most: MOST_CHARACTERS });
    }
    let mut typed = Typed { digits: [0; MOST_CHARACTERS], count: 0, plus: false };
    let mut open = None;
    let mut rest = text.chars();
    let mut at = 0_usize;
    while let Some(character) = rest.next() {
        match kind(character) {
            Kind::Digit(digit) => {
                if let Some(place) = typed.digits.get_mut(typed.count) {
                    *place = digit;
                    typed.count = typed.count.saturating_add(1);
                }
            }
            Kind::Plus if typed.count == 0 && !typed.plus => typed.plus = true,
            Kind::Open if open.is_none() => open = Some((at, character)),
            Kind::Close if open.is_some() => open = None,
            Kind::Blank => {}
            Kind::Break if typed.count == 0 || rest.as_str().trim().is_empty() => {}
            _ => return Err(stranger(at, character, typed.count, rest.as_str())),
        }
        at = at.saturating_add(1);
    }
    match open {
        Some((at, character)) => Err(PhoneError::Character { at, character }),
        None if typed.count == 0 => Err(PhoneError::Empty),
        None => Ok(typed),
    }
}

enum Kind {
    Digit(u8),
    Plus,
    Open,
    Close,
    Blank,
    Break,
    Other,
}

fn kind(character: char) -> Kind {
    match character {
        '0'..='9' => Kind::Digit(u8::try_from(character).unwrap_or_default()),
        // Full-width forms lie 0xFEE0 above ASCII.
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character).saturating_sub(0xfee0)).map_or(Kind::Other, kind)
        }
        '+' => Kind::Plus,
        '(' | '[' => Kind::Open,
        ')' | ']' => Kind::Close,
        '-' | '.' => Kind::Blank,
        // Hyphens and dashes, the minus sign, the soft hyphen.
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}' => Kind::Blank,
        // Marks without a width, which come along when a number is copied from a telephone's contacts.
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => Kind::Blank,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Kind::Break,
        _ if character.is_whitespace() => Kind::Blank,
        _ => Kind::Other,
    }
}

/// Says what a character that belongs to no number is about.
fn stranger(at: usize, character: char, before: usize, rest: &str) -> PhoneError {
    let after = rest.chars().filter(|&c| matches!(kind(c), Kind::Digit(_))).count();
    match after {
        _ if before < WHOLE_NUMBER => PhoneError::Character { at, character },
        7.. => PhoneError::TwoNumbers { at },
        1.. if is_extension(character) => PhoneError::Extension { at },
        _ => PhoneError::Character { at, character },
    }
}

fn is_extension(character: char) -> bool {
    matches!(
        character,
        'x' | 'X' | '×' | 'e' | 'E' | '#' | '＃' | ',' | '，' | ';' | '；' | '*' | 'p' | 'P' | 'w' | 'W'
    ) || matches!(character, '转' | '轉' | '分' | '内' | '內')
}
