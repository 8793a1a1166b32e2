//! What a vendor offers beside sending and checking codes: actions as data, checked before any byte is sent.
//!
//! A parameter goes by the name that the vendor documents. What is written follows the order of the table, which is
//! the vendor's own.

mod check;
#[cfg(test)]
mod tests;

use super::BuildError;
use super::body::Body;
use crate::http::HttpReply;
use crate::json::{self, Object, Value};
use crate::sign::encode::Ink;
use crate::text::{has_control, length};
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;
use check::Check;
use core::fmt;

/// An action of a vendor's API, and what it takes.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// The vendor's name for it, e.g. `QuerySendDetails`.
    pub name: &'static str,
    /// Its parameters, in the order the vendor documents them.
    pub params: &'static [Param],
}

/// A parameter of an action.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// The vendor's name for it, e.g. `PhoneNumber`.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// Whether the vendor refuses a call without it, or with an empty text.
    pub required: bool,
    /// Where the vendor looks for it.
    pub place: Place,
}

/// What a parameter may be.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Text of at most so many characters; 65535 stands for no bound of ours.
    Text(u16),
    /// Text of at most so many bytes.
    Bytes(u16),
    /// Text that passes a test, and what to say of text that doesn't.
    Shape(fn(&str) -> bool, &'static str),
    /// A whole number, from the first to the second.
    Number(i64, i64),
    /// Yes or no.
    Flag,
    /// At most so many of a kind; where it is required, at least one.
    List(u16, &'static Kind),
    /// Text that holds JSON of a kind, or the value itself; text goes out as it came.
    Json(&'static Kind),
    /// An object with these members.
    Object(&'static [Param]),
    /// An object of texts under names of the caller's own, such as a template's variables.
    Texts,
}

/// The words in front of the text; the vendor adds the brackets, and refuses a sign with a space too many.
pub(super) const SIGN: Kind =
    Kind::Shape(is_sign, "must be at most 100 characters, without 【】 and without white space at its ends");

fn is_sign(text: &str) -> bool {
    let bare = text.trim().len() == text.len() && !text.contains(['【', '】']);
    bare && !has_control(text) && length(text) <= 100
}

/// Where a parameter stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the query; lists and objects as JSON text.
    Query,
    /// In a form body; lists and objects as JSON text.
    Form,
    /// A member of the JSON body.
    Body,
}

/// What the vendor answered. `Debug` shows its size only: it may hold numbers and texts.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The vendor's JSON object, as it came.
    pub json: String,
    /// The request's id at the provider, for its support.
    pub request_id: Option<String>,
}

/// Why an action's call can't be made; no byte was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionError {
    /// An input is wrong.
    Input {
        /// Its path, e.g. `params.PhoneNumber`.
        field: String,
        /// What would be right; never the value.
        message: String,
    },
    /// The host gives the key for each call, and gave none that is usable.
    Credentials,
}

impl Answer {
    /// Takes what a reply says, read before as a JSON object, or a member of it that stands alone there.
    pub(super) fn within(reply: &HttpReply, member: &str, request_id: Option<String>) -> Self {
        let whole = String::from_utf8_lossy(&reply.body);
        let json = inside(&whole, member).unwrap_or(&whole).to_owned();
        Self { json, request_id }
    }
}

/// Returns the text of an object's only member; `None` where it isn't the only one for certain.
fn inside<'a>(whole: &'a str, member: &str) -> Option<&'a str> {
    let rest = whole.trim().strip_prefix('{')?.strip_suffix('}')?.trim_start();
    let rest = rest.strip_prefix('"')?.strip_prefix(member)?.strip_prefix('"')?;
    let rest = rest.trim_start().strip_prefix(':')?.trim();
    json::parse(rest.as_bytes()).is_ok().then_some(rest)
}

impl ActionError {
    pub(super) fn input(field: &str, message: &str) -> Self {
        Self::Input { field: field.to_owned(), message: message.to_owned() }
    }
}

impl From<BuildError> for ActionError {
    /// All that a call is refused for once its parameters were checked is its key.
    fn from(_: BuildError) -> Self {
        Self::Credentials
    }
}

/// An action's parameters once they were checked.
pub(crate) struct Taken<'a>(Vec<(&'static Param, Given<'a>)>);

#[derive(Clone, Copy)]
enum Given<'a> {
    Own(&'a str),
    Value(&'a Value),
}

impl Param {
    /// Makes a parameter that the vendor insists on.
    #[must_use]
    pub const fn required(place: Place, name: &'static str, kind: Kind) -> Self {
        Self { name, kind, required: true, place }
    }

    /// Makes a parameter that may be left out.
    #[must_use]
    pub const fn optional(place: Place, name: &'static str, kind: Kind) -> Self {
        Self { name, kind, required: false, place }
    }
}

/// Finds an action by its name.
///
/// # Errors
/// [`ActionError::Input`] at `action`, which lists those there are.
pub(super) fn find(actions: &'static [Action], name: &str) -> Result<&'static Action, ActionError> {
    actions.iter().find(|action| action.name == name).ok_or_else(|| unknown(actions))
}

/// Refuses a call of an action that knows `names` and is given none of them.
pub(super) fn one_of(action: &Action, params: &Value, names: &[&str]) -> Result<(), ActionError> {
    let known = action.params.iter().any(|param| names.contains(&param.name));
    let given = names.iter().any(|name| member(params, name).is_some_and(|value| value.as_str() != Some("")));
    match known && !given {
        true => Err(ActionError::input("params", &listed("must have one of ", names.iter().copied()))),
        false => Ok(()),
    }
}

/// Says that a provider has no such action, and which it has.
pub(crate) fn unknown(actions: &[Action]) -> ActionError {
    let message = match actions {
        [] => "is not one of this provider's; it has none".to_owned(),
        _ => listed("is not one of this provider's; there are ", actions.iter().map(|action| action.name)),
    };
    ActionError::Input { field: "action".into(), message }
}

/// Writes names behind an opening, with commas.
pub(crate) fn listed<'a>(opening: &str, names: impl Iterator<Item = &'a str>) -> String {
    let mut out = opening.to_owned();
    for (index, name) in names.enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        out.push_str(name);
    }
    out
}

