//! E-mail addresses: from what people type to one ASCII form, and which of them can get a code.
//!
//! An address is `local@domain`: a dot-atom of RFC 5322 and a domain name of at least two labels, written in ASCII as
//! mail needs it. Quoted local parts, comments, address literals and local parts beyond ASCII (SMTPUTF8) are refused.
//! International domains become A-labels by a small, exact part of UTS #46; what it does not hold is refused, and with
//! it every right-to-left script. An address prints masked, always.

mod domain;
mod error;
mod letters;
mod policy;
mod punycode;
mod read;

pub use error::EmailError;
pub use policy::Policy;

use crate::text::cut_last;
use alloc::string::String;
use core::fmt;

/// An e-mail address that was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    /// Local part, `@`, domain: at most 254 bytes of ASCII.
    address: String,
    /// How long the local part is.
    local: usize,
}

/// Reads an address as people type it, and asks the policy about its domain.
///
/// # Errors
/// As [`Email::parse`], and [`EmailError::Refused`].
pub fn parse(text: &str, policy: &Policy) -> Result<Email, EmailError> {
    let email = Email::parse(text)?;
    policy.admit(&email)?;
    Ok(email)
}

impl Email {
    /// Reads an address as people type it.
    ///
    /// White space and marks without a width fall away at the ends; full-width letters, `＠`, `．` and `。` are understood.
    /// More than 320 characters are not looked at. Reading the result's [`Email::address`] again gives the same address.
    ///
    /// # Errors
    /// [`EmailError`] says what is wrong and where; it is for the person who typed the address, who may mend it.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let (characters, at) = read::read(text)?;
        let (front, back) = read::sides(read::Part { characters: &characters, at })?;
        let mut address = read::local(front)?;
        let local = address.len();
        let domain = domain::read(back)?;
        address.push('@');
        address.push_str(&domain);
        // RFC 5321, 4.5.3.1.3, as erratum 1690 to RFC 3696 reads it: a path has 256 octets, its two brackets included.
        if address.len() > 254 {
            return Err(EmailError::AddressLength);
        }
        Ok(Self { address, local })
    }

    /// Returns the whole address, e.g. `Tom+news@example.com`.
    ///
    /// The local part is as it was typed, the domain in A-labels and lower case.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the form that limits count, e.g. `tom@example.com`.
    ///
    /// The local part is in lower case and without its `+tag`: spellings that most mail systems bring to one mailbox
    /// share one limit. Nothing is ever sent to it.
    #[must_use]
    pub fn canonical(&self) -> String {
        let untagged = self.local().split('+').next().unwrap_or_default().trim_end_matches('.');
        let mut out = untagged.to_ascii_lowercase();
        out.push('@');
        out.push_str(self.domain());
        out
    }

    /// Returns the domain in A-labels and lower case, e.g. `xn--fsqu00a.xn--fiqs8s`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.address.get(self.local.saturating_add(1)..).unwrap_or_default()
    }

    /// Returns two first letters and the top-level domain, e.g. `t•••@e•••.com`.
    ///
    /// They are the first characters of the local part and of the domain's first label; one that has no other shows
    /// nothing. There are three bullets for any length, and none for the labels between. A-labels show as what they
    /// stand for.
    #[must_use]
    pub fn masked(&self) -> String {
        let mut out = String::new();
        first(&mut out, self.local().chars());
        out.push('@');
        first(&mut out, domain::unicode(self.domain().split('.').next()).into_iter());
        out.push('.');
        out.extend(domain::unicode(cut_last(self.domain(), b'.').map(|(_, top)| top)));
        out
    }

    fn local(&self) -> &str {
        self.address.get(..self.local).unwrap_or_default()
    }
}

/// Writes the address masked.
impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Writes the first of several characters, and nothing of a single one.
fn first(out: &mut String, mut characters: impl Iterator<Item = char>) {
    if let (Some(first), Some(_)) = (characters.next(), characters.next()) {
        out.push(first);
    }
    out.push_str("•••");
}

/// Writes the address masked.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({self})")
    }
}

#[cfg(test)]
mod tests;
