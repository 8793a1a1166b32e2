//! Who calls the pretend Tencent Cloud, by either signature, and what is asked.

use super::{Asked, Refusal, refusal};
use crate::http::{HttpCall, Method};
use crate::mac::same;
use crate::sandbox::{Sandbox, digits, host};
use crate::sign::encode::pairs;
use crate::sign::{Credentials, tencent_tc3, tencent_v1};
use crate::time::UnixMillis;
use serde_json::{Map, Value, json};

impl Sandbox {
    /// Checks who calls, as the gateway does, before anybody looks at what is asked.
    pub(super) fn tencent_claim(&self, call: &HttpCall, now: UnixMillis) -> Result<Asked, Refusal> {
        match call.header("authorization") {
            None if is_v1(call) => self.v1(call, now),
            _ => self.tc3(call, now),
        }
    }

    /// Checks TC3-HMAC-SHA256 and reads the parameters: a JSON body, or for GET the flattened query.
    fn tc3(&self, call: &HttpCall, now: UnixMillis) -> Result<Asked, Refusal> {
        let header = |name: &str| {
            call.header(name).ok_or_else(|| {
                refusal("MissingParameter", &format!("The request is missing the required header `{name}`."))
            })
        };
        let authorization = call.header("authorization").and_then(credential).ok_or_else(|| {
            refusal("AuthFailure.InvalidAuthorization", "The `Authorization` header is malformed.")
        })?;
        let known = self.known(authorization.id)?;
        let time = header("x-tc-timestamp")?;
        let time = seconds(time, now)?;
        self.token(call.header("x-tc-token"))?;
        let mut headers = Vec::new();
        for name in authorization.headers.split(';') {
            let value = if name == "host" { Some(host(call)) } else { call.header(name) };
            headers.push((name, value.ok_or_else(unsigned)?));
        }
        headers.sort_unstable();
        let signed = |name: &str| headers.iter().any(|(key, _)| *key == name);
        if !signed("content-type") || !signed("host") {
            return Err(unsigned());
        }
        let parts = tencent_tc3::Parts {
            method: call.method,
            query: call.query(),
            body: &call.body,
            service: authorization.service,
        };
        let at = UnixMillis(time * 1_000);
        let computed = tencent_tc3::sign(&known.secret, &parts, &headers, at);
        let day = at.civil().to_string();
        let today = day.split('T').next() == Some(authorization.date);
        if !today || !same(authorization.signature.as_bytes(), computed.signature.as_bytes()) {
            return Err(unsigned());
        }
        let (action, version) = (header("x-tc-action")?, header("x-tc-version")?);
        let api = api(version).filter(|api| *api == authorization.service);
        let api = api.ok_or_else(|| refusal("NoSuchVersion", "The API's version does not exist."))?;
        if header("x-tc-region")?.is_empty() {
            return Err(refusal("MissingParameter", "The request is missing the parameter `Region`."));
        }
        let params = match call.method {
            Method::Get => unflattened(pairs(call.query())),
            Method::Post => match serde_json::from_slice(&call.body) {
                Ok(Value::Object(map)) => map,
                _ => return Err(refusal("InvalidParameter", "The body is not a JSON object.")),
            },
        };
        Ok(Asked { api, action: action.to_owned(), params, texts: call.method == Method::Get })
    }

    /// Checks HmacSHA1 or HmacSHA256 over the plain parameters, which stand in the query or in a form body.
    fn v1(&self, call: &HttpCall, now: UnixMillis) -> Result<Asked, Refusal> {
        let body = String::from_utf8_lossy(&call.body);
        let all = pairs(if call.method == Method::Get { call.query() } else { &body });
        let missing = |name: &str| {
            refusal("MissingParameter", &format!("The request is missing the parameter `{name}`."))
        };
        let find = |name: &str| all.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let need = |name: &str| find(name).filter(|text| !text.is_empty()).ok_or_else(|| missing(name));
        let known = self.known(need("SecretId")?)?;
        seconds(need("Timestamp")?, now)?;
        if !digits(need("Nonce")?) {
            return Err(refusal("InvalidParameter", "The parameter `Nonce` is not a number."));
        }
        self.token(find("Token"))?;
        let hash = match find("SignatureMethod") {
            None | Some("HmacSHA1") => tencent_v1::Hash::Sha1,
            Some("HmacSHA256") => tencent_v1::Hash::Sha256,
            Some(_) => {
                return Err(refusal("InvalidParameter", "The parameter `SignatureMethod` is unknown."));
            }
        };
        let mut signed: Vec<(&str, &str)> =
            all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        signed.retain(|(name, _)| *name != "Signature");
        let computed = tencent_v1::sign(&known.secret, hash, call.method, host(call), &mut signed);
        if !same(need("Signature")?.as_bytes(), computed.signature.as_bytes()) {
            return Err(unsigned());
        }
        let api = api(need("Version")?);
        let api = api.ok_or_else(|| refusal("NoSuchVersion", "The API's version does not exist."))?;
        need("Region")?;
        let action = need("Action")?.to_owned();
        let own = all.iter().filter(|(name, _)| !COMMON.contains(&name.as_str())).cloned();
        Ok(Asked { api, action, params: unflattened(own.collect()), texts: true })
    }

