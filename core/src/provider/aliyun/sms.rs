//! SMS from templates, API dysmsapi 2017-05-25, action SendSms.
//!
//! Source: help.aliyun.com, "SendSms", and the official SDK alibabacloud_dysmsapi20170525 4.6.0.

use super::super::reading::{id, object};
use super::super::{BuildError, Message, Provider, Reading, Receipt, Recipient, Signing, settings};
use super::api::{self, Asked};
use super::{Accepted, Account, CENTRAL, Params, SMS_HOSTS, Said, actions, answered_by_account};
use crate::config::Section;
use crate::error::ConfigError;
use crate::http::{HttpCall, HttpReply};
use alloc::string::String;
use alloc::vec::Vec;

/// An account at Alibaba Cloud SMS.
#[derive(Clone, Debug)]
pub struct Aliyun {
    account: Account,
    sign_name: String,
    templates: Vec<(String, String)>,
    params: Params,
}

impl Aliyun {
    /// Reads the section of an `aliyun` provider; the caller finishes the section.
    ///
    /// Options: `access_key_id`, `access_key_secret`, `security_token`, `credentials`, `sign_name`, `templates`
    /// (purpose to `SMS_…`; `default` serves every other purpose), `template_params` (variable to text with
    /// `{code}` or `{minutes}`; `{"code": "{code}"}` unless set), `wire` (`acs3` or `rpc`), `region`, `endpoint`,
    /// `timeout_ms` (1000 to 30000, 5000 unless set), `name`, `weight`. `env` stands in for the key's options.
    ///
    /// # Errors
    /// [`ConfigError`] that names the option, and the environment variable where there is one.
    pub fn from_config(section: &mut Section<'_>, env: settings::Env<'_>) -> Result<Self, ConfigError> {
        let read = Self::read_options(section, env);
        section.sound(read)
    }

    pub(crate) fn read_options(section: &mut Section<'_>, env: settings::Env<'_>) -> Self {
        Self {
            account: Account::read(section, env, "aliyun", (CENTRAL, SMS_HOSTS)),
            sign_name: settings::sign_name(section),
            templates: settings::templates(section, super::sms_template, "SMS_123456789"),
            params: super::with_code(section),
        }
    }
}

impl Provider for Aliyun {
    answered_by_account!((actions::SMS, api::SMS));

    fn serves(&self, to: &Recipient<'_>, purpose: &str) -> bool {
        bare(to).is_ok() && settings::template(&self.templates, purpose).is_some()
    }

    fn call(&self, message: &Message<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        let to = bare(&message.to)?;
        message.check(256)?;
        let template = settings::template(&self.templates, message.purpose).ok_or(BuildError::NoTemplate)?;
        let values = super::filled(&self.params, message);
        let mut params = Vec::with_capacity(5);
        params.extend(message.send_id.map(|text| ("OutId", text)));
        params.extend([
            ("PhoneNumbers", to),
            ("SignName", &self.sign_name),
            ("TemplateCode", template),
            ("TemplateParam", &values),
        ]);
        let asked = Asked { action: "SendSms", version: api::SMS, query: &params, form: &[] };
        self.account.call(&asked, signing)
    }

    fn read(&self, reply: &HttpReply) -> Reading {
        let (body, request_id) = accepted(reply)?;
        Ok(Receipt { message_id: id(body.get("BizId")), request_id })
    }
}

/// Returns the number as the vendor wants it, without a plus.
///
/// Those of North America are refused: `+1 310 555 0123` would be eleven digits that begin with 1, which the vendor
/// takes for a number of the mainland, and somebody else's.
fn bare<'a>(to: &Recipient<'a>) -> Result<&'a str, BuildError> {
    let number = to.phone()?;
    if number.calling_code == "1" { Err(BuildError::Recipient) } else { Ok(number.bare()) }
}

fn accepted(reply: &HttpReply) -> Accepted {
    let body = object(reply)?;
    let said = Said::read(reply, &body, None);
    if !said.is_ok() {
        return Err(said.failure(reply));
    }
    let request_id = said.request_id;
    Ok((body, request_id))
}
