//! Texts to numbers outside the mainland, API dysmsapi 2018-05-01, action SendMessageToGlobe.
//!
//! Source: help.aliyun.com and alibabacloud.com, "SendMessageToGlobe", and the official SDK
//! alibabacloud_dysmsapi20180501 1.0.10.

use super::super::pattern::Pattern;
use super::super::reading::{id, object};
use super::super::{BuildError, Message, Provider, Reading, Receipt, Recipient, Signing, settings};
use super::api::{self, Asked};
use super::{Accepted, Account, SINGAPORE, SMS_HOSTS, Said, actions, answered_by_account};
use crate::config::Section;
use crate::error::ConfigError;
use crate::http::{HttpCall, HttpReply};
use crate::text::{decimal, has_control, length};
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// An account at Alibaba Cloud SMS for numbers abroad, which takes whole texts.
#[derive(Clone, Debug)]
pub struct AliyunGlobal {
    account: Account,
    texts: Vec<(String, Pattern)>,
    /// What every send says besides: parameters that are options.
    fixed: Vec<(&'static str, String)>,
    /// Whether `TaskId` is ours to fill.
    own_task: bool,
}

impl AliyunGlobal {
    /// Reads the section of an `aliyun_global` provider; the caller finishes the section.
    ///
    /// Options: those of the key, `region` (`ap-southeast-1` unless set), `endpoint`, `wire`, `timeout_ms`, `name`
    /// and `weight` as of `aliyun`; `templates` (purpose to the whole text, with `{code}` and perhaps `{minutes}`;
    /// `default` serves every other purpose); `sender_id` (`From`: 11 letters and digits, or 15 digits, at most);
    /// `type` (`otp`, `notify` or `mkt`); `validity_period_s` (1 to 604800); `channel_id`; `task_id` (at most 255
    /// characters; the send's blind name unless set, which receipts repeat).
    ///
    /// # Errors
    /// [`ConfigError`] that names the option, and the environment variable where there is one.
    pub fn from_config(section: &mut Section<'_>, env: settings::Env<'_>) -> Result<Self, ConfigError> {
        let read = Self::read_options(section, env);
        section.sound(read)
    }

    pub(crate) fn read_options(section: &mut Section<'_>, env: settings::Env<'_>) -> Self {
        let account = Account::read(section, env, "aliyun_global", (SINGAPORE, SMS_HOSTS));
        let found = settings::templates(section, |_| true, "Your code is {code}.");
        let mut texts = Vec::with_capacity(found.len());
        for (purpose, text) in found {
            let option = ["templates.", &purpose].concat();
            let pattern = settings::pattern(section, &option, &text);
            if !pattern.has_code() {
                section.note(&option, "must have {code} in it");
            }
            texts.push((purpose, pattern));
        }
        let mut fixed = Vec::new();
        for (option, param, shape, message) in TEXTS {
            if let Some(text) = section.get_text(option) {
                if !shape(text) {
                    section.note(option, message);
                }
                fixed.push((*param, text.to_owned()));
            }
        }
        if let Some(kind) =
            section.get_choice("type", &[("otp", "OTP"), ("notify", "NOTIFY"), ("mkt", "MKT")])
        {
            fixed.push(("Type", kind.to_owned()));
        }
        if let Some(seconds) = section.get_number("validity_period_s", 1, 604_800) {
            fixed.push(("ValidityPeriod", decimal(seconds)));
        }
        let own_task = !fixed.iter().any(|(name, _)| *name == "TaskId");
        Self { account, texts, fixed, own_task }
    }
}

impl Provider for AliyunGlobal {
    answered_by_account!((actions::GLOBE, api::GLOBE));

    fn serves(&self, to: &Recipient<'_>, purpose: &str) -> bool {
        abroad(to).is_ok() && settings::of_purpose(&self.texts, purpose).is_some()
    }

    fn call(&self, message: &Message<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        let to = abroad(&message.to)?;
        message.check(255)?;
        let text = settings::of_purpose(&self.texts, message.purpose).ok_or(BuildError::NoTemplate)?;
        let text = text.fill(message);
        let mut params = Vec::with_capacity(self.fixed.len() + 3);
        params.extend(self.fixed.iter().map(|(name, value)| (*name, value.as_str())));
        params.push(("Message", &text));
        params.extend(message.send_id.filter(|_| self.own_task).map(|text| ("TaskId", text)));
        params.push(("To", to));
        let asked = Asked { action: "SendMessageToGlobe", version: api::GLOBE, query: &params, form: &[] };
        self.account.call(&asked, signing)
    }

    fn read(&self, reply: &HttpReply) -> Reading {
        let (body, request_id) = accepted(reply)?;
        Ok(Receipt { message_id: id(body.get("MessageId")), request_id })
    }
}

fn accepted(reply: &HttpReply) -> Accepted {
    let body = object(reply)?;
    let said = Said::read(reply, &body, Some(("ResponseCode", "ResponseDescription")));
    if !said.is_ok() {
        return Err(said.failure(reply));
    }
    let request_id = said.request_id;
    Ok((body, request_id))
}

/// Returns a number outside the mainland without its plus; the mainland's are refused.
fn abroad<'a>(to: &Recipient<'a>) -> Result<&'a str, BuildError> {
    let number = to.phone()?;
    if number.calling_code == "86" { Err(BuildError::Recipient) } else { Ok(number.bare()) }
}

/// Tells whether it is a sender id: up to 11 letters and digits, or up to 15 digits.
pub(super) fn sender(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= if digits { 15 } else { 11 } && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn line(text: &str) -> bool {
    length(text) <= 255 && !has_control(text)
}

/// What a sender id must be.
pub(super) const SENDER: &str = "must be at most 11 letters and digits, or at most 15 digits";

/// An option of text: its name, the vendor's, what is allowed, and the words for what isn't.
type Text = (&'static str, &'static str, fn(&str) -> bool, &'static str);

const TEXTS: &[Text] = &[
    ("sender_id", "From", sender, SENDER),
    ("channel_id", "ChannelId", line, "must be at most 255 characters, and none of them a control character"),
    ("task_id", "TaskId", line, "must be at most 255 characters, and none of them a control character"),
];
