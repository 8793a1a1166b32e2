use super::reading::{MAX_REPLY, Row, class};
use super::*;
use crate::config::Section;
use crate::error::ConfigError;
use crate::http::Method;
use crate::sign::encode::pairs;
use serde_json::{Value, json};

const NOW: UnixMillis = UnixMillis(1_694_615_694_000);
const TO: Recipient<'_> =
    Recipient::Phone(Number { e164: "+8613800138000", calling_code: "86", national: "13800138000" });

fn message() -> Message<'static> {
    Message { to: TO, purpose: "login", code: "123456", valid: Millis(300_000), send_id: None }
}

fn signing(nonce: u8) -> Signing<'static> {
    Signing { now: NOW, nonce: [nonce; 16], credentials: None }
}

fn aliyun(change: Value) -> Result<Aliyun, ConfigError> {
    let config = merged(
        json!({"access_key_id": "LTAItest", "access_key_secret": "canary", "sign_name": "示例",
               "templates": {"login": "SMS_1", "default": "SMS_2"}}),
        change,
    );
    let mut section = Section::open("providers[0].aliyun", &config)?;
    let provider = Aliyun::from_config(&mut section, &no_env)?;
    section.finish().map(|()| provider)
}

fn tencent(change: Value) -> Result<Tencent, ConfigError> {
    let config = merged(
        json!({"secret_id": "AKIDtest", "secret_key": "canary", "sdk_app_id": "1400006666",
               "sign_name": "示例", "templates": {"login": "1234567"}}),
        change,
    );
    let mut section = Section::open("providers[0].tencent", &config)?;
    let provider = Tencent::from_config(&mut section, &no_env)?;
    section.finish().map(|()| provider)
}

fn merged(mut config: Value, change: Value) -> crate::json::Value {
    config.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    config.into()
}

fn no_env(_: &str) -> Option<String> {
    None
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn acs3_puts_all_into_the_query() {
    let call = aliyun(json!({})).unwrap().call(&message(), &signing(7)).unwrap();
    let query = "PhoneNumbers=13800138000&SignName=%E7%A4%BA%E4%BE%8B&TemplateCode=SMS_1&\
                 TemplateParam=%7B%22code%22%3A%22123456%22%7D";
    assert_eq!(call.url, format!("https://dysmsapi.aliyuncs.com/?{query}"));
    assert_eq!((call.method, call.body.len(), call.timeout), (Method::Post, 0, Millis(5_000)));
    let names: Vec<&str> = call.headers.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "x-acs-action",
        "x-acs-content-sha256",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-version",
        "authorization",
        "accept",
    ];
    assert_eq!(names, expected);
    assert_eq!(call.header("x-acs-signature-nonce"), Some("07070707070707070707070707070707"));
    assert_eq!(call.header("x-acs-date"), Some("2023-09-13T14:34:54Z"));
}

#[test]
fn rpc_leaves_number_and_code_out_of_the_url() {
    let change = json!({"wire": "rpc", "security_token": "token", "template_params": {"code": "{code}", "min": "{minutes}"}});
    let message = Message { purpose: "other", send_id: Some("order-1"), ..message() };
    let call = aliyun(change).unwrap().call(&message, &signing(7)).unwrap();
    assert_eq!(call.url, "https://dysmsapi.aliyuncs.com/");
    assert_eq!(call.header("content-type"), Some("application/x-www-form-urlencoded"));
    let body = pairs(text(&call.body));
    let find = |name: &str| body.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(find("TemplateParam"), Some("{\"code\":\"123456\",\"min\":\"5\"}"));
    assert_eq!((find("TemplateCode"), find("OutId")), (Some("SMS_2"), Some("order-1")));
    assert_eq!((find("SecurityToken"), find("Format")), (Some("token"), Some("json")));
    assert!(find("Signature").is_some());
}

#[test]
fn tencent_writes_the_documented_body() {
    let change = json!({"template_params": ["{code}", "{minutes}"], "session_token": "token"});
    let message = Message { send_id: Some("order-1"), ..message() };
    let call = tencent(change).unwrap().call(&message, &signing(7)).unwrap();
    assert_eq!(call.url, "https://sms.tencentcloudapi.com/");
    assert_eq!(
        text(&call.body),
        "{\"PhoneNumberSet\":[\"+8613800138000\"],\"SmsSdkAppId\":\"1400006666\",\"TemplateId\":\"1234567\",\
         \"SignName\":\"示例\",\"TemplateParamSet\":[\"123456\",\"5\"],\"SessionContext\":\"order-1\"}"
    );
    let header = |name| call.header(name).unwrap_or_default();
    assert_eq!((header("x-tc-action"), header("x-tc-version")), ("SendSms", "2021-01-11"));
    assert_eq!((header("x-tc-region"), header("x-tc-token")), ("ap-guangzhou", "token"));
    assert_eq!(header("x-tc-timestamp"), "1694615694");
    assert!(header("authorization").starts_with(
        "TC3-HMAC-SHA256 Credential=AKIDtest/2023-09-13/sms/tc3_request, SignedHeaders=content-type;host, Signature="
    ));
}

