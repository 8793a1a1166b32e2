//! Whom a code goes to: a phone number or an e-mail address, read and named.

use super::deployment::Deployment;
use crate::outcome::{Code, Outcome};
use crate::phone::{self, Phone};
use crate::provider::{Number, Recipient};

/// A recipient that was read and allowed.
pub(crate) enum Contact {
    /// A phone number.
    Phone(Phone),
}

impl Contact {
    /// Reads a recipient as typed; the outcome says what is wrong with it.
    pub(crate) fn read(to: &str, deployment: &Deployment) -> Result<Self, Box<Outcome>> {
        phone::parse(to, &deployment.phone).map(Self::Phone).map_err(|error| {
            let text = Some((error.text_zh(), error.text_en()));
            Box::new(Outcome { text, ..Outcome::new(Code::InputNumber(error.code())) })
        })
    }

    /// Returns the recipient in full: E.164.
    pub(crate) fn to(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.e164(),
        }
    }

    /// Returns the recipient as it may be shown or logged.
    pub(crate) fn masked(&self) -> String {
        match self {
            Self::Phone(phone) => phone.masked(),
        }
    }

    /// Returns its name in codes, proofs and tickets.
    pub(crate) fn recipient(&self) -> String {
        match self {
            Self::Phone(phone) => format!("tel:{}", phone.e164()),
        }
    }

    /// Returns its name in limits, which many spellings of one mailbox share.
    pub(crate) fn limited(&self) -> String {
        match self {
            Self::Phone(_) => self.recipient(),
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
        }
    }

    /// Returns the phone number, if it is one.
    pub(crate) fn phone(&self) -> Option<&Phone> {
        match self {
            Self::Phone(phone) => Some(phone),
        }
    }
}
