//! No secret, number, code or address is in any `Debug`, error text, event or text for people, over every public type.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test reads files and may panic"
)]

#[path = "canary/types.rs"]
mod types;

use sansms::key::Keyring;
use sansms::mac::unhex;
use sansms::wire::{
    Engine, HttpReply, MemoryStore, Reply, Sandbox, SendRequest, Step, UnixMillis, VerifyRequest, text,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const NUMBER: &str = "13800138642";
const CODE: &str = "739146";
const IP: &str = "203.0.113.77";
const SECRET: &str = "canary-secret-0123456789abcdef-0123456789";
const SEED: [u8; 32] = [0xCA; 32];

/// What must never be seen: anything named so, most of the number, the code, the address, the seed.
const NEVER: [&str; 7] = ["canary", "138001386", "0138642", CODE, IP, "202, 202", "cacaca"];

fn unseen(place: &str, text: &str) {
    let seen = NEVER.into_iter().find(|canary| text.to_lowercase().contains(canary));
    assert!(seen.is_none(), "{place} shows {seen:?}: {text}");
}

fn config() -> Value {
    json!({
        "secret": SECRET,
        "providers": [
            {"aliyun": {"access_key_id": "LTAIcanary", "access_key_secret": "canary", "security_token": "canary",
                        "sign_name": "示例", "templates": {"login": "SMS_1"}}},
            {"tencent": {"secret_id": "AKIDcanary", "secret_key": "canary", "session_token": "canary",
                         "sdk_app_id": "1400006666", "sign_name": "示例", "templates": {"login": "1234567"}}},
        ],
    })
}

fn send_request() -> SendRequest {
    SendRequest {
        to: NUMBER.into(),
        purpose: "login".into(),
        ip: Some(IP.into()),
        session: Some("canary-session".into()),
        device: Some("canary-device".into()),
        idempotency_key: Some("canary-idem".into()),
        code: Some(CODE.into()),
        deliver: true,
    }
}

fn verify_request(code: &str) -> VerifyRequest {
    VerifyRequest {
        to: NUMBER.into(),
        code: code.into(),
        purpose: "login".into(),
        ip: Some(IP.into()),
        session: Some("canary-session".into()),
        ticket_for: Some("canary-bound".into()),
    }
}

#[test]
fn no_public_type_shows_a_canary() {
    for (name, shown) in types::all() {
        unseen(name, &shown);
    }
}

/// Every `pub struct` and `pub enum` of the source is on the list; those without `Debug` are listed as mute.
#[test]
fn the_list_has_every_public_type() {
    let mut found = BTreeSet::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let file = path.to_str().unwrap().split_once("/src/").unwrap().1.replace('\\', "/");
        let module = file.trim_end_matches(".rs").trim_end_matches("/mod").to_owned();
        for line in text.lines().map(str::trim_start) {
            let rest = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "));
            if let Some(rest) = rest {
                let name: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
                found.insert(format!("{module} {name}"));
            }
        }
    }
    let listed = types::all().into_iter().map(|(name, _)| name.to_owned());
    let listed: BTreeSet<String> = listed.chain(types::MUTE.map(str::to_owned)).collect();
    assert_eq!(found.symmetric_difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(found.len() > 70, "{}", found.len());
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    files
        .filter(|path| path.extension().is_some_and(|it| it == "rs"))
        .filter(|path| {
            !path.ends_with("tests.rs") && !path.components().any(|part| part.as_os_str() == "tests")
        })
        .collect()
}

/// Both flows, with a provider that repeats number and code in its refusals, as Alibaba Cloud does.
#[test]
fn no_step_event_or_text_shows_a_canary() {
    let engine = Engine::new(&config().to_string()).unwrap();
    let refusal = format!(
        r#"{{"Code":"SignatureDoesNotMatch","Message":"server string to sign is:POST&PhoneNumbers={NUMBER}&code={CODE} {NUMBER} {CODE}","RequestId":"r"}}"#
    );
    let odd = format!(r#"{{"Code":"{NUMBER}","Message":"{NUMBER}","RequestId":"r"}}"#);
    let fine = r#"{"Code":"OK","Message":"OK","BizId":"1^0","RequestId":"r"}"#.to_owned();
    let mut store = MemoryStore::new();
    let mut now = 1_790_000_000_000;
    let mut seen = 0;
    for (status, body) in [(400, &refusal), (200, &odd), (500, &odd), (200, &fine)] {
        now += 61_000;
        let mut outcome = String::new();
        for mut flow in [
            engine.send(send_request(), SEED),
            engine.verify(verify_request("739145"), SEED),
            engine.verify(verify_request(CODE), SEED),
            engine.verify(verify_request("73914"), SEED),
        ] {
            unseen("flow", &format!("{flow:?}"));
            let mut step = flow.start(UnixMillis(now)).unwrap();
            loop {
                seen += 1;
                unseen("step", &format!("{step:?} {flow:?}"));
                step = match step {
                    Step::Done(done) => {
                        unseen("texts", &format!("{} {} {:?}", done.text_zh, done.text_en, done.events));
                        unseen("masked", done.masked.as_deref().unwrap());
                        assert_eq!(done.to.as_deref(), Some("+8613800138642"));
                        outcome.push_str(done.kind);
                        break;
                    }
                    Step::Store { id, ref ops } => {
                        unseen("operations", &text::write_step(&step));
                        let run = ops.iter().map(|op| Some(store.run(&op.key, &op.op, UnixMillis(now))));
                        let replies: Vec<_> = run.collect();
                        unseen("replies", &format!("{replies:?}"));
                        flow.resume(id, Reply::Store(replies), UnixMillis(now)).unwrap()
                    }
                    Step::Credentials { ref provider, .. } => panic!("{provider} has its key"),
                    Step::Http { id, ref call } => {
                        assert!(format!("{} {:?}", call.url, call.body).len() > 100, "something to hide");
                        let body = body.clone().into_bytes();
                        let reply = Reply::Http(HttpReply { status, headers: Vec::new(), body });
                        unseen("reply", &format!("{reply:?}"));
                        flow.resume(id, reply, UnixMillis(now)).unwrap()
                    }
                };
            }
        }
        assert!(outcome.contains("invalid"), "{outcome}");
    }
    assert!(seen > 20, "{seen}");
    unseen("store", &format!("{store:?}"));
}

#[test]
fn no_configuration_error_repeats_a_value() {
    let mut wrong = Vec::new();
    let canaries =
        [json!("canary"), json!(" canary "), json!("canary canary"), json!("canary\u{7}"), json!(["canary"])];
    for canary in
        canaries.into_iter().chain([json!({"canary": "canary"}), json!("http://canary:canary@canary/")])
    {
        for path in [
            "/secret",
            "/namespace",
            "/policy",
            "/phone",
            "/providers",
            "/env",
            "/ip",
            "/session",
            "/budget_per_day",
            "/providers/0/aliyun/access_key_id",
            "/providers/0/aliyun/access_key_secret",
            "/providers/0/aliyun/security_token",
            "/providers/0/aliyun/sign_name",
            "/providers/0/aliyun/endpoint",
            "/providers/0/aliyun/templates",
            "/providers/0/aliyun/wire",
            "/providers/1/tencent/secret_key",
            "/providers/1/tencent/secret_id",
            "/providers/1/tencent/session_token",
            "/providers/1/tencent/sdk_app_id",
        ] {
            let mut config = config();
            config["namespace"] = json!("app");
            for name in ["policy", "phone", "env", "ip", "session", "budget_per_day"] {
                config[name] = Value::Null;
            }
            for name in ["endpoint", "wire"] {
                config["providers"][0]["aliyun"][name] = Value::Null;
            }
            *config.pointer_mut(path).unwrap() = canary.clone();
            if let Err(error) = Engine::new(&config.to_string()) {
                wrong.push(error);
            }
        }
    }
    for broken in ["canary", "[\"canary\"]", "{\"canary"] {
        wrong.push(Engine::new(broken).unwrap_err());
        wrong.push(Sandbox::new(broken).unwrap_err());
    }
    let sandbox = json!({"aliyun": {"access_key_secret": "canary"}}).to_string();
    wrong.push(Sandbox::new(&sandbox).unwrap_err());
    let short = json!({"index": "canary", "peppers": [SECRET, "canary"]}).into();
    wrong.push(Keyring::from_config(&mut sansms::config::Section::open("", &short).unwrap()).unwrap_err());
    assert!(wrong.len() > 80, "{}", wrong.len());
    for error in wrong {
        // The names of options are the integrator's own and are repeated; their values are not.
        let name = error.option.contains("canary");
        assert!(!error.message.contains("canary"), "{error}");
        assert!(name || !format!("{error} {error:?}").contains("canary"), "{error}");
    }
}

/// In the golden traces only requests, calls and `to` hold the number; operations, events and texts never do.
#[test]
fn no_trace_shows_more_than_it_must() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/traces");
    let mut flows = 0;
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let trace: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for flow in trace["flows"].as_array().unwrap() {
            flows += 1;
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let digits: String = text(&flow["request"]["to"]).chars().filter(char::is_ascii_digit).collect();
            let config = &trace["config"];
            let mut hidden = vec![text(&config["secret"]), text(&config["index"]), text(&flow["seed"])];
            hidden.extend(config["peppers"].as_array().into_iter().flatten().map(text));
            hidden.extend(digits.get(digits.len().saturating_sub(8)..).map(str::to_owned));
            hidden.extend(
                ["ip", "session", "device", "idempotency_key"].map(|name| text(&flow["request"][name])),
            );
            hidden.retain(|it| it.len() >= 7);
            assert!(unhex(&text(&flow["seed"])).is_some_and(|seed| seed.len() == 32));
            let steps = flow["steps"].as_array().unwrap().iter().filter(|step| step["http"].is_null());
            let mut shown: String =
                steps.map(|step| format!("{} {}", step["store"], step["reply"])).collect();
            for name in ["masked", "text_zh", "text_en", "events", "code", "provider"] {
                shown.push_str(&flow["outcome"][name].to_string());
            }
            let seen = hidden.iter().find(|hidden| shown.contains(hidden.as_str()));
            assert!(seen.is_none(), "{} shows {seen:?}: {shown}", path.display());
        }
    }
    assert!(flows >= 100, "{flows}");
}
