//! Whom a code goes to: a phone number or an e-mail address, read and named.

use super::deployment::Deployment;
use crate::email::{self, Email};
use crate::outcome::{Code, Outcome};
use crate::phone::{self, Phone};
use crate::provider::{Channel, Number, Recipient};
use alloc::boxed::Box;
use alloc::string::String;

/// A recipient that was read and allowed.
pub(crate) enum Contact {
    /// A phone number.
    Phone(Phone),
    /// An e-mail address.
    #[cfg(feature = "email")]
    Email(Email),
}

impl Contact {
    /// Reads a recipient as typed; the outcome says what is wrong with it.
    ///
    /// Where providers reach both, an `@` makes it an e-mail address; where they reach one kind, it is of that kind.
    pub(crate) fn read(to: &str, deployment: &Deployment) -> Result<Self, Box<Outcome>> {
        let reaches = |channel| deployment.providers.iter().any(|provider| provider.channel() == channel);
        let refused = |code, zh, en| {
            let mut outcome = Box::new(Outcome::new(code));
            outcome.text = Some((zh, en));
            outcome
        };
        #[cfg(feature = "email")]
        if reaches(Channel::Email) && (to.contains(['@', '＠']) || !reaches(Channel::Phone)) {
            return email::parse(to, &deployment.email)
                .map(Self::Email)
                .map_err(|error| refused(Code::InputEmail(error.code()), error.text_zh(), error.text_en()));
        }
        phone::parse(to, &deployment.phone)
            .map(Self::Phone)
            .map_err(|error| refused(Code::InputNumber(error.code()), error.text_zh(), error.text_en()))
    }

    /// Returns the recipient in full: E.164, or the address with its domain in ASCII.
    pub(crate) fn to(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.e164(),
            #[cfg(feature = "email")]
            Self::Email(email) => email.address(),
        }
    }

    /// Returns the recipient as it may be shown or logged.
    pub(crate) fn masked(&self) -> String {
        match self {
            Self::Phone(phone) => phone.masked(),
            #[cfg(feature = "email")]
            Self::Email(email) => email.masked(),
        }
    }

    /// Returns its name in codes, proofs and tickets.
    pub(crate) fn recipient(&self) -> String {
        match self {
            Self::Phone(phone) => ["tel:", phone.e164()].concat(),
            #[cfg(feature = "email")]
            Self::Email(email) => ["mailto:", email.address()].concat(),
        }
    }

    /// Returns its name in limits, which many spellings of one mailbox share.
    pub(crate) fn limited(&self) -> String {
        match self {
            Self::Phone(_) => self.recipient(),
            #[cfg(feature = "email")]
            Self::Email(email) => ["mailto:", &email.canonical()].concat(),
        }
    }

    /// Returns its parts as providers take them.
    pub(crate) fn parts(&self) -> Recipient<'_> {
        match self {
            Self::Phone(phone) => Recipient::Phone(Number {
                e164: phone.e164(),
                calling_code: phone.calling_code(),
                national: phone.national(),
            }),
            #[cfg(feature = "email")]
            Self::Email(email) => Recipient::Email(email.address()),
        }
    }

    /// Returns the phone number, if it is one.
    pub(crate) fn phone(&self) -> Option<&Phone> {
        match self {
            Self::Phone(phone) => Some(phone),
            #[cfg(feature = "email")]
            Self::Email(_) => None,
        }
    }
}
