//! What the cloud APIs share: the key, the host, the signature, the envelope of replies.
//!
//! Source: cloud.tencent.com, "Signature v3", "Signature v1" and "Response".

use super::digits;
use crate::config::Section;
use crate::http::{HttpCall, HttpReply};
use crate::json::{self, Object, Value};
use crate::provider::action::Answer;
use crate::provider::keys::{Keys, Names};
use crate::provider::reading::{MAX_REPLY, doubtful, failure, id, object};
use crate::provider::settings::{self, Endpoint, Env};
use crate::provider::{BuildError, Class, Failure, Signing, classes};
use crate::sign::{tencent_tc3, tencent_v1};
use crate::text::decimal;
use crate::time::Millis;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// One product of the cloud, e.g. `sms`.
pub(super) struct Api {
    pub(super) service: &'static str,
    pub(super) version: &'static str,
}

/// An account, and how it calls one API.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) weight: u32,
    pub(super) keys: Keys,
    endpoint: Endpoint,
    region: String,
    signature: Signature,
    timeout: Millis,
    day_keys: Arc<tencent_tc3::DayKeys>,
}

/// How a call is written and signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signature {
    /// TC3-HMAC-SHA256 over a JSON body.
    Tc3,
    /// The older signature over form parameters.
    #[cfg(feature = "legacy")]
    V1(tencent_v1::Hash),
}

impl Account {
    /// Reads what all providers of the cloud have: `secret_id`, `secret_key`, `session_token`, `region`,
    /// `host_region`, `endpoint`, `signature`, `timeout_ms`, `name`, `weight`.
    #[inline(never)]
    pub(super) fn read(section: &mut Section<'_>, env: Env<'_>, kind: &str, api: &Api) -> Self {
        let name = settings::name(section, kind);
        let weight = settings::weight(section);
        // A host of its own region, or the nearest; what is called in `region` is another matter.
        let host = section.get_choice("host_region", REGIONS).unwrap_or_default();
        let dot = if host.is_empty() { "" } else { "." };
        let endpoint = settings::endpoint(section, &[api.service, dot, host, DOMAIN].concat());
        let keys = Keys::read(section, env, &NAMES, &endpoint);
        let region = section.get_text("region").unwrap_or("ap-guangzhou");
        if !region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
            section.note("region", "must be a region such as ap-guangzhou");
        }
        let signature = section.get_choice("signature", SIGNATURES).unwrap_or(Signature::Tc3);
        let (region, timeout) = (region.to_owned(), settings::timeout(section));
        Self { name, weight, keys, endpoint, region, signature, timeout, day_keys: Arc::default() }
    }

    /// Builds the signed call of an action with this JSON body.
    pub(super) fn call(
        &self,
        api: &Api,
        action: &str,
        body: String,
        signing: &Signing<'_>,
    ) -> Result<HttpCall, BuildError> {
        let credentials = self.keys.pick(signing, &self.endpoint)?;
        let (host, region) = (self.endpoint.host.as_str(), Some(self.region.as_str()));
        let request = match self.signature {
            Signature::Tc3 => {
                let key = self.day_keys.at(&credentials.secret, api.service, signing.now);
                let (service, version, language) = (api.service, api.version, None);
                let call = tencent_tc3::Call { action, version, host, service, region, language, body };
                tencent_tc3::build_with(&key, call, credentials, signing.now)
            }
            #[cfg(feature = "legacy")]
            Signature::V1(hash) => {
                let mut flat = Vec::new();
                // Made by ourselves, so it is JSON.
                json::parse(body.as_bytes()).iter().for_each(|body| flatten("", body, &mut flat));
                let params: Vec<(&str, &str)> =
                    flat.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
                let version = api.version;
                let call = tencent_v1::Call { action, version, host, region, params: &params, hash };
                let nonce = signing.nonce.first_chunk().map_or(0, |head| u32::from_be_bytes(*head));
                tencent_v1::build(&call, credentials, signing.now, nonce)
            }
        };
        Ok(request.into_call(&self.endpoint.origin, self.timeout, MAX_REPLY))
    }
}

