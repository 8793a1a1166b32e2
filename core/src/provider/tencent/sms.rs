//! Tencent Cloud SMS, API sms 2021-01-11.
//!
//! Source: cloud.tencent.com, "SendSms", and the official SDK tencentcloud-sdk-python-sms 3.1.153.

use super::cloud::{Account, Api, Response, app_id, coded, contradiction, text};
use super::{actions, digits, template_params};
use crate::config::Section;
use crate::error::ConfigError;
use crate::http::{HttpCall, HttpReply};
use crate::json::Value;
use crate::provider::action::{self, Action, ActionError, Answer};
use crate::provider::body::Body;
use crate::provider::pattern::Pattern;
use crate::provider::reading::{doubtful, id};
use crate::provider::settings::{self, Env};
use crate::provider::{BuildError, Failure, Message, Provider, Reading, Receipt, Recipient, Signing};
use alloc::string::String;
use alloc::vec::Vec;

/// An account at Tencent Cloud SMS.
#[derive(Clone, Debug)]
pub struct Tencent {
    account: Account,
    app_id: String,
    sign_name: String,
    templates: Vec<(String, String)>,
    params: Vec<Pattern>,
}

impl Tencent {
    /// Reads the section of a `tencent` provider; the caller finishes the section.
    ///
    /// Options: `secret_id`, `secret_key`, `session_token`, `sdk_app_id`, `sign_name`, `templates` (purpose to
    /// template id; `default` serves every other purpose), `template_params` (list of texts with `{code}` or
    /// `{minutes}`; `["{code}"]` unless set), `region` (`ap-guangzhou` unless set), `host_region` (the nearest host
    /// unless set), `signature` (`tc3` unless set, `hmac_sha1` or `hmac_sha256`), `endpoint`, `timeout_ms` (1000 to
    /// 30000, 5000 unless set), `name`, `weight`. `env` stands in for the key's options.
    ///
    /// # Errors
    /// [`ConfigError`] that names the option, and the environment variable where there is one.
    pub fn from_config(section: &mut Section<'_>, env: Env<'_>) -> Result<Self, ConfigError> {
        let read = Self::read_options(section, env);
        section.sound(read)
    }

    pub(crate) fn read_options(section: &mut Section<'_>, env: Env<'_>) -> Self {
        Self {
            account: Account::read(section, env, "tencent", &API),
            app_id: app_id(section, "sdk_app_id"),
            sign_name: settings::sign_name(section),
            templates: settings::templates(section, digits, "1234567"),
            params: template_params(section),
        }
    }
}

impl Provider for Tencent {
    fn name(&self) -> &str {
        &self.account.name
    }

    fn weight(&self) -> u32 {
        self.account.weight
    }

    fn serves(&self, to: &Recipient<'_>, purpose: &str) -> bool {
        to.is_phone() && settings::template(&self.templates, purpose).is_some()
    }

    fn asks_for_credentials(&self) -> bool {
        self.account.keys.are_the_hosts()
    }

    /// The body is compact, in the order the vendor documents it.
    fn call(&self, message: &Message<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        let to = message.to.phone()?.e164;
        message.check(512)?;
        let template = settings::template(&self.templates, message.purpose).ok_or(BuildError::NoTemplate)?;
        let mut body = Body::new();
        body.texts("PhoneNumberSet", [to].iter());
        body.text("SmsSdkAppId", &self.app_id);
        body.text("TemplateId", template);
        body.text("SignName", &self.sign_name);
        body.texts("TemplateParamSet", self.params.iter().map(|pattern| pattern.fill(message)));
        if let Some(send_id) = message.send_id {
            body.text("SessionContext", send_id);
        }
        self.account.call(&API, "SendSms", body.done(), signing)
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

    #[cfg(feature = "operations")]
    fn actions(&self) -> &'static [Action] {
        actions::SMS
    }

    #[cfg(feature = "operations")]
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
        Ok(self.account.call(&API, action.name, taken.json(), signing)?)
    }

    #[cfg(feature = "operations")]
    fn read_action(&self, _: &str, reply: &HttpReply) -> Result<Answer, Failure> {
        Response::read(reply)?.answer(reply)
    }
}

const API: Api = Api { service: "sms", version: "2021-01-11" };
