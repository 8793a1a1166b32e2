//! What a reply comes to.

use super::*;

fn reading(gateway: &Gateway, status: u16, body: &str) -> Reading {
    gateway.read(&HttpReply { status, headers: Vec::new(), body: body.as_bytes().to_vec() })
}

fn failed(gateway: &Gateway, status: u16, body: &str) -> (Class, String) {
    let Failure { class, code, .. } = reading(gateway, status, body).unwrap_err();
    (class, code)
}

#[test]
fn success_is_a_code_and_a_status() {
    let reply = json!({"code": "status.code", "success": [0, "OK", true], "message_id": "data.0.id", "request_id": "rid"});
    let gateway = gateway(json!({"reply": reply})).unwrap();
    let receipt = |id: Option<&str>, request: Option<&str>| Receipt {
        message_id: id.map(str::to_owned),
        request_id: request.map(str::to_owned),
    };
    for (body, expected) in [
        (r#"{"status":{"code":0},"data":[{"id":"m-1"}],"rid":"r"}"#, receipt(Some("m-1"), Some("r"))),
        (
            r#"{"status":{"code":"0"},"data":[{"id":18446744073709551617}]}"#,
            receipt(Some("18446744073709551617"), None),
        ),
        (r#"{"status":{"code":"OK"},"data":[],"rid":{}}"#, receipt(None, None)),
        (r#"{"status":{"code":true},"data":{"0":{"id":"m"}},"rid":"a b"}"#, receipt(Some("m"), None)),
    ] {
        assert_eq!(reading(&gateway, 200, body), Ok(expected), "{body}");
        let contradiction = (Class::Ambiguous, "reply.contradiction".to_owned());
        for status in [302, 400, 500] {
            assert_eq!(failed(&gateway, status, body), contradiction);
        }
    }
    for body in [
        r#"{"status":{"code":0.0}}"#,
        r#"{"status":{"code":null}}"#,
        r#"{"status":[0]}"#,
        r#"{"code":0}"#,
        "{}",
    ] {
        assert_eq!(failed(&gateway, 200, body), (Class::Ambiguous, "reply.no_code".to_owned()), "{body}");
    }
}

#[test]
fn success_may_be_a_message_id() {
    let reply = json!({"success": "message_id", "message_id": "sid", "error_code": "error.code", "message": "error.message"});
    let gateway = gateway(json!({"reply": reply, "classes": {"20429": "throttled"}})).unwrap();
    assert!(reading(&gateway, 201, r#"{"sid":"SM1","error":null}"#).is_ok());
    // Any id is one, whether it can be told or not.
    for odd in ["<2026.1@mail.example>", "qB+/ZA==", &"7".repeat(65)] {
        let body = format!(r#"{{"sid":"{odd}"}}"#);
        assert_eq!(
            reading(&gateway, 200, &body),
            Ok(Receipt { message_id: None, request_id: None }),
            "{odd}"
        );
    }
    for none in ["null", "\"\"", "false", "0", "\"0\"", "{}", "1.5", "\"no balance\""] {
        let body = format!(r#"{{"sid":{none}}}"#);
        assert_eq!(failed(&gateway, 200, &body), (Class::Ambiguous, "reply.no_code".to_owned()), "{none}");
    }
    let both = r#"{"sid":"SM1","error":{"code":20429,"message":"slow down, 13800138000"}}"#;
    assert_eq!(failed(&gateway, 200, both), (Class::Throttled, "20429".to_owned()));
    assert_eq!(reading(&gateway, 200, both).unwrap_err().message, "slow down, …");
    assert_eq!(failed(&gateway, 200, "{}"), (Class::Ambiguous, "reply.no_code".to_owned()));
    assert_eq!(failed(&gateway, 401, "{}"), (Class::Account, "reply.no_code".to_owned()));
}

#[test]
fn codes_have_the_declared_class() {
    let classes = json!({"1001": "account", "10*": "rejected", "102*": "throttled", "E_BUSY": "unavailable", "-1": "ambiguous"});
    let gateway = gateway(json!({"classes": classes})).unwrap();
    for (code, class, shown) in [
        ("1001", Class::Account, "1001"),
        ("1002", Class::Rejected, "1002"),
        ("1029", Class::Throttled, "1029"),
        ("\"1029\"", Class::Throttled, "1029"),
        ("\"E_BUSY\"", Class::Unavailable, "E_BUSY"),
        ("-1", Class::Ambiguous, "-1"),
    ] {
        let body = format!(r#"{{"code":{code},"msg":"x"}}"#);
        for status in [200, 400, 500] {
            assert_eq!(failed(&gateway, status, &body), (class, shown.to_owned()), "{code}");
        }
    }
}

#[test]
fn unknown_codes_go_by_the_status() {
    let least = gateway(json!({})).unwrap();
    let failed = |status, body| failed(&least, status, body);
    for (status, class) in
        [(200, Class::Ambiguous), (400, Class::Account), (403, Class::Account), (500, Class::Ambiguous)]
    {
        assert_eq!(failed(status, r#"{"code":"NEW"}"#), (class, "NEW".to_owned()));
        // It could be what was sent, so it is not repeated.
        assert_eq!(failed(status, r#"{"code":"123456"}"#), (class, "reply.odd_code".to_owned()));
    }
    for (status, body, class, code) in [
        (200, "<html>", Class::Ambiguous, "reply.unreadable"),
        (200, "[]", Class::Ambiguous, "reply.unreadable"),
        (429, "", Class::Throttled, "reply.unreadable"),
        (404, "nope", Class::Account, "reply.unreadable"),
        (502, "nope", Class::Ambiguous, "reply.unreadable"),
    ] {
        assert_eq!(failed(status, body), (class, code.to_owned()));
    }
    let star = gateway(json!({"classes": {"*": "account"}})).unwrap();
    assert_eq!(
        super::reply::failed(&star, 200, r#"{"code":"123456"}"#),
        (Class::Account, "reply.odd_code".to_owned())
    );
}

/// Replies as the vendors document them.
#[test]
fn presets_read_their_vendors_replies() {
    let yunpian = read(
        json!({"preset": "yunpian", "key": "k", "sign_name": "云片网", "templates": {"default": "您的验证码是{code}"}}),
    );
    let yunpian = yunpian.unwrap();
    let good = r#"{"code":0,"msg":"发送成功","count":1,"fee":0.05,"unit":"RMB","mobile":"13800138000","sid":3310228064}"#;
    assert_eq!(reading(&yunpian, 200, good).unwrap().message_id.as_deref(), Some("3310228064"));
    for (code, class) in
        [(3, Class::Account), (22, Class::Rejected), (-5, Class::Throttled), (-50, Class::Ambiguous)]
    {
        let body = format!(r#"{{"http_status_code":400,"code":{code},"msg":"m","detail":"d"}}"#);
        assert_eq!(failed(&yunpian, 400, &body), (class, code.to_string()));
    }
    let call = yunpian.call(&message(), &signing()).unwrap();
    let pairs = pairs(text(&call.body));
    let expected = [("apikey", "k"), ("mobile", "13800138000"), ("text", "【云片网】您的验证码是012345")];
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(call.url, "https://sms.yunpian.com/v2/sms/single_send.json");

    let twilio = json!({"preset": "twilio", "key": "AC1", "secret": "t", "sign_name": "+15005550006", "templates": {"default": "{code}"}});
    let twilio = read(twilio).unwrap();
    let good = r#"{"sid":"SM0123456789abcdef0123456789abcdef","status":"queued","error_code":null,"error_message":null}"#;
    assert_eq!(reading(&twilio, 201, good).unwrap().message_id.unwrap().len(), 34);
    let bad = r#"{"code":21211,"message":"The 'To' number +1 is not valid","more_info":"","status":400}"#;
    assert_eq!(failed(&twilio, 400, bad), (Class::Rejected, "21211".to_owned()));
    let call = twilio.call(&message(), &signing()).unwrap();
    assert_eq!(call.url, "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json");
    assert_eq!(call.header("authorization"), Some("Basic QUMxOnQ="));
}
