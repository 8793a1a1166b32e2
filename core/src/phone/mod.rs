//! Phone numbers: from what people type to E.164, and which of them can get a code.
//!
//! Mainland China is known by class, from the ministry's list; Hong Kong, Macao and Taiwan by their mobile ranges;
//! every other country by its calling code and the lengths of its mobile numbers. Which countries are served is an
//! allow-list. A number prints masked, always.

mod country;
mod error;
mod mainland;
mod policy;
mod read;
mod row;
mod table;

pub use country::Lengths;
pub use error::PhoneError;
pub use mainland::{Class, SEGMENTS_AS_OF};
pub use policy::{Policy, Unknown};
pub use table::METADATA_VERSION;

use alloc::string::String;
use core::fmt;
use row::Row;

/// A phone number that was read and allowed.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone {
    /// `+`, calling code, national number; E.164 allows 15 digits.
    text: [u8; 16],
    len: usize,
    code_len: usize,
    row: Row,
    class: Class,
}

/// Reads a number as people type it.
///
/// Blanks, dashes, dots, brackets and full-width digits are understood, and `+86`, `0086`, `86` or none in front; a
/// bare number belongs to the policy's default country, with or without its trunk prefix, as in `+44 (0)7911 …`. More
/// than 64 characters are not looked at. Reading the result's [`Phone::e164`] again gives the same number.
///
/// # Errors
/// [`PhoneError`] says what is wrong and where; it is for the person who typed the number, who may mend it.
pub fn parse(text: &str, policy: &Policy) -> Result<Phone, PhoneError> {
    let typed = read::read(text)?;
    let found = country::find(&typed, policy.home())?;
    let class = policy.admit(&found)?;
    Phone::new(&found, class)
}

impl Phone {
    /// Returns the whole number, e.g. `+8613800138000`.
    #[must_use]
    pub fn e164(&self) -> &str {
        self.cut(0, self.len)
    }

    /// Returns the calling code and the last two digits, e.g. `+86•••••••34`.
    ///
    /// There are seven bullets for a number of any length.
    #[must_use]
    pub fn masked(&self) -> String {
        let end = self.cut(self.len.saturating_sub(2), self.len);
        ["+", self.calling_code(), "•••••••", end].concat()
    }

    /// Returns the country's ISO 3166-1 code, e.g. `CN`.
    #[must_use]
    pub fn country(&self) -> &'static str {
        self.row.iso()
    }

    /// Returns the calling code without `+`, e.g. `86`.
    #[must_use]
    pub fn calling_code(&self) -> &str {
        self.cut(1, self.code_len)
    }

    /// Returns the number within its country, without a trunk prefix, e.g. `13800138000`.
    #[must_use]
    pub fn national(&self) -> &str {
        self.cut(self.code_len, self.len)
    }

    /// Returns the class of the number's segment.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// Returns the part that a limit for neighbouring numbers counts.
    ///
    /// In mainland China `+86` and seven digits, elsewhere all but the last four: 10,000 numbers share one.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let end = match self.country() {
            mainland::COUNTRY => self.code_len.saturating_add(7),
            _ => self.len.saturating_sub(4).max(self.code_len),
        };
        self.cut(0, end.min(self.len))
    }

    fn new(found: &country::Found<'_>, class: Class) -> Result<Self, PhoneError> {
        let code = found.row.code_digits();
        let digits = [b"+".as_slice(), &code, found.national];
        let (mut text, mut len) = ([0; 16], 0_usize);
        for &digit in digits.into_iter().flatten().filter(|&&byte| byte != 0) {
            // No row allows more digits than fit; a test holds the table to that.
            let Some(place) = text.get_mut(len) else { return Err(found.too_long()) };
            *place = digit;
            len = len.saturating_add(1);
        }
        let code_len = len.saturating_sub(found.national.len());
        Ok(Self { text, len, code_len, row: found.row, class })
    }

    fn cut(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// Writes the number masked.
impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Writes the number masked.
impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({self})")
    }
}

#[cfg(test)]
mod tests;
