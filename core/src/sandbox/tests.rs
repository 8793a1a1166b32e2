use super::*;
use crate::config::Section;
use crate::http::Method;
use crate::mac::hex;
use crate::provider::{
    Aliyun, Class, Failure, Message, Number, Provider, Reading, Receipt, Recipient, Signing, Tencent,
};
use crate::secret::Secret;
use crate::sign::{aliyun_acs3, aliyun_rpc, encode::pct, tencent_tc3};

const START: UnixMillis = UnixMillis(1_694_615_694_000);

fn provider(kind: &str) -> Box<dyn Provider> {
    provider_with(kind, "sandbox-secret", None)
}

fn provider_with(kind: &str, secret: &str, token: Option<&str>) -> Box<dyn Provider> {
    let endpoint = "http://127.0.0.1:8080";
    if kind == "tencent" {
        let config = json!({"secret_id": "sandbox-id", "secret_key": secret, "session_token": token,
            "endpoint": endpoint, "sdk_app_id": "1400000000", "sign_name": "示例", "templates": {"default": "2"},
            "template_params": ["{code}", "{minutes}"]})
        .into();
        return Box::new(Tencent::from_config(&mut Section::open("", &config).unwrap(), &|_| None).unwrap());
    }
    let config = json!({"access_key_id": "sandbox-id", "access_key_secret": secret, "security_token": token,
        "endpoint": endpoint, "sign_name": "示例", "templates": {"default": "SMS_2"}, "wire": kind,
        "template_params": {"code": "{code}", "minutes": "{minutes}"}})
    .into();
    Box::new(Aliyun::from_config(&mut Section::open("", &config).unwrap(), &|_| None).unwrap())
}

const WIRES: [&str; 3] = ["acs3", "rpc", "tencent"];

fn sandbox() -> Sandbox {
    Sandbox::new("{}").unwrap()
}

fn message() -> Message<'static> {
    let to = Recipient::Phone(Number { e164: "+8613800138000", calling_code: "86", national: "13800138000" });
    Message { to, purpose: "login", code: "123456", valid: Millis(300_000), send_id: None }
}

fn signing(now: UnixMillis, nonce: [u8; 16]) -> Signing<'static> {
    Signing { now, nonce, credentials: None }
}

/// Sends through the sandbox as a host would; a fault is `None`.
fn send(sandbox: &mut Sandbox, provider: &dyn Provider, now: UnixMillis) -> Option<Reading> {
    let nonce = sha256(&[&now.0.to_be_bytes(), &sandbox.requests.to_be_bytes()]);
    let call = provider.call(&message(), &signing(now, *nonce.first_chunk().unwrap())).unwrap();
    match sandbox.handle(&call, now) {
        Answer::Reply(reply) => Some(provider.read(&reply)),
        Answer::Fault { .. } => None,
    }
}

fn code(reading: Option<Reading>) -> (Class, String) {
    let Failure { class, code, .. } = reading.unwrap().unwrap_err();
    (class, code)
}

fn after(seconds: u64) -> UnixMillis {
    UnixMillis(START.0 + seconds * 1_000)
}

#[test]
fn a_message_goes_round_on_each_wire() {
    for wire in WIRES {
        let (mut sandbox, provider) = (sandbox(), provider(wire));
        let Receipt { message_id, request_id } = send(&mut sandbox, &*provider, START).unwrap().unwrap();
        assert_eq!(request_id.unwrap().len(), 36);
        let inbox: Value = serde_json::from_str(&sandbox.inbox_json()).unwrap();
        let (template, params, vendor) = match wire {
            "tencent" => ("2", json!({"1": "123456", "2": "5"}), "tencent"),
            _ => ("SMS_2", json!({"code": "123456", "minutes": "5"}), "aliyun"),
        };
        let expected = json!([{"to": "+8613800138000", "vendor": vendor, "sign": "示例", "template": template,
            "params": params, "text": "【示例】您的验证码是123456，5分钟内有效。", "message_id": message_id.unwrap(),
            "at": START.0}]);
        assert_eq!(inbox, expected);
    }
}

