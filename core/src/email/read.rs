//! From characters to a local part and the characters of a domain.

use super::EmailError;
use crate::text::length;
use alloc::string::String;
use alloc::vec::Vec;

/// How many characters are looked at: 254 and some blanks.
const MOST_CHARACTERS: usize = 320;

/// RFC 5321, 4.5.3.1.1.
const LOCAL_MOST: usize = 64;

/// A part of an input.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// Its characters, full-width ones folded.
    pub(super) characters: &'a [char],
    /// Where it begins in the input.
    pub(super) at: usize,
}

/// Folds an input, and tells where what is left of it begins.
pub(super) fn read(text: &str) -> Result<(Vec<char>, usize), EmailError> {
    if length(text) > MOST_CHARACTERS {
        return Err(EmailError::InputLength { most: MOST_CHARACTERS });
    }
    let (mut start, mut characters) = (0, Vec::with_capacity(text.len()));
    for character in text.chars() {
        if characters.is_empty() && is_blank(character) {
            start += 1;
        } else {
            characters.push(plain(character));
        }
    }
    while characters.pop_if(|last| is_blank(*last)).is_some() {}
    Ok((characters, start))
}

/// Takes an address apart, at its `@`.
pub(super) fn sides(whole: Part<'_>) -> Result<(Part<'_>, Part<'_>), EmailError> {
    if whole.characters.is_empty() {
        return Err(EmailError::Empty);
    }
    let (local, rest) = whole.cut('@');
    let domain = rest.ok_or(EmailError::AtMissing)?;
    match domain.cut('@') {
        (_, None) => Ok((local, domain)),
        (_, Some(third)) => Err(EmailError::AtTwice { at: third.at.saturating_sub(1) }),
    }
}

/// Reads a local part: a dot-atom (RFC 5322, 3.2.3) of at most 64 characters.
pub(super) fn local(part: Part<'_>) -> Result<String, EmailError> {
    if part.characters.is_empty() {
        return Err(EmailError::LocalEmpty);
    }
    let mut out = String::new();
    // Where the last dot was; the beginning counts as one.
    let mut dot = Some(part.at);
    for (at, character) in part.places() {
        if !character.is_ascii() && !is_blank(character) {
            return Err(EmailError::LocalScript { at });
        }
        dot = match (character, dot) {
            ('.', Some(at)) => return Err(EmailError::LocalDot { at }),
            ('.', None) => Some(at),
            _ if is_atext(character) => None,
            _ => return Err(EmailError::Character { at, character }),
        };
        out.push(character);
    }
    if let Some(at) = dot {
        return Err(EmailError::LocalDot { at });
    }
    if out.len() > LOCAL_MOST {
        return Err(EmailError::LocalLength { most: LOCAL_MOST });
    }
    if part.characters.first() == Some(&'+') {
        return Err(EmailError::Tag);
    }
    Ok(out)
}

impl<'a> Part<'a> {
    /// Returns each character with its place in the input.
    pub(super) fn places(self) -> impl Iterator<Item = (usize, char)> {
        self.characters.iter().zip(self.at..).map(|(&character, at)| (at, character))
    }

    /// Returns what lies before the first such mark, and what behind it, if there is one.
    pub(super) fn cut(self, mark: char) -> (Self, Option<Self>) {
        let before = self.characters.iter().take_while(|&&character| character != mark).count();
        let (front, rest) = self.characters.split_at_checked(before).unwrap_or((self.characters, &[]));
        let at = self.at.saturating_add(before).saturating_add(1);
        let back = rest.get(1..).map(|characters| Part { characters, at });
        (Part { characters: front, at: self.at }, back)
    }
}

/// Maps full-width forms to ASCII, as UTS #46 does, and the dots that it takes for one.
fn plain(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        '\u{3002}' | '\u{ff61}' => '.',
        _ => character,
    }
}

/// White space, and the marks without a width that come along when an address is copied.
fn is_blank(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    ) || character.is_whitespace()
}

fn is_atext(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(
            character,
            '!' | '#' | '$' | '%' | '&' | '\'' | '*' | '+' | '-' | '/' | '=' | '?' | '^' | '_' | '`' | '{'
                ..='~'
        )
}
