//! The declarations that come with the library.

use crate::config;
use crate::error::{ConfigCode, ConfigError};
use crate::json::{self, Value};

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
    let base = json::parse(text.as_bytes()).unwrap_or(Value::Null);
    let given = |name: &str| options.get(name).is_some_and(|value| !value.is_null());
    // What begins with `_` tells people where it comes from.
    let behind = base.as_object().into_iter().flat_map(|map| map.iter());
    let behind = behind.filter(|(name, _)| !name.starts_with('_') && !given(name));
    let own =
        options.as_object().into_iter().flat_map(|map| map.iter()).filter(|(_, value)| !value.is_null());
    let all = behind.chain(own).map(|(name, value)| (name.to_owned(), value.clone()));
    Ok(Some(Value::Object(all.collect())))
}

/// Name and declaration, from `core/data/gateways`.
pub(super) const PRESETS: &[(&str, &str)] = &[
    ("app-key-md5", include_str!("../../../data/gateways/app-key-md5.json")),
    ("bearer-json", include_str!("../../../data/gateways/bearer-json.json")),
    ("form-hmac", include_str!("../../../data/gateways/form-hmac.json")),
    ("twilio", include_str!("../../../data/gateways/twilio.json")),
    ("yunpian", include_str!("../../../data/gateways/yunpian.json")),
];
