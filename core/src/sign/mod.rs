//! How each provider's request is signed: pure functions from a request to its signature.
//!
//! Every signer keeps its stages in [`Signed`], so that a failing vector names the stage that broke.

pub mod aliyun_acs3;
pub mod aliyun_rpc;
pub mod encode;
pub mod tencent_legacy;
pub mod tencent_tc3;
pub mod tencent_v1;
#[cfg(feature = "testing")]
pub mod vector;

use crate::http::{HttpCall, Method};
use crate::secret::Secret;
use crate::time::Millis;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// An access key: its id, its secret, and a session token if it is a temporary one.
#[derive(Clone)]
pub struct Credentials {
    /// The key's id; public, but printed masked.
    pub id: String,
    /// The key's secret.
    pub secret: Secret<String>,
    /// The session token of a temporary key.
    pub token: Option<Secret<String>>,
}

/// A signature and the stages it was made in.
///
/// The stages hold the number and the code, so `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// The canonical request; empty for algorithms that have none.
    pub canonical_request: String,
    /// The text that was signed.
    pub string_to_sign: String,
    /// The signature in the algorithm's own text form, hex or base64.
    pub signature: String,
}

/// A signed request that still lacks its scheme and host.
///
/// It holds the number, the code and the signature, so `Debug` shows sizes only.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The query, encoded; empty if there is none.
    pub query: String,
    /// Headers to send, names in lower case, without `host`.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty if there is none.
    pub body: String,
    /// The signature and its stages.
    pub signed: Signed,
}

impl Request {
    /// Returns the complete call to `origin`, a scheme and host such as `https://sms.example`.
    #[must_use]
    pub fn into_call(self, origin: &str, timeout: Millis, max_reply: usize) -> HttpCall {
        let mut url = String::with_capacity(origin.len() + self.query.len() + 2);
        url.push_str(origin);
        url.push('/');
        if !self.query.is_empty() {
            url.push('?');
            url.push_str(&self.query);
        }
        let Self { method, headers, body, .. } = self;
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        HttpCall { method, url, headers, body: body.into_bytes(), timeout, max_reply }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start: String = self.id.chars().take(4).collect();
        write!(f, "Credentials({start}…{})", if self.token.is_some() { ", with a token" } else { "" })
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signed")
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, query, body, .. } = self;
        write!(f, "Request({}, {} byte query, {} byte body)", method.as_str(), query.len(), body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret_number_or_code() {
        let credentials = Credentials {
            id: "LTAIcanary".into(),
            secret: Secret::new("canary".into()),
            token: Some(Secret::new("canary".into())),
        };
        let signed = Signed {
            canonical_request: "canary".into(),
            string_to_sign: "canary".into(),
            signature: "canary".into(),
        };
        let request = Request {
            method: Method::Post,
            query: "canary".into(),
            headers: vec![("authorization", "canary".into())],
            body: "canary".into(),
            signed: signed.clone(),
        };
        let shown = format!("{credentials:?} {signed:#?} {request:#?}");
        assert!(!shown.contains("canary"), "{shown}");
        assert_eq!(
            format!("{credentials:?} {signed:?} {request:?}"),
            "Credentials(LTAI…, with a token) Signed Request(POST, 6 byte query, 6 byte body)"
        );
    }
}
