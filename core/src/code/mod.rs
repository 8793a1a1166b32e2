//! Codes: how one is made, what people may type, and the proof that is stored in its place.

mod fold;
#[cfg(test)]
mod tests;

pub use fold::fold;

use crate::config::{Section, Wrong};
use crate::error::ConfigError;
use crate::key::{Pepper, enc, head};
use crate::mac::hmac_sha256;
use crate::secret::Secret;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What codes look like: a length and an alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    length: u8,
    alphabet: Alphabet,
}

/// A named alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// `0` to `9`.
    Digits,
    /// Crockford's base 32 in upper case, without I, L, O and U.
    Crockford,
    /// `A` to `Z`.
    Upper,
}

/// What a slot's nonce is: 16 bytes, made with the slot, kept by a resend.
pub type Nonce = [u8; 16];

/// What is stored in a code's place.
pub type Proof = [u8; 16];

/// What is wrong with a code that someone typed, or that a caller made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeError {
    /// Nothing was typed.
    Empty,
    /// The number of characters is not that of our codes.
    Length,
    /// A character can't stand in a code; counted from 0 in what was typed.
    Character {
        /// The character's place.
        at: usize,
    },
}

impl Shape {
    /// Six digits.
    pub const DEFAULT: Self = Self { length: 6, alphabet: Alphabet::Digits };

    /// Makes a shape of 4 to 8 characters.
    #[must_use]
    pub const fn new(length: u8, alphabet: Alphabet) -> Option<Self> {
        if 4 <= length && length <= 8 { Some(Self { length, alphabet }) } else { None }
    }

    /// Reads `code_length` (4 to 8) and `code_alphabet` (`digits`, `crockford`, `upper`).
    ///
    /// # Errors
    /// When one is of the wrong type or outside its range.
    pub fn from_config(section: &mut Section<'_>) -> Result<Self, ConfigError> {
        let read = Self::read_options(section);
        section.settle(read)
    }

    pub(crate) fn read_options(section: &mut Section<'_>) -> Result<Self, Wrong> {
        let words =
            [("digits", Alphabet::Digits), ("crockford", Alphabet::Crockford), ("upper", Alphabet::Upper)];
        let alphabet = section.choice("code_alphabet", &words)?.unwrap_or(Alphabet::Digits);
        let length = section.number("code_length", 4..=8)?.unwrap_or(6);
        u8::try_from(length)
            .ok()
            .and_then(|length| Self::new(length, alphabet))
            .ok_or_else(|| section.wrong("code_length", "must be from 4 to 8"))
    }

    /// Returns how many codes there are.
    #[must_use]
    pub fn count(self) -> u64 {
        (self.alphabet.symbols().len() as u64).saturating_pow(u32::from(self.length))
    }

    /// Returns the number of characters.
    #[must_use]
    pub const fn length(self) -> u8 {
        self.length
    }

    /// Returns the alphabet.
    #[must_use]
    pub const fn alphabet(self) -> Alphabet {
        self.alphabet
    }

    /// Makes the code that belongs to a pepper, a context and a nonce; the same each time.
    ///
    /// Blocks of HMAC output are read as 64-bit numbers; those that would favour some codes are passed over.
    #[must_use]
    pub fn code(self, pepper: &Pepper, ctx: &[u8], nonce: &Nonce) -> Secret<String> {
        let symbols = self.alphabet.symbols();
        let mut blocks = (0..u32::MAX).map(|i| {
            let block = hmac_sha256(pepper.code(), &[ctx, &enc(&[nonce, &i.to_be_bytes()])]);
            u64::from_be_bytes(head(&block))
        });
        let base = symbols.len() as u64;
        let mut out = Vec::with_capacity(usize::from(self.length));
        if self.count() <= 1 << 32 {
            let mut rest = below(&mut blocks, self.count());
            for _ in 0..self.length {
                out.push(symbol(symbols, rest % base));
                rest /= base;
            }
            out.reverse();
        } else {
            out.extend((0..self.length).map(|_| symbol(symbols, below(&mut blocks, base))));
        }
        Secret::new(out.into_iter().collect())
    }

    /// Brings what someone typed into the form of a code of this shape.
    ///
    /// # Errors
    /// [`CodeError`] when it can't be one; such a guess costs no try.
    pub fn read(self, typed: &str) -> Result<Secret<String>, CodeError> {
        let folded = fold::fold_to(typed, |letter| self.alphabet.has(letter))?;
        match folded.expose().len() {
            length if length == usize::from(self.length) => Ok(self.alphabet.cased(folded)),
            _ => Err(CodeError::Length),
        }
    }
}

/// Brings a code that the caller made into its form: 4 to 12 letters and digits, case kept.
///
/// # Errors
/// [`CodeError`] when it has other characters or another length.
pub fn read_own(typed: &str) -> Result<Secret<String>, CodeError> {
    let folded = fold(typed)?;
    if (4..=12).contains(&folded.expose().len()) { Ok(folded) } else { Err(CodeError::Length) }
}

/// Returns the proof of a code, 16 bytes under the pepper's proof key.
#[must_use]
pub fn proof(pepper: &Pepper, ctx: &[u8], code: &Secret<String>) -> Proof {
    head(&hmac_sha256(pepper.proof(), &[ctx, &enc(&[code.expose().as_bytes()])]))
}

impl Alphabet {
    /// Returns the symbols in order.
    #[must_use]
    pub const fn symbols(self) -> &'static [u8] {
        match self {
            Self::Digits => b"0123456789",
            Self::Crockford => b"0123456789ABCDEFGHJKMNPQRSTVWXYZ",
            Self::Upper => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        }
    }

    fn has(self, letter: char) -> bool {
        let letter = match self {
            Self::Digits => letter,
            Self::Crockford | Self::Upper => letter.to_ascii_uppercase(),
        };
        self.symbols().iter().any(|symbol| char::from(*symbol) == letter)
    }

    /// Codes of the upper-case alphabets may be typed in lower case.
    fn cased(self, code: Secret<String>) -> Secret<String> {
        match self {
            Self::Digits => code,
            Self::Crockford | Self::Upper => Secret::new(code.expose().to_ascii_uppercase()),
        }
    }
}

impl CodeError {
    /// Returns the stable dotted code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "input.code.empty",
            Self::Length => "input.code.length",
            Self::Character { .. } => "input.code.character",
        }
    }
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no code was given"),
            Self::Length => f.write_str("the code has the wrong number of characters"),
            Self::Character { at } => write!(f, "character {at} can't stand in a code"),
        }
    }
}

impl core::error::Error for CodeError {}

/// Returns the first number below the largest multiple of `count`, reduced.
fn below(blocks: &mut impl Iterator<Item = u64>, count: u64) -> u64 {
    // ⌊2^64 / count⌋ · count, without leaving 64 bits; 0 stands for 2^64 itself.
    let limit = 0u64.wrapping_sub((u64::MAX % count).wrapping_add(1) % count);
    blocks.find(|block| limit == 0 || *block < limit).unwrap_or(0) % count
}

fn symbol(symbols: &[u8], at: u64) -> char {
    usize::try_from(at).ok().and_then(|at| symbols.get(at)).map_or('0', |symbol| char::from(*symbol))
}
