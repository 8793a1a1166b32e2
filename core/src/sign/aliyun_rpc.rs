//! Alibaba Cloud RPC "V1" (some pages say "V2, RPC style"), HMAC-SHA1, SignatureVersion 1.0.
//!
//! Source: help.aliyun.com, "RPC signature", and the official SDKs aliyun-python-sdk-core 2.16.1 and
//! alibabacloud-tea-openapi 0.4.6 with `signature_algorithm='v2'`.

use super::encode::{Ink, Twice, room, sort};
use super::{Credentials, Request, Signed};
use crate::http::Method;
use crate::mac::{base64, hmac_sha1};
use crate::secret::Secret;
use crate::time::UnixMillis;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// What to call: an API's action and its parameters.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "the parameters hold the number and the code")]
pub struct Call<'a> {
    /// The action, e.g. `SendSms`.
    pub action: &'a str,
    /// The API's version, e.g. `2017-05-25`.
    pub version: &'a str,
    /// Parameters that travel in the query, beside the common ones.
    pub query: &'a [(&'a str, &'a str)],
    /// Parameters that travel in the form body.
    pub form: &'a [(&'a str, &'a str)],
    /// Puts everything into the body, the common parameters and the signature too.
    pub whole_body: bool,
}

/// Builds a signed POST.
///
/// `now` must be within 15 minutes of real time; `nonce` is any text that was never used before.
#[must_use]
pub fn build(call: &Call<'_>, credentials: &Credentials, now: UnixMillis, nonce: &str) -> Request {
    let mut date = Ink::with_capacity(20);
    date.instant(now);
    let date = date.done();
    // Nearly in the order that they are signed in, so that sorting finds little to do.
    let mut pairs = Vec::with_capacity(call.query.len() + call.form.len() + 9);
    pairs.extend([("AccessKeyId", credentials.id.as_str()), ("Action", call.action), ("Format", "json")]);
    let front = pairs.len();
    pairs.extend_from_slice(call.query);
    pairs.extend_from_slice(call.form);
    let params = pairs.len();
    pairs.extend(credentials.token.as_ref().map(|token| ("SecurityToken", token.expose().as_str())));
    pairs.extend([
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", nonce),
        ("SignatureVersion", "1.0"),
        ("Timestamp", &date),
        ("Version", call.version),
    ]);
    let (query, body, signed) = if call.whole_body {
        let (signed, canonical) = sign(&credentials.secret, Method::Post, &mut pairs);
        (String::new(), with_signature(canonical, &signed.signature), signed)
    } else {
        let common = pairs.iter().take(front).chain(pairs.iter().skip(params)).chain(call.query);
        let common: Vec<(&str, &str)> = common.copied().collect();
        let mut query = Ink::with_capacity(room(&common) + 64);
        query.pairs(&common);
        let mut body = Ink::with_capacity(room(call.form));
        body.form_pairs(call.form);
        let (signed, _) = sign(&credentials.secret, Method::Post, &mut pairs);
        (with_signature(query, &signed.signature), body.done(), signed)
    };
    let headers = if body.is_empty() { Vec::new() } else { vec![("content-type", FORM.to_owned())] };
    Request { method: Method::Post, query, headers, body, signed }
}

/// Signs all parameters of a request, from the query and the body alike, but for `Signature`.
///
/// Sorts them; the encoded pairs come back beside the signature.
pub(crate) fn sign(secret: &Secret<String>, method: Method, pairs: &mut [(&str, &str)]) -> (Signed, Ink) {
    sort(pairs);
    let Twice { once: canonical, twice: text } = Twice::pairs(&[method.as_str(), "&%2F&"], pairs);
    // The ampersand at the key's end belongs to the algorithm.
    let mut key = zeroize::Zeroizing::new(Vec::with_capacity(secret.expose().len() + 1));
    key.extend_from_slice(secret.expose().as_bytes());
    key.push(b'&');
    let signature = base64(&hmac_sha1(&key, &[text.bytes()]));
    (Signed { canonical_request: String::new(), string_to_sign: text.done(), signature }, canonical)
}

fn with_signature(mut pairs: Ink, signature: &str) -> String {
    pairs.text("&Signature=");
    pairs.pct(signature);
    pairs.done()
}

const FORM: &str = "application/x-www-form-urlencoded";
