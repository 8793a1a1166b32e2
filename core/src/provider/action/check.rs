//! Checks parameters against their table, and says where one is wrong.

use super::{ActionError, Kind, Param, listed, member};
use crate::json::{self, Value};
use crate::text::{decimal, length};
use alloc::string::String;

/// What is wrong with the parameters; the first that was found.
///
/// Checks go on after an error: a way out at every one of them would be half the code.
#[derive(Default)]
pub(super) struct Check {
    pub(super) wrong: Option<ActionError>,
}

impl Check {
    #[inline(never)]
    fn note(&mut self, path: &str, message: &str) {
        if self.wrong.is_none() {
            self.wrong = Some(ActionError::input(path, message));
        }
    }

    /// Checks an object against its table; what `own` has may be left out all the same.
    pub(super) fn members(
        &mut self,
        path: &str,
        params: &'static [Param],
        value: &Value,
        own: &[(&'static str, &str)],
    ) {
        let Some(map) = value.as_object() else { return self.note(path, "must be an object") };
        for (name, _) in map.iter() {
            if !params.iter().any(|param| param.name == name) {
                let message = listed("is not a parameter; there are ", params.iter().map(|param| param.name));
                // A name that isn't one may be a value in the wrong place.
                let (dot, name) = if is_plain(name) { (".", name) } else { ("", "") };
                self.note(&[path, dot, name].concat(), &message);
            }
        }
        for param in params {
            let path = [path, ".", param.name].concat();
            match member(value, param.name) {
                Some(found) if is_empty(found) && param.required => self.note(&path, "must not be empty"),
                // Left empty is as good as left out.
                Some(found) if is_empty(found) && matches!(param.kind, Kind::Shape(..)) => {}
                Some(found) => self.value(&path, &param.kind, found),
                None if param.required && !own.iter().any(|(name, _)| *name == param.name) => {
                    self.note(&path, "is required");
                }
                None => {}
            }
        }
    }

    fn value(&mut self, path: &str, kind: &Kind, value: &Value) {
        match *kind {
            Kind::Text(_) | Kind::Bytes(_) | Kind::Shape(..) => match value.as_str() {
                Some(text) => self.text(path, kind, text),
                None => self.note(path, "must be text"),
            },
            Kind::Number(least, most) => match value.as_i64() {
                None => self.note(path, "must be a whole number"),
                Some(number) if number < least || number > most => {
                    self.note(path, &format!("must be from {least} to {most}"));
                }
                Some(_) => {}
            },
            Kind::Flag if value.as_bool().is_none() => self.note(path, "must be true or false"),
            Kind::Flag => {}
            Kind::List(most, of) => {
                let Some(items) = value.as_array() else { return self.note(path, "must be a list") };
                if items.len() > usize::from(most) {
                    return self.note(path, &["must have 1 to ", &digits(most), " entries"].concat());
                }
                for (at, item) in items.iter().enumerate() {
                    self.value(&[path, "[", &decimal(at as u64), "]"].concat(), of, item);
                }
            }
            Kind::Json(of) => match value.as_str() {
                Some(text) => match json::parse(text.as_bytes()) {
                    Ok(value) => self.value(path, of, &value),
                    Err(_) => self.note(path, "must be JSON"),
                },
                None => self.value(path, of, value),
            },
            Kind::Object(params) => self.members(path, params, value, &[]),
            Kind::Texts => match value.as_object() {
                None => self.note(path, "must be an object of texts"),
                Some(map) if !map.iter().all(|(_, text)| text.is_string()) => {
                    self.note(path, "must have texts only");
                }
                Some(_) => {}
            },
        }
    }

    fn text(&mut self, path: &str, kind: &Kind, text: &str) {
        let (long, most, unit) = match *kind {
            Kind::Text(most) => (most < u16::MAX && length(text) > usize::from(most), most, " characters"),
            Kind::Bytes(most) => (text.len() > usize::from(most), most, " bytes"),
            Kind::Shape(fits, message) if !fits(text) => return self.note(path, message),
            _ => return,
        };
        if long {
            self.note(path, &["must be at most ", &digits(most), unit].concat());
        }
    }
}

fn digits(number: u16) -> String {
    decimal(number.into())
}

fn is_empty(value: &Value) -> bool {
    value.as_str() == Some("") || value.as_array().is_some_and(<[Value]>::is_empty)
}

/// Tells whether a name may be repeated in an error: a word of ASCII letters.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphabetic() || b"_-.".contains(&byte);
    (1..=40).contains(&name.len()) && name.bytes().all(plain)
}
