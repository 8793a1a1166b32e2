//! Domain names: labels of letters, digits and hyphens, and international ones as A-labels.

use super::EmailError;
use super::letters::{self, Letter};
use super::punycode;
use super::read::{self, Part};
use crate::text::cut_last;
use alloc::string::String;
use alloc::vec::Vec;

/// RFC 1035, 2.3.4.
const LABEL_MOST: usize = 63;
/// RFC 1035, 2.3.4: 255 octets on the wire are 253 characters.
const DOMAIN_MOST: usize = 253;
/// RFC 5890, 2.3.2.1.
const PREFIX: &str = "xn--";

/// Reads a domain name as people type it, into A-labels and lower case.
pub(super) fn read(part: Part<'_>) -> Result<String, EmailError> {
    match part.characters.first() {
        None => return Err(EmailError::DomainEmpty),
        Some('[') => return Err(EmailError::Literal),
        Some(_) => {}
    }
    let start = part.at;
    let mut out = String::new();
    let mut left = Some(part);
    while let Some(part) = left {
        let typed;
        (typed, left) = part.cut('.');
        if typed.characters.is_empty() {
            // The dot before it, or the first one of all.
            return Err(EmailError::Dot { at: typed.at.saturating_sub(1).max(start) });
        }
        if !out.is_empty() {
            out.push('.');
        }
        let label = label(typed)?;
        if label.len() > LABEL_MOST {
            return Err(EmailError::LabelLength { most: LABEL_MOST });
        }
        out.push_str(&label);
    }
    if out.len() > DOMAIN_MOST {
        return Err(EmailError::AddressLength);
    }
    match cut_last(&out, b'.') {
        None => Err(EmailError::DomainIncomplete),
        // RFC 3696, 2: no top-level domain is all digits.
        Some((_, top)) if top.bytes().all(|byte| byte.is_ascii_digit()) => Err(EmailError::TopLevel),
        Some(_) => Ok(out),
    }
}

/// Reads a domain of the configuration.
pub(super) fn parse(text: &str) -> Option<String> {
    let (characters, at) = read::read(text).ok()?;
    read(Part { characters: &characters, at }).ok()
}

/// Returns the characters that a label of ours stands for.
pub(super) fn unicode(label: Option<&str>) -> Vec<char> {
    let label = label.unwrap_or_default();
    let decoded = label.strip_prefix(PREFIX).and_then(|rest| punycode::decode(rest, LABEL_MOST));
    decoded.unwrap_or_else(|| label.chars().collect())
}

/// Reads one label that is not empty.
fn label(typed: Part<'_>) -> Result<String, EmailError> {
    let mapped = map(typed)?;
    if let [.., '-'] | ['-', ..] = *mapped {
        return Err(EmailError::Hyphen { at: typed.at });
    }
    let plain: String = mapped.iter().filter(|character| character.is_ascii()).collect();
    if plain.len() == mapped.len() {
        return match plain.strip_prefix(PREFIX) {
            Some(rest) if !is_canonical(rest, &plain) => Err(EmailError::Idn { at: typed.at }),
            _ => Ok(plain),
        };
    }
    // RFC 5891, 4.2.3.1: these two hyphens are kept for prefixes.
    if let [_, _, '-', '-', ..] = *mapped {
        return Err(EmailError::Idn { at: typed.at });
    }
    // An A-label is longer than what it stands for.
    if mapped.len() > LABEL_MOST {
        return Err(EmailError::LabelLength { most: LABEL_MOST });
    }
    Ok([PREFIX, &punycode::encode(&mapped)].concat())
}

/// Tells whether an A-label is the one that its characters would become.
fn is_canonical(rest: &str, whole: &str) -> bool {
    let decoded = punycode::decode(rest, LABEL_MOST).filter(|found| !found.iter().all(char::is_ascii));
    let again = decoded.map(|characters| label(Part { characters: &characters, at: 0 }));
    matches!(again, Some(Ok(label)) if label == whole)
}

/// Brings the characters of a label to those that are encoded.
fn map(typed: Part<'_>) -> Result<Vec<char>, EmailError> {
    // A label begins with no mark, and marks stand in canonical order: then it is in NFC.
    let mut last = None;
    let mut out = Vec::new();
    for (at, character) in typed.places() {
        let wrong = EmailError::Domain { at, character };
        let Letter { character, order } = letters::read(character).ok_or(wrong)?;
        if order.is_some_and(|order| order > 0 && last.is_some_and(|last| last > order))
            || (order.is_some() && out.is_empty())
        {
            return Err(wrong);
        }
        last = order;
        out.push(character);
    }
    Ok(out)
}
