//! What every flow of a deployment shares.

use super::breaker::Breaker;
use crate::email;
use crate::key::Keyring;
use crate::limit::Planner;
use crate::phone;
use crate::policy::Policy;
use crate::provider::{Provider, Recipient};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

pub(crate) struct Deployment {
    pub(crate) keys: Keyring,
    pub(crate) namespace: String,
    pub(crate) policy: Policy,
    pub(crate) phone: phone::Policy,
    pub(crate) email: email::Policy,
    pub(crate) providers: Vec<Box<dyn Provider>>,
    pub(crate) breaker: Breaker,
}

impl Deployment {
    /// Returns the provider that makes and checks the codes for this recipient itself.
    ///
    /// It is the first of the list that serves the recipient, and then asked alone: no other could check its codes.
    pub(crate) fn managed(&self, to: &Recipient<'_>, purpose: &str) -> Option<usize> {
        if !cfg!(feature = "managed") {
            return None;
        }
        let first = self.providers.iter().position(|provider| provider.serves(to, purpose))?;
        self.providers.get(first)?.managed().map(|_| first)
    }

    pub(crate) fn planner(&self) -> Planner<'_> {
        Planner { keys: &self.keys, namespace: &self.namespace, policy: &self.policy }
    }
}

/// Tells whether a text is 1 to `most` characters of `a-z A-Z 0-9 _ . -`.
pub(crate) fn is_name(text: &str, most: usize) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (1..=most).contains(&text.len()) && text.bytes().all(plain)
}
