//! Tencent's SMS and voice service before the cloud API, "v5": an app's id and its AppKey.
//!
//! Source: Tencent's legacy SMS v5 pages "sendsms", "sendmultisms2", "sendvoice", "pullstatus", and the official SDK
//! qcloudsms_py 0.1.4.

use super::cloud::{app_id, text};
use super::{actions, digits, template_params};
use crate::config::Section;
use crate::error::ConfigError;
use crate::http::{HttpCall, HttpReply, Method};
use crate::json::{Object, Value};
use crate::provider::action::{self, Action, ActionError, Answer};
use crate::provider::body::Body;
use crate::provider::keys::Keys;
use crate::provider::pattern::Pattern;
use crate::provider::reading::{MAX_REPLY, doubtful, failure, id, object};
use crate::provider::settings::{self, Endpoint, Env};
use crate::provider::{
    BuildError, Class, Failure, Message, Provider, Reading, Receipt, Recipient, Signing, classes,
};
use crate::secret::Secret;
#[cfg(feature = "testing")]
use crate::sign::Credentials;
use crate::sign::encode::Ink;
use crate::sign::{Request, tencent_legacy};
use crate::time::{Millis, UnixMillis};
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// An app of the older SMS service.
#[derive(Clone, Debug)]
pub struct TencentLegacy {
    name: String,
    weight: u32,
    keys: Keys,
    endpoint: Endpoint,
    /// Whether `endpoint` stands in for both of the vendor's hosts.
    moved: bool,
    app_id: String,
    way: Way,
    timeout: Millis,
}

/// How a code gets there.
#[derive(Clone, Debug)]
enum Way {
    Sms {
        sign: String,
        templates: Vec<(String, Text)>,
        params: Vec<Pattern>,
    },
    /// Read out; without a template just the code.
    Voice {
        templates: Vec<(String, Text)>,
        params: Vec<Pattern>,
        times: u64,
    },
}

/// What a purpose says.
#[derive(Clone, Debug)]
enum Text {
    Template(String),
    Words(Pattern),
}

impl TencentLegacy {
    /// Reads the section of a `tencent_legacy` provider; the caller finishes the section.
    ///
    /// Options: `sdk_app_id`, `app_key` (or `credentials`), `channel` (`sms` unless set, or `voice`), `templates`
    /// (purpose to a template's id, or for SMS to the text itself with its sign in front, `{code}` and `{minutes}`;
    /// `default` serves every other purpose; without any a voice reads just the code, digits only), `template_params`
    /// (list of texts; `["{code}"]` unless set), `sign_name` (the app's own unless set), `play_times` (of a voice, 1 to
    /// 3, 2 unless set), `endpoint`, `timeout_ms` (1000 to 30000, 5000 unless set), `name`, `weight`.
    ///
    /// # Errors
    /// [`ConfigError`] that names the option.
    pub fn from_config(section: &mut Section<'_>, env: Env<'_>) -> Result<Self, ConfigError> {
        let read = Self::read_options(section, env);
        section.sound(read)
    }

    pub(crate) fn read_options(section: &mut Section<'_>, _: Env<'_>) -> Self {
        let name = settings::name(section, "tencent_legacy");
        let weight = settings::weight(section);
        let voice = section.get_choice("channel", &[("sms", false), ("voice", true)]) == Some(true);
        let moved = section.value("endpoint").is_some();
        let endpoint = settings::endpoint(section, if voice { VOICE } else { SMS });
        let keys = Keys::read_secret(section, "app_key", &endpoint);
        let app_id = app_id(section, "sdk_app_id");
        let params = template_params(section);
        let templates = templates(section, voice);
        let way = if voice {
            Way::Voice { templates, params, times: section.get_number("play_times", 1, 3).unwrap_or(2) }
        } else {
            let signed = section.value("sign_name").is_some();
            let sign = if signed { settings::sign_name(section) } else { String::new() };
            Way::Sms { sign, templates, params }
        };
        let timeout = settings::timeout(section);
        Self { name, weight, keys, endpoint, moved, app_id, way, timeout }
    }

