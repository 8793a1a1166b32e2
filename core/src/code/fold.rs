//! What people type for a code: spaces, hyphens, full-width and other shapes of a digit.

use super::CodeError;
use crate::secret::Secret;
use alloc::string::String;

/// What is read at most, in characters.
const TYPED_MAX: usize = 64;

/// Brings what someone typed to plain ASCII letters and digits.
///
/// White space and hyphens fall away. Characters that Unicode's NFKC maps to one ASCII digit, and full-width
/// letters, become that digit or letter; nothing else beyond ASCII can be part of a code, so NFKC as a whole
/// (with tables as large as the rest of this crate) would accept nothing more that could match.
///
/// # Errors
/// [`CodeError::Empty`], [`CodeError::Character`] with its place, or [`CodeError::Length`] past 64 characters.
pub fn fold(typed: &str) -> Result<Secret<String>, CodeError> {
    fold_to(typed, |_| true)
}

/// As [`fold`], with the letters and digits that may stand in the code.
pub(super) fn fold_to(typed: &str, may: impl Fn(char) -> bool) -> Result<Secret<String>, CodeError> {
    let mut out = String::with_capacity(16);
    for (at, typed) in typed.chars().enumerate() {
        if at >= TYPED_MAX {
            return Err(CodeError::Length);
        }
        match plain(typed) {
            letter if letter.is_ascii_alphanumeric() && may(letter) => out.push(letter),
            blank if blank.is_whitespace() || is_hyphen(blank) => {}
            _ => return Err(CodeError::Character { at }),
        }
    }
    if out.is_empty() { Err(CodeError::Empty) } else { Ok(Secret::new(out)) }
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FF0D}' | '\u{200B}' | '\u{FEFF}')
}

/// Maps compatibility forms of one ASCII digit or letter to it, and leaves the rest.
fn plain(c: char) -> char {
    let shifted = |first: u32, to: u32| char::from_u32(u32::from(c) - first + to).unwrap_or(c);
    match c {
        '\u{FF10}'..='\u{FF19}' | '\u{FF21}'..='\u{FF3A}' | '\u{FF41}'..='\u{FF5A}' => shifted(0xFF01, 0x21),
        '\u{00B9}' => '1',
        '\u{00B2}' => '2',
        '\u{00B3}' => '3',
        '\u{2070}' => '0',
        '\u{2074}'..='\u{2079}' => shifted(0x2074, 0x34),
        '\u{2080}'..='\u{2089}' => shifted(0x2080, 0x30),
        '\u{2460}'..='\u{2468}' => shifted(0x2460, 0x31),
        '\u{24EA}' => '0',
        '\u{1D7CE}'..='\u{1D7FF}' => shifted((u32::from(c) - 0x1D7CE) / 10 * 10 + 0x1D7CE, 0x30),
        '\u{1CCF0}'..='\u{1CCF9}' => shifted(0x1CCF0, 0x30),
        '\u{1FBF0}'..='\u{1FBF9}' => shifted(0x1FBF0, 0x30),
        _ => c,
    }
}
