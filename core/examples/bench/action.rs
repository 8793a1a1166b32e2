//! Every action, from its parameters in JSON to the signed request.

use crate::rounds::{case, medians};
use sansms::flow::Step;
use sansms::time::UnixMillis;
use sansms::{Engine, json};
use std::hint::black_box;

/// Prints one line for each action.
pub(crate) fn run() {
    let config = format!("{{\"secret\": \"{}\", \"providers\": {PROVIDERS}}}", "x".repeat(32));
    let engine = Engine::new(&config).unwrap();
    println!("## Every action\n");
    println!(
        "From the parameters in JSON, checked, to the signed request; there is no official SDK for Rust.\n"
    );
    println!("| provider | action | build and sign, µs |\n|---|---|--:|");
    let actions: serde_json::Value = serde_json::from_str(ACTIONS).unwrap();
    for action in actions.as_array().unwrap() {
        let [provider, name] = ["provider", "action"].map(|field| action[field].as_str().unwrap());
        let params = action["params"].to_string();
        assert!(json::parse(params.as_bytes()).is_ok());
        let build = || {
            let mut flow = engine.call(provider, name, black_box(&params), [7; 32]);
            flow.start(UnixMillis(1_694_615_694_000)).unwrap()
        };
        assert!(matches!(build(), Step::Http { .. }), "{provider} {name}: {:?}", build());
        let [built] = medians(101, 100, [case(build)]);
        println!("| {provider} | {name} | {:.1} |", built / 1_000.0);
    }
    println!();
}

/// What Python and Node measure, too.
const ACTIONS: &str = include_str!("actions.json");

const PROVIDERS: &str = r#"[
    {"aliyun": {"access_key_id": "i", "access_key_secret": "s", "sign_name": "示例", "templates": {"login": "SMS_1"}}},
    {"aliyun_auth": {"access_key_id": "i", "access_key_secret": "s", "sign_name": "示例", "templates": {"login": "100001"}}},
    {"aliyun_global": {"access_key_id": "i", "access_key_secret": "s", "templates": {"login": "Your code is {code}."}}},
    {"aliyun_mail": {"access_key_id": "i", "access_key_secret": "s", "account_name": "no-reply@mail.example.com",
                     "templates": {"login": {"subject": "{code}", "text": "{code}"}}}},
    {"tencent": {"secret_id": "i", "secret_key": "s", "sdk_app_id": "1400000000", "sign_name": "示例", "templates": {"login": "1"}}},
    {"tencent_legacy": {"sdk_app_id": "1400000000", "app_key": "s", "templates": {"login": "1"}}},
    {"tencent_mail": {"secret_id": "i", "secret_key": "s", "from_address": "no-reply@mail.example.com", "subject": "示例",
                      "templates": {"login": "1"}}}
]"#;