#[test]
fn foreign_numbers_keep_their_calling_code() {
    let to = Recipient::Phone(Number { e164: "+85261234567", calling_code: "852", national: "61234567" });
    let message = Message { to, ..message() };
    let call = aliyun(json!({})).unwrap().call(&message, &signing(7)).unwrap();
    assert!(call.query().starts_with("PhoneNumbers=85261234567&"));
    let call = tencent(json!({})).unwrap().call(&message, &signing(7)).unwrap();
    assert!(text(&call.body).starts_with("{\"PhoneNumberSet\":[\"+85261234567\"]"));
}

#[test]
fn builders_refuse_what_the_vendor_would() {
    let long = "x".repeat(513);
    let bad = |national, e164| Recipient::Phone(Number { national, e164, calling_code: "86" });
    for (message, expected) in [
        (Message { code: "", ..message() }, BuildError::Code),
        (Message { code: "12 34", ..message() }, BuildError::Code),
        (Message { code: "１２３４", ..message() }, BuildError::Code),
        (Message { send_id: Some(&long), ..message() }, BuildError::SendId),
        (Message { send_id: Some("a\nb"), ..message() }, BuildError::SendId),
        (Message { to: bad("13800138000", "13800138000"), ..message() }, BuildError::Recipient),
        (Message { to: bad("13800138001", "+8613800138000"), ..message() }, BuildError::Recipient),
        (Message { to: bad("", "+86"), ..message() }, BuildError::Recipient),
        (Message { to: bad("1380013800a", "+861380013800a"), ..message() }, BuildError::Recipient),
    ] {
        for provider in [&aliyun(json!({})).unwrap() as &dyn Provider, &tencent(json!({})).unwrap()] {
            assert_eq!(provider.call(&message, &signing(0)), Err(expected), "{message:?}");
        }
    }
    let other = Message { purpose: "other", ..message() };
    let tencent = tencent(json!({})).unwrap();
    assert_eq!(tencent.call(&other, &signing(0)), Err(BuildError::NoTemplate));
    assert!(tencent.serves(&TO, "login") && !tencent.serves(&TO, "other"));
    assert!(aliyun(json!({})).unwrap().serves(&TO, "other"));
}

#[test]
fn wrong_settings_name_their_option() {
    for (change, said) in [
        (
            json!({"access_key_id": null}),
            "access_key_id: is required (environment variable ALIBABA_CLOUD_ACCESS_KEY_ID)",
        ),
        (
            json!({"access_key_secret": ""}),
            "access_key_secret: must not be empty (environment variable ALIBABA_CLOUD_ACCESS_KEY_SECRET)",
        ),
        (
            json!({"access_key_secret": "canary "}),
            "access_key_secret: must not begin or end with white space (environment",
        ),
        (
            json!({"access_key_id": "a b"}),
            "access_key_id: must be ASCII without white space or control characters",
        ),
        (json!({"sign_name": null}), "sign_name: is required"),
        (json!({"sign_name": "示例 "}), "sign_name: must not begin or end with white space"),
        (json!({"sign_name": "示\u{7}例"}), "sign_name: must not have control characters"),
        (json!({"sign_name": "【示例】"}), "sign_name: must not have 【】; the vendor adds them"),
        (json!({"templates": null}), "templates: is required: an object from purpose to template"),
        (
            json!({"templates": {"login": "sms_1"}}),
            "templates.login: must be a template of the vendor's, such as SMS_",
        ),
        (json!({"templates": {"login": "SMS_"}}), "templates.login: must be a template of the vendor's"),
        (json!({"template_params": {"min": "{minutes}"}}), "template_params: must give {code} to a variable"),
        (
            json!({"template_params": {"code": "{cod}"}}),
            "template_params.code: may hold {code} and {minutes}, nothing else",
        ),
        (json!({"template_params": {"code": "{code"}}), "template_params.code: has a `{` without its `}`"),
        (json!({"wire": "acs4"}), "wire: must be one of acs3, rpc"),
        (json!({"region": "mars"}), "region: must be one of central, "),
        (json!({"timeout_ms": 999}), "timeout_ms: must be from 1000 to 30000"),
        (json!({"name": "Big Name"}), "name: must be at most 32 of a-z 0-9 - _"),
        (json!({"acess_key_id": "x"}), "acess_key_id: is not an option; there are access_key_id, "),
    ] {
        let error = aliyun(change.clone()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("providers[0].aliyun.{said}")), "{change} gives {error}");
        assert!(!error.contains("canary"));
    }
    for (change, said) in [
        (json!({"secret_id": null}), "secret_id: is required (environment variable TENCENTCLOUD_SECRET_ID)"),
        (json!({"sdk_app_id": "14x"}), "sdk_app_id: must be the app's id"),
        (json!({"templates": {"login": "SMS_1"}}), "templates.login: must be a template"),
        (json!({"template_params": ["{minutes}"]}), "template_params: must give {code} to a variable"),
        (json!({"template_params": ["{code}", 5]}), "template_params[1]: must be text"),
        (json!({"region": "ap guangzhou"}), "region: must be a region such as ap-guangzhou"),
    ] {
        let error = tencent(change.clone()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("providers[0].tencent.{said}")), "{change} gives {error}");
    }
}

