//! Actions of vendors: the input first, then the key, then one exchange.

use super::*;
use crate::secret::Secret;
use serde_json::{Value, json};

const PULL: &str = r#"{"Limit": 10}"#;

fn engine(options: Value) -> Engine {
    let mut tencent = json!({
        "sdk_app_id": "1400000000", "sign_name": "示例", "templates": {"default": "1"},
        "endpoint": "http://127.0.0.1:1", "secret_id": "sandbox-id", "secret_key": "sandbox-secret",
    });
    for (name, value) in options.as_object().unwrap() {
        tencent[name] = value.clone();
    }
    let config = json!({"secret": "0123456789abcdef0123456789abcdef", "providers": [{"tencent": tencent}]});
    Engine::new(&config.to_string()).unwrap()
}

/// Drives a call; returns the request's body if there was one, and the outcome.
fn call(engine: &Engine, action: &str, params: &str, reply: Reply) -> (Option<String>, Outcome) {
    let mut flow = engine.call("tencent", action, params, [7; 32]);
    let mut body = None;
    let mut step = flow.start(UnixMillis(T0)).unwrap();
    loop {
        let (id, reply) = match step {
            Step::Done(outcome) => return (body, *outcome),
            Step::Http { id, call } => {
                body = Some(String::from_utf8(call.body).unwrap());
                (id, reply.clone())
            }
            Step::Credentials { id, .. } => (id, reply.clone()),
            Step::Store { .. } => panic!("an action asks no store"),
        };
        step = flow.resume(id, reply, UnixMillis(T0)).unwrap();
    }
}

fn says(status: u16, body: &str) -> Reply {
    Reply::Http(HttpReply { status, headers: Vec::new(), body: body.into() })
}

