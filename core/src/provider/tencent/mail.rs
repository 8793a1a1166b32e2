//! Tencent Cloud mail (SES), API ses 2020-10-02, action SendEmail by template.
//!
//! Source: cloud.tencent.com, "SendEmail", and the official SDK tencentcloud-sdk-python-ses 3.1.135.

use super::cloud::{Account, Api, Response, contradiction};
use super::{actions, digits};
use crate::config::Section;
use crate::error::ConfigError;
use crate::http::{HttpCall, HttpReply};
use crate::json::Value;
use crate::provider::Channel;
use crate::provider::action::{self, Action, ActionError, Answer};
use crate::provider::body::Body;
use crate::provider::pattern::Pattern;
use crate::provider::reading::id;
use crate::provider::settings::{self, Env};
use crate::provider::{BuildError, Failure, Message, Provider, Reading, Receipt, Recipient, Signing};
use crate::text::{has_control, length};
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// An account at Tencent Cloud's mail service.
#[derive(Clone, Debug)]
pub struct TencentMail {
    account: Account,
    from: String,
    reply_to: Option<String>,
    subject: Pattern,
    templates: Vec<(String, String)>,
    params: Vec<(String, Pattern)>,
}

impl TencentMail {
    /// Reads the section of a `tencent_mail` provider; the caller finishes the section.
    ///
    /// Options: those of the key, `region`, `host_region`, `signature`, `endpoint`, `timeout_ms`, `name` and `weight`
    /// as of `tencent`; `from_address` (`no-reply@mail.example`, or `Name <no-reply@mail.example>`), `reply_to`,
    /// `subject` (1 to 100 characters, with `{code}` or `{minutes}` if wanted), `templates` (purpose to the template's
    /// id; `default` serves every other purpose), `template_params` (variable to text with `{code}` or `{minutes}`;
    /// `{"code": "{code}"}` unless set).
    ///
    /// # Errors
    /// [`ConfigError`] that names the option, and the environment variable where there is one.
    pub fn from_config(section: &mut Section<'_>, env: Env<'_>) -> Result<Self, ConfigError> {
        let read = Self::read_options(section, env);
        section.sound(read)
    }

    pub(crate) fn read_options(section: &mut Section<'_>, env: Env<'_>) -> Self {
        let account = Account::read(section, env, "tencent_mail", &API);
        let from = section.get_required("from_address", None);
        if !actions::sender(from) {
            let message = "must be an address, or a name without colon, one blank and the address in <>";
            section.note("from_address", message);
        }
        let reply_to = section.get_text("reply_to");
        if reply_to.is_some_and(|text| !actions::address(text)) {
            section.note("reply_to", "must be an address");
        }
        let subject = section.get_required("subject", None);
        if length(subject) > 100 || has_control(subject) {
            section.note("subject", "must be 1 to 100 characters, none a control character");
        }
        let subject = settings::pattern(section, "subject", subject);
        let templates = settings::templates(section, digits, "12345");
        let params = settings::variables(section, &[("code", "{code}")]);
        settings::with_code(section, params.iter().map(|(_, pattern)| pattern));
        // The vendor takes 800 bytes of data and no HTML in it; a code is letters and digits.
        let (mut size, mut html) = (0, false);
        for (name, text) in section.get_texts("template_params") {
            size += name.len() + text.len() + 38;
            html |= text.contains(['<', '>']);
        }
        if size > 800 || html {
            section.note("template_params", "must be at most 800 bytes in all, without HTML");
        }
        let (from, reply_to) = (from.to_owned(), reply_to.map(str::to_owned));
        Self { account, from, reply_to, subject, templates, params }
    }
}

impl Provider for TencentMail {
    fn name(&self) -> &str {
        &self.account.name
    }

    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn weight(&self) -> u32 {
        self.account.weight
    }

    fn serves(&self, to: &Recipient<'_>, purpose: &str) -> bool {
        !to.is_phone() && settings::template(&self.templates, purpose).is_some()
    }

    fn asks_for_credentials(&self) -> bool {
        self.account.keys.are_the_hosts()
    }

    /// The vendor has no field that a receipt repeats, so the send's name stays here.
    fn call(&self, message: &Message<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        let to = message.to.email()?;
        message.check(512)?;
        let template = settings::template(&self.templates, message.purpose).ok_or(BuildError::NoTemplate)?;
        let mut data = Body::new();
        self.params.iter().for_each(|(name, pattern)| data.text(name, &pattern.fill(message)));
        let mut mail = Body::new();
        mail.text("FromEmailAddress", &self.from);
        mail.text("Subject", &self.subject.fill(message));
        mail.texts("Destination", [to].iter());
        let mut chosen = Body::new();
        chosen.name("TemplateID").text(template);
        chosen.text("TemplateData", &data.done());
        mail.name("Template").text(&chosen.done());
        if let Some(reply_to) = &self.reply_to {
            mail.text("ReplyToAddresses", reply_to);
        }
        // 1: sent because somebody did something, such as asking for a code.
        mail.name("TriggerType").text("1");
        self.account.call(&API, "SendEmail", mail.done(), signing)
    }

    fn read(&self, reply: &HttpReply) -> Reading {
        let Response { members, request_id } = Response::read(reply)?;
        match (200..300).contains(&reply.status) {
            true => Ok(Receipt { message_id: id(members.get("MessageId")), request_id }),
            false => Err(contradiction(reply, request_id)),
        }
    }

    #[cfg(feature = "operations")]
    fn actions(&self) -> &'static [Action] {
        actions::MAIL
    }

    #[cfg(feature = "operations")]
    fn action(&self, name: &str, params: &Value, signing: &Signing<'_>) -> Result<HttpCall, ActionError> {
        let action = action::find(actions::MAIL, name)?;
        let taken = action.take(params, &[("FromEmailAddress", self.from.as_str())])?;
        if !["Destination", "Cc", "Bcc"].iter().any(|name| params.get(name).is_some()) {
            return Err(ActionError::input("params.Destination", "is required, or Cc or Bcc"));
        }
        action::one_of(action, params, actions::BODIES)?;
        let data =
            params.get("Template").and_then(|template| template.get("TemplateData")).and_then(Value::as_str);
        if data.is_some_and(|data| !actions::is_data(data)) {
            return Err(ActionError::input("params.Template.TemplateData", "must be a JSON object as text"));
        }
        Ok(self.account.call(&API, action.name, taken.json(), signing)?)
    }

    #[cfg(feature = "operations")]
    fn read_action(&self, _: &str, reply: &HttpReply) -> Result<Answer, Failure> {
        Response::read(reply)?.answer(reply)
    }
}

const API: Api = Api { service: "ses", version: "2020-10-02" };
