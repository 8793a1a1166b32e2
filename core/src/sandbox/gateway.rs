//! Three pretend gateways of the shapes that the presets of `provider::gateway` declare.
//!
//! | path | shows itself by | answers |
//! |---|---|---|
//! | `/gateway/app-key-md5` | MD5 over key, time, number and secret, in the JSON | `{"code": 0, "data": {"id"}}` |
//! | `/gateway/bearer-json` | a bearer token | 201 `{"id"}`, else `{"error": {"code", "message"}}` |
//! | `/gateway/form-hmac` | HMAC-SHA-256 over the form, in headers | `{"status": "ok", "result": {"message_id"}}` |
//!
//! They take any template, and check with their own few lines, not with those that sign.

#[cfg(test)]
mod tests;

use super::{Sandbox, Sms, Vendor, digits, mainland, path, reply};
use crate::http::{HttpCall, HttpReply, Method};
use crate::mac::{base64, hex, hmac_sha256, md5, same};
use crate::sign::encode::pairs;
use crate::time::UnixMillis;
use serde_json::{Value, json};

/// A refusal: HTTP status, a number and a word for it, words.
type Refusal = (u16, u16, &'static str, &'static str);

/// What a gateway is asked.
struct Request {
    number: String,
    template: String,
    params: Vec<(String, String)>,
}

/// Tells whether a call is meant for one of these gateways.
pub(super) fn is_for(call: &HttpCall) -> bool {
    path(call).starts_with(ROOT)
}

/// Returns a refusal in the shapes of all three.
pub(super) fn refusal((status, number, word, words): Refusal, request_id: &str) -> HttpReply {
    let error = json!({"code": word, "message": words});
    let body = json!({"code": number, "msg": words, "requestId": request_id, "error": error, "status": word,
        "message": words, "request_id": request_id});
    reply(status, &body)
}

impl Sandbox {
    pub(super) fn gateway(&mut self, call: &HttpCall, now: UnixMillis) -> HttpReply {
        let request_id = self.request_id().to_ascii_lowercase();
        let shape = path(call).strip_prefix(ROOT).unwrap_or_default();
        let asked = match (call.method, shape) {
            (Method::Post, "app-key-md5") => self.app_key_md5(call, now),
            (Method::Post, "bearer-json") => self.bearer_json(call),
            (Method::Post, "form-hmac") => self.form_hmac(call, now),
            _ => Err((404, 1004, "not_found", "There is no such gateway in the sandbox.")),
        };
        let taken = asked.and_then(|request| self.gateway_takes(request, now));
        match (taken, shape) {
            (Err(refused), _) => refusal(refused, &request_id),
            (Ok(id), "app-key-md5") => {
                reply(200, &json!({"code": 0, "msg": "ok", "data": {"id": id}, "requestId": request_id}))
            }
            (Ok(id), "bearer-json") => reply(201, &json!({"id": id, "request_id": request_id})),
            (Ok(id), _) => {
                reply(200, &json!({"status": "ok", "result": {"message_id": id}, "request_id": request_id}))
            }
        }
    }

