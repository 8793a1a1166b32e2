//! 短信认证: codes that Alibaba Cloud makes and checks, API dypnsapi 2017-05-25.
//!
//! `SendSmsVerifyCode` sends, `CheckSmsVerifyCode` checks. It needs no company papers: sign and templates are given
//! in the console. Only codes from `##code##` can be checked, so a literal one is refused.
//!
//! Source: help.aliyun.com, "SendSmsVerifyCode" and "CheckSmsVerifyCode", and the official SDK
//! alibabacloud_dypnsapi20170525 2.0.0.

use super::super::reading::{doubtful, id, object};
use super::super::{
    BuildError, Failure, Guess, Managed, Message, Provider, Reading, Receipt, Recipient, Signing, check_code,
    settings,
};
use super::api::{self, Asked};
use super::{Accepted, Account, Params, Said, actions, answered_by_account, word};
use crate::config::Section;
use crate::error::ConfigError;
use crate::http::{HttpCall, HttpReply};
use crate::mac::{base64url, sha256};
use crate::text::decimal;
use crate::time::Millis;
use alloc::borrow::Cow;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// An account at Alibaba Cloud that makes and checks the codes itself.
#[derive(Clone, Debug)]
pub struct AliyunAuth {
    account: Account,
    sign_name: String,
    templates: Vec<(String, String)>,
    params: Params,
    /// What every send says besides: parameters that are options.
    fixed: Vec<(&'static str, String)>,
    /// `CaseAuthPolicy`, if it was set.
    case: Option<&'static str>,
    interval: Millis,
}

impl AliyunAuth {
    /// Reads the section of an `aliyun_auth` provider; the caller finishes the section.
    ///
    /// Options: those of the key, `endpoint`, `wire`, `timeout_ms`, `name` and `weight` as of `aliyun`; `sign_name`;
    /// `templates` (purpose to the console's number, such as `100001`); `template_params` (variable to text with
    /// `{minutes}`; `{"code": "##code##", "min": "{minutes}"}` unless set); `code_length` (4 to 8, 6 unless set);
    /// `code_type` (`digits` unless set, `upper`, `lower`, `letters`, `digits_upper`, `digits_lower`, `all`);
    /// `interval_s` (1 to 3600, 1 unless set); `duplicate_policy` (`newest`, or `all`: each code that hasn't
    /// expired); `auto_retry`, `return_verify_code` (yes or no), `case_auth_policy` (`ignore` or `exact`),
    /// `sms_up_extend_code`.
    ///
    /// `interval_s` is the vendor's own pause between two codes for a number. Ours is the policy's cooldown, which
    /// another clock measures: were both 60 s, the vendor would refuse some sends that ours allows. One second
    /// leaves the decision where the policy is.
    ///
    /// # Errors
    /// [`ConfigError`] that names the option, and the environment variable where there is one.
    pub fn from_config(section: &mut Section<'_>, env: settings::Env<'_>) -> Result<Self, ConfigError> {
        let read = Self::read_options(section, env);
        section.sound(read)
    }

    pub(crate) fn read_options(section: &mut Section<'_>, env: settings::Env<'_>) -> Self {
        let account = Account::read(section, env, "aliyun_auth", (HOST, &[]));
        let sign_name = settings::sign_name(section);
        let templates = settings::templates(section, template, "100001");
        let params = settings::variables(section, &[("code", MARK), ("min", "{minutes}")]);
        let (mut holds_code, mut marked, mut strange) = (false, false, false);
        for (name, text) in &params {
            holds_code |= text.has_code();
            marked |= text.is(MARK);
            strange |= name == "code" && !text.is(MARK);
        }
        if holds_code {
            let message = "must not have {code}: Alibaba Cloud makes the code, ##code## stands for it";
            section.note("template_params", message);
        }
        if strange || !marked {
            let message = "must give ##code## to the code's variable: no other code can be checked";
            section.note("template_params", message);
        }

        let interval = section.get_number("interval_s", 1, 3_600).unwrap_or(1);
        let length = section.get_number("code_length", 4, 8).unwrap_or(6);
        let kind = section.get_choice("code_type", CODE_TYPES).unwrap_or("1");
        let mut fixed = vec![
            ("CodeLength", decimal(length)),
            ("CodeType", kind.to_owned()),
            ("Interval", decimal(interval)),
        ];
        let policy = section.get_choice("duplicate_policy", &[("newest", "1"), ("all", "2")]);
        let retry = section.get_flag("auto_retry").map(|retry| if retry { "1" } else { "0" });
        let told = section.get_flag("return_verify_code").map(word);
        let code = section.get_text("sms_up_extend_code");
        if code.is_some_and(|code| !super::number(code)) {
            section.note("sms_up_extend_code", "must be 1 to 20 digits");
        }
        let texts = [
            ("DuplicatePolicy", policy),
            ("AutoRetry", retry),
            ("ReturnVerifyCode", told),
            ("SmsUpExtendCode", code),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                fixed.push((name, text.to_owned()));
            }
        }
        let case = section.get_choice("case_auth_policy", &[("ignore", "1"), ("exact", "2")]);
        let interval = Millis::from_seconds(interval);
        Self { account, sign_name, templates, params, fixed, case, interval }
    }
}

impl Provider for AliyunAuth {
    answered_by_account!((actions::AUTH, api::SMS));

    fn serves(&self, to: &Recipient<'_>, purpose: &str) -> bool {
        mainland(to).is_ok() && settings::template(&self.templates, purpose).is_some()
    }