    /// Finishes a body with its signature, and addresses it.
    fn signed(
        &self,
        action: &str,
        body: Body,
        mobiles: &[&str],
        signing: &Signing<'_>,
    ) -> Result<HttpCall, BuildError> {
        let key = self.keys.pick_secret(signing, &self.endpoint)?;
        let random = signing.nonce.first_chunk().map_or(0, |head| u32::from_be_bytes(*head));
        let Request { query, headers, body, .. } =
            request(body, &self.app_id, key, random, signing.now, mobiles);
        let voice = actions::VOICES.contains(&action);
        let host = ["https://", if voice { VOICE } else { SMS }].concat();
        let origin = if self.moved { &self.endpoint.origin } else { &host };
        let service = if voice { "/v5/tlsvoicesvr/" } else { "/v5/tlssmssvr/" };
        Ok(HttpCall {
            method: Method::Post,
            url: [origin, service, action, "?", &query].concat(),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: body.into_bytes(),
            timeout: self.timeout,
            max_reply: MAX_REPLY,
        })
    }
}

/// Finishes a body with its signature; `mobiles` are its numbers, in their order.
fn request(
    mut body: Body,
    app_id: &str,
    key: &Secret<String>,
    random: u32,
    now: UnixMillis,
    mobiles: &[&str],
) -> Request {
    let mut number = Ink::with_capacity(10);
    number.number(u64::from(random));
    let (random, time) = (number.done(), now.seconds());
    let signed = tencent_legacy::sign(key, &random, time, mobiles);
    body.text("sig", &signed.signature);
    body.name("time").number(time);
    Request {
        method: Method::Post,
        query: ["sdkappid=", app_id, "&random=", &random].concat(),
        headers: vec![("content-type", "application/json".to_owned())],
        body: body.done(),
        signed,
    }
}

/// Builds the request of an action for a vector, through its table.
///
/// # Errors
/// [`ActionError::Input`] at the first parameter that is wrong.
#[cfg(feature = "testing")]
pub(crate) fn vector(
    action: &str,
    params: &Value,
    key: &Credentials,
    random: u32,
    now: UnixMillis,
) -> Result<Request, ActionError> {
    let body = action::find(actions::LEGACY, action)?.take(params, &[])?.body();
    Ok(request(body, &key.id, &key.secret, random, now, &mobiles(params)))
}

/// Returns the numbers that a signature covers, without their calling codes.
fn mobiles(params: &Value) -> Vec<&str> {
    let tel = params.get("tel");
    let tels = match tel {
        Some(Value::Array(many)) => many.as_slice(),
        one => one.map(core::slice::from_ref).unwrap_or_default(),
    };
    let mut out = Vec::with_capacity(tels.len());
    for tel in tels {
        if let Some(mobile) = tel.get("mobile").and_then(Value::as_str) {
            out.push(mobile);
        }
    }
    out
}

impl Provider for TencentLegacy {
    fn name(&self) -> &str {
        &self.name
    }

    fn weight(&self) -> u32 {
        self.weight
    }

    fn serves(&self, to: &Recipient<'_>, purpose: &str) -> bool {
        let (Way::Sms { templates, .. } | Way::Voice { templates, .. }) = &self.way;
        to.is_phone() && (templates.is_empty() || of(templates, purpose).is_some())
    }

    fn asks_for_credentials(&self) -> bool {
        self.keys.are_the_hosts()
    }

    fn call(&self, message: &Message<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        let number = message.to.phone()?;
        message.check(512)?;
        let mut tel = Body::new();
        tel.text("nationcode", number.calling_code);
        tel.text("mobile", number.national);
        let mut body = Body::new();
        body.name("tel").text(&tel.done());
        let template = |body: &mut Body, id: &str, params: &[Pattern]| {
            body.name("tpl_id").text(id);
            body.texts("params", params.iter().map(|pattern| pattern.fill(message)));
        };
        let action = match &self.way {
            Way::Sms { sign, templates, params } => {
                match of(templates, message.purpose).ok_or(BuildError::NoTemplate)? {
                    Text::Template(id) => {
                        body.text("sign", sign);
                        template(&mut body, id, params);
                    }
                    Text::Words(words) => {
                        body.name("type").text("0");
                        body.text("msg", &words.fill(message));
                    }
                }
                body.text("extend", "");
                "sendsms"
            }
            Way::Voice { templates, params, times } => {
                let action = match of(templates, message.purpose) {
                    Some(Text::Template(id)) => {
                        template(&mut body, id, params);
                        "sendtvoice"
                    }
                    // Only digits are read out.
                    None if templates.is_empty() && digits(message.code) => {
                        body.text("msg", message.code);
                        "sendcvoice"
                    }
                    None if templates.is_empty() => return Err(BuildError::Code),
                    _ => return Err(BuildError::NoTemplate),
                };
                body.name("playtimes").number(*times);
                action
            }
        };
        body.text("ext", message.send_id.unwrap_or_default());
        self.signed(action, body, &[number.national], signing)
    }