impl Action {
    /// Checks parameters, a JSON object; `own` stands in for texts and numbers that are left out.
    ///
    /// # Errors
    /// [`ActionError::Input`] at the first parameter that is wrong.
    pub(crate) fn take<'a>(
        &'static self,
        params: &'a Value,
        own: &[(&'static str, &'a str)],
    ) -> Result<Taken<'a>, ActionError> {
        let mut check = Check::default();
        check.members("params", self.params, params, own);
        if let Some(wrong) = check.wrong {
            return Err(wrong);
        }
        let mut taken = Vec::with_capacity(self.params.len());
        for param in self.params {
            let given = match member(params, param.name) {
                Some(value) => Given::Value(value),
                None => match own.iter().find(|(key, _)| *key == param.name) {
                    Some((_, text)) => Given::Own(text),
                    None => continue,
                },
            };
            taken.push((param, given));
        }
        Ok(Taken(taken))
    }
}

impl Taken<'_> {
    /// Returns the JSON body so far, for more to be added.
    pub(super) fn body(&self) -> Body {
        let mut body = Body::new();
        for (param, given) in self.0.iter().filter(|(param, _)| param.place == Place::Body) {
            let out = body.name(param.name);
            match (given, &param.kind) {
                (Given::Own(digits), Kind::Number(..)) => out.text(digits),
                (Given::Own(text), _) => out.json(text),
                (Given::Value(value), kind) => write(out, kind, value),
            }
        }
        body
    }

    /// Returns the JSON body, compact.
    pub(super) fn json(&self) -> String {
        self.body().done()
    }

    /// Returns what stands in a query or a form: names and plain values.
    #[inline(never)]
    pub(crate) fn pairs(&self, place: Place) -> Vec<(&'static str, String)> {
        let mut out = Vec::new();
        for (param, given) in &self.0 {
            if param.place == place {
                out.push((param.name, given.plain(&param.kind)));
            }
        }
        out
    }
}

impl Given<'_> {
    fn plain(&self, kind: &Kind) -> String {
        match self {
            Self::Own(text) => (*text).to_owned(),
            Self::Value(value) => match value.as_str() {
                Some(text) => text.to_owned(),
                None => {
                    let mut out = Ink::with_capacity(64);
                    write(&mut out, if let Kind::Json(of) = kind { of } else { kind }, value);
                    out.done()
                }
            },
        }
    }
}

/// Writes a checked value as JSON, the members of an object in the order of its table.
fn write(out: &mut Ink, kind: &Kind, value: &Value) {
    match kind {
        Kind::Text(_) | Kind::Bytes(_) | Kind::Shape(..) => out.json(value.as_str().unwrap_or_default()),
        Kind::Json(_) => out.json(&Given::Value(value).plain(kind)),
        Kind::Number(..) => {
            let number = value.as_i64().unwrap_or_default();
            out.text(if number < 0 { "-" } else { "" });
            out.number(number.unsigned_abs());
        }
        Kind::Flag => out.text(if value.as_bool() == Some(true) { "true" } else { "false" }),
        Kind::List(_, of) => {
            out.text("[");
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                out.text(if index > 0 { "," } else { "" });
                write(out, of, item);
            }
            out.text("]");
        }
        Kind::Object(params) => {
            let mut opening = "{";
            for param in *params {
                if let Some(value) = member(value, param.name) {
                    write_member(out, &mut opening, param.name, &param.kind, value);
                }
            }
            out.text(if opening == "{" { "{}" } else { "}" });
        }
        Kind::Texts => {
            let mut opening = "{";
            for (name, text) in value.as_object().unwrap_or(Object::EMPTY).iter() {
                write_member(out, &mut opening, name, &Kind::Text(0), text);
            }
            out.text(if opening == "{" { "{}" } else { "}" });
        }
    }
}

fn write_member(out: &mut Ink, opening: &mut &str, name: &str, kind: &Kind, value: &Value) {
    out.text(opening);
    *opening = ",";
    out.json(name);
    out.text(":");
    write(out, kind, value);
}

/// Returns a member; null counts as absent.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.get(name).filter(|value| !value.is_null())
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) | Self::Bytes(_) | Self::Shape(..) => "text",
            Self::Number(..) => "whole number",
            Self::Flag => "flag",
            Self::List(..) => "list",
            Self::Json(_) => "JSON",
            Self::Object(_) => "object",
            Self::Texts => "object of texts",
        })
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({} bytes)", self.json.len())
    }
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input { field, message } => write!(f, "{field}: {message}"),
            Self::Credentials => f.write_str("the host gave no usable key"),
        }
    }
}

impl core::error::Error for ActionError {}
