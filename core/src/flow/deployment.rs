//! What every flow of a deployment shares.

use super::breaker::Breaker;
use crate::key::Keyring;
use crate::limit::Planner;
use crate::phone;
use crate::policy::Policy;
use crate::provider::Provider;

pub(crate) struct Deployment {
    pub(crate) keys: Keyring,
    pub(crate) namespace: String,
    pub(crate) policy: Policy,
    pub(crate) phone: phone::Policy,
    pub(crate) providers: Vec<Box<dyn Provider>>,
    pub(crate) breaker: Breaker,
}

impl Deployment {
    pub(crate) fn planner(&self) -> Planner<'_> {
        Planner { keys: &self.keys, namespace: &self.namespace, policy: &self.policy }
    }
}

/// Tells whether a text is 1 to `most` characters of `a-z A-Z 0-9 _ . -`.
pub(crate) fn is_name(text: &str, most: usize) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    (1..=most).contains(&text.len()) && text.bytes().all(plain)
}