    fn known(&self, id: &str) -> Result<&Credentials, Refusal> {
        let known = &self.settings.tencent.credentials;
        match id {
            _ if id == known.id => Ok(known),
            _ if id.starts_with("AKID") => {
                let message = "This is the sandbox, and the SecretId looks like a real one; use one that begins with `sandbox-`.";
                Err(refusal("AuthFailure.SecretIdNotFound", message))
            }
            _ => Err(refusal("AuthFailure.SecretIdNotFound", "The SecretId is not found.")),
        }
    }

    fn token(&self, given: Option<&str>) -> Result<(), Refusal> {
        let own = self.settings.tencent.credentials.token.as_ref().map(|token| token.expose().as_bytes());
        match (given.filter(|token| !token.is_empty()), own) {
            (None, None) => Ok(()),
            (Some(token), Some(own)) if same(token.as_bytes(), own) => Ok(()),
            _ => Err(refusal("AuthFailure.TokenFailure", "The token is wrong or has expired.")),
        }
    }
}

/// Tells whether a call carries the older signature.
pub(super) fn is_v1(call: &HttpCall) -> bool {
    let marked = |bytes: &[u8]| bytes.split(|byte| *byte == b'&').any(|part| part.starts_with(b"SecretId="));
    marked(call.query().as_bytes()) || marked(&call.body)
}

/// Reads a Unix time that is near enough.
fn seconds(text: &str, now: UnixMillis) -> Result<u64, Refusal> {
    let time = digits(text).then(|| text.parse::<u64>().ok()).flatten().filter(|time| *time < 1 << 40);
    let time = time.ok_or_else(|| refusal("InvalidParameter", "The timestamp is not a Unix time."))?;
    if now.seconds().abs_diff(time) > WINDOW {
        let message =
            "Signature expired: the timestamp differs from the server's time by more than 5 minutes.";
        return Err(refusal("AuthFailure.SignatureExpire", message));
    }
    Ok(time)
}

fn unsigned() -> Refusal {
    let message = "The provided credentials could not be validated. Please check your signature is correct.";
    refusal("AuthFailure.SignatureFailure", message)
}

fn api(version: &str) -> Option<&'static str> {
    APIS.iter().find(|(known, _)| *known == version).map(|(_, api)| *api)
}

/// An `authorization` header in its parts.
struct Authorization<'a> {
    id: &'a str,
    date: &'a str,
    service: &'a str,
    headers: &'a str,
    signature: &'a str,
}

fn credential(header: &str) -> Option<Authorization<'_>> {
    let rest = header.strip_prefix(tencent_tc3::ALGORITHM)?.trim_start();
    let part =
        |name: &str| rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let (headers, signature) = (part("SignedHeaders")?, part("Signature")?);
    let mut scope = part("Credential")?.split('/');
    let (id, date, service) = (scope.next()?, scope.next()?, scope.next()?);
    (scope.next() == Some("tc3_request") && scope.next().is_none()).then_some(Authorization {
        id,
        date,
        service,
        headers,
        signature,
    })
}

/// Puts `Name.0=a&Name.1.Member=b` back into lists and objects.
fn unflattened(pairs: Vec<(String, String)>) -> Map<String, Value> {
    let mut root = json!({});
    for (name, value) in pairs {
        let place = name.split('.').try_fold(&mut root, below);
        if let Some(place) = place {
            *place = json!(value);
        }
    }
    match root {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Returns the place one step down: an item by its number, or a member.
fn below<'a>(place: &'a mut Value, step: &str) -> Option<&'a mut Value> {
    match step.parse::<usize>() {
        Ok(at) if at < 1_000 => {
            if !place.is_array() {
                *place = json!([]);
            }
            let items = place.as_array_mut()?;
            items.resize(items.len().max(at + 1), Value::Null);
            items.get_mut(at)
        }
        _ => {
            if !place.is_object() {
                *place = json!({});
            }
            Some(place.as_object_mut()?.entry(step).or_insert(Value::Null))
        }
    }
}

/// 5 minutes either way, in seconds.
const WINDOW: u64 = 5 * 60;

/// Versions, and the API that has each.
const APIS: &[(&str, &str)] = &[("2021-01-11", "sms"), ("2020-10-02", "ses")];

/// What stands beside an action's own parameters in the older form.
const COMMON: &[&str] = &[
    "Action",
    "Language",
    "Nonce",
    "Region",
    "RequestClient",
    "SecretId",
    "Signature",
    "SignatureMethod",
    "Timestamp",
    "Token",
    "Version",
];
