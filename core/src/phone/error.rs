//! What is wrong with a number, for the person who typed it.

use super::country::Lengths;
use super::mainland::{self, Class};
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
        match self {
            Self::Empty => "input.number.empty",
            Self::InputLength { .. } => "input.number.input_length",
            Self::Character { .. } => "input.number.character",
            Self::Extension { .. } => "input.number.extension",
            Self::TwoNumbers { .. } => "input.number.two_numbers",
            Self::CallingCode => "input.number.calling_code",
            Self::Ambiguous { .. } => "input.number.ambiguous",
            Self::Country { .. } => "input.number.country",
            Self::TooShort { .. } => "input.number.too_short",
            Self::TooLong { .. } => "input.number.too_long",
            Self::NotMobile { .. } => "input.number.not_mobile",
            Self::Segment { .. } => "input.number.segment",
            Self::Class { .. } => "input.number.class",
        }
    }

    /// Returns the text for people, in Chinese.
    #[must_use]
    pub fn text_zh(&self) -> String {
        match *self {
            Self::Empty => "请输入手机号。".into(),
            Self::InputLength { most } => format!("输入太长：最多 {most} 个字符。"),
            Self::Character { at, character } => {
                format!(
                    "第 {} 个字符{}不能出现在手机号里。",
                    place(at),
                    Shown { character, marks: ['“', '”'] }
                )
            }
            Self::Extension { at } => format!("请去掉第 {} 个字符起的分机号。", place(at)),
            Self::TwoNumbers { at } => format!("只能输入一个手机号，第 {} 个字符起似乎是另一个。", place(at)),
            Self::CallingCode => "国家（地区）代码不正确。".into(),
            Self::Ambiguous { .. } => "请以“+”和国家（地区）代码开头输入完整号码。".into(),
            Self::Country { country } => format!("暂不支持该国家或地区（{country}）的号码。"),
            Self::TooShort { found, expected, .. } => {
                format!("手机号位数不够：应为 {expected} 位，现有 {found} 位。")
            }
            Self::TooLong { found, expected, .. } => {
                format!("手机号位数过多：应为 {expected} 位，现有 {found} 位。")
            }
            Self::NotMobile { country: mainland::COUNTRY } => {
                "这不是手机号：中国大陆手机号以 13 至 19 开头，共 11 位。".into()
            }
            Self::NotMobile { country } => format!("这不是该国家或地区（{country}）的手机号。"),
            Self::Segment { segment, .. } => format!("号段 {segment:03} 尚未启用，请检查号码。"),
            Self::Class { segment, class } => {
                format!("不支持{}号段（{segment}），请换一个手机号。", class.text_zh())
            }
        }
    }

    /// Returns the text for people, in English.
    #[must_use]
    pub fn text_en(&self) -> String {
        match *self {
            Self::Empty => "Enter a mobile number.".into(),
            Self::InputLength { most } => format!("That is too long: at most {most} characters."),
            Self::Character { at, character } => {
                let shown = Shown { character, marks: [' ', ' '] }.to_string();
                format!("Character {}, {}, does not belong in a mobile number.", place(at), shown.trim())
            }
            Self::Extension { at } => format!("Leave out the extension from character {} on.", place(at)),
            Self::TwoNumbers { at } => {
                format!("Enter one number only; another seems to begin at character {}.", place(at))
            }
            Self::CallingCode => "There is no such country calling code.".into(),
            Self::Ambiguous { .. } => "Enter the number with “+” and its country calling code.".into(),
            Self::Country { country } => {
                format!("Numbers of this country or region ({country}) are not supported.")
            }
            Self::TooShort { found, expected, .. } => {
                format!("The number is too short: {expected} digits expected, {found} found.")
            }
            Self::TooLong { found, expected, .. } => {
                format!("The number is too long: {expected} digits expected, {found} found.")
            }
            Self::NotMobile { country: mainland::COUNTRY } => {
                "This is not a mobile number: in mainland China they begin with 13 to 19 and have 11 digits."
                    .into()
            }
            Self::NotMobile { country } => {
                format!("This is not a mobile number of that country or region ({country}).")
            }
            Self::Segment { segment, .. } => {
                format!("No numbers beginning with {segment:03} are in use; check the number.")
            }
            Self::Class { segment, class } => {
                format!(
                    "Numbers beginning with {segment} ({}) are not supported; use another.",
                    class.text_en()
                )
            }
        }
    }
}

impl fmt::Display for PhoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text_en())
    }
}

impl core::error::Error for PhoneError {}

/// A position as people count.
fn place(at: usize) -> usize {
    at.saturating_add(1)
}

/// A character of a stranger: letters as they are, what could be markup or unseen by its number.
struct Shown {
    character: char,
    marks: [char; 2],
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { character, marks: [open, close] } = *self;
        match character {
            '<' | '>' | '&' | '"' | '\'' | '`' => write!(f, " U+{:04X} ", u32::from(character)),
            _ if character.is_ascii_graphic() || character.is_alphanumeric() => {
                write!(f, "{open}{character}{close}")
            }
            _ => write!(f, " U+{:04X} ", u32::from(character)),
        }
    }
}
