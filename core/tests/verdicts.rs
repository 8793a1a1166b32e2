//! Holds every reader to the verdicts of the vendors' own SDKs, on replies real and damaged.
//!
//! `bindings-python/tests/witness_replies.py` wrote the verdicts, and sees in `make test` that they still stand.
#![expect(clippy::expect_used, reason = "a test may panic")]

use sansms::config::Section;
use sansms::http::HttpReply;
use sansms::provider::{self, Failure, Provider};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const PROVIDERS: &str = r#"{"providers": [
    {"aliyun": {"access_key_id": "i", "access_key_secret": "s", "sign_name": "示例", "templates": {"login": "SMS_1"}}},
    {"aliyun_auth": {"access_key_id": "i", "access_key_secret": "s", "sign_name": "示例", "templates": {"login": "100001"}}},
    {"aliyun_global": {"access_key_id": "i", "access_key_secret": "s", "templates": {"login": "Your code is {code}."}}},
    {"aliyun_mail": {"access_key_id": "i", "access_key_secret": "s", "account_name": "no-reply@mail.example",
                     "templates": {"login": {"subject": "{code}", "text": "{code}"}}}},
    {"tencent": {"secret_id": "i", "secret_key": "s", "sdk_app_id": "1400000000", "sign_name": "示例", "templates": {"login": "1"}}},
    {"tencent_legacy": {"sdk_app_id": "1400000000", "app_key": "s", "templates": {"login": "1"}}},
    {"tencent_mail": {"secret_id": "i", "secret_key": "s", "from_address": "no-reply@mail.example", "subject": "示例",
                      "templates": {"login": "1"}}}
]}"#;

/// What a flow asks for; all else is an action.
const FLOWS: [&str; 6] =
    ["SendSms", "SendSmsVerifyCode", "SendMessageToGlobe", "SingleSendMail", "SendEmail", "sendsms"];

/// Where we judge otherwise, and why: reply (of every action, unless it is named), theirs, ours.
const DIFFERENCES: &[(&str, &str, &str, &str)] = &[
    (
        "a number that is none",
        "success",
        "exception",
        "`NaN` is no JSON (RFC 8259, 6); Python's reader takes it",
    ),
    ("half a pair", "success", "exception", "half a surrogate pair is no text; Python's reader takes it"),
    ("a mark in front", "success", "exception", "RFC 8259, 8.1 forbids it; Tencent's SDKs pass over it"),
    ("accepted, created", "exception", "success", "Tencent's SDKs take 200 only; every 2xx says the same"),
    (
        "of a front end",
        "exception",
        "failure",
        "a front end of Tencent's older service says `ErrorCode`; its SDKs look for `result` only",
    ),
    ("keys in lower case", "exception", "success", "Alibaba Cloud's SDKs read them so in a refusal only"),
];

#[test]
fn the_sdks_and_we_agree() {
    let top = sansms::json::parse(PROVIDERS.as_bytes()).unwrap();
    let mut top = Section::open("", &top).unwrap();
    let providers = provider::from_config(&mut top, &|_| None).unwrap();
    let (mut seen, mut used, mut wrong) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
    for line in include_str!("../vectors/provider/verdicts.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let [kind, action, name] = ["provider", "action", "name"].map(|field| case[field].as_str().unwrap());
        let provider = providers.iter().find(|provider| provider.name() == kind).unwrap();
        let reply = HttpReply {
            status: u16::try_from(case["status"].as_u64().unwrap()).unwrap(),
            headers: Vec::new(),
            body: body(&case),
        };
        let (ours, theirs) = (verdict(&**provider, action, &reply), &case["sdk"]);
        *seen.entry((kind.to_owned(), action.to_owned())).or_insert(0) += 1;
        if ours == *theirs {
            continue;
        }
        let told = [theirs, &ours].map(|verdict| verdict["verdict"].as_str().unwrap().to_owned());
        let known = DIFFERENCES.iter().position(|(at, theirs, ours, _)| {
            let here = *at == name || *at == format!("{action}: {name}");
            here && *theirs == told[0] && *ours == told[1]
        });
        match known {
            Some(at) => drop(used.insert(at)),
            None => wrong.push(format!("{kind} {action}, {name}: theirs {theirs}, ours {ours}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(used.len(), DIFFERENCES.len(), "a difference that is none");
    for provider in &providers {
        let actions = provider.actions().iter().map(|action| action.name);
        let sends = [("aliyun", "SendSms")].into_iter().filter(|(name, _)| *name == provider.name());
        for action in actions.chain(sends.map(|(_, action)| action)) {
            let count = seen.remove(&(provider.name().to_owned(), action.to_owned())).unwrap_or(0);
            assert!(count >= 50, "{} {action}: {count} replies", provider.name());
        }
    }
    assert!(seen.is_empty(), "{seen:?}");
}

/// Returns the bytes of a reply; those that are no UTF-8 stand in hex.
fn body(case: &Value) -> Vec<u8> {
    let Some(hex) = case["hex"].as_str() else {
        return case["body"].as_str().expect("has a body").into();
    };
    let byte =
        |two: &[u8]| u8::from_str_radix(core::str::from_utf8(two).expect("is ASCII"), 16).expect("is hex");
    hex.as_bytes().chunks_exact(2).map(byte).collect()
}

fn verdict(provider: &dyn Provider, action: &str, reply: &HttpReply) -> Value {
    let read = match action {
        "CheckSmsVerifyCode" => match provider.managed().expect("checks").read_check(reply) {
            // The SDK hears of it in its own way, where the vendor has a code for it.
            Ok(false) if reply.status >= 400 => {
                return json!({"verdict": "wrong", "code": "isv.ValidateFail"});
            }
            Ok(false) => return json!({"verdict": "wrong"}),
            read => read.map(|_| ()),
        },
        _ if FLOWS.contains(&action) => provider.read(reply).map(|_| ()),
        _ => {
            assert!(provider.actions().iter().any(|known| known.name == action), "{action}");
            provider.read_action(action, reply).map(|_| ())
        }
    };
    match read {
        Ok(()) => json!({"verdict": "success"}),
        // Ours begin so: the reply had no code of the vendor's.
        Err(Failure { code, .. }) if code.starts_with("reply.") => json!({"verdict": "exception"}),
        Err(Failure { code, .. }) => json!({"verdict": "failure", "code": code}),
    }
}