#[test]
fn wrong_secrets_are_refused() {
    for (wire, expected) in WIRES.into_iter().zip([
        "SignatureDoesNotMatch",
        "SignatureDoesNotMatch",
        "AuthFailure.SignatureFailure",
    ]) {
        let (mut sandbox, provider) = (sandbox(), provider_with(wire, "sandbox-wrong", None));
        assert_eq!(code(send(&mut sandbox, &*provider, START)), (Class::Account, expected.to_owned()));
        assert_eq!(sandbox.inbox().count(), 0);
    }
}

#[test]
fn tokens_must_match() {
    let with = |token| {
        let config = json!({"aliyun": {"security_token": token}, "tencent": {"session_token": token}});
        Sandbox::new(&config.to_string()).unwrap()
    };
    for (wire, lack, wrong) in [
        ("acs3", "MissingSecurityToken", "InvalidSecurityToken.Malformed"),
        ("rpc", "MissingSecurityToken", "InvalidSecurityToken.Malformed"),
        ("tencent", "AuthFailure.TokenFailure", "AuthFailure.TokenFailure"),
    ] {
        let has = provider_with(wire, "sandbox-secret", Some("t/+="));
        assert!(send(&mut with(json!("t/+=")), &*has, START).unwrap().is_ok());
        assert_eq!(code(send(&mut with(json!("other")), &*has, START)).1, wrong);
        assert_eq!(code(send(&mut with(Value::Null), &*has, START)).1, wrong);
        assert_eq!(code(send(&mut with(json!("t/+=")), &*provider(wire), START)).1, lack);
    }
}

#[test]
fn a_used_nonce_is_refused_until_the_signature_is_too_old() {
    for wire in ["acs3", "rpc"] {
        let (mut sandbox, provider) = (sandbox(), provider(wire));
        let call = provider.call(&message(), &signing(START, [7; 16])).unwrap();
        let mut read = |now| match sandbox.handle(&call, now) {
            Answer::Reply(reply) => provider.read(&reply),
            Answer::Fault { .. } => panic!("no fault was asked for"),
        };
        assert!(read(START).is_ok());
        for seconds in [0, 61, 900] {
            assert_eq!(code(Some(read(after(seconds)))), (Class::Ambiguous, "SignatureNonceUsed".to_owned()));
        }
        assert_eq!(code(Some(read(after(901)))).1, "InvalidTimeStamp.Expired");
    }
}

#[test]
fn clocks_may_differ_up_to_the_window() {
    for (wire, window, expected) in [
        ("acs3", 900, "InvalidTimeStamp.Expired"),
        ("rpc", 900, "InvalidTimeStamp.Expired"),
        ("tencent", 300, "AuthFailure.SignatureExpire"),
    ] {
        let provider = provider(wire);
        let call = provider.call(&message(), &signing(after(10_000), [7; 16])).unwrap();
        for (now, good) in [
            (10_000 - window - 1, false),
            (10_000 - window, true),
            (10_000 + window, true),
            (10_000 + window + 1, false),
        ] {
            let Answer::Reply(reply) = sandbox().handle(&call, after(now)) else { panic!("a fault") };
            let reading = provider.read(&reply);
            assert_eq!(reading.is_ok(), good, "{wire} {now}");
            if !good {
                assert_eq!(code(Some(reading)), (Class::Account, expected.to_owned()));
            }
        }
    }
}

