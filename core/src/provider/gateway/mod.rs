//! Any gateway that takes JSON or a form over HTTP and answers in JSON, declared as data.
//!
//! A declaration is compiled when it is read: every placeholder is known, every value is escaped for the place
//! it stands in, and no value can stand in scheme, host or port. `docs/gateways.md` has all of it with examples.

mod answer;
mod preset;
mod recipe;
mod request;
mod slot;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use preset::with_preset;

use super::keys::{Keys, Named};
use super::reading::MAX_REPLY;
use super::settings::{self, Endpoint, Env};
use super::{BuildError, Channel, Message, Provider, Reading, Recipient, Signing};
use crate::config::Section;
use crate::error::ConfigError;
use crate::http::{HttpCall, HttpReply, Method};
use crate::json::{self, Value};
use crate::text::has_control;
use crate::time::{Millis, UnixMillis};
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;
use answer::Answer;
use core::fmt;
use recipe::Recipe;
use request::{Encoding, Request};
use slot::{Place, Slot, Slots, Values};
use text::Template;

/// An account at a declared gateway; `Debug` shows its name and host.
#[derive(Clone)]
pub struct Gateway {
    name: String,
    weight: u32,
    channel: Channel,
    endpoint: Endpoint,
    method: Method,
    keys: Keys,
    sign_name: String,
    templates: Vec<(String, Template)>,
    request: Request,
    recipe: Recipe,
    answer: Answer,
    timeout: Millis,
}

impl Gateway {
    /// Reads the section of a `gateway` provider; the caller finishes the section.
    ///
    /// Options: `url`, `method` (`POST` or `GET`), `headers`, `encoding` (`json` or `form`) and `body`, `signature`
    /// (`method`, `over`, `key`, `output`), `reply` (`code`, `success`, `message`, `message_id`, `request_id`,
    /// `error_code`), `classes` (code to class), `key`, `secret`, `sign_name`, `templates` (purpose to an id or a
    /// text), `preset`, `channel`, `timeout_ms` (1000 to 30000, 5000 unless set), `name`. `env` stands in for `key`
    /// and `secret`.
    ///
    /// # Errors
    /// [`ConfigError`] that names the field, such as `providers[0].gateway.body.mobile`.
    pub fn from_config(section: &mut Section<'_>, env: Env<'_>) -> Result<Self, ConfigError> {
        let read = Self::read_options(section, env);
        section.sound(read)
    }

    pub(crate) fn read_options(section: &mut Section<'_>, env: Env<'_>) -> Self {
        section.get_text("preset");
        let channel = section.get_choice("channel", &[("sms", Channel::Phone), ("email", Channel::Email)]);
        let channel = channel.unwrap_or(Channel::Phone);
        let name = settings::name(section, "gateway");
        let weight = settings::weight(section);
        let timeout = settings::timeout(section);
        let url = section.get_required("url", None);
        let (origin, target) = request::split(url);
        if origin.contains(['{', '}']) {
            section.note("url", "must not have a placeholder in scheme, host or port");
        }
        let endpoint = settings::origin(section, "url", origin);
        let target = request::target(target).unwrap_or_else(|message| {
            section.note("url", &message);
            Template::default()
        });
        let method = section.get_choice("method", &[("POST", Method::Post), ("GET", Method::Get)]);
        let method = method.unwrap_or(Method::Post);
        let mut headers = request::headers(section);
        let (body, template_number) = body(section, method, &mut headers);
        let mut recipe = Recipe::None;
        if let Some(value) = section.value("signature") {
            let mut inner = section.enter("signature", value);
            recipe = Recipe::read(&mut inner);
            section.leave(inner);
        }
        let classes = section.get_texts("classes");
        check_classes(section, &classes);
        let reply = section.value("reply");
        if reply.is_none() {
            section.lacks("reply", "is required: how success is told");
        }
        let mut inner = section.enter("reply", reply.unwrap_or(&Value::Null));
        let answer = Answer::read(&mut inner, &classes);
        section.leave(inner);
        let request = Request { target, headers, body };
        let signed = section.value("sign_name").is_some();
        let sign_name = if signed { settings::sign_name(section) } else { String::new() };
        let templates = templates(section);
        let used = request.slots().and(recipe.slots());
        let parts = [(KEY, used.has(Slot::Key)), (SECRET, used.has(Slot::Secret))];
        let keys = Keys::read_used(section, env, parts, &endpoint);
        let out = Self {
            name,
            weight,
            channel,
            endpoint,
            method,
            keys,
            sign_name,
            templates,
            request,
            recipe,
            answer,
            timeout,
        };
        out.check(section, template_number);
        out
    }

