//! From characters to a local part and the characters of a domain.

use super::EmailError;

/// How many characters are looked at: 254 and some blanks.
const MOST_CHARACTERS: usize = 320;

/// RFC 5321, 4.5.3.1.1.
const LOCAL_MOST: usize = 64;

/// A part of an input.
pub(super) struct Part {
    /// Its characters, full-width ones folded.
    pub(super) characters: Vec<char>,
    /// Where it begins in the input.
    pub(super) at: usize,
}

/// What stands on both sides of the `@`.
pub(super) struct Typed {
    local: Part,
    pub(super) domain: Part,
}

/// Takes an input apart.
pub(super) fn read(text: &str) -> Result<Typed, EmailError> {
    if text.chars().take(MOST_CHARACTERS + 1).count() > MOST_CHARACTERS {
        return Err(EmailError::InputLength { most: MOST_CHARACTERS });
    }
    let rest = text.trim_start_matches(is_blank);
    let start = text.chars().count().saturating_sub(rest.chars().count());
    let local = Part { characters: fold(rest), at: start };
    if local.characters.is_empty() {
        return Err(EmailError::Empty);
    }
    let mut parts = local.split('@');
    let (Some(local), Some(domain)) = (parts.next(), parts.next()) else { return Err(EmailError::AtMissing) };
    match parts.next() {
        None => Ok(Typed { local, domain }),
        Some(third) => Err(EmailError::AtTwice { at: third.at.saturating_sub(1) }),
    }
}

/// Reads a local part: a dot-atom (RFC 5322, 3.2.3) of at most 64 characters.
pub(super) fn local(typed: &Typed) -> Result<String, EmailError> {
    let part = &typed.local;
    if part.characters.is_empty() {
        return Err(EmailError::LocalEmpty);
    }
    for (at, character) in part.places() {
        if !character.is_ascii() && !is_blank(character) {
            return Err(EmailError::LocalScript { at });
        }
        if character != '.' && !is_atext(character) {
            return Err(EmailError::Character { at, character });
        }
    }
    if let Some(atom) = part.split('.').find(|atom| atom.characters.is_empty()) {
        // The dot before it, or the first one of all.
        return Err(EmailError::LocalDot { at: atom.at.saturating_sub(1).max(part.at) });
    }
    if part.characters.len() > LOCAL_MOST {
        return Err(EmailError::LocalLength { most: LOCAL_MOST });
    }
    if part.characters.first() == Some(&'+') {
        return Err(EmailError::Tag);
    }
    Ok(part.characters.iter().collect())
}

/// Folds what is left of a text once blanks are gone from its end.
pub(super) fn fold(text: &str) -> Vec<char> {
    text.trim_end_matches(is_blank).chars().map(plain).collect()
}

impl Part {
    /// Returns each character with its place in the input.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, char)> {
        let at = self.at;
        self.characters.iter().enumerate().map(move |(i, &character)| (at.saturating_add(i), character))
    }

    /// Returns what lies between the marks.
    pub(super) fn split(&self, mark: char) -> impl Iterator<Item = Part> {
        let mut at = self.at;
        self.characters.split(move |&character| character == mark).map(move |piece| {
            let part = Part { characters: piece.to_vec(), at };
            at = at.saturating_add(piece.len()).saturating_add(1);
            part
        })
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
