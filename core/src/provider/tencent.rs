//! Tencent Cloud SMS, API sms 2021-01-11, action SendSms.
//!
//! Source: cloud.tencent.com, "SendSms", and the official SDK tencentcloud-sdk-python-sms 3.1.153.

use super::pattern::Pattern;
use super::reading::{MAX_REPLY, doubtful, failure, id, object};
use super::settings::{self, Endpoint, Env, Named};
use super::{BuildError, Class, Failure, Message, Provider, Reading, Receipt, classes};
use crate::config::Section;
use crate::error::{ConfigCode, ConfigError};
use crate::http::{HttpCall, HttpReply};
use crate::sign::encode::Ink;
use crate::sign::{Credentials, tencent_tc3};
use crate::time::{Millis, UnixMillis};
use serde_json::{Map, Value};
use std::sync::Arc;

/// An account at Tencent Cloud SMS.
#[derive(Clone, Debug)]
pub struct Tencent {
    name: String,
    credentials: Credentials,
    endpoint: Endpoint,
    region: String,
    app_id: String,
    sign_name: String,
    templates: Vec<(String, String)>,
    params: Vec<Pattern>,
    timeout: Millis,
    keys: Arc<tencent_tc3::DayKeys>,
}

impl Tencent {
    /// Reads the section of a `tencent` provider; the caller finishes the section.
    ///
    /// Options: `secret_id`, `secret_key`, `session_token`, `sdk_app_id`, `sign_name`, `templates` (purpose to
    /// template id; `default` serves every other purpose), `template_params` (list of texts with `{code}` or
    /// `{minutes}`; `["{code}"]` unless set), `region` (`ap-guangzhou` unless set), `endpoint`, `timeout_ms`
    /// (1000 to 30000, 5000 unless set), `name`. `env` stands in for the key's options.
    ///
    /// # Errors
    /// [`ConfigError`] that names the option, and the environment variable where there is one.
    pub fn from_config(section: &mut Section<'_>, env: Env<'_>) -> Result<Self, ConfigError> {
        let name = settings::name(section, "tencent")?;
        let credentials = settings::credentials(section, env, ID, SECRET, TOKEN)?;
        let endpoint = settings::endpoint(section, HOST)?;
        settings::match_keys(section, ID, &credentials, &endpoint)?;
        let region = section.text("region")?.unwrap_or("ap-guangzhou");
        if !region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
            return Err(section.error(ConfigCode::Value, "region", "must be a region such as ap-guangzhou"));
        }
        let app_id = section.required("sdk_app_id", None)?;
        if !digits(app_id) {
            let message = "must be the app's id, digits only, such as 1400006666";
            return Err(section.error(ConfigCode::Value, "sdk_app_id", message));
        }
        let sign_name = settings::sign_name(section)?;
        let templates = settings::templates(section, digits, "1234567")?;
        let params = template_params(section)?;
        let (region, app_id) = (region.to_owned(), app_id.to_owned());
        let timeout = settings::timeout(section)?;
        Ok(Self {
            name,
            credentials,
            endpoint,
            region,
            app_id,
            sign_name,
            templates,
            params,
            timeout,
            keys: Arc::default(),
        })
    }

    /// Writes the body, compact, in the order the vendor documents it.
    fn body(&self, message: &Message<'_>, template: &str) -> String {
        let mut json = Ink::with_capacity(256);
        json.text("{\"PhoneNumberSet\":[");
        json.json(message.to.e164);
        for (name, value) in [("SmsSdkAppId", self.app_id.as_str()), ("TemplateId", template)] {
            json.text(if name == "SmsSdkAppId" { "],\"" } else { ",\"" });
            json.text(name);
            json.text("\":");
            json.json(value);
        }
        json.text(",\"SignName\":");
        json.json(&self.sign_name);
        json.text(",\"TemplateParamSet\":[");
        for (index, pattern) in self.params.iter().enumerate() {
            json.text(if index > 0 { "," } else { "" });
            json.json(&pattern.fill(message));
        }
        json.text("]");
        if let Some(text) = message.out_id {
            json.text(",\"SessionContext\":");
            json.json(text);
        }
        json.text("}");
        json.done()
    }
}