    fn app_key_md5(&self, call: &HttpCall, now: UnixMillis) -> Result<Request, Refusal> {
        let body = json_body(call)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).ok_or(MISSING);
        let time = body.get("timestamp").and_then(Value::as_u64).ok_or(MISSING)?;
        let (id, mobile) = (text("appKey")?, text("mobile")?);
        self.gateway_key(id)?;
        let secret = self.settings.gateway.secret.expose();
        let signed = md5(&[id.as_bytes(), time.to_string().as_bytes(), mobile.as_bytes(), secret.as_bytes()]);
        signature(text("sign")?, &hex(&signed))?;
        recent(time, now)?;
        let params = body.get("templateParam").and_then(Value::as_array).ok_or(MISSING)?;
        let params = params.iter().enumerate();
        let params = params
            .map(|(index, value)| Some(((index + 1).to_string(), value.as_str()?.to_owned())))
            .collect::<Option<_>>()
            .ok_or(MISSING)?;
        Ok(Request { number: mobile.to_owned(), template: text("templateId")?.to_owned(), params })
    }

    fn bearer_json(&self, call: &HttpCall) -> Result<Request, Refusal> {
        let token = call.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
        signature(token.unwrap_or_default(), self.settings.gateway.secret.expose())?;
        let body = json_body(call)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).ok_or(MISSING);
        let params = params(body.get("params").ok_or(MISSING)?)?;
        Ok(Request { number: text("to")?.to_owned(), template: text("template")?.to_owned(), params })
    }

    fn form_hmac(&mut self, call: &HttpCall, now: UnixMillis) -> Result<Request, Refusal> {
        let header = |name: &str| call.header(name).ok_or(MISSING);
        let (id, time, nonce) = (header("x-app-key")?, header("x-timestamp")?, header("x-nonce")?);
        self.gateway_key(id)?;
        let secret = self.settings.gateway.secret.expose();
        let signed = hmac_sha256(
            secret.as_bytes(),
            &[id.as_bytes(), b"\n", time.as_bytes(), b"\n", nonce.as_bytes(), b"\n", &call.body],
        );
        signature(header("x-signature")?, &base64(&signed))?;
        recent(time.parse::<u64>().map_err(|_| MISSING)?.saturating_mul(1_000), now)?;
        if !self.fresh(nonce, now) {
            return Err((409, 1009, "nonce_used", "The nonce was used before."));
        }
        let form = pairs(core::str::from_utf8(&call.body).map_err(|_| MISSING)?);
        let text = |name: &str| {
            form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).ok_or(MISSING)
        };
        let params = params(&serde_json::from_str(text("template_param")?).map_err(|_| MISSING)?)?;
        Ok(Request { number: text("mobile")?.to_owned(), template: text("template_id")?.to_owned(), params })
    }

    fn gateway_key(&self, id: &str) -> Result<(), Refusal> {
        match id == self.settings.gateway.id {
            true => Ok(()),
            false if id.starts_with("sandbox-") => Err((401, 1002, "unknown_key", "The key is unknown.")),
            false => {
                let words = "This is the sandbox, and the key looks like a real one.";
                Err((401, 1002, "unknown_key", words))
            }
        }
    }

    fn gateway_takes(&mut self, request: Request, now: UnixMillis) -> Result<String, Refusal> {
        let Request { number, template, params } = request;
        let bare = number.strip_prefix('+').unwrap_or(&number);
        let to = match mainland(&number) {
            Some(national) => format!("+86{national}"),
            None if digits(bare) && (7..=15).contains(&bare.len()) => format!("+{bare}"),
            None => return Err((400, 1006, "number_illegal", "The number is illegal.")),
        };
        let mut text = format!("{template}:");
        for (name, value) in &params {
            text.push_str(&format!(" {name}={value}"));
        }
        let message_id = format!("{}^{}", now.seconds(), self.requests);
        let (vendor, sign, id) = (Vendor::Gateway, String::new(), message_id.clone());
        self.take_in(Sms { to, vendor, sign, template, params, text, message_id, at: now });
        Ok(id)
    }
}

fn json_body(call: &HttpCall) -> Result<Value, Refusal> {
    serde_json::from_slice(&call.body).map_err(|_| (400, 1003, "not_json", "The body is not JSON."))
}

/// Reads an object of texts and numbers.
fn params(value: &Value) -> Result<Vec<(String, String)>, Refusal> {
    let map = value.as_object().ok_or(MISSING)?;
    let text = |value: &Value| {
        value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string()))
    };
    let all = map.iter().map(|(name, value)| Some((name.clone(), text(value)?)));
    all.collect::<Option<_>>().ok_or(MISSING)
}

fn signature(claimed: &str, computed: &str) -> Result<(), Refusal> {
    match same(claimed.as_bytes(), computed.as_bytes()) {
        true => Ok(()),
        false => Err((401, 1001, "signature_mismatch", "The signature or the token is wrong.")),
    }
}

fn recent(at: u64, now: UnixMillis) -> Result<(), Refusal> {
    match at.abs_diff(now.0) <= 5 * 60 * 1_000 {
        true => Ok(()),
        false => Err((401, 1008, "too_old", "The time is more than five minutes away.")),
    }
}

const ROOT: &str = "/gateway/";
const MISSING: Refusal = (400, 1005, "parameter", "A parameter is missing or of the wrong type.");