#[test]
fn plain_http_stays_on_this_machine_and_takes_sandbox_keys_only() {
    let keys = |id: &str, secret: &str, endpoint: &str| {
        aliyun(json!({"access_key_id": id, "access_key_secret": secret, "endpoint": endpoint}))
            .map(|provider| provider.call(&message(), &signing(0)).unwrap().url)
            .map(|url| url.split("/?").next().unwrap().to_owned())
            .map_err(|error| error.option.rsplit('.').next().unwrap().to_owned())
    };
    let sandbox = |endpoint| keys("sandbox-id", "sandbox-secret", endpoint);
    for (endpoint, origin) in [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9/", "http://127.9.9.9"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:9", "http://[::1]:9"),
        ("https://localhost:443/", "https://localhost"),
    ] {
        assert_eq!(sandbox(endpoint), Ok(origin.to_owned()));
    }
    for endpoint in [
        "http://sms.example",
        "http://127.0.0.1.sms.example",
        "http://128.0.0.1",
        "http://0x7f.1",
        "http://[::2]",
        "http://localhost.sms.example",
        "http://user@127.0.0.1",
        "http://127.0.0.1:0",
        "http://127.0.0.1:65536",
        "http://127.0.0.1:+80",
        "http://127.0.0.1/path",
        "http://127.0.0.1?x",
        "https://Sms.Example",
        "https://",
        "ftp://127.0.0.1",
        "127.0.0.1:8080",
    ] {
        assert_eq!(sandbox(endpoint), Err("endpoint".to_owned()), "{endpoint}");
    }
    let refused = Err("access_key_id".to_owned());
    assert_eq!(sandbox("https://sms.example"), refused);
    assert_eq!(keys("LTAItest", "sandbox-secret", "http://127.0.0.1"), refused);
    assert_eq!(keys("sandbox-id", "real", "http://127.0.0.1"), refused);
    assert_eq!(
        keys("LTAItest", "real", "https://sms.example:8443"),
        Ok("https://sms.example:8443".to_owned())
    );
    assert_eq!(keys("LTAItest", "real", "https://127.0.0.1:8443"), Ok("https://127.0.0.1:8443".to_owned()));
}

#[test]
fn the_environment_stands_in_for_the_key() {
    let env = |name: &str| {
        let known = ["TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_SESSION_TOKEN"];
        known.contains(&name).then(|| name.replace('_', "-"))
    };
    let build = |config: &Value| {
        let config = config.clone().into();
        let mut section = Section::open("", &config).unwrap();
        let provider = Tencent::from_config(&mut section, &env).unwrap();
        provider.call(&message(), &signing(0)).unwrap()
    };
    let mut config = json!({"sdk_app_id": "1", "sign_name": "示例", "templates": {"login": "1"}});
    let call = build(&config);
    assert!(call.header("authorization").unwrap().contains("Credential=TENCENTCLOUD-SECRET-ID/"));
    assert_eq!(call.header("x-tc-token"), Some("TENCENTCLOUD-SESSION-TOKEN"));
    // The environment's token belongs to the environment's key.
    config["secret_id"] = json!("own");
    config["secret_key"] = json!("own");
    assert_eq!(build(&config).header("x-tc-token"), None);
    let padded = |_: &str| Some("padded ".to_owned());
    config["secret_key"] = Value::Null;
    let config = config.into();
    let mut section = Section::open("", &config).unwrap();
    let error = Tencent::from_config(&mut section, &padded).unwrap_err();
    assert_eq!((error.option.as_str(), error.env), ("secret_key", Some("TENCENTCLOUD_SECRET_KEY")));
}