#[test]
fn an_answer_is_handed_over_and_never_shown() {
    let reply =
        r#"{"Response":{"PullSmsSendStatusSet":[{"PhoneNumber":"+8613800138000"}],"RequestId":"r-1"}}"#;
    let (body, outcome) = call(&engine(json!({})), "PullSmsSendStatus", PULL, says(200, reply));
    assert_eq!(body.unwrap(), r#"{"Limit":10,"SmsSdkAppId":"1400000000"}"#);
    assert_eq!((outcome.kind, outcome.code, outcome.ok()), (Kind::Answered, Code::ActionAnswered, true));
    assert_eq!((outcome.provider.as_deref(), outcome.request_id.as_deref()), (Some("tencent"), Some("r-1")));
    let answer: Value = serde_json::from_str(outcome.answer.as_deref().unwrap()).unwrap();
    assert_eq!(answer["PullSmsSendStatusSet"][0]["PhoneNumber"], "+8613800138000");
    assert!(!format!("{outcome:?}").contains("138"));
    let flat: crate::wire::Outcome = outcome.into();
    assert!(!format!("{flat:?}").contains("138"));
    let text = crate::wire::text::write_step(&crate::wire::Step::Done(flat));
    assert!(text.contains("\nanswer: {\"PullSmsSendStatusSet\""), "{text}");
}

#[test]
fn what_is_wrong_with_the_input_is_named_before_anything_is_sent() {
    let engine = engine(json!({}));
    let said = [
        ("PullSmsSendStatus", r#"{"Limit": 0}"#, "params.Limit: must be from 1 to 100"),
        ("PullSmsSendStatus", "{}", "params.Limit: is required"),
        ("SendSms", r#"{"PhoneNumberSet": []}"#, "params.PhoneNumberSet: must not be empty"),
        ("PullSmsSendStatus", "[]", "params: must be an object"),
        ("PullSmsSendStatus", "{", "params: must be a JSON object"),
        (
            "SendSms",
            r#"{"PhoneNumberSet": ["+8613800138000", "+14155550123"], "TemplateId": "1"}"#,
            "params.PhoneNumberSet: must be numbers of the mainland only, or of elsewhere only",
        ),
    ];
    for (action, params, expected) in said {
        let (body, outcome) = call(&engine, action, params, Reply::StoreFault);
        assert_eq!((body, outcome.kind, outcome.code), (None, Kind::Invalid, Code::ActionInput));
        assert_eq!(outcome.text_en(), expected);
    }
    let (_, outcome) = call(&engine, "PullStatus", "{}", Reply::StoreFault);
    let expected = "action: is not one of this provider's; there are SendSms, PullSmsSendStatus";
    assert!(outcome.text_en().starts_with(expected), "{}", outcome.text_en());
    assert_eq!(outcome.text_zh(), "参数不正确：action");
    let mut flow = engine.call("aliyun", "SendSms", "{}", [7; 32]);
    let Step::Done(outcome) = flow.start(UnixMillis(T0)).unwrap() else { panic!("not done") };
    assert_eq!(outcome.text_en(), "provider: is not one of this deployment's; there are tencent");
}

#[test]
fn failures_keep_the_class_of_the_vendors_code() {
    let error = |code: &str| {
        let body = json!({"Response": {"Error": {"Code": code, "Message": ""}, "RequestId": "r"}});
        says(200, &body.to_string())
    };
    let said = [
        (error("AuthFailure.SignatureFailure"), Code::ActionAccount, Kind::Unavailable),
        (error("RequestLimitExceeded"), Code::ActionThrottled, Kind::Unavailable),
        (error("InternalError"), Code::ActionAmbiguous, Kind::Unknown),
        (says(502, "<html>"), Code::ActionAmbiguous, Kind::Unknown),
        (says(500, r#"{"Response":{"RequestId":"r"}}"#), Code::ActionAmbiguous, Kind::Unknown),
        (Reply::HttpFault { sent: true }, Code::ActionAmbiguous, Kind::Unknown),
        (Reply::HttpFault { sent: false }, Code::ActionUnavailable, Kind::Unavailable),
    ];
    for (reply, code, kind) in said {
        let (_, outcome) = call(&engine(json!({})), "PullSmsSendStatus", PULL, reply);
        assert_eq!((outcome.code, outcome.kind, outcome.answer.is_none()), (code, kind, true));
        assert_eq!((outcome.events.len(), outcome.provider.as_deref()), (1, Some("tencent")));
    }
    let headers = vec![("retry-after".into(), "7".into())];
    let Reply::Http(reply) = error("RequestLimitExceeded") else { panic!("no reply") };
    let throttled = Reply::Http(HttpReply { headers, ..reply });
    let (_, outcome) = call(&engine(json!({})), "PullSmsSendStatus", PULL, throttled);
    assert_eq!((outcome.request_id.as_deref(), outcome.retry_after), (Some("r"), Some(Millis(7_000))));
}

#[test]
fn the_hosts_key_is_asked_for_once_the_input_is_right() {
    let host = || engine(json!({"credentials": "host", "secret_id": null, "secret_key": null}));
    let (body, outcome) = call(&host(), "PullSmsSendStatus", PULL, Reply::Credentials(None));
    assert_eq!((body, outcome.code), (None, Code::ActionUnavailable));
    assert_eq!(outcome.events, ["provider.unavailable tencent provider.credentials"]);
    let (_, outcome) = call(&host(), "PullSmsSendStatus", "{}", Reply::Credentials(None));
    assert_eq!(outcome.code, Code::ActionInput);
    let given =
        Credentials { id: "sandbox-id".into(), secret: Secret::new("sandbox-secret".into()), token: None };
    let unusable = Credentials { id: "sandbox id".into(), ..given.clone() };
    let (body, outcome) = call(&host(), "PullSmsSendStatus", PULL, Reply::Credentials(Some(unusable)));
    assert_eq!((body, outcome.code), (None, Code::ActionUnavailable));
    let engine = host();
    let mut flow = engine.call("tencent", "PullSmsSendStatus", PULL, [7; 32]);
    let Step::Credentials { id, .. } = flow.start(UnixMillis(T0)).unwrap() else { panic!("no key wanted") };
    let step = flow.resume(id, Reply::Credentials(Some(given)), UnixMillis(T0)).unwrap();
    assert!(matches!(step, Step::Http { .. }));
}
