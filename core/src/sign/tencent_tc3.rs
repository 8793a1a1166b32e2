//! Tencent Cloud API 3.0, TC3-HMAC-SHA256.
//!
//! Source: cloud.tencent.com, "Signature v3", and the official SDKs tencentcloud-sdk-python-common 3.1.195 and
//! tencentcloud-sdk-nodejs-sms 4.1.306.

use super::encode::Ink;
use super::{Credentials, Request, Signed};
use crate::http::Method;
#[cfg(feature = "std")]
use crate::mac::same;
use crate::mac::{hmac_sha256, sha256};
use crate::secret::Secret;
use crate::time::UnixMillis;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;
#[cfg(feature = "std")]
use std::sync::{Mutex, PoisonError};
use zeroize::Zeroizing;

/// The name of the algorithm, which opens the string to sign and the `authorization` header.
pub const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// What to call: an API's action and its JSON body.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "the body holds the number and the code")]
pub struct Call<'a> {
    /// The action, e.g. `SendSms`.
    pub action: &'a str,
    /// The API's version, e.g. `2021-01-11`.
    pub version: &'a str,
    /// The host, with its port if that isn't the scheme's own.
    pub host: &'a str,
    /// The service, which is the host's first label at Tencent's, e.g. `sms`.
    pub service: &'a str,
    /// The region, for APIs that have one.
    pub region: Option<&'a str>,
    /// The language of error messages, `zh-CN` or `en-US`.
    pub language: Option<&'a str>,
    /// The JSON body.
    pub body: String,
}

/// What is signed of a request, beside its headers.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "the query or the body holds the number and the code")]
pub struct Parts<'a> {
    /// The method.
    pub method: Method,
    /// The query exactly as it is sent.
    pub query: &'a str,
    /// The body exactly as it is sent.
    pub body: &'a [u8],
    /// The service that is named in the credential's scope.
    pub service: &'a str,
}

/// Builds a signed POST.
///
/// `now` must be within 5 minutes of real time. The algorithm has no nonce: equal calls in one second are equal.
#[must_use]
pub fn build(call: Call<'_>, credentials: &Credentials, now: UnixMillis) -> Request {
    let key = day_key(&credentials.secret, call.service, now);
    build_with(&key, call, credentials, now)
}

/// Builds a signed POST with the key of the day; see [`build`] and [`DayKeys`].
#[must_use]
pub fn build_with(key: &Key, call: Call<'_>, credentials: &Credentials, now: UnixMillis) -> Request {
    let signed_headers = [("content-type", JSON), ("host", call.host)];
    let parts = Parts { method: Method::Post, query: "", body: call.body.as_bytes(), service: call.service };
    let signed = sign_with(key, &parts, &signed_headers, now);
    let mut time = Ink::with_capacity(20);
    time.number(now.seconds());
    let mut headers = Vec::with_capacity(9);
    headers.push(("content-type", JSON.to_owned()));
    headers.push(("x-tc-action", call.action.to_owned()));
    headers.push(("x-tc-version", call.version.to_owned()));
    headers.push(("x-tc-timestamp", time.done()));
    headers.extend(call.region.map(|region| ("x-tc-region", region.to_owned())));
    headers.extend(credentials.token.as_ref().map(|token| ("x-tc-token", token.expose().to_owned())));
    headers.extend(call.language.map(|language| ("x-tc-language", language.to_owned())));
    headers.push(("authorization", authorization(&credentials.id, call.service, now, &signed.signature)));
    Request { method: Method::Post, query: String::new(), headers, body: call.body, signed }
}

/// Signs a request over the given headers.
///
/// `headers` are those to sign, lower-case names in byte order. The vendor's page wants values in lower case and
/// the SDKs leave them as they are: with lower-case values the question does not arise.
#[must_use]
pub fn sign(secret: &Secret<String>, parts: &Parts<'_>, headers: &[(&str, &str)], now: UnixMillis) -> Signed {
    sign_with(&day_key(secret, parts.service, now), parts, headers, now)
}

fn sign_with(key: &Key, parts: &Parts<'_>, headers: &[(&str, &str)], now: UnixMillis) -> Signed {
    let mut canonical = Ink::with_capacity(parts.query.len() + 64 * headers.len() + 80);
    for part in [parts.method.as_str(), "\n/\n", parts.query, "\n"] {
        canonical.text(part);
    }
    for (name, value) in headers {
        for part in [name, ":", value.trim(), "\n"] {
            canonical.text(part);
        }
    }
    canonical.text("\n");
    for (index, (name, _)) in headers.iter().enumerate() {
        if index > 0 {
            canonical.text(";");
        }
        canonical.text(name);
    }
    canonical.text("\n");
    canonical.hex(&sha256(&[parts.body]));

    let mut date = Ink::with_capacity(10);
    date.day(now);
    let mut text = Ink::with_capacity(140);
    text.text(ALGORITHM);
    text.text("\n");
    text.number(now.seconds());
    text.text("\n");
    scope(&mut text, date.bytes(), parts.service);
    text.text("\n");
    text.hex(&sha256(&[canonical.bytes()]));

    let mut signature = Ink::with_capacity(64);
    signature.hex(&hmac_sha256(key.expose(), &[text.bytes()]));
    Signed { canonical_request: canonical.done(), string_to_sign: text.done(), signature: signature.done() }
}