#[test]
fn flow_control_holds_at_its_exact_edges() {
    let aliyun = "isv.BUSINESS_LIMIT_CONTROL";
    let limit = |name: &str| format!("LimitExceeded.{name}");
    for wire in WIRES {
        let tencent = wire == "tencent";
        let (mut sandbox, provider) = (sandbox(), provider(wire));
        let mut ask = |seconds_ms: u64| match send(&mut sandbox, &*provider, UnixMillis(START.0 + seconds_ms))
            .unwrap()
        {
            Ok(_) => "sent".to_owned(),
            Err(Failure { class, code, retry_after, .. }) => {
                assert_eq!(class, Class::Rejected);
                format!("{code} {}", retry_after.unwrap().seconds_up())
            }
        };
        let refused = |seconds: u64, name: &str| {
            if tencent { format!("{} {seconds}", limit(name)) } else { format!("{aliyun} {seconds}") }
        };
        assert_eq!(ask(0), "sent");
        assert_eq!(
            ask(29_999),
            if tencent { refused(30, "PhoneNumberThirtySecondLimit") } else { refused(60, "") }
        );
        assert_eq!(ask(59_999), refused(60, "DeliveryFrequencyLimit"));
        for minute in 1..5 {
            assert_eq!(ask(minute * 60_000), "sent");
        }
        assert_eq!(ask(300_000), refused(3_600, "PhoneNumberOneHourLimit"));
        assert_eq!(ask(3_599_999), refused(3_600, "PhoneNumberOneHourLimit"));
        for minute in 0..5 {
            assert_eq!(ask(3_600_000 + minute * 60_000), "sent");
        }
        assert_eq!(ask(8 * 3_600_000), refused(86_400, "PhoneNumberDailyLimit"));
        assert_eq!(ask(86_399_999), refused(86_400, "PhoneNumberDailyLimit"));
        assert_eq!(ask(86_400_000), "sent");
        assert_eq!(
            ask(86_459_999),
            if tencent { refused(60, "DeliveryFrequencyLimit") } else { refused(60, "") }
        );
        assert_eq!(ask(86_460_000), "sent");
    }
}