    fn call(&self, message: &Message<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        let to = mainland(&message.to)?;
        message.check_send_id(256)?;
        let template = settings::template(&self.templates, message.purpose).ok_or(BuildError::NoTemplate)?;
        let values = super::filled(&self.params, message);
        let scheme = scheme(message.purpose);
        let valid = decimal(message.valid.0.div_ceil(1_000).max(1));
        let mut params = Vec::with_capacity(self.fixed.len() + 8);
        params.push(("CountryCode", COUNTRY));
        params.extend(self.fixed.iter().map(|(name, value)| (*name, value.as_str())));
        params.extend(message.send_id.map(|text| ("OutId", text)));
        params.extend([
            ("PhoneNumber", to),
            ("SchemeName", &scheme),
            ("SignName", &self.sign_name),
            ("TemplateCode", template),
            ("TemplateParam", &values),
            ("ValidTime", &valid),
        ]);
        let asked = Asked { action: "SendSmsVerifyCode", version: api::SMS, query: &params, form: &[] };
        self.account.call(&asked, signing)
    }

    /// Reads the reply; a `VerifyCode` in it is neither kept nor told.
    fn read(&self, reply: &HttpReply) -> Reading {
        let (body, request_id) = accepted(reply).map_err(|mut failure| {
            if failure.code == TOO_EARLY {
                failure.retry_after = failure.retry_after.or(Some(self.interval));
            }
            failure
        })?;
        let message_id = id(body.get("Model").and_then(|model| model.get("BizId")));
        Ok(Receipt { message_id, request_id })
    }

    fn managed(&self) -> Option<&dyn Managed> {
        Some(self)
    }
}

impl Managed for AliyunAuth {
    fn check(&self, guess: &Guess<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        let to = mainland(&guess.to)?;
        check_code(guess.code)?;
        let scheme = scheme(guess.purpose);
        let mut params = Vec::with_capacity(5);
        params.extend(self.case.map(|case| ("CaseAuthPolicy", case)));
        params.extend([
            ("CountryCode", COUNTRY),
            ("PhoneNumber", to),
            ("SchemeName", &scheme),
            ("VerifyCode", guess.code),
        ]);
        let asked = Asked { action: "CheckSmsVerifyCode", version: api::SMS, query: &params, form: &[] };
        self.account.call(&asked, signing)
    }

    fn read_check(&self, reply: &HttpReply) -> Result<bool, Failure> {
        let body = object(reply)?;
        let said = Said::read(reply, &body, None);
        if said.code.is_some_and(|code| WRONG.contains(&code)) {
            return Ok(false);
        }
        // `Code` says that the call worked, `VerifyResult` whether the code was right.
        let success = body.get("Success").and_then(|value| value.as_bool());
        if !said.is_ok() || success == Some(false) {
            return Err(said.failure(reply));
        }
        match body.get("Model").and_then(|model| model.get("VerifyResult")).and_then(|value| value.as_str()) {
            Some(result) => Ok(result == "PASS"),
            None => Err(Failure { request_id: said.request_id, ..doubtful(reply, "reply.no_result") }),
        }
    }
}

fn accepted(reply: &HttpReply) -> Accepted {
    let body = object(reply)?;
    let said = Said::read(reply, &body, None);
    if !said.is_ok() || body.get("Success").and_then(|value| value.as_bool()) != Some(true) {
        return Err(said.failure(reply));
    }
    let request_id = said.request_id;
    Ok((body, request_id))
}

/// Returns a mainland number, bare; no other can be reached.
fn mainland<'a>(to: &Recipient<'a>) -> Result<&'a str, BuildError> {
    let number = to.phone()?;
    match number.calling_code == COUNTRY && number.national.len() == 11 && number.national.starts_with('1') {
        true => Ok(number.national),
        false => Err(BuildError::Recipient),
    }
}

/// Returns the `SchemeName` of a purpose: the purpose, or where it has over 20 characters, its first nine, a dot,
/// and the first ten characters of its SHA-256 in base64url.
///
/// It keeps codes of different purposes apart. The same purpose gives the same name on every host and release.
fn scheme(purpose: &str) -> Cow<'_, str> {
    if purpose.len() <= 20 {
        return Cow::Borrowed(purpose);
    }
    let hash = base64url(&sha256(&[purpose.as_bytes()]));
    let (head, tail) = (purpose.get(..9).unwrap_or_default(), hash.get(..10).unwrap_or_default());
    Cow::Owned([head, ".", tail].concat())
}

/// Tells whether a template's code is the console's number, or one of SMS.
fn template(text: &str) -> bool {
    super::number(text) || super::sms_template(text)
}

const HOST: &str = "dypnsapi.aliyuncs.com";
const COUNTRY: &str = "86";
/// What stands for the code that Alibaba Cloud makes.
const MARK: &str = "##code##";
/// A second send within `Interval`.
const TOO_EARLY: &str = "biz.FREQUENCY";
/// A wrong, expired or replaced code, today and from the call before this one.
const WRONG: &[&str] = &["isv.ValidateFail", "SmsCodeVerifyFail"];

const CODE_TYPES: &[(&str, &str)] = &[
    ("digits", "1"),
    ("upper", "2"),
    ("lower", "3"),
    ("letters", "4"),
    ("digits_upper", "5"),
    ("digits_lower", "6"),
    ("all", "7"),
];
