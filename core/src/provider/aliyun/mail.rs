//! Mail, API dm 2015-11-23 (DirectMail), action SingleSendMail.
//!
//! Source: help.aliyun.com, "SingleSendMail", and the official SDK alibabacloud_dm20151123 1.11.1.

use super::super::pattern::Pattern;
use super::super::reading::{id, object};
use super::super::{BuildError, Channel, Message, Provider, Reading, Receipt, Recipient, Signing, settings};
use super::api::{self, Asked};
use super::{Accepted, Account, Params, Said, actions, answered_by_account, word};
use crate::config::Section;
use crate::error::ConfigError;
use crate::http::{HttpCall, HttpReply};
use crate::json::Value;
use crate::sign::encode::Ink;
use crate::text::{cut_last, has_control, length};
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// An account at DirectMail.
#[derive(Clone, Debug)]
pub struct AliyunMail {
    account: Account,
    mails: Vec<(String, Mail)>,
    params: Params,
    /// What every mail says besides: sender and other options.
    fixed: Vec<(&'static str, String)>,
}

/// A purpose's mail.
#[derive(Clone, Debug)]
struct Mail {
    subject: Pattern,
    body: Body,
}

/// What is in a mail.
#[derive(Clone, Debug)]
enum Body {
    Html(Pattern),
    Text(Pattern),
    /// The id of a template that is kept at the vendor.
    Template(String),
}

impl AliyunMail {
    /// Reads the section of an `aliyun_mail` provider; the caller finishes the section.
    ///
    /// Options: those of the key, `region`, `endpoint`, `wire`, `timeout_ms`, `name` and `weight` as of `aliyun`;
    /// `account_name` (the sender's address); `from_alias` (at most 15 characters); `address_type` (`sender` unless
    /// set, `random`); `reply_to_address` (yes or no; no unless set); `tag_name`; `templates`, an object from purpose
    /// to `{"subject": …}` with one of `html`, `text` and `template` (the id of one kept at the vendor), where
    /// `default` serves every other purpose; `template_params` (a kept template's variables, `{"code": "{code}"}`
    /// unless set). Subjects and bodies hold `{code}` and `{minutes}`. Nothing in these needs escaping in HTML: a
    /// code is ASCII letters and digits, or the mail is refused.
    ///
    /// # Errors
    /// [`ConfigError`] that names the option, and the environment variable where there is one.
    pub fn from_config(section: &mut Section<'_>, env: settings::Env<'_>) -> Result<Self, ConfigError> {
        let read = Self::read_options(section, env);
        section.sound(read)
    }

    pub(crate) fn read_options(section: &mut Section<'_>, env: settings::Env<'_>) -> Self {
        let account = Account::read(section, env, "aliyun_mail", (HOST, HOSTS));
        let sender = section.get_required("account_name", None);
        if !address(sender) {
            section.note("account_name", "must be the sender's address, such as no-reply@mail.example");
        }
        let kind = section.get_choice("address_type", &[("sender", "1"), ("random", "0")]).unwrap_or("1");
        let mut fixed = vec![("AccountName", sender.to_owned()), ("AddressType", kind.to_owned())];
        if let Some(alias) = section.get_text("from_alias") {
            if length(alias) > 15 || has_control(alias) {
                section.note("from_alias", "must be at most 15 characters, none a control character");
            }
            fixed.push(("FromAlias", alias.to_owned()));
        }
        let reply = section.get_flag("reply_to_address") == Some(true);
        fixed.push(("ReplyToAddress", word(reply).to_owned()));
        if let Some(tag) = section.get_text("tag_name") {
            let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            if tag.len() > 128 || !tag.bytes().all(good) {
                section.note("tag_name", "must be at most 128 letters, digits, - and _");
            }
            fixed.push(("TagName", tag.to_owned()));
        }
        let params = super::with_code(section);
        Self { account, mails: mails(section), params, fixed }
    }
}

impl Provider for AliyunMail {
    answered_by_account!((actions::MAIL, api::MAIL));

    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn serves(&self, to: &Recipient<'_>, purpose: &str) -> bool {
        receiver(to).is_ok() && settings::of_purpose(&self.mails, purpose).is_some()
    }