    /// Refuses a declaration whose parts don't fit each other.
    fn check(&self, section: &mut Section<'_>, template_number: bool) {
        let (request, recipe) = (self.request.slots(), self.recipe.slots());
        let used = request.and(recipe);
        let sized = self.request.size() + self.recipe.size();
        let texts: usize = self.templates.iter().map(|(_, text)| text.size()).sum();
        let in_templates = self.templates.iter().any(|(_, text)| text.has(Slot::Sign));
        let in_body = self.request.body.as_ref().is_some_and(|body| body.has(Slot::Signature));
        let own = matches!(self.recipe, Recipe::Bearer | Recipe::Basic);
        let phone = self.channel == Channel::Phone;
        let number = request.any(Slots::PHONE);
        let other = if phone { used.has(Slot::Email) } else { number || used.has(Slot::CallingCode) };
        let no_templates = self.templates.is_empty();
        let checks = [
            (texts + sized > LARGEST, "body", "must not be larger than 64 kB, with headers and templates"),
            (
                request.has(Slot::Signature) != self.recipe.makes_signature(),
                "signature",
                "must have a hash method where {signature} is used, and only there",
            ),
            (
                in_body && recipe.has(Slot::Body),
                "signature.over",
                "must not hold {body}, because {signature} is in the body",
            ),
            (
                own && self.request.headers.iter().any(|(name, _)| name == "authorization"),
                "headers.authorization",
                "is made by the signature's method",
            ),
            (
                phone && !number,
                "body",
                "must hold the number: {e164}, {e164_digits}, {national} or {cn_or_e164}",
            ),
            (!phone && !request.has(Slot::Email), "body", "must hold {email}"),
            (other, "channel", "must fit: {email} is for `email`, the number's parts are for `sms`"),
        ];
        for (wrong, option, message) in checks {
            if wrong {
                section.note(option, message);
            }
        }
        if no_templates && used.has(Slot::Template) {
            section.lacks("templates", "is required: an object from purpose to what {template} stands for");
        }
        if self.sign_name.is_empty() && (used.has(Slot::Sign) || in_templates) {
            section.lacks("sign_name", "is required: {sign} is used");
        }
        for (purpose, text) in &self.templates {
            let option = ["templates.", purpose].concat();
            let by_template = request.has(Slot::Template) && text.has(Slot::Code);
            if !by_template && !request.has(Slot::Code) {
                section.note(&option, "must hold {code}, as nothing else of the request does");
            }
            if template_number && !text.as_fixed().is_some_and(whole_number) {
                section.note(&option, "must be a number, because {\"$number\": \"{template}\"} is used");
            }
        }
        if no_templates && !request.has(Slot::Code) {
            section.note("body", "must hold {code}");
        }
        self.check_values(section);
    }

    /// Refuses configured values that can't stand where the declaration puts them: in a header, or in the path.
    fn check_values(&self, section: &mut Section<'_>) {
        let (header, path) = (self.request.header_slots(), self.request.target.slots());
        let dots = |text: &str| text.bytes().all(|byte| byte == b'.');
        let plain_sign = self.sign_name.bytes().all(request::visible);
        let id = if let Keys::Fixed(credentials) = &self.keys { credentials.id.as_str() } else { "-" };
        if header.has(Slot::Sign) && !plain_sign {
            section.note("sign_name", NOT_ASCII);
        }
        if path.has(Slot::Sign) && dots(&self.sign_name) {
            section.note("sign_name", DOTS);
        }
        if path.has(Slot::Key) && dots(id) {
            section.note("key", DOTS);
        }
        for (purpose, text) in &self.templates {
            let option = ["templates.", purpose].concat();
            let odd_sign = text.has(Slot::Sign) && !plain_sign;
            if header.has(Slot::Template) && (odd_sign || !text.fixed_is(request::visible)) {
                section.note(&option, NOT_ASCII);
            }
            if path.has(Slot::Template) && text.fixed_is(|byte| byte == b'.') {
                section.note(&option, DOTS);
            }
        }
    }

