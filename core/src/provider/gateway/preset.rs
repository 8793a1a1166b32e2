//! The declarations that come with the library.

use crate::config;
use crate::error::{ConfigCode, ConfigError};
use serde_json::{Map, Value};

/// Returns a gateway's options with those of its `preset` behind them; an option that is given wins as a whole.
///
/// # Errors
/// When there is no such preset.
pub(crate) fn complete(path: &str, options: &Value) -> Result<Value, ConfigError> {
    let Some(preset) = options.get("preset").filter(|preset| !preset.is_null()) else {
        return Ok(options.clone());
    };
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
    let base: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    let mut out = Map::new();
    for map in [base.as_object(), options.as_object()].into_iter().flatten() {
        for (name, value) in map.iter().filter(|(name, value)| !name.starts_with('_') && !value.is_null()) {
            out.insert(name.clone(), value.clone());
        }
    }
    Ok(Value::Object(out))
}

/// Name and declaration, from `core/data/gateways`.
pub(super) const PRESETS: &[(&str, &str)] = &[
    ("app-key-md5", include_str!("../../../data/gateways/app-key-md5.json")),
    ("bearer-json", include_str!("../../../data/gateways/bearer-json.json")),
    ("form-hmac", include_str!("../../../data/gateways/form-hmac.json")),
    ("twilio", include_str!("../../../data/gateways/twilio.json")),
    ("yunpian", include_str!("../../../data/gateways/yunpian.json")),
];
