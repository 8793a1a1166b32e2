use super::super::{Class, Failure, Number, Receipt};
use super::*;
use crate::sign::encode::pairs;
use serde_json::{Value, json};

mod declaration;
mod escaping;
mod reply;
mod signing;

const NOW: UnixMillis = UnixMillis(1_694_615_694_123);
const NUMBER: Number<'_> = Number { e164: "+8613800138000", calling_code: "86", national: "13800138000" };

fn message() -> Message<'static> {
    let valid = Millis::from_seconds(300);
    Message { to: Recipient::Phone(NUMBER), purpose: "login", code: "012345", valid, send_id: None }
}

fn signing() -> Signing<'static> {
    Signing { now: NOW, nonce: [7; 16], credentials: None }
}

/// The least that a declaration needs.
fn least() -> Value {
    json!({"url": "https://sms.example/send", "body": {"to": "{e164}", "code": "{code}"},
           "reply": {"code": "code", "success": [0], "message_id": "data.id", "message": "msg"}})
}

/// Reads the least declaration with changes; null takes an option away.
fn gateway(change: Value) -> Result<Gateway, ConfigError> {
    let mut config = least();
    config.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    read(config)
}

fn read(config: Value) -> Result<Gateway, ConfigError> {
    let options: json::Value = config.into();
    let preset = with_preset("gateway", &options)?;
    let mut section = Section::open("gateway", preset.as_ref().unwrap_or(&options))?;
    let gateway = Gateway::from_config(&mut section, &|_| None)?;
    section.finish().map(|()| gateway)
}

fn refused(change: Value) -> String {
    gateway(change).unwrap_err().to_string()
}

fn call(change: Value) -> HttpCall {
    gateway(change).unwrap().call(&message(), &signing()).unwrap()
}

fn body(call: &HttpCall) -> Value {
    serde_json::from_slice(&call.body).unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}