    fn template(&self, purpose: &str) -> Option<&Template> {
        let find = |name: &str| self.templates.iter().find(|(key, _)| key == name).map(|(_, text)| text);
        find(purpose).or_else(|| find("default"))
    }
}

impl Provider for Gateway {
    fn name(&self) -> &str {
        &self.name
    }

    fn weight(&self) -> u32 {
        self.weight
    }

    fn omits_country(&self) -> bool {
        let slots = self.request.slots();
        slots.has(Slot::National) && !slots.any(Slots::COUNTRY)
    }

    fn channel(&self) -> Channel {
        self.channel
    }

    fn serves(&self, to: &Recipient<'_>, purpose: &str) -> bool {
        let reached = to.is_phone() == (self.channel == Channel::Phone);
        reached && (self.templates.is_empty() || self.template(purpose).is_some())
    }

    fn asks_for_credentials(&self) -> bool {
        self.keys.are_the_hosts()
    }

    fn call(&self, message: &Message<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        message.check(256)?;
        match self.channel {
            Channel::Phone => message.to.phone().map(|_| ())?,
            Channel::Email => message.to.email().map(|_| ())?,
        }
        let credentials = self.keys.pick(signing, &self.endpoint)?;
        if self.request.target.has(Slot::Key) && !credentials.id.bytes().any(|byte| byte != b'.') {
            return Err(BuildError::Credentials);
        }
        let mut values = Values {
            to: message.to,
            code: message.code,
            minutes: message.minutes(),
            sign: &self.sign_name,
            template: "",
            send_id: message.send_id.unwrap_or_default(),
            now: signing.now,
            nonce: signing.nonce,
            key: &credentials.id,
            secret: credentials.secret.expose(),
            signature: "",
            body: "",
        };
        let template = match self.template(message.purpose) {
            Some(text) => text.fill(&values),
            None if self.templates.is_empty() => String::new(),
            None => return Err(BuildError::NoTemplate),
        };
        values.template = &template;
        let fill = |values: &Values<'_>| {
            self.request.body.as_ref().map(|body| body.fill(values)).unwrap_or_default()
        };
        // What is signed may be the body, or the signature may stand in it, but not both.
        let unsigned = if self.recipe.uses(Slot::Body) { fill(&values) } else { String::new() };
        values.body = &unsigned;
        let signature = self.recipe.sign(&values);
        values.signature = &signature;
        let body = if self.recipe.uses(Slot::Body) { unsigned.clone() } else { fill(&values) };
        let mut headers: Vec<(String, String)> = Vec::with_capacity(self.request.headers.len() + 1);
        for (name, value) in &self.request.headers {
            headers.push((name.clone(), value.fill(&values)));
        }
        let authorization = self.recipe.authorization(values.key, values.secret);
        headers.extend(authorization.map(|value| ("authorization".to_owned(), value)));
        Ok(HttpCall {
            method: self.method,
            url: [self.endpoint.origin.as_str(), &self.request.target.fill(&values)].concat(),
            headers,
            body: body.into_bytes(),
            timeout: self.timeout,
            max_reply: MAX_REPLY,
        })
    }

    fn read(&self, reply: &HttpReply) -> Reading {
        self.answer.reading(reply)
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gateway({}, {})", self.name, self.endpoint.host)
    }
}

