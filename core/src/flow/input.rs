//! What both flows read from a request first.

use super::contact::Contact;
use super::deployment::{Deployment, is_name};
use crate::address::Address;
use crate::key::ctx;
use crate::outcome::{Code, Outcome};
use crate::policy::{IpMode, SessionMode};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// The longest session, device or idempotency key, in bytes.
const TEXT_MAX: usize = 256;

/// Tells whether a text can name a purpose, or an action: 1 to 64 characters of `a-z A-Z 0-9 _ . -`.
pub(crate) fn is_purpose(text: &str) -> bool {
    is_name(text, 64)
}

/// Whom a flow is about, read and bound.
pub(super) struct Subject {
    pub(super) contact: Contact,
    /// The recipient's name in codes, proofs and limits.
    pub(super) recipient: String,
    /// What is bound into the code, its proof and its tag.
    pub(super) ctx: Vec<u8>,
    pub(super) address: Option<Address>,
}

impl Subject {
    /// Reads number, purpose, address and session.
    ///
    /// `token` stands for the session where there is none and the policy wants one from us.
    pub(super) fn read(
        deployment: &Deployment,
        to: &str,
        purpose: &str,
        ip: Option<&str>,
        session: Option<&str>,
        token: Option<&str>,
    ) -> Result<Self, Box<Outcome>> {
        let contact = Contact::read(to, deployment)?;
        let about = |code| Box::new(addressed(Outcome::new(code), &contact));
        if !is_purpose(purpose) {
            return Err(about(Code::InputPurpose));
        }
        let address = match (deployment.policy.ip_mode, ip) {
            (IpMode::Off, _) => None,
            (IpMode::Required, Some(ip)) => Some(Address::read(ip).ok_or_else(|| about(Code::InputIp))?),
            (IpMode::Required, None) => return Err(about(Code::InputIp)),
        };
        let session = match (deployment.policy.session, session.filter(|session| !session.is_empty())) {
            (_, Some(session)) => session,
            (SessionMode::Optional, None) => "",
            (SessionMode::Required, None) => return Err(about(Code::InputSession)),
            (SessionMode::Challenge, None) => token.ok_or_else(|| about(Code::InputSession))?,
        };
        if !fits(Some(session)) {
            return Err(about(Code::InputTooLong));
        }
        let recipient = contact.recipient();
        let ctx = ctx(&deployment.namespace, &recipient, purpose, session);
        Ok(Self { contact, recipient, ctx, address })
    }
}

/// Tells whether an optional text is short enough.
pub(super) fn fits(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.len() <= TEXT_MAX)
}

/// Returns the outcome with its recipient.
#[inline(never)]
pub(super) fn addressed(mut outcome: Outcome, contact: &Contact) -> Outcome {
    outcome.to = Some(contact.to().into());
    outcome.masked = Some(contact.masked());
    outcome
}
