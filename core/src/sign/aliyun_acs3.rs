//! Alibaba Cloud "V3", ACS3-HMAC-SHA256.
//!
//! Source: help.aliyun.com, "V3 request structure and signature", and the official SDKs
//! alibabacloud-tea-openapi 0.4.6 and @alicloud/openapi-core 1.0.8.

use super::encode::{Ink, room, sort};
use super::{Credentials, Request, Signed};
use crate::http::Method;
use crate::mac::{hmac_sha256, sha256};
use crate::secret::Secret;
use crate::time::UnixMillis;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// The name of the algorithm, which opens the string to sign and the `authorization` header.
pub const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// What to call: an API's action and its parameters, split the way the API's metadata says.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "the parameters hold the number and the code")]
pub struct Call<'a> {
    /// The action, e.g. `SendSms`.
    pub action: &'a str,
    /// The API's version, e.g. `2017-05-25`.
    pub version: &'a str,
    /// The host, with its port if that isn't the scheme's own.
    pub host: &'a str,
    /// Parameters that travel in the query.
    pub query: &'a [(&'a str, &'a str)],
    /// Parameters that travel in a form body; none, no body.
    pub form: &'a [(&'a str, &'a str)],
}

/// Builds a POST signed over the smallest set of headers: `host`, `content-type` if any, every `x-acs-*`.
///
/// `now` must be within 15 minutes of real time; `nonce` is any text that was never used before.
#[must_use]
pub fn build(call: &Call<'_>, credentials: &Credentials, now: UnixMillis, nonce: &str) -> Request {
    let mut pairs = call.query.to_vec();
    sort(&mut pairs);
    let mut query = Ink::with_capacity(room(&pairs));
    query.pairs(&pairs);
    let query = query.done();

    pairs.clear();
    pairs.extend_from_slice(call.form);
    sort(&mut pairs);
    let mut body = Ink::with_capacity(room(&pairs));
    body.form_pairs(&pairs);
    let body = body.done();

    let hash = match body.is_empty() {
        true => EMPTY.to_owned(),
        false => {
            let mut hash = Ink::with_capacity(64);
            hash.hex(&sha256(&[body.as_bytes()]));
            hash.done()
        }
    };
    let mut date = Ink::with_capacity(20);
    date.instant(now);
    let date = date.done();

    // In the order of their names, as the canonical request wants them.
    let mut headers: Vec<(&'static str, &str)> = Vec::with_capacity(8);
    if !body.is_empty() {
        headers.push(("content-type", FORM));
    }
    headers.push(("host", call.host));
    headers.push(("x-acs-action", call.action));
    headers.push(("x-acs-content-sha256", &hash));
    headers.push(("x-acs-date", &date));
    if let Some(token) = &credentials.token {
        headers.push(("x-acs-security-token", token.expose()));
    }
    headers.push(("x-acs-signature-nonce", nonce));
    headers.push(("x-acs-version", call.version));

    let signed = sign(&credentials.secret, Method::Post, "/", &query, &headers, &hash);
    let mut out = Vec::with_capacity(headers.len() + 1);
    let sent = headers.iter().filter(|(name, _)| *name != "host");
    out.extend(sent.map(|(name, value)| (*name, (*value).to_owned())));
    out.push(("authorization", authorization(&credentials.id, &headers, &signed.signature)));
    Request { method: Method::Post, query, headers: out, body, signed }
}

/// Signs a request whose parts are canonical already.
///
/// `query` is what [`super::encode::canonical`] makes; `headers` are those to sign, lower-case names in byte
/// order; `hash` is the lower-case hex SHA-256 of the body.
#[must_use]
pub fn sign(
    secret: &Secret<String>,
    method: Method,
    path: &str,
    query: &str,
    headers: &[(&str, &str)],
    hash: &str,
) -> Signed {
    let mut canonical = Ink::with_capacity(path.len() + query.len() + 64 * headers.len() + hash.len() + 12);
    for part in [method.as_str(), "\n", path, "\n", query, "\n"] {
        canonical.text(part);
    }
    for (name, value) in headers {
        for part in [name, ":", value.trim(), "\n"] {
            canonical.text(part);
        }
    }
    canonical.text("\n");
    names(&mut canonical, headers);
    canonical.text("\n");
    canonical.text(hash);

    let mut text = Ink::with_capacity(ALGORITHM.len() + 65);
    text.text(ALGORITHM);
    text.text("\n");
    text.hex(&sha256(&[canonical.bytes()]));
    let mut signature = Ink::with_capacity(64);
    signature.hex(&hmac_sha256(secret.expose().as_bytes(), &[text.bytes()]));
    Signed { canonical_request: canonical.done(), string_to_sign: text.done(), signature: signature.done() }
}

/// Returns the `authorization` header; its commas have no blank after them.
fn authorization(id: &str, headers: &[(&str, &str)], signature: &str) -> String {
    let mut out = Ink::with_capacity(ALGORITHM.len() + id.len() + 24 * headers.len() + 110);
    out.text(ALGORITHM);
    out.text(" Credential=");
    out.text(id);
    out.text(",SignedHeaders=");
    names(&mut out, headers);
    out.text(",Signature=");
    out.text(signature);
    out.done()
}

fn names(out: &mut Ink, headers: &[(&str, &str)]) {
    for (index, (name, _)) in headers.iter().enumerate() {
        if index > 0 {
            out.text(";");
        }
        out.text(name);
    }
}

/// SHA-256 of nothing, which is what most calls have for a body.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const FORM: &str = "application/x-www-form-urlencoded";
