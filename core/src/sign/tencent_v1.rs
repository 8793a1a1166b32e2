//! Tencent Cloud's older signature, HmacSHA1 or HmacSHA256 over the plain parameters.
//!
//! Source: cloud.tencent.com, "Signature v1", and the official SDK tencentcloud-sdk-python-common 3.1.195.

use super::encode::{Ink, room, sort};
use super::{Credentials, Request, Signed};
use crate::hash::{SHA1, SHA256};
use crate::http::Method;
use crate::mac::base64;
use crate::secret::Secret;
use crate::time::UnixMillis;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// The hash in use; a request without `SignatureMethod` means [`Hash::Sha1`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// HmacSHA1.
    Sha1,
    /// HmacSHA256.
    Sha256,
}

/// What to call: an API's action and its parameters.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "the parameters hold the number and the code")]
pub struct Call<'a> {
    /// The action, e.g. `SendSms`.
    pub action: &'a str,
    /// The API's version, e.g. `2021-01-11`.
    pub version: &'a str,
    /// The host, with its port if that isn't the scheme's own.
    pub host: &'a str,
    /// The region, for APIs that have one.
    pub region: Option<&'a str>,
    /// Parameters, lists flattened: `PhoneNumberSet.0`, `PhoneNumberSet.1`.
    pub params: &'a [(&'a str, &'a str)],
    /// The hash to sign with.
    pub hash: Hash,
}

/// Builds a signed POST with everything in its form body.
///
/// `now` must be within 5 minutes of real time; `nonce` is any number that was not used in that time.
#[must_use]
pub fn build(call: &Call<'_>, credentials: &Credentials, now: UnixMillis, nonce: u32) -> Request {
    let mut text = Ink::with_capacity(20);
    text.number(now.seconds());
    let time = text.done();
    let mut text = Ink::with_capacity(10);
    text.number(u64::from(nonce));
    let nonce = text.done();
    let mut pairs = Vec::with_capacity(call.params.len() + 8);
    // Nearly in the order that they are signed in, so that sorting finds little to do.
    pairs.extend([("Action", call.action), ("Nonce", &nonce)]);
    pairs.extend_from_slice(call.params);
    pairs.extend(call.region.map(|region| ("Region", region)));
    pairs.extend([
        ("SecretId", credentials.id.as_str()),
        ("SignatureMethod", call.hash.as_str()),
        ("Timestamp", &time),
    ]);
    pairs.extend(credentials.token.as_ref().map(|token| ("Token", token.expose().as_str())));
    pairs.push(("Version", call.version));
    let signed = sign(&credentials.secret, call.hash, Method::Post, call.host, &mut pairs);
    let mut body = Ink::with_capacity(room(&pairs) + 64);
    body.pairs(&pairs);
    body.text("&Signature=");
    body.pct(&signed.signature);
    Request {
        method: Method::Post,
        query: String::new(),
        headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
        body: body.done(),
        signed,
    }
}

/// Signs all parameters of a request but for `Signature`; sorts them by name.
///
/// The values go in as they are, not encoded, `&` and `=` included.
pub fn sign(
    secret: &Secret<String>,
    hash: Hash,
    method: Method,
    host: &str,
    pairs: &mut [(&str, &str)],
) -> Signed {
    // Byte order, which puts `PhoneNumberSet.10` before `PhoneNumberSet.2`.
    sort(pairs);
    let mut text = Ink::with_capacity(room(pairs) + host.len() + 6);
    for part in [method.as_str(), host, "/?"] {
        text.text(part);
    }
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            text.byte(b'&');
        }
        text.text(name);
        text.byte(b'=');
        text.text(value);
    }
    let key = secret.expose().as_bytes();
    let hash = match hash {
        Hash::Sha1 => &SHA1,
        Hash::Sha256 => &SHA256,
    };
    let signature = base64(hash.whole(&hash.hmac(key, &[text.bytes()])));
    Signed { canonical_request: String::new(), string_to_sign: text.done(), signature }
}

impl Hash {
    /// Returns the value of `SignatureMethod`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "HmacSHA1",
            Self::Sha256 => "HmacSHA256",
        }
    }
}
