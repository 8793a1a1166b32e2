//! Each product both ways: what goes out, byte for byte, and what a reply is read as.

mod action;
mod auth;
mod global;
mod mail;
mod options;

use super::super::{Message, Number, Provider, Recipient, from_config};
use super::*;
use crate::error::ConfigError;
use crate::provider::{Guess, Receipt};
use crate::sign::encode::pairs;
use crate::time::UnixMillis;
use serde_json::{Value, json};

const NOW: UnixMillis = UnixMillis(1_694_615_694_000);

fn signing() -> Signing<'static> {
    Signing { now: NOW, nonce: [7; 16], credentials: None }
}

fn phone(e164: &'static str, calling_code: &'static str) -> Recipient<'static> {
    Recipient::Phone(Number { e164, calling_code, national: e164.get(1 + calling_code.len()..).unwrap() })
}

fn mainland() -> Recipient<'static> {
    phone("+8613800138000", "86")
}

fn abroad() -> Recipient<'static> {
    phone("+85261234567", "852")
}

fn message(to: Recipient<'static>) -> Message<'static> {
    Message { to, purpose: "login", code: "864209", valid: Millis(300_000), send_id: Some("send-1") }
}

/// Reads the configuration as an engine does; `change` replaces options.
fn provider(kind: &str, change: Value) -> Result<Box<dyn Provider>, ConfigError> {
    let mut config = json!({"access_key_id": "LTAItest", "access_key_secret": "canary"});
    let options = match kind {
        "aliyun" => json!({"sign_name": "示例", "templates": {"default": "SMS_1"}}),
        "aliyun_auth" => json!({"sign_name": "速通互联验证码", "templates": {"default": "100001"}}),
        "aliyun_global" => json!({"templates": {"default": "Your code is {code}, for {minutes} min."}}),
        _ => json!({"account_name": "no-reply@mail.example", "templates": {"default":
            {"subject": "验证码 {code}", "html": "<p>{code}&nbsp;{minutes}</p>"}}}),
    };
    for part in [options, change] {
        config.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    }
    let top = json!({"providers": [{kind: config}]}).into();
    let mut section = Section::open("", &top)?;
    Ok(from_config(&mut section, &|_| None)?.pop().unwrap())
}

/// Returns action, version, host and parameters, in the order of their names, wherever they travel.
fn sent(call: &HttpCall) -> (String, String, String, Vec<(String, String)>) {
    let body = String::from_utf8(call.body.clone()).unwrap();
    let mut params = pairs(call.query());
    params.extend(pairs(&body));
    params.sort();
    let header = |name| call.header(name).unwrap_or_default().to_owned();
    (header("x-acs-action"), header("x-acs-version"), call.host().to_owned(), params)
}

fn param(call: &HttpCall, name: &str) -> Option<String> {
    sent(call).3.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn reply(status: u16, body: &Value) -> HttpReply {
    HttpReply { status, headers: vec![], body: body.to_string().into_bytes() }
}