    fn call(&self, message: &Message<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        let to = receiver(&message.to)?;
        message.check(256)?;
        let mail = settings::of_purpose(&self.mails, message.purpose).ok_or(BuildError::NoTemplate)?;
        let subject = mail.subject.fill(message);
        let (field, body) = match &mail.body {
            Body::Html(pattern) => ("HtmlBody", pattern.fill(message)),
            Body::Text(pattern) => ("TextBody", pattern.fill(message)),
            Body::Template(template) => {
                let mut json = Ink::with_capacity(96);
                json.text("{\"TemplateId\":");
                json.json(template);
                json.text(",\"TemplateData\":");
                json.text(&super::filled(&self.params, message));
                json.text("}");
                ("Template", json.done())
            }
        };
        let mut params = Vec::with_capacity(self.fixed.len() + 3);
        params.extend(self.fixed.iter().map(|(name, value)| (*name, value.as_str())));
        params.extend([(field, body.as_str()), ("Subject", &subject), ("ToAddress", to)]);
        let asked = Asked { action: "SingleSendMail", version: api::MAIL, query: &[], form: &params };
        self.account.call(&asked, signing)
    }

    fn read(&self, reply: &HttpReply) -> Reading {
        let (body, request_id) = accepted(reply)?;
        Ok(Receipt { message_id: id(body.get("EnvId")), request_id })
    }
}

/// Reads the reply: success has an `EnvId` and no code.
fn accepted(reply: &HttpReply) -> Accepted {
    let body = object(reply)?;
    let said = Said::read(reply, &body, None);
    let named = body.get("EnvId").and_then(|value| value.as_str());
    if !said.fine || said.code.is_some() || named.is_none() {
        return Err(said.failure(reply));
    }
    let request_id = said.request_id;
    Ok((body, request_id))
}

/// Reads `templates`, an object from purpose to a subject and a body.
fn mails(section: &mut Section<'_>) -> Vec<(String, Mail)> {
    let mut out = Vec::new();
    match section.value("templates") {
        Some(Value::Object(map)) if !map.is_empty() => {
            for (purpose, value) in map.iter() {
                let mut inner = section.enter(&["templates.", purpose].concat(), value);
                out.push((purpose.to_owned(), mail(&mut inner)));
                section.leave(inner);
            }
        }
        Some(_) => section.mistyped("templates", "must be an object from purpose to mail"),
        None => {
            let message = "is required: an object from purpose to mail, such as \
                           {\"default\": {\"subject\": \"Your code\", \"text\": \"{code}\"}}";
            section.lacks("templates", message);
        }
    }
    out
}

fn mail(inner: &mut Section<'_>) -> Mail {
    let subject = inner.get_required("subject", None);
    if has_control(subject) {
        inner.note("subject", "must not have control characters");
    }
    let subject = settings::pattern(inner, "subject", subject);
    if subject.most() > SUBJECT {
        inner.note("subject", "must be at most 256 characters, counting 32 for each {code}");
    }
    let mut found = ("html", "");
    let mut count = 0;
    for option in ["html", "text", "template"] {
        if let Some(text) = inner.get_text(option) {
            found = (option, text);
            count += 1;
        }
    }
    if count != 1 {
        inner.note("html", "must stand alone: one of html, text, template");
    }
    let (option, text) = found;
    if option == "template" {
        return Mail { subject, body: Body::Template(text.to_owned()) };
    }
    let pattern = settings::pattern(inner, option, text);
    if !pattern.has_code() {
        inner.note(option, "must have {code} in it");
    }
    Mail { subject, body: if option == "html" { Body::Html(pattern) } else { Body::Text(pattern) } }
}

/// Returns the address, if it is one address: the vendor takes a list, with commas.
fn receiver<'a>(to: &Recipient<'a>) -> Result<&'a str, BuildError> {
    to.email().and_then(|text| if address(text) { Ok(text) } else { Err(BuildError::Recipient) })
}

/// Tells whether it is one address of a length that the vendor takes; the syntax was read before.
pub(super) fn address(text: &str) -> bool {
    let odd = |byte: u8| byte.is_ascii_whitespace() || b",;<>".contains(&byte);
    let (name, domain) = cut_last(text, b'@').unwrap_or_default();
    text.len() <= 192 && !name.is_empty() && !domain.is_empty() && !text.bytes().any(odd)
}

/// The characters of a subject, by the SDK; older pages say 100.
const SUBJECT: usize = 256;

const HOST: &str = "dm.aliyuncs.com";

/// The regions, from the SDK's endpoint map.
const HOSTS: &[(&str, &str)] = &[
    ("cn-hangzhou", HOST),
    ("ap-southeast-1", "dm.ap-southeast-1.aliyuncs.com"),
    ("ap-southeast-2", "dm.ap-southeast-2.aliyuncs.com"),
    ("us-east-1", "dm.us-east-1.aliyuncs.com"),
    ("eu-central-1", "dm.eu-central-1.aliyuncs.com"),
];