#[test]
fn flow_control_is_per_sign_number_and_vendor() {
    let mut sandbox = Sandbox::new(r#"{"aliyun": {"sign_names": ["示例", "other"]}}"#).unwrap();
    assert!(send(&mut sandbox, &*provider("acs3"), START).unwrap().is_ok());
    assert!(send(&mut sandbox, &*provider("tencent"), START).unwrap().is_ok());
    assert!(send(&mut sandbox, &*provider("rpc"), START).unwrap().is_err());
    assert!(rpc(&mut sandbox, &[("SignName", "other")], START)["Code"] == "OK");
    assert!(rpc(&mut sandbox, &[("PhoneNumbers", "+8613800138001")], START)["Code"] == "OK");
    assert!(
        rpc(&mut sandbox, &[("PhoneNumbers", "008613800138001")], START)["Code"]
            == "isv.BUSINESS_LIMIT_CONTROL"
    );
    // Flow control is for mainland numbers only.
    assert!(rpc(&mut sandbox, &[("PhoneNumbers", "85261234567")], START)["Code"] == "OK");
    assert!(rpc(&mut sandbox, &[("PhoneNumbers", "85261234567")], START)["Code"] == "OK");
}

#[test]
fn each_fault_shows_as_it_should() {
    for wire in WIRES {
        for (fault, expected, in_inbox) in [
            (Fault::Throttle, Some((Class::Throttled, None)), 0),
            (Fault::Unavailable, Some((Class::Unavailable, Some("ServiceUnavailable"))), 0),
            (Fault::ServerError, Some((Class::Ambiguous, Some("reply.unreadable"))), 0),
            (Fault::TimeoutBefore, None, 0),
            (Fault::TimeoutAfter, None, 1),
            (Fault::BadJson, Some((Class::Ambiguous, Some("reply.unreadable"))), 1),
            (Fault::Huge, Some((Class::Ambiguous, Some("reply.too_large"))), 1),
        ] {
            let (mut sandbox, provider) = (sandbox(), provider(wire));
            sandbox.fault(None, fault, 1);
            let reading = send(&mut sandbox, &*provider, START);
            match (reading, expected) {
                (None, None) => {}
                (Some(Err(failure)), Some((class, code))) => {
                    assert_eq!(failure.class, class, "{wire} {fault:?}");
                    assert!(
                        code.is_none_or(|code| failure.code == code),
                        "{wire} {fault:?}: {}",
                        failure.code
                    );
                }
                (reading, _) => panic!("{wire} {fault:?}: {reading:?}"),
            }
            assert_eq!(sandbox.inbox().count(), in_inbox, "{wire} {fault:?}");
            assert!(send(&mut sandbox, &*provider, after(60)).unwrap().is_ok());
        }
    }
}

#[test]
fn time_outs_tell_whether_bytes_left() {
    let mut sandbox = sandbox();
    let call = provider("acs3").call(&message(), &signing(START, [0; 16])).unwrap();
    sandbox.fault(Some(Vendor::Aliyun), Fault::TimeoutAfter, 1);
    sandbox.fault(Some(Vendor::Aliyun), Fault::TimeoutBefore, 2);
    assert_eq!(sandbox.handle(&call, START), Answer::Fault { sent: true });
    assert_eq!(sandbox.handle(&call, START), Answer::Fault { sent: false });
    // A fault of the other vendor's waits for the other vendor.
    sandbox.fault(Some(Vendor::Tencent), Fault::Huge, 1);
    assert_eq!(sandbox.handle(&call, START), Answer::Fault { sent: false });
    let Answer::Reply(reply) = sandbox.handle(&call, START) else { panic!("a fault too many") };
    assert_eq!(reply.status, 400);
    let call = provider("tencent").call(&message(), &signing(START, [0; 16])).unwrap();
    let Answer::Reply(reply) = sandbox.handle(&call, START) else { panic!("a fault too many") };
    assert!(reply.body.len() > 10_000_000);
    for (name, fault) in Fault::ALL {
        assert_eq!(Fault::named(name), Some(fault));
    }
    assert_eq!(Vendor::named("aliyun"), Some(Vendor::Aliyun));
}

/// Signs a SendSms over RPC V1 with some parameters changed, and returns what comes back.
fn rpc(sandbox: &mut Sandbox, change: &[(&str, &str)], now: UnixMillis) -> Value {
    let mut params = vec![
        ("PhoneNumbers", "13800138000"),
        ("SignName", "示例"),
        ("TemplateCode", "SMS_1"),
        ("TemplateParam", "{\"code\":\"123456\"}"),
    ];
    params.retain(|(name, _)| !change.iter().any(|(other, _)| other == name));
    params.extend(change.iter().filter(|(_, value)| !value.is_empty()));
    let call = aliyun_rpc::Call {
        action: "SendSms",
        version: "2017-05-25",
        query: &params,
        form: &[],
        whole_body: false,
    };
    let nonce = sandbox.requests.to_string();
    let request = aliyun_rpc::build(&call, &sandbox.settings.aliyun.credentials, now, &nonce);
    body(sandbox.handle(&request.into_call("http://127.0.0.1", Millis(1), 1), now))
}

fn body(answer: Answer) -> Value {
    let Answer::Reply(reply) = answer else { panic!("a fault") };
    serde_json::from_slice(&reply.body).unwrap()
}

/// The official SDKs send `x-acs-*` headers with RPC V1 too, and read Tencent's errors under one content type only.
#[test]
fn official_clients_are_understood() {
    let mut sandbox = sandbox();
    let mut call = provider("rpc").call(&message(), &signing(START, [0; 16])).unwrap();
    call.headers.push(("x-acs-action".to_owned(), "SendSms".to_owned()));
    call.headers.push(("x-acs-version".to_owned(), "2017-05-25".to_owned()));
    assert_eq!(body(sandbox.handle(&call, START))["Code"], "OK");
    let call =
        provider_with("tencent", "sandbox-wrong", None).call(&message(), &signing(START, [0; 16])).unwrap();
    let Answer::Reply(reply) = sandbox.handle(&call, START) else { panic!("a fault") };
    assert_eq!(reply.header("content-type"), Some("application/json"));
    sandbox.fault(None, Fault::Throttle, 1);
    let Answer::Reply(reply) = sandbox.handle(&call, START) else { panic!("a fault") };
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

#[test]
fn aliyun_refuses_what_the_vendor_refuses() {
    let emoji = "{\"code\":\"123456\",\"minutes\":\"\u{1f600}\"}";
    let long = "x".repeat(257);
    let crowd = vec!["13800138000"; 1_001].join(",");
    for (change, expected) in [
        (vec![("PhoneNumbers", "")], "MissingPhoneNumbers"),
        (vec![("SignName", "")], "MissingSignName"),
        (vec![("TemplateCode", "")], "MissingTemplateCode"),
        (vec![("PhoneNumbers", "1380013800")], "isv.MOBILE_NUMBER_ILLEGAL"),
        (vec![("PhoneNumbers", "23800138000x")], "isv.MOBILE_NUMBER_ILLEGAL"),
        (vec![("PhoneNumbers", crowd.as_str())], "isv.MOBILE_COUNT_OVER_LIMIT"),
        (vec![("SignName", "nobody's")], "isv.SMS_SIGNATURE_ILLEGAL"),
        (vec![("TemplateCode", "SMS_9")], "isv.SMS_TEMPLATE_ILLEGAL"),
        (vec![("TemplateParam", "")], "isv.TEMPLATE_MISSING_PARAMETERS"),
        (vec![("TemplateParam", "{}")], "isv.TEMPLATE_MISSING_PARAMETERS"),
        (vec![("TemplateParam", "{\"code\":123456}")], "isv.INVALID_JSON_PARAM"),
        (vec![("TemplateParam", "code")], "isv.INVALID_JSON_PARAM"),
        (vec![("TemplateParam", "{\"code\":\"123\"}")], "isv.PARAM_LENGTH_LIMIT"),
        (vec![("TemplateParam", "{\"code\":\"1234567\"}")], "isv.PARAM_LENGTH_LIMIT"),
        (vec![("TemplateParam", "{\"code\":\"12 45\"}")], "isv.TEMPLATE_PARAMS_ILLEGAL"),
        (vec![("TemplateCode", "SMS_2"), ("TemplateParam", emoji)], "isv.UNSUPPORTED_CONTENT"),
        (vec![("OutId", long.as_str())], "InvalidParameter"),
    ] {
        let mut sandbox = sandbox();
        assert_eq!(rpc(&mut sandbox, &change, START)["Code"], expected, "{change:?}");
        assert_eq!(sandbox.inbox().count(), 0);
    }
    let shown = rpc(&mut sandbox(), &[("TemplateCode", "SMS_9")], START);
    assert_eq!(shown.as_object().unwrap().keys().collect::<Vec<_>>(), ["Code", "Message", "RequestId"]);
}

#[test]
fn tencent_refuses_what_the_vendor_refuses() {
    let base = || {
        json!({"PhoneNumberSet": ["+8613800138000"], "SmsSdkAppId": "1400000000", "TemplateId": "1",
               "SignName": "示例", "TemplateParamSet": ["123456"]})
    };
    let ask = |sandbox: &mut Sandbox, change: Value, action: &str| {
        let mut params = base();
        params.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let call = tencent_tc3::Call {
            action,
            version: "2021-01-11",
            host: "sms.tencentcloudapi.com",
            service: "sms",
            region: Some("ap-guangzhou"),
            language: None,
            body: params.to_string(),
        };
        let request = tencent_tc3::build(call, &sandbox.settings.tencent.credentials, START);
        let call = request.into_call("https://sms.tencentcloudapi.com", Millis(1), 1);
        let response = body(sandbox.handle(&call, START))["Response"].clone();
        let code = |value: &Value| value["Code"].as_str().unwrap_or_default().to_owned();
        match &response["Error"] {
            Value::Null => response["SendStatusSet"].as_array().unwrap().iter().map(code).collect(),
            error => vec![code(error)],
        }
    };
    for (change, expected) in [
        (json!({"PhoneNumberSet": []}), "MissingParameter.EmptyPhoneNumberSet"),
        (json!({"PhoneNumberSet": vec!["+8613800138000"; 201]}), "LimitExceeded.PhoneNumberCountLimit"),
        (json!({"PhoneNumberSet": ["+861380013800"]}), "InvalidParameterValue.IncorrectPhoneNumber"),
        (json!({"PhoneNumberSet": "+8613800138000"}), "InvalidParameter"),
        (
            json!({"PhoneNumberSet": ["+8613800138000", "+85261234567"]}),
            "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
        ),
        (json!({"SmsSdkAppId": "1400000001"}), "UnauthorizedOperation.SmsSdkAppIdVerifyFail"),
        (json!({"SmsSdkAppId": null}), "MissingParameter"),
        (json!({"SmsSdkAppId": 1_400_000_000}), "InvalidParameter"),
        (json!({"SmsSdkAppid": "1400000000"}), "UnknownParameter"),
        (json!({"SignName": "nobody's"}), "FailedOperation.SignatureIncorrectOrUnapproved"),
        (json!({"TemplateId": "9"}), "FailedOperation.TemplateIncorrectOrUnapproved"),
        (json!({"TemplateParamSet": []}), "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
        (json!({"TemplateParamSet": ["12ab"]}), "InvalidParameterValue.TemplateParameterFormatError"),
        (json!({"TemplateParamSet": ["1234567"]}), "InvalidParameterValue.TemplateParameterLengthLimit"),
    ] {
        let mut sandbox = sandbox();
        assert_eq!(ask(&mut sandbox, change.clone(), "SendSms"), [expected], "{change}");
        assert_eq!(sandbox.inbox().count(), 0);
    }
    assert_eq!(ask(&mut sandbox(), json!({}), "SendSmS"), ["InvalidAction"]);
    let two = json!({"PhoneNumberSet": ["13800138000", "008613800138001", "+8613800138000"]});
    let said = ["Ok", "Ok", "LimitExceeded.PhoneNumberThirtySecondLimit"];
    assert_eq!(ask(&mut sandbox(), two, "SendSms"), said);
}

/// The Python SDK signs `user-agent` and `accept` too; the Node SDK leaves `!'()*` bare on the wire.
#[test]
fn acs3_follows_the_signed_headers_and_any_wire_encoding() {
    let mut sandbox = Sandbox::new(r#"{"aliyun": {"sign_names": ["It's (a) *sign*!"]}}"#).unwrap();
    let pairs = [
        ("PhoneNumbers", "13800138000"),
        ("SignName", "It's (a) *sign*!"),
        ("TemplateCode", "SMS_1"),
        ("TemplateParam", "{\"code\": \"123456\"}"),
    ];
    let bare = [("%21", "!"), ("%27", "'"), ("%28", "("), ("%29", ")"), ("%2A", "*"), ("%20", "+")];
    let wire = |text: &str| bare.iter().fold(pct(text), |text, (from, to)| text.replace(from, to));
    let query: Vec<String> =
        pairs.iter().rev().map(|(name, value)| format!("{name}={}", wire(value))).collect();
    let date = START.civil().to_string();
    let empty = hex(&sha256(&[b""]));
    let headers = [
        ("accept", "application/json"),
        ("host", "127.0.0.1:8080"),
        ("user-agent", "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2"),
        ("x-acs-action", "SendSms"),
        ("x-acs-content-sha256", &empty),
        ("x-acs-credentials-provider", "static_ak"),
        ("x-acs-date", &date),
        ("x-acs-signature-nonce", "n"),
        ("x-acs-version", "2017-05-25"),
    ];
    let secret = Secret::new("sandbox-secret".to_owned());
    let canonical = crate::sign::encode::canonical(&pairs);
    let signed = aliyun_acs3::sign(&secret, Method::Post, "/", &canonical, &headers, &empty);
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let authorization = format!(
        "ACS3-HMAC-SHA256 Credential=sandbox-id,SignedHeaders={},Signature={}",
        names.join(";"),
        signed.signature
    );
    let mut all: Vec<(String, String)> =
        headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    all.push(("Authorization".to_owned(), authorization));
    let mut call = HttpCall {
        method: Method::Post,
        url: format!("http://front.example/?{}", query.join("&")),
        headers: all,
        body: Vec::new(),
        timeout: Millis(1),
        max_reply: 1,
    };
    let mut spoilt = call.clone();
    spoilt.headers[2].1.push('x');
    assert_eq!(body(sandbox.handle(&spoilt, START))["Code"], "SignatureDoesNotMatch");
    let mut spoilt = call.clone();
    spoilt.body.push(b'x');
    assert_eq!(body(sandbox.handle(&spoilt, START))["Code"], "SignatureDoesNotMatch");
    let mut loose = call.clone();
    loose.headers.push(("X-Acs-Extra".into(), "1".into()));
    assert_eq!(body(sandbox.handle(&loose, START))["Code"], "IncompleteSignature");
    assert_eq!(body(sandbox.handle(&call, START))["Code"], "OK");
    call.method = Method::Get;
    assert_eq!(body(sandbox.handle(&call, START))["Code"], "SignatureDoesNotMatch");
}

#[test]
fn real_looking_keys_are_refused_in_plain_words() {
    for (option, value) in [("access_key_id", "LTAI5t"), ("access_key_secret", "real")] {
        let config = json!({"aliyun": {option: value}}).to_string();
        let error = Sandbox::new(&config).unwrap_err();
        assert_eq!(error.option, format!("aliyun.{option}"));
        assert!(error.message.starts_with("must begin with `sandbox-`"));
    }
    for (wire, real, other) in
        [("rpc", "LTAI5tReal", "sandbox-other"), ("tencent", "AKIDReal", "sandbox-other")]
    {
        for (id, words) in [(real, "This is the sandbox"), (other, "")] {
            let config = json!({"aliyun": {"access_key_id": "sandbox-id"}}).to_string();
            let mut sandbox = Sandbox::new(&config).unwrap();
            let mut call = provider(wire).call(&message(), &signing(START, [0; 16])).unwrap();
            for (_, value) in &mut call.headers {
                *value = value.replace("sandbox-id", id);
            }
            call.body = String::from_utf8(call.body).unwrap().replace("sandbox-id", id).into_bytes();
            let Answer::Reply(reply) = sandbox.handle(&call, START) else { panic!("a fault") };
            let said = String::from_utf8(reply.body).unwrap();
            assert!(said.contains("NotFound") && said.contains(words) && !said.contains(id), "{said}");
        }
    }
}

#[test]
fn replies_depend_on_seed_and_order_only() {
    let run = |seed: u64| {
        let mut sandbox = Sandbox::new(&json!({"seed": seed}).to_string()).unwrap();
        let first = rpc(&mut sandbox, &[], START);
        let second = rpc(&mut sandbox, &[], after(60));
        assert_ne!(first["BizId"], second["BizId"]);
        assert_ne!(first["RequestId"], second["RequestId"]);
        (first.to_string(), second.to_string())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn nonsense_is_refused_and_never_panics() {
    let mut sandbox = sandbox();
    for (url, headers, body_bytes) in [
        ("", vec![], &b""[..]),
        ("http://x", vec![("authorization", "TC3-HMAC-SHA256")], b"\xff"),
        (
            "http://x/?%",
            vec![("authorization", "ACS3-HMAC-SHA256 Credential=,SignedHeaders=,Signature=")],
            b"",
        ),
        ("http://x/?a&b=&=c", vec![("x-acs-action", "SendSms")], b"{}"),
        ("http://x/", vec![("x-tc-action", "SendSms"), ("x-tc-timestamp", "99999999999999999999")], b"[]"),
        (
            "http://x/?Action=SendSms&Version=1&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&AccessKeyId=sandbox-id\
          &Timestamp=2023-13-99T99:99:99Z&SignatureNonce=&Signature=",
            vec![],
            b"",
        ),
    ] {
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let call = HttpCall {
            method: Method::Post,
            url: url.to_owned(),
            headers,
            body: body_bytes.to_vec(),
            timeout: Millis(1),
            max_reply: 1,
        };
        let Answer::Reply(reply) = sandbox.handle(&call, START) else { panic!("a fault") };
        let said = String::from_utf8(reply.body).unwrap();
        assert!(said.contains("\"Code\"") && !said.contains("\"OK\""), "{said}");
    }
    assert_eq!(sandbox.inbox().count(), 0);
}

#[test]
fn debug_shows_neither_number_nor_code() {
    let mut sandbox = sandbox();
    send(&mut sandbox, &*provider("acs3"), START).unwrap().unwrap();
    let shown = format!("{sandbox:?} {:?}", sandbox.inbox().next());
    assert_eq!(shown, "Sandbox(1 calls, 1 SMS) Some(Sms(aliyun, SMS_2))");
    sandbox.clear_inbox();
    assert_eq!(sandbox.inbox_json(), "[]");
}