impl Provider for Tencent {
    fn name(&self) -> &str {
        &self.name
    }

    fn has_template(&self, purpose: &str) -> bool {
        settings::template(&self.templates, purpose).is_some()
    }

    /// The signature has no nonce, so `_nonce` is not used.
    fn call(&self, message: &Message<'_>, now: UnixMillis, _nonce: [u8; 16]) -> Result<HttpCall, BuildError> {
        message.check(512)?;
        let template = settings::template(&self.templates, message.purpose).ok_or(BuildError::NoTemplate)?;
        let call = tencent_tc3::Call {
            action: "SendSms",
            version: "2021-01-11",
            host: &self.endpoint.host,
            service: SERVICE,
            region: Some(&self.region),
            language: None,
            body: self.body(message, template),
        };
        let key = self.keys.at(&self.credentials.secret, SERVICE, now);
        let request = tencent_tc3::build_with(&key, call, &self.credentials, now);
        Ok(request.into_call(&self.endpoint.origin, self.timeout, MAX_REPLY))
    }

    fn read(&self, reply: &HttpReply) -> Reading {
        let body = object(reply)?;
        let Some(response) = body.get("Response").and_then(Value::as_object) else {
            return Err(doubtful(reply, "reply.no_code"));
        };
        let request_id = id(response.get("RequestId"));
        if let Some(error) = response.get("Error").and_then(Value::as_object) {
            return Err(match text(error, "Code") {
                Some(code) => failure(classes::TENCENT, reply, code, words(error), request_id),
                None => Failure { request_id, ..doubtful(reply, "reply.no_code") },
            });
        }
        // One number was asked for, so one status must be there; the call as a whole succeeds either way.
        let status = match response.get("SendStatusSet").and_then(Value::as_array).map(Vec::as_slice) {
            Some([Value::Object(status)]) => status,
            _ => return Err(Failure { request_id, ..doubtful(reply, "reply.no_code") }),
        };
        match text(status, "Code") {
            Some("Ok") if (200..300).contains(&reply.status) => {
                Ok(Receipt { message_id: id(status.get("SerialNo")), request_id })
            }
            Some("Ok") => {
                let class = Class::Ambiguous;
                Err(Failure { class, request_id, ..doubtful(reply, "reply.contradiction") })
            }
            Some(code) => Err(failure(classes::TENCENT, reply, code, words(status), request_id)),
            None => Err(Failure { request_id, ..doubtful(reply, "reply.no_code") }),
        }
    }
}

/// Reads `template_params`, a list of texts.
fn template_params(section: &mut Section<'_>) -> Result<Vec<Pattern>, ConfigError> {
    let found = section.list("template_params")?;
    if found.is_empty() {
        return Ok(vec![settings::pattern(section, "template_params", "{code}")?]);
    }
    let mut out = Vec::with_capacity(found.len());
    for (index, value) in found.iter().enumerate() {
        let option = format!("template_params[{index}]");
        let text = value.as_str().ok_or_else(|| section.error(ConfigCode::Type, &option, "must be text"))?;
        out.push(settings::pattern(section, &option, text)?);
    }
    if !out.iter().any(Pattern::has_code) {
        return Err(section.error(ConfigCode::Value, "template_params", "must give {code} to a variable"));
    }
    Ok(out)
}

fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    map.get(name).and_then(Value::as_str)
}

fn words(map: &Map<String, Value>) -> &str {
    text(map, "Message").unwrap_or_default()
}

fn digits(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

const SERVICE: &str = "sms";
const HOST: &str = "sms.tencentcloudapi.com";
const ID: Named = ("secret_id", "TENCENTCLOUD_SECRET_ID");
const SECRET: Named = ("secret_key", "TENCENTCLOUD_SECRET_KEY");
const TOKEN: Named = ("session_token", "TENCENTCLOUD_SESSION_TOKEN");
