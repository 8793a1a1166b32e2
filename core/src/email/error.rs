//! What is wrong with an address, for the person who typed it.

use crate::text::{digits, push_decimal};
use alloc::string::String;
use core::fmt;

/// What is wrong with an address, and where.
///
/// Positions count characters from 0. Of the address itself at most one character is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailError {
    /// There is nothing but blanks.
    Empty,
    /// There are more characters than are looked at.
    InputLength {
        /// The most that are looked at.
        most: usize,
    },
    /// There is no `@`.
    AtMissing,
    /// There is a second `@`.
    AtTwice {
        /// Where it stands.
        at: usize,
    },
    /// A character that cannot stand in front of the `@`, a blank or a quotation mark among others.
    Character {
        /// Where it stands.
        at: usize,
        /// The character.
        character: char,
    },
    /// There is nothing in front of the `@`.
    LocalEmpty,
    /// A letter beyond ASCII in front of the `@`; few mail systems would take it.
    LocalScript {
        /// Where it stands.
        at: usize,
    },
    /// A dot in front of the `@` that is the first, the last, or next to another.
    LocalDot {
        /// Where it stands.
        at: usize,
    },
    /// There are too many characters in front of the `@`.
    LocalLength {
        /// The most there may be.
        most: usize,
    },
    /// There is nothing but a tag in front of the `@`.
    Tag,
    /// There is nothing behind the `@`.
    DomainEmpty,
    /// The domain has one label only.
    DomainIncomplete,
    /// The domain is an address literal, as in `[192.0.2.1]`.
    Literal,
    /// A character that cannot stand in a domain, or not in this place.
    Domain {
        /// Where it stands.
        at: usize,
        /// The character.
        character: char,
    },
    /// A dot of the domain that is the first, the last, or next to another.
    Dot {
        /// Where it stands.
        at: usize,
    },
    /// A label of the domain begins or ends with a hyphen.
    Hyphen {
        /// Where the label begins.
        at: usize,
    },
    /// An international label in a form that is not its own.
    Idn {
        /// Where the label begins.
        at: usize,
    },
    /// A label of the domain is too long, in ASCII.
    LabelLength {
        /// The most characters it may have.
        most: usize,
    },
    /// The top-level domain is all digits.
    TopLevel,
    /// The address as a whole is too long, in ASCII.
    AddressLength,
    /// The policy refuses the domain.
    Refused,
}

impl EmailError {
    /// Every code there is.
    pub const CODES: [&str; 21] = [
        "input.email.empty",
        "input.email.input_length",
        "input.email.at_missing",
        "input.email.at_twice",
        "input.email.character",
        "input.email.local_empty",
        "input.email.local_script",
        "input.email.local_dot",
        "input.email.local_length",
        "input.email.tag",
        "input.email.domain_empty",
        "input.email.domain_incomplete",
        "input.email.literal",
        "input.email.domain",
        "input.email.dot",
        "input.email.hyphen",
        "input.email.idn",
        "input.email.label_length",
        "input.email.top_level",
        "input.email.address_length",
        "input.email.refused",
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
        self.fill(text)
    }

    /// Returns the text for people, in English.
    #[must_use]
    pub fn text_en(&self) -> String {
        let (_, _, text) = self.row();
        self.fill(text)
    }