#[test]
fn replies_are_read_as_the_corpus_says() {
    let (aliyun, tencent) = (aliyun(json!({})).unwrap(), tencent(json!({})).unwrap());
    let mut seen = 0;
    for line in include_str!("../../vectors/provider/replies.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let headers = case["headers"].as_object().unwrap().iter();
        let reply = HttpReply {
            status: u16::try_from(case["status"].as_u64().unwrap()).unwrap(),
            headers: headers
                .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
                .collect(),
            body: case["body"].as_str().unwrap().into(),
        };
        let provider: &dyn Provider = if case["provider"] == "aliyun" { &aliyun } else { &tencent };
        let read = match provider.read(&reply) {
            Ok(Receipt { message_id, request_id }) => {
                json!({"class": "accepted", "message_id": message_id, "request_id": request_id})
            }
            Err(Failure { class, code, message, request_id, retry_after }) => {
                for told in [&code, &message] {
                    assert!(
                        !told.contains("138001") && !told.contains("123456") && told.len() < 500,
                        "{told}"
                    );
                }
                json!({"class": class.as_str(), "code": code, "message": message, "request_id": request_id,
                       "retry_after_ms": retry_after.map(|after| after.0)})
            }
        };
        for (name, expected) in case["expect"].as_object().unwrap() {
            assert_eq!(read[name], *expected, "{} of {}, {}", name, case["provider"], case["name"]);
        }
        seen += 1;
    }
    assert_eq!(seen, 86);
}

#[test]
fn a_reply_over_the_limit_or_not_utf8_is_doubtful() {
    let accepted = br#"{"Code":"OK","BizId":"1^0"}"#;
    let mut huge = accepted.to_vec();
    huge.resize(MAX_REPLY, b' ');
    let reply = |body: &[u8]| HttpReply { status: 200, headers: vec![], body: body.to_vec() };
    let provider = aliyun(json!({})).unwrap();
    assert!(provider.read(&reply(&huge)).is_ok());
    huge.push(b' ');
    let failure = provider.read(&reply(&huge)).unwrap_err();
    assert_eq!((failure.class, failure.code.as_str()), (Class::Ambiguous, "reply.too_large"));
    let failure = provider.read(&reply(b"{\"Code\":\"\xff\"}")).unwrap_err();
    assert_eq!((failure.class, failure.code.as_str()), (Class::Ambiguous, "reply.unreadable"));
}

/// Every documented code of the APIs that send has a class, and the table gives just that one.
#[test]
fn every_documented_code_has_its_class() {
    let entries: Value = serde_json::from_str(include_str!("../../data/provider-errors.json")).unwrap();
    let mut seen = 0;
    for entry in entries.as_array().unwrap() {
        let table = match (entry["provider"].as_str().unwrap(), entry["api"].as_str().unwrap()) {
            (
                "aliyun",
                "dysmsapi send"
                | "common (gateway)"
                | "dypnsapi SendSmsVerifyCode/CheckSmsVerifyCode"
                | "dysmsapi 2018-05-01 (international)"
                | "dm SingleSendMail",
            ) => classes::ALIYUN,
            ("tencent", "sms SendSms (SendStatusSet[].Code) and sms API" | "common (gateway)") => {
                classes::TENCENT
            }
            _ => continue,
        };
        let code = entry["code"].as_str().unwrap();
        // What is no failure of a send has none, though a prefix of it may: `isv.ValidateFail`.
        if ["success", "verify_mismatch"].iter().any(|category| entry["category"] == *category) {
            assert!(entry["class"].is_null() && !codes(table).contains(&code));
            continue;
        }
        let (class, seconds) = class(table, code).unwrap_or_else(|| panic!("{code} has no class"));
        assert_eq!(entry["class"].as_str().unwrap().to_ascii_lowercase(), class.as_str(), "{code}");
        assert_eq!(entry["retry_after_s"].as_u64().unwrap_or(0), u64::from(seconds), "{code}");
        seen += 1;
    }
    assert_eq!(seen, 295);
    for table in [classes::ALIYUN, classes::TENCENT] {
        let mut codes = codes(table);
        codes.sort_unstable();
        assert!(codes.is_sorted_by(|a, b| a < b), "a code has two classes");
    }
}

fn codes(table: &[Row]) -> Vec<&'static str> {
    table.iter().flat_map(|(_, _, codes)| codes.split(' ')).collect()
}

#[test]
fn debug_shows_neither_secret_nor_number_nor_code() {
    let provider = aliyun(json!({"security_token": "canary"})).unwrap();
    let tencent = tencent(json!({"session_token": "canary"})).unwrap();
    let message = Message { code: "864209", ..message() };
    let call = provider.call(&message, &signing(0)).unwrap();
    let shown = format!("{provider:#?} {tencent:?} {call:?} {message:?} {TO:?}");
    for secret in ["canary", "LTAItest", "AKIDtest", "864209", "13800138000"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
