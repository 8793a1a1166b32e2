//! How a gateway's reply is read: what says success, which codes mean what.

use super::super::reading::{doubtful, failure, id, object};
use super::super::{Class, Failure, Reading, Receipt};
use crate::config::Section;
use crate::http::HttpReply;
use crate::json::Value;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// What is read where in a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    success: Success,
    code: Option<Path>,
    error_code: Option<Path>,
    message: Option<Path>,
    message_id: Option<Path>,
    request_id: Option<Path>,
    classes: Vec<(String, Class)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Success {
    /// The code is one of these.
    Codes(Vec<String>),
    /// There is a message id.
    MessageId,
}

/// A place in a reply: names of members and numbers of items.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Path(Vec<String>);

impl Answer {
    /// Reads the section of `reply`, and the classes of the codes.
    pub(super) fn read(section: &mut Section<'_>, classes: &[(&str, &str)]) -> Self {
        let code = Path::read(section, "code");
        let error_code = Path::read(section, "error_code");
        let message_id = Path::read(section, "message_id");
        let message = Path::read(section, "message");
        let request_id = Path::read(section, "request_id");
        let mut codes = Vec::new();
        let mut success = Success::MessageId;
        match section.value("success") {
            Some(Value::String(word)) if word == "message_id" => {
                if message_id.is_none() {
                    section.lacks("message_id", "is required when `success` goes by it");
                }
            }
            Some(Value::Array(list)) if !list.is_empty() => {
                if code.is_none() {
                    let message = "is required: the place of the code, such as `code` or `data.status`";
                    section.lacks("code", message);
                }
                for value in list {
                    match scalar(value) {
                        Some(code) => codes.push(code),
                        None => section.note("success", SUCCESS),
                    }
                }
            }
            None => section.lacks("success", SUCCESS),
            Some(_) => section.note("success", SUCCESS),
        }
        let mut known = Vec::with_capacity(classes.len());
        for (code, class) in classes {
            if codes.iter().any(|good| good == code) {
                let message = ["has a code that is an error under `classes` too: ", code].concat();
                section.note("success", &message);
            }
            let class = CLASSES.iter().find(|known| known.as_str() == *class);
            known.push(((*code).to_owned(), class.copied().unwrap_or(Class::Ambiguous)));
        }
        if !codes.is_empty() {
            success = Success::Codes(codes);
        }
        Self { success, code, error_code, message, message_id, request_id, classes: known }
    }

    /// Reads a reply.
    pub(super) fn reading(&self, reply: &HttpReply) -> Reading {
        let body = Value::Object(object(reply)?);
        let at = |path: &Option<Path>| path.as_ref().and_then(|path| path.find(&body)).and_then(scalar);
        let plain = |text: Option<String>| text.and_then(|text| id(Some(&Value::String(text))));
        let (message_id, request_id) = (at(&self.message_id), plain(at(&self.request_id)));
        let code = at(&self.code);
        let good = match &self.success {
            Success::Codes(codes) => code.as_ref().is_some_and(|code| codes.contains(code)),
            // Some gateways fill the id in and fail all the same.
            Success::MessageId => message_id.as_deref().is_some_and(is_id) && at(&self.error_code).is_none(),
        };
        match good {
            true if (200..300).contains(&reply.status) => {
                return Ok(Receipt { message_id: plain(message_id), request_id });
            }
            true => {
                let class = Class::Ambiguous;
                return Err(Failure { class, request_id, ..doubtful(reply, "reply.contradiction") });
            }
            false => {}
        }
        let Some(code) = at(&self.error_code).or(code) else {
            return Err(Failure { request_id, ..doubtful(reply, "reply.no_code") });
        };
        let words = at(&self.message).unwrap_or_default();
        let mut failure = failure(&[], reply, &code, &words, request_id);
        if let Some((known, class)) = self.class(&code) {
            failure.class = class;
            // Declared, so it is an error's code and nothing that was echoed.
            if known && code.len() <= 80 && code.bytes().all(|byte| byte.is_ascii_graphic()) {
                failure.code = code;
            }
        }
        Err(failure)
    }

    /// Looks a code up: itself, or the longest declared start of it (`16*`); whether more than `*` was declared.
    fn class(&self, code: &str) -> Option<(bool, Class)> {
        let mut best: Option<(usize, Class)> = None;
        for (known, class) in &self.classes {
            let length = match known.strip_suffix('*') {
                _ if known == code => return Some((true, *class)),
                Some(start) if code.starts_with(start) => start.len(),
                _ => continue,
            };
            if best.is_none_or(|(longest, _)| length > longest) {
                best = Some((length, *class));
            }
        }
        best.map(|(length, class)| (length > 0, class))
    }
}

impl Path {
    fn read(section: &mut Section<'_>, option: &'static str) -> Option<Self> {
        let mut parts = Vec::new();
        for part in section.get_text(option)?.split('.') {
            parts.push(part.to_owned());
        }
        if parts.len() > 16 || parts.iter().any(String::is_empty) {
            section.note(option, "must be names and numbers of items joined by dots, such as `data.0.id`");
        }
        Some(Self(parts))
    }

    fn find<'a>(&self, body: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(body, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ => value.get(part),
        })
    }
}

/// Tells whether this is some message's id, be it one that can be logged or not.
fn is_id(text: &str) -> bool {
    !matches!(text, "" | "0" | "false") && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Returns the text of a text, a whole number, true or false; so `0` and `"0"` are the same.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(true) => Some("true".into()),
        Value::Bool(false) => Some("false".into()),
        Value::Number(digits) => {
            let whole = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            whole.then(|| digits.clone())
        }
        _ => None,
    }
}

const SUCCESS: &str = "must be a list of codes, such as [0, \"OK\"], or \"message_id\"";

pub(super) const CLASSES: &[Class] =
    &[Class::Rejected, Class::Account, Class::Throttled, Class::Unavailable, Class::Ambiguous];