/// The key that signs one day's calls to one service.
pub type Key = Secret<[u8; 32]>;

/// The key of the day, kept: deriving it takes three of a signature's four HMACs.
///
/// One of these serves one service. Without `std` there is no lock to keep it behind, and it is derived each time.
#[derive(Debug, Default)]
pub struct DayKeys(#[cfg(feature = "std")] Mutex<Option<DayKey>>);

#[cfg(feature = "std")]
#[derive(Debug)]
struct DayKey {
    day: u64,
    secret: Secret<String>,
    key: Key,
}

impl DayKeys {
    /// Returns the key of the day of `now`.
    #[cfg(not(feature = "std"))]
    #[must_use]
    pub fn at(&self, secret: &Secret<String>, service: &str, now: UnixMillis) -> Key {
        day_key(secret, service, now)
    }

    /// Returns the key of the day of `now`, derived anew when another day or secret was asked for last.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn at(&self, secret: &Secret<String>, service: &str, now: UnixMillis) -> Key {
        let day = now.seconds() / 86_400;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some(it) if it.day == day && same(it.secret.expose().as_bytes(), secret.expose().as_bytes()) => {
                it.key.clone()
            }
            _ => {
                let key = day_key(secret, service, now);
                *kept = Some(DayKey { day, secret: secret.clone(), key: key.clone() });
                key
            }
        }
    }
}

fn day_key(secret: &Secret<String>, service: &str, now: UnixMillis) -> Key {
    let mut date = Ink::with_capacity(10);
    date.day(now);
    let mut key = Zeroizing::new(Vec::with_capacity(secret.expose().len() + 3));
    key.extend_from_slice(b"TC3");
    key.extend_from_slice(secret.expose().as_bytes());
    let key = Zeroizing::new(hmac_sha256(&key, &[date.bytes()]));
    let key = Zeroizing::new(hmac_sha256(&*key, &[service.as_bytes()]));
    Secret::new(hmac_sha256(&*key, &[b"tc3_request"]))
}

/// Returns the `authorization` header; its commas have a blank after them.
fn authorization(id: &str, service: &str, now: UnixMillis, signature: &str) -> String {
    let mut date = Ink::with_capacity(10);
    date.day(now);
    let mut out = Ink::with_capacity(id.len() + service.len() + 180);
    out.text(ALGORITHM);
    out.text(" Credential=");
    out.text(id);
    out.text("/");
    scope(&mut out, date.bytes(), service);
    out.text(", SignedHeaders=content-type;host, Signature=");
    out.text(signature);
    out.done()
}

fn scope(out: &mut Ink, date: &[u8], service: &str) {
    out.ascii(date);
    out.text("/");
    out.text(service);
    out.text("/tc3_request");
}

const JSON: &str = "application/json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_key_serves_its_day_and_secret_only() {
        let secrets = ["secret", "another"].map(|text| Secret::new(text.to_owned()));
        let (kept, day) = (DayKeys::default(), 86_400_000);
        for now in [0, 1, day - 1, day, 3 * day, day].map(UnixMillis) {
            for secret in &secrets {
                let key = day_key(secret, "sms", now);
                assert_eq!(kept.at(secret, "sms", now).expose(), key.expose());
                assert_eq!(kept.at(secret, "sms", now).expose(), key.expose());
            }
        }
        let [secret, _] = &secrets;
        assert_ne!(
            kept.at(secret, "sms", UnixMillis(0)).expose(),
            kept.at(secret, "sms", UnixMillis(day)).expose()
        );
        assert!(!format!("{kept:?}").contains("secret\""), "{kept:?}");
    }

    #[test]
    fn a_key_is_derived_once_a_day() {
        let secret = Secret::new("secret".to_owned());
        let (kept, another) = (DayKeys::default(), day_key(&secret, "another", UnixMillis(0)));
        let planted = DayKey { day: 1, secret: secret.clone(), key: another.clone() };
        *kept.0.lock().unwrap() = Some(planted);
        assert_eq!(kept.at(&secret, "sms", UnixMillis(2 * 86_400_000 - 1)).expose(), another.expose());
    }
}
