//! The declarations that come with the library.

use crate::config;
use crate::error::{ConfigCode, ConfigError};
use crate::json::{self, Object, Value};
use alloc::borrow::ToOwned as _;
use alloc::vec::Vec;

/// Reads a file and leaves out its notes, when the library is built.
macro_rules! preset {
    ($name:literal) => {
        ($name, {
            const WHOLE: &[u8] = include_bytes!(concat!("../../../data/gateways/", $name, ".json"));
            const KEPT: [u8; length(WHOLE)] = kept(WHOLE);
            &KEPT
        })
    };
}
/// Returns a gateway's options with those of its `preset` behind them, if it names one.
///
/// An option that is given wins as a whole.
///
/// # Errors
/// When there is no such preset.
pub(crate) fn with_preset(path: &str, options: &Value) -> Result<Option<Value>, ConfigError> {
    let Some(preset) = options.get("preset").filter(|preset| !preset.is_null()) else { return Ok(None) };
    let path = [path, ".preset"].concat();
    let Some(name) = preset.as_str() else {
        return Err(config::error(ConfigCode::Type, &path, "must be text"));
    };
    let Some((_, text)) = PRESETS.iter().find(|(known, _)| *known == name) else {
        let mut message = "must be one of".to_owned();
        for (index, (known, _)) in PRESETS.iter().enumerate() {
            message.push_str(if index > 0 { ", " } else { " " });
            message.push_str(known);
        }
        return Err(config::error(ConfigCode::Value, &path, &message));
    };
    let base = json::parse(text).unwrap_or(Value::Null);
    let given = |name: &str| options.get(name).is_some_and(|value| !value.is_null());
    let mut all = Vec::new();
    for (name, value) in base.as_object().unwrap_or(Object::EMPTY).iter() {
        if !given(name) {
            all.push((name.to_owned(), value.clone()));
        }
    }
    for (name, value) in options.as_object().unwrap_or(Object::EMPTY).iter() {
        if !value.is_null() {
            all.push((name.to_owned(), value.clone()));
        }
    }
    Ok(Some(Value::Object(Object::from_iter(all))))
}

/// Name and declaration, from `core/data/gateways`, without what tells people where it comes from.
pub(super) const PRESETS: &[(&str, &[u8])] = &[
    preset!("app-key-md5"),
    preset!("bearer-json"),
    preset!("form-hmac"),
    preset!("twilio"),
    preset!("yunpian"),
];

/// Returns how many bytes of a declaration are no notes: lines of one member whose name begins with `_`.
const fn length(whole: &[u8]) -> usize {
    let (mut rest, mut line, mut length) = (whole, whole, 0);
    while let [byte, tail @ ..] = rest {
        length += if is_note(line) { 0 } else { 1 };
        rest = tail;
        line = if *byte == b'\n' { tail } else { line };
    }
    length
}

#[expect(clippy::indexing_slicing, reason = "when the library is built, where it would be an error")]
const fn kept<const N: usize>(whole: &[u8]) -> [u8; N] {
    let (mut out, mut at) = ([0; N], 0);
    let (mut rest, mut line) = (whole, whole);
    while let [byte, tail @ ..] = rest {
        if !is_note(line) {
            out[at] = *byte;
            at += 1;
        }
        rest = tail;
        line = if *byte == b'\n' { tail } else { line };
    }
    out
}

const fn is_note(line: &[u8]) -> bool {
    matches!(line, [b' ', b' ', b'"', b'_', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_their_files_without_the_notes() {
        let files: [&[u8]; 5] = [
            include_bytes!("../../../data/gateways/app-key-md5.json"),
            include_bytes!("../../../data/gateways/bearer-json.json"),
            include_bytes!("../../../data/gateways/form-hmac.json"),
            include_bytes!("../../../data/gateways/twilio.json"),
            include_bytes!("../../../data/gateways/yunpian.json"),
        ];
        assert_eq!(PRESETS.len(), files.len());
        for ((name, kept), file) in PRESETS.iter().zip(files) {
            let whole = json::parse(file).unwrap();
            let members = whole.as_object().unwrap().iter().filter(|(name, _)| !name.starts_with('_'));
            let members = members.map(|(name, value)| (name.to_owned(), value.clone()));
            assert_eq!(json::parse(kept), Ok(Value::Object(members.collect())), "{name}");
            assert!(whole.get("_about").is_some(), "{name}");
        }
    }
}