/// Reads `encoding` and `body`, and adds the headers that go with them.
fn body(
    section: &mut Section<'_>,
    method: Method,
    headers: &mut Vec<(String, Template)>,
) -> (Option<Template>, bool) {
    let encoding = section.get_choice("encoding", &[("json", Encoding::Json), ("form", Encoding::Form)]);
    add(headers, "accept", "application/json");
    let Some(value) = section.value("body") else { return (None, false) };
    if method == Method::Get {
        section.note("body", "must not be there when `method` is GET");
    }
    let encoding = encoding.unwrap_or(Encoding::Json);
    let kind = match encoding {
        Encoding::Json => "application/json",
        Encoding::Form => "application/x-www-form-urlencoded",
    };
    add(headers, "content-type", kind);
    let (body, template_number) = request::body(section, value, encoding);
    (Some(body), template_number)
}

/// Adds a header, unless it is there.
fn add(headers: &mut Vec<(String, Template)>, name: &str, value: &str) {
    if !headers.iter().any(|(key, _)| key == name) {
        headers.push((name.to_owned(), Template::fixed(value)));
    }
}

/// Reads `templates`: an id, or a text with `{code}`, `{minutes}` and `{sign}`, by purpose.
fn templates(section: &mut Section<'_>) -> Vec<(String, Template)> {
    let mut out = Vec::new();
    for (purpose, text) in section.get_texts("templates") {
        let option = ["templates.", purpose].concat();
        let template = Template::read(section, &option, text, Place::TEMPLATE);
        if has_control(text) {
            section.note(&option, "must not have control characters");
        }
        out.push((purpose.to_owned(), template));
    }
    out
}

fn check_classes(section: &mut Section<'_>, classes: &[(&str, &str)]) {
    for (code, class) in classes {
        if !answer::CLASSES.iter().any(|known| known.as_str() == *class) {
            let message = "must be one of rejected, account, throttled, unavailable, ambiguous";
            section.note(&["classes.", code].concat(), message);
        }
    }
}

/// Tells whether text is a whole number as JSON writes it, up to 15 digits, which every language keeps.
fn whole_number(text: &str) -> bool {
    let digits = (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits && (text == "0" || !text.starts_with('0'))
}

/// Reads a declaration and a reply, both of any bytes; for fuzzing, so it says only whether each was good.
#[doc(hidden)]
#[must_use]
pub fn probe(declaration: &[u8], status: u16, reply: &[u8]) -> (bool, bool) {
    let good = |value: &Value| -> Result<Gateway, ConfigError> {
        let preset = with_preset("gateway", value)?;
        let mut section = Section::open("gateway", preset.as_ref().unwrap_or(value))?;
        let gateway = Gateway::from_config(&mut section, &|_| Some("sandbox-probe".to_owned()))?;
        section.finish().map(|()| gateway)
    };
    let Some(gateway) = json::parse(declaration).ok().and_then(|value| good(&value).ok()) else {
        return (false, false);
    };
    let number = super::Number { e164: "+8613800138000", calling_code: "86", national: "13800138000" };
    let text = core::str::from_utf8(reply).ok();
    let to = match gateway.channel {
        Channel::Phone => Recipient::Phone(number),
        Channel::Email => Recipient::Email(text.unwrap_or("a@b.example")),
    };
    let message =
        Message { to, purpose: "login", code: "123456", valid: Millis::from_seconds(300), send_id: text };
    let signing = Signing { now: UnixMillis(1_694_615_694_000), nonce: [7; 16], credentials: None };
    let built = gateway.call(&message, &signing).is_ok();
    let reply = HttpReply { status, headers: Vec::new(), body: reply.to_vec() };
    (built, gateway.read(&reply).is_ok())
}

/// The declaration's size in bytes, with 64 for each placeholder.
const LARGEST: usize = 64 * 1024;

const NOT_ASCII: &str = "must be printable ASCII, because it stands in a header";
const DOTS: &str = "must not be dots only, because it stands in the path";

const KEY: Named = ("key", "SANSMS_GATEWAY_KEY");
const SECRET: Named = ("secret", "SANSMS_GATEWAY_SECRET");
