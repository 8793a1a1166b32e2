//! Tencent Cloud SMS, API sms 2021-01-11, action SendSms.
//!
//! Source: cloud.tencent.com, "SendSms", and the official SDK tencentcloud-sdk-python-sms 3.1.153.

use super::{NAMES, Response, actions, coded, contradiction, digits, text};
use crate::config::Section;
use crate::error::{ConfigCode, ConfigError};
use crate::http::{HttpCall, HttpReply};
use crate::json::Value;
use crate::provider::action::{self, Action, ActionError, Answer};
use crate::provider::keys::Keys;
use crate::provider::pattern::Pattern;
use crate::provider::reading::{MAX_REPLY, doubtful, id};
use crate::provider::settings::{self, Endpoint, Env};
use crate::provider::{BuildError, Failure, Message, Provider, Reading, Receipt, Recipient, Signing};
use crate::sign::encode::Ink;
use crate::sign::tencent_tc3;
use crate::time::Millis;
use std::sync::Arc;

/// An account at Tencent Cloud SMS.
#[derive(Clone, Debug)]
pub struct Tencent {
    name: String,
    weight: u32,
    keys: Keys,
    endpoint: Endpoint,
    region: String,
    app_id: String,
    sign_name: String,
    templates: Vec<(String, String)>,
    params: Vec<Pattern>,
    timeout: Millis,
    day_keys: Arc<tencent_tc3::DayKeys>,
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
        let weight = settings::weight(section)?;
        let endpoint = settings::endpoint(section, HOST)?;
        let keys = Keys::read(section, env, &NAMES, &endpoint)?;
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
        let day_keys = Arc::default();
        Ok(Self {
            name,
            weight,
            keys,
            endpoint,
            region,
            app_id,
            sign_name,
            templates,
            params,
            timeout,
            day_keys,
        })
    }

    fn signed(&self, action: &str, body: String, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        let credentials = self.keys.pick(signing, &self.endpoint)?;
        let call = tencent_tc3::Call {
            action,
            version: "2021-01-11",
            host: &self.endpoint.host,
            service: SERVICE,
            region: Some(&self.region),
            language: None,
            body,
        };
        let key = self.day_keys.at(&credentials.secret, SERVICE, signing.now);
        let request = tencent_tc3::build_with(&key, call, credentials, signing.now);
        Ok(request.into_call(&self.endpoint.origin, self.timeout, MAX_REPLY))
    }

    /// Writes the body, compact, in the order the vendor documents it.
    fn body(&self, to: &str, message: &Message<'_>, template: &str) -> String {
        let mut json = Ink::with_capacity(256);
        json.text("{\"PhoneNumberSet\":[");
        json.json(to);
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
        if let Some(text) = message.send_id {
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

    fn weight(&self) -> u32 {
        self.weight
    }

    fn serves(&self, to: &Recipient<'_>, purpose: &str) -> bool {
        to.is_phone() && settings::template(&self.templates, purpose).is_some()
    }

    fn asks_for_credentials(&self) -> bool {
        self.keys.are_the_hosts()
    }

    fn call(&self, message: &Message<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        let to = message.to.phone()?.e164;
        message.check(512)?;
        let template = settings::template(&self.templates, message.purpose).ok_or(BuildError::NoTemplate)?;
        self.signed("SendSms", self.body(to, message, template), signing)
    }

    fn read(&self, reply: &HttpReply) -> Reading {
        let Response { members, request_id } = Response::read(reply)?;
        // One number was asked for, so one status must be there; the call as a whole succeeds either way.
        let status = match members.get("SendStatusSet").and_then(Value::as_array) {
            Some([Value::Object(status)]) => status,
            _ => return Err(Failure { request_id, ..doubtful(reply, "reply.no_code") }),
        };
        match text(status, "Code") {
            Some("Ok") if (200..300).contains(&reply.status) => {
                Ok(Receipt { message_id: id(status.get("SerialNo")), request_id })
            }
            Some("Ok") => Err(contradiction(reply, request_id)),
            _ => Err(coded(reply, status, request_id)),
        }
    }

    fn actions(&self) -> &'static [Action] {
        actions::SMS
    }

    fn action(&self, name: &str, params: &Value, signing: &Signing<'_>) -> Result<HttpCall, ActionError> {
        let action = action::find(actions::SMS, name)?;
        let own = [("SmsSdkAppId", self.app_id.as_str()), ("SignName", &self.sign_name)];
        let taken = action.take(params, &own)?;
        let numbers = params.get("PhoneNumberSet").and_then(Value::as_array).unwrap_or_default();
        let home =
            numbers.iter().filter_map(Value::as_str).filter(|number| actions::mainland(number)).count();
        if home != 0 && home != numbers.len() {
            let message = "must be numbers of the mainland only, or of elsewhere only";
            return Err(ActionError::input("params.PhoneNumberSet", message));
        }
        Ok(self.signed(action.name, taken.json(), signing)?)
    }

    fn read_action(&self, _: &str, reply: &HttpReply) -> Result<Answer, Failure> {
        Response::read(reply)?.answer(reply)
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

const SERVICE: &str = "sms";
const HOST: &str = "sms.tencentcloudapi.com";