    fn read(&self, reply: &HttpReply) -> Reading {
        let body = said(reply)?;
        let message_id = id(body.get("sid")).or_else(|| id(body.get("callid")));
        Ok(Receipt { message_id, request_id: None })
    }

    #[cfg(feature = "operations")]
    fn actions(&self) -> &'static [Action] {
        actions::LEGACY
    }

    #[cfg(feature = "operations")]
    fn action(&self, name: &str, params: &Value, signing: &Signing<'_>) -> Result<HttpCall, ActionError> {
        let action = action::find(actions::LEGACY, name)?;
        let taken = action.take(params, &[])?;
        let has = |name: &str| params.get(name).is_some_and(|value| !value.is_null());
        let either = action.params.iter().any(|param| param.name == "tpl_id" && !param.required);
        if either && has("msg") == has("tpl_id") {
            return Err(ActionError::input("params.tpl_id", "is required, or msg, and not both"));
        }
        let mobiles = mobiles(params);
        Ok(self.signed(action.name, taken.body(), &mobiles, signing)?)
    }

    #[cfg(feature = "operations")]
    fn read_action(&self, _: &str, reply: &HttpReply) -> Result<Answer, Failure> {
        said(reply).map(|_| Answer::within(reply, "", None))
    }
}

/// Reads what a reply says once `result` is 0; a front end before the service says `ErrorCode` instead.
fn said(reply: &HttpReply) -> Result<Object, Failure> {
    let body = object(reply)?;
    let result = body.get("result").or_else(|| body.get("ErrorCode")).and_then(Value::as_u64);
    let Some(result) = result else { return Err(doubtful(reply, "reply.no_code")) };
    if result == 0 && (200..300).contains(&reply.status) {
        return Ok(body);
    }
    if result == 0 {
        return Err(Failure { class: Class::Ambiguous, ..doubtful(reply, "reply.contradiction") });
    }
    let mut code = Ink::with_capacity(8);
    code.number(result);
    let code = code.done();
    let words = text(&body, "errmsg").or_else(|| text(&body, "ErrorInfo")).unwrap_or_default();
    let failure = failure(classes::TENCENT, reply, &code, words, None);
    // The service's own numbers are no secret; any other might be one.
    let own = (1_001..=1_099).contains(&result) || (60_000..=60_099).contains(&result);
    Err(if own { Failure { code, ..failure } } else { failure })
}

/// Reads `templates`: ids, and for SMS texts that hold the code.
fn templates(section: &mut Section<'_>, voice: bool) -> Vec<(String, Text)> {
    let found = section.get_texts("templates");
    if found.is_empty() && !voice {
        let message = "is required: an object from purpose to a template's id or to a text with {code}";
        section.lacks("templates", message);
    }
    let mut out = Vec::with_capacity(found.len());
    for (purpose, text) in found {
        let option = ["templates.", purpose].concat();
        let words = settings::pattern(section, &option, text);
        if !digits(text) && voice {
            section.note(&option, "must be a template's id, digits only");
        } else if !digits(text) && !words.has_code() {
            section.note(&option, "must be a template's id, or a text with {code} in it");
        }
        let text = if digits(text) { Text::Template(text.to_owned()) } else { Text::Words(words) };
        out.push((purpose.to_owned(), text));
    }
    out
}

fn of<'a>(templates: &'a [(String, Text)], purpose: &str) -> Option<&'a Text> {
    settings::of_purpose(templates, purpose)
}

const SMS: &str = "yun.tim.qq.com";
const VOICE: &str = "cloud.tim.qq.com";
