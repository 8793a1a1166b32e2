//! Checks parameters against their table, and says where one is wrong.

use super::{Kind, Param, listed, member};
use crate::json::{self, Value};

/// What is wrong, and where below the value that was checked.
pub(super) struct Wrong {
    pub(super) field: String,
    pub(super) message: String,
}

fn wrong(message: impl Into<String>) -> Wrong {
    Wrong { field: String::new(), message: message.into() }
}

/// Places an error one level further up.
fn within(step: &[&str]) -> impl Fn(Wrong) -> Wrong + use<> {
    let step = step.concat();
    move |wrong| Wrong { field: [step.as_str(), wrong.field.as_str()].concat(), ..wrong }
}

/// Checks an object against its table; `standing` tells what may be left out all the same.
pub(super) fn members(
    params: &'static [Param],
    value: &Value,
    standing: impl Fn(&str) -> bool,
) -> Result<(), Wrong> {
    let map = value.as_object().ok_or_else(|| wrong("must be an object"))?;
    let known = |name: &str| params.iter().any(|param| param.name == name);
    if let Some((stray, _)) = map.iter().find(|(name, _)| !known(name)) {
        let message = listed("is not a parameter; there are ", params.iter().map(|param| param.name));
        // A name that isn't one may be a value in the wrong place.
        return Err(if is_plain(stray) { within(&[".", stray])(wrong(message)) } else { wrong(message) });
    }
    for param in params {
        let found = member(value, param.name);
        let place = within(&[".", param.name]);
        match found {
            Some(found) if param.required && is_empty(found) => {
                return Err(place(wrong("must not be empty")));
            }
            // Left empty is as good as left out.
            Some(found) if is_empty(found) && matches!(param.kind, Kind::Shape(..)) => {}
            Some(found) => check(&param.kind, found).map_err(place)?,
            None if param.required && !standing(param.name) => return Err(place(wrong("is required"))),
            None => {}
        }
    }
    Ok(())
}

fn is_empty(value: &Value) -> bool {
    value.as_str() == Some("") || value.as_array().is_some_and(<[Value]>::is_empty)
}

fn check(kind: &Kind, value: &Value) -> Result<(), Wrong> {
    let text = || value.as_str().ok_or_else(|| wrong("must be text"));
    match *kind {
        Kind::Text(most) if most < u16::MAX && text()?.chars().count() > usize::from(most) => {
            Err(wrong(format!("must be at most {most} characters")))
        }
        Kind::Bytes(most) if text()?.len() > usize::from(most) => {
            Err(wrong(format!("must be at most {most} bytes")))
        }
        Kind::Shape(fits, message) if !fits(text()?) => Err(wrong(message)),
        Kind::Text(_) | Kind::Bytes(_) | Kind::Shape(..) => text().map(|_| ()),
        Kind::Number(least, most) => match value.as_i64() {
            None => Err(wrong("must be a whole number")),
            Some(number) if number < least || number > most => {
                Err(wrong(format!("must be from {least} to {most}")))
            }
            Some(_) => Ok(()),
        },
        Kind::Flag => value.as_bool().map(|_| ()).ok_or_else(|| wrong("must be true or false")),
        Kind::List(most, of) => {
            let items = value.as_array().ok_or_else(|| wrong("must be a list"))?;
            if items.len() > usize::from(most) {
                return Err(wrong(format!("must have 1 to {most} entries")));
            }
            let mut each = items.iter().enumerate();
            each.try_for_each(|(at, item)| {
                check(of, item).map_err(|wrong| within(&["[", &at.to_string(), "]"])(wrong))
            })
        }
        Kind::Json(of) => match value.as_str() {
            Some(text) => {
                let value = json::parse(text.as_bytes()).map_err(|_| wrong("must be JSON"))?;
                check(of, &value)
            }
            None => check(of, value),
        },
        Kind::Object(params) => members(params, value, |_| false),
        Kind::Texts => {
            let map = value.as_object().ok_or_else(|| wrong("must be an object of texts"))?;
            let plain = map.iter().all(|(_, text)| text.is_string());
            if plain { Ok(()) } else { Err(wrong("must have texts only")) }
        }
    }
}

/// Tells whether a name may be repeated in an error: a word of ASCII letters.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphabetic() || b"_-.".contains(&byte);
    (1..=40).contains(&name.len()) && name.bytes().all(plain)
}