/// Writes members and items as `Name.0.Member`, the older signature's form.
fn flatten(name: &str, value: &Value, out: &mut Vec<(String, String)>) {
    let below = |step: &str| match name {
        "" => step.to_owned(),
        _ => [name, ".", step].concat(),
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(step, value)| flatten(&below(step), value, out)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| flatten(&below(&decimal(at as u64)), item, out));
        }
        Value::String(text) | Value::Number(text) => out.push((name.to_owned(), text.clone())),
        Value::Bool(flag) => out.push((name.to_owned(), if *flag { "true" } else { "false" }.to_owned())),
        Value::Null => {}
    }
}

/// A response that names no error.
pub(super) struct Response {
    pub(super) members: Object,
    pub(super) request_id: Option<String>,
}

impl Response {
    /// Reads what every answer is wrapped in; the status is 200 for errors, too.
    pub(super) fn read(reply: &HttpReply) -> Result<Self, Failure> {
        let body = object(reply)?;
        let Some(members) = body.get("Response").and_then(Value::as_object) else {
            return Err(doubtful(reply, "reply.no_code"));
        };
        let request_id = id(members.get("RequestId"));
        match members.get("Error") {
            None | Some(Value::Null) => Ok(Self { members: members.clone(), request_id }),
            // One that is no object has no code; it is an error all the same.
            Some(error) => Err(coded(reply, error.as_object().unwrap_or(Object::EMPTY), request_id)),
        }
    }

    /// Returns what an action said, once the status agrees.
    pub(super) fn answer(self, reply: &HttpReply) -> Result<Answer, Failure> {
        let Self { request_id, .. } = self;
        match (200..300).contains(&reply.status) {
            true => Ok(Answer::within(reply, "Response", request_id)),
            false => Err(contradiction(reply, request_id)),
        }
    }
}

/// Returns the failure that an object with `Code` and `Message` stands for.
pub(super) fn coded(reply: &HttpReply, error: &Object, request_id: Option<String>) -> Failure {
    match text(error, "Code") {
        Some(code) => {
            let message = text(error, "Message").unwrap_or_default();
            failure(classes::TENCENT, reply, code, message, request_id)
        }
        None => Failure { request_id, ..doubtful(reply, "reply.no_code") },
    }
}

/// Returns the failure of a success whose status says otherwise.
pub(super) fn contradiction(reply: &HttpReply, request_id: Option<String>) -> Failure {
    Failure { class: Class::Ambiguous, request_id, ..doubtful(reply, "reply.contradiction") }
}

pub(super) fn text<'a>(map: &'a Object, name: &str) -> Option<&'a str> {
    map.get(name).and_then(Value::as_str)
}

/// Reads an app's id, which is not the account's.
pub(super) fn app_id(section: &mut Section<'_>, option: &'static str) -> String {
    let app_id = section.get_required(option, None);
    if !digits(app_id) {
        section.note(option, "must be the app's id, digits only, such as 1400006666");
    }
    app_id.to_owned()
}

const DOMAIN: &str = ".tencentcloudapi.com";

/// Regions with a host of their own. Source: cloud.tencent.com, "Request Structure" of SMS.
const REGIONS: &[(&str, &str)] = &[
    ("ap-bangkok", "ap-bangkok"),
    ("ap-beijing", "ap-beijing"),
    ("ap-chengdu", "ap-chengdu"),
    ("ap-chongqing", "ap-chongqing"),
    ("ap-guangzhou", "ap-guangzhou"),
    ("ap-hongkong", "ap-hongkong"),
    ("ap-mumbai", "ap-mumbai"),
    ("ap-seoul", "ap-seoul"),
    ("ap-shanghai", "ap-shanghai"),
    ("ap-singapore", "ap-singapore"),
    ("ap-tokyo", "ap-tokyo"),
    ("eu-frankfurt", "eu-frankfurt"),
    ("na-ashburn", "na-ashburn"),
    ("na-siliconvalley", "na-siliconvalley"),
];

const SIGNATURES: &[(&str, Signature)] = &[
    ("tc3", Signature::Tc3),
    #[cfg(feature = "legacy")]
    ("hmac_sha1", Signature::V1(tencent_v1::Hash::Sha1)),
    #[cfg(feature = "legacy")]
    ("hmac_sha256", Signature::V1(tencent_v1::Hash::Sha256)),
];

const NAMES: Names = Names {
    id: ("secret_id", "TENCENTCLOUD_SECRET_ID"),
    secret: ("secret_key", "TENCENTCLOUD_SECRET_KEY"),
    token: ("session_token", "TENCENTCLOUD_SESSION_TOKEN"),
};