    /// Returns code and texts, in which `#` stands for the number and `$` for the character.
    #[rustfmt::skip]
    const fn row(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Empty => ("input.email.empty", "请输入邮箱地址。", "Enter an e-mail address."),
            Self::InputLength { .. } => (
                "input.email.input_length",
                "输入太长：最多 # 个字符。",
                "That is too long: at most # characters.",
            ),
            Self::AtMissing => ("input.email.at_missing", "邮箱地址里缺少“@”。", "The address has no “@”."),
            Self::AtTwice { .. } => (
                "input.email.at_twice",
                "邮箱地址里只能有一个“@”，第 # 个字符是多余的。",
                "An address has one “@” only; character # is another.",
            ),
            Self::Character { .. } => (
                "input.email.character",
                "第 # 个字符（$）不能出现在邮箱地址里。",
                "Character #, $, does not belong in an e-mail address.",
            ),
            Self::LocalEmpty => (
                "input.email.local_empty",
                "“@”前面还没有内容。",
                "There is nothing in front of the “@”.",
            ),
            Self::LocalScript { .. } => (
                "input.email.local_script",
                "“@”前面只支持英文字母、数字和常用符号，第 # 个字符不是。",
                "Only English letters, digits and common signs may stand in front of the “@”; character # is none.",
            ),
            Self::LocalDot { .. } => (
                "input.email.local_dot",
                "第 # 个字符“.”不能在开头、“@”之前或与另一个“.”相连。",
                "The dot at character # may not come first, right before the “@”, or next to another.",
            ),
            Self::LocalLength { .. } => (
                "input.email.local_length",
                "“@”前面太长：最多 # 个字符。",
                "The part in front of the “@” is too long: at most # characters.",
            ),
            Self::Tag => (
                "input.email.tag",
                "“@”前面不能以“+”开头。",
                "The part in front of the “@” may not begin with “+”.",
            ),
            Self::DomainEmpty => (
                "input.email.domain_empty",
                "“@”后面还没有内容。",
                "There is nothing behind the “@”.",
            ),
            Self::DomainIncomplete => (
                "input.email.domain_incomplete",
                "“@”后面的域名不完整，应类似 example.com。",
                "The domain behind the “@” is not complete; it should look like example.com.",
            ),
            Self::Literal => (
                "input.email.literal",
                "“@”后面应为域名，不支持 IP 地址。",
                "A domain belongs behind the “@”, not an IP address.",
            ),
            Self::Domain { .. } => (
                "input.email.domain",
                "第 # 个字符（$）不能出现在域名的这个位置。",
                "Character #, $, cannot stand in this place of a domain.",
            ),
            Self::Dot { .. } => (
                "input.email.dot",
                "第 # 个字符“.”不能在域名的开头、末尾或与另一个“.”相连。",
                "The dot at character # may not begin or end the domain, or stand next to another.",
            ),
            Self::Hyphen { .. } => (
                "input.email.hyphen",
                "域名中第 # 个字符起的一段不能以“-”开头或结尾。",
                "The part of the domain from character # on may not begin or end with a hyphen.",
            ),
            Self::Idn { .. } => (
                "input.email.idn",
                "域名中第 # 个字符起的一段不是有效的国际化域名。",
                "The part of the domain from character # on is no valid international name.",
            ),
            Self::LabelLength { .. } => (
                "input.email.label_length",
                "域名中有一段太长：最多 # 个字符。",
                "A part of the domain is too long: at most # characters.",
            ),
            Self::TopLevel => (
                "input.email.top_level",
                "域名的最后一段不能全是数字。",
                "The last part of a domain is never all digits.",
            ),
            Self::AddressLength => (
                "input.email.address_length",
                "邮箱地址太长：最多 254 个字符。",
                "The address is too long: at most 254 characters.",
            ),
            Self::Refused => (
                "input.email.refused",
                "不支持该域名的邮箱，请换一个。",
                "Addresses of this domain are not supported; use another.",
            ),
        }
    }

    /// Returns the number that people are told: a length, or a position counted from 1.
    fn number(&self) -> usize {
        match *self {
            Self::InputLength { most } | Self::LocalLength { most } | Self::LabelLength { most } => most,
            Self::AtTwice { at }
            | Self::Character { at, .. }
            | Self::LocalScript { at }
            | Self::LocalDot { at }
            | Self::Domain { at, .. }
            | Self::Dot { at }
            | Self::Hyphen { at }
            | Self::Idn { at } => at.saturating_add(1),
            _ => 0,
        }
    }

    fn fill(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for part in text.chars() {
            match (part, *self) {
                ('#', _) => push_decimal(&mut out, self.number() as u64),
                ('$', Self::Character { character, .. } | Self::Domain { character, .. }) => {
                    show(&mut out, character)
                }
                _ => out.push(part),
            }
        }
        out
    }
}

impl fmt::Display for EmailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text_en())
    }
}

impl core::error::Error for EmailError {}

/// Writes a character of a stranger: plain ones as they are, what could be markup or unseen by its number.
fn show(out: &mut String, character: char) {
    if character.is_ascii_graphic() && !matches!(character, '<' | '>' | '&' | '"' | '\'' | '`') {
        out.push(character);
    } else {
        out.push_str("U+");
        digits(out, u64::from(character), 16, 4);
    }
}
