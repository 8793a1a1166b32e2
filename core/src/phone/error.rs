//! What is wrong with a number, for the person who typed it.

use super::country::Lengths;
use super::mainland::Class;
use crate::text::{digits, push_decimal};
use alloc::string::String;
use core::fmt;

/// What is wrong with a number, and where.
///
/// Positions count characters from 0. Of the number itself at most a segment or an area code is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneError {
    /// There is no digit in it.
    Empty,
    /// There are more characters than are looked at.
    InputLength {
        /// The most that are looked at.
        most: usize,
    },
    /// A character that belongs to no number.
    Character {
        /// Where it stands.
        at: usize,
        /// The character.
        character: char,
    },
    /// An extension follows the number; a message cannot be sent to one.
    Extension {
        /// Where it begins.
        at: usize,
    },
    /// Two numbers, one after the other.
    TwoNumbers {
        /// Where the first one ends.
        at: usize,
    },
    /// No country with mobile numbers has this calling code.
    CallingCode,
    /// It may be a national number, or begin with the calling code; only the person knows which.
    Ambiguous {
        /// The default country's ISO 3166-1 code.
        country: &'static str,
    },
    /// The country is not served.
    Country {
        /// Its ISO 3166-1 code.
        country: &'static str,
    },
    /// The national number has too few digits.
    TooShort {
        /// The country's ISO 3166-1 code.
        country: &'static str,
        /// How many digits there are.
        found: usize,
        /// How many there may be.
        expected: Lengths,
    },
    /// The national number has too many digits.
    TooLong {
        /// The country's ISO 3166-1 code.
        country: &'static str,
        /// How many digits there are.
        found: usize,
        /// How many there may be.
        expected: Lengths,
    },
    /// It is not a mobile number.
    NotMobile {
        /// The country's ISO 3166-1 code.
        country: &'static str,
    },
    /// The table does not know the segment, or the area code of calling code 1.
    Segment {
        /// The country's ISO 3166-1 code.
        country: &'static str,
        /// The segment of three digits, or the area code.
        segment: u16,
    },
    /// Numbers of this class are refused.
    Class {
        /// The segment, of three or four digits.
        segment: u16,
        /// Its class.
        class: Class,
    },
}

impl PhoneError {
    /// Every code there is.
    pub const CODES: [&str; 13] = [
        "input.number.empty",
        "input.number.input_length",
        "input.number.character",
        "input.number.extension",
        "input.number.two_numbers",
        "input.number.calling_code",
        "input.number.ambiguous",
        "input.number.country",
        "input.number.too_short",
        "input.number.too_long",
        "input.number.not_mobile",
        "input.number.segment",
        "input.number.class",
    ];

    /// Returns the stable dotted code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        let (code, _, _) = self.row();
        code
    }

    /// Returns the text for people, in Chinese.
    #[must_use]
    pub fn text_zh(&self) -> String {
        let (_, text, _) = self.row();
        self.fill(text, true)
    }

    /// Returns the text for people, in English.
    #[must_use]
    pub fn text_en(&self) -> String {
        let (_, _, text) = self.row();
        self.fill(text, false)
    }

    /// Returns code and texts, in which `#` stands for the number and `$` for what is named with it.
    #[rustfmt::skip]
    const fn row(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Empty => ("input.number.empty", "请输入手机号。", "Enter a mobile number."),
            Self::InputLength { .. } => (
                "input.number.input_length",
                "输入太长：最多 # 个字符。",
                "That is too long: at most # characters.",
            ),
            Self::Character { .. } => (
                "input.number.character",
                "第 # 个字符$不能出现在手机号里。",
                "Character #, $, does not belong in a mobile number.",
            ),
            Self::Extension { .. } => (
                "input.number.extension",
                "请去掉第 # 个字符起的分机号。",
                "Leave out the extension from character # on.",
            ),
            Self::TwoNumbers { .. } => (
                "input.number.two_numbers",
                "只能输入一个手机号，第 # 个字符起似乎是另一个。",
                "Enter one number only; another seems to begin at character #.",
            ),
            Self::CallingCode => (
                "input.number.calling_code",
                "国家（地区）代码不正确。",
                "There is no such country calling code.",
            ),
            Self::Ambiguous { .. } => (
                "input.number.ambiguous",
                "请以“+”和国家（地区）代码开头输入完整号码。",
                "Enter the number with “+” and its country calling code.",
            ),
            Self::Country { .. } => (
                "input.number.country",
                "暂不支持该国家或地区（$）的号码。",
                "Numbers of this country or region ($) are not supported.",
            ),
            Self::TooShort { .. } => (
                "input.number.too_short",
                "手机号位数不够：应为 $ 位，现有 # 位。",
                "The number is too short: $ digits expected, # found.",
            ),
            Self::TooLong { .. } => (
                "input.number.too_long",
                "手机号位数过多：应为 $ 位，现有 # 位。",
                "The number is too long: $ digits expected, # found.",
            ),
            Self::NotMobile { country } => match country.as_bytes() {
                b"CN" => (
                    "input.number.not_mobile",
                    "这不是手机号：中国大陆手机号以 13 至 19 开头，共 11 位。",
                    "This is not a mobile number: in mainland China they begin with 13 to 19 and have 11 digits.",
                ),
                _ => (
                    "input.number.not_mobile",
                    "这不是该国家或地区（$）的手机号。",
                    "This is not a mobile number of that country or region ($).",
                ),
            },
            Self::Segment { .. } => (
                "input.number.segment",
                "号段 # 尚未启用，请检查号码。",
                "No numbers beginning with # are in use; check the number.",
            ),
            Self::Class { .. } => (
                "input.number.class",
                "不支持$号段（#），请换一个手机号。",
                "Numbers beginning with # ($) are not supported; use another.",
            ),
        }
    }

    /// Returns the number that people are told: a length, a count, a position counted from 1, or a segment.
    fn number(&self) -> usize {
        match *self {
            Self::InputLength { most } => most,
            Self::Character { at, .. } | Self::Extension { at } | Self::TwoNumbers { at } => {
                at.saturating_add(1)
            }
            Self::TooShort { found, .. } | Self::TooLong { found, .. } => found,
            Self::Segment { segment, .. } | Self::Class { segment, .. } => usize::from(segment),
            _ => 0,
        }
    }

    fn fill(&self, text: &str, chinese: bool) -> String {
        let mut out = String::with_capacity(text.len());
        for part in text.chars() {
            match (part, *self) {
                // A segment or an area code has three digits at least.
                ('#', Self::Segment { segment, .. }) if segment < 100 => {
                    digits(&mut out, u64::from(segment), 10, 3);
                }
                ('#', _) => push_decimal(&mut out, self.number() as u64),
                ('$', Self::Character { character, .. }) => show(&mut out, character, chinese),
                ('$', Self::Country { country } | Self::NotMobile { country }) => out.push_str(country),
                ('$', Self::TooShort { expected, .. } | Self::TooLong { expected, .. }) => {
                    expected.write(&mut out);
                }
                ('$', Self::Class { class, .. }) => {
                    out.push_str(if chinese { class.text_zh() } else { class.text_en() });
                }
                _ => out.push(part),
            }
        }
        out
    }
}

impl fmt::Display for PhoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text_en())
    }
}

impl core::error::Error for PhoneError {}

/// Writes a character of a stranger: letters as they are, what could be markup or unseen by its number.
///
/// Chinese puts marks around it, or blanks where it is a number.
fn show(out: &mut String, character: char, chinese: bool) {
    let plain = !matches!(character, '<' | '>' | '&' | '"' | '\'' | '`')
        && (character.is_ascii_graphic() || is_letter(character));
    let (open, close) = match (chinese, plain) {
        (false, _) => ("", ""),
        (true, true) => ("“", "”"),
        (true, false) => (" ", " "),
    };
    out.push_str(open);
    if plain {
        out.push(character);
    } else {
        out.push_str("U+");
        digits(out, u64::from(character), 16, 4);
    }
    out.push_str(close);
}

/// Tells whether a character is a letter or an ideograph of the scripts that are written where numbers are typed.
///
/// All of Unicode's letters would be a table of 2 kB; the rest go by their numbers.
fn is_letter(character: char) -> bool {
    matches!(
        character,
        '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{24f}'
            | '\u{391}'..='\u{3a1}' | '\u{3a3}'..='\u{3c9}' | '\u{400}'..='\u{481}'
            | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}'
    )
}
