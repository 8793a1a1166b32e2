//! 短信认证: the code that the vendor makes, and its check.

use super::*;

#[test]
fn a_code_of_theirs_is_asked_for_with_all_parameters() {
    let call = provider("aliyun_auth", json!({})).unwrap().call(&message(mainland()), &signing()).unwrap();
    let (action, version, host, params) = sent(&call);
    assert_eq!((action.as_str(), version.as_str()), ("SendSmsVerifyCode", "2017-05-25"));
    assert_eq!((host.as_str(), call.body.len()), ("dypnsapi.aliyuncs.com", 0));
    let expected = owned(&[
        ("CodeLength", "6"),
        ("CodeType", "1"),
        ("CountryCode", "86"),
        ("Interval", "1"),
        ("OutId", "send-1"),
        ("PhoneNumber", "13800138000"),
        ("SchemeName", "login"),
        ("SignName", "速通互联验证码"),
        ("TemplateCode", "100001"),
        ("TemplateParam", "{\"code\":\"##code##\",\"min\":\"5\"}"),
        ("ValidTime", "300"),
    ]);
    assert_eq!(params, expected);

    let all = json!({"code_length": 8, "code_type": "digits_upper", "interval_s": 30, "duplicate_policy": "all",
        "auto_retry": true, "return_verify_code": true, "sms_up_extend_code": "1213", "wire": "rpc",
        "template_params": {"code": "##code##", "m": "{minutes} 分钟🎉"}});
    let message = Message { valid: Millis(119_001), send_id: None, ..message(mainland()) };
    let call = provider("aliyun_auth", all).unwrap().call(&message, &signing()).unwrap();
    assert_eq!(call.url, "https://dypnsapi.aliyuncs.com/");
    for (name, expected) in [
        ("Action", "SendSmsVerifyCode"),
        ("AutoRetry", "1"),
        ("CodeLength", "8"),
        ("CodeType", "5"),
        ("DuplicatePolicy", "2"),
        ("Interval", "30"),
        ("ReturnVerifyCode", "true"),
        ("SmsUpExtendCode", "1213"),
        ("TemplateParam", "{\"code\":\"##code##\",\"m\":\"1 分钟🎉\"}"),
        ("ValidTime", "120"),
    ] {
        assert_eq!(param(&call, name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(param(&call, "OutId"), None);
}

#[test]
fn our_code_never_goes_to_who_makes_his_own() {
    for wire in ["acs3", "rpc"] {
        let provider = provider("aliyun_auth", json!({"wire": wire})).unwrap();
        let call = provider.call(&message(mainland()), &signing()).unwrap();
        assert!(sent(&call).3.iter().all(|(_, value)| !value.contains("864209")));
    }
    // Nor does it matter whether there is one.
    let message = Message { code: "", ..message(mainland()) };
    assert!(provider("aliyun_auth", json!({})).unwrap().call(&message, &signing()).is_ok());
}

#[test]
fn a_guess_names_number_code_and_scheme() {
    let provider = provider("aliyun_auth", json!({"case_auth_policy": "exact"})).unwrap();
    let guess = |code| Guess { to: mainland(), purpose: "login", code };
    let managed = provider.managed().unwrap();
    let call = managed.check(&guess("002866"), &signing()).unwrap();
    let (action, _, _, params) = sent(&call);
    let expected = owned(&[
        ("CaseAuthPolicy", "2"),
        ("CountryCode", "86"),
        ("PhoneNumber", "13800138000"),
        ("SchemeName", "login"),
        ("VerifyCode", "002866"),
    ]);
    assert_eq!((action.as_str(), params), ("CheckSmsVerifyCode", expected));
    for code in ["", "00 28", "００２８"] {
        assert_eq!(managed.check(&guess(code), &signing()), Err(BuildError::Code));
    }
    let to = abroad();
    assert_eq!(managed.check(&Guess { to, ..guess("1") }, &signing()), Err(BuildError::Recipient));
}

#[test]
fn the_scheme_is_the_purpose_or_a_short_form_of_it() {
    let provider = provider("aliyun_auth", json!({})).unwrap();
    for (purpose, scheme) in [
        ("login", "login"),
        ("a-purpose-of-20-char", "a-purpose-of-20-char"),
        ("a-purpose-of-21-chars", "a-purpose.l3a0d_gtNc"),
        ("a-purpose-of-21-charz", "a-purpose.gN1fD7gbiO"),
    ] {
        let call = provider.call(&Message { purpose, ..message(mainland()) }, &signing()).unwrap();
        let guess = Guess { to: mainland(), purpose, code: "123456" };
        let check = provider.managed().unwrap().check(&guess, &signing()).unwrap();
        for call in [call, check] {
            assert_eq!(param(&call, "SchemeName").as_deref(), Some(scheme));
        }
    }
}

#[test]
fn replies_to_a_code_of_theirs() {
    let provider = provider("aliyun_auth", json!({"interval_s": 40})).unwrap();
    let model = json!({"BizId": "112231421412414124123^4", "OutId": "send-1", "VerifyCode": "864209"});
    let good = json!({"Code": "OK", "Message": "成功", "Success": true, "RequestId": "R-1", "Model": model});
    let accepted =
        Receipt { message_id: Some("112231421412414124123^4".into()), request_id: Some("R-1".into()) };
    let read = provider.read(&reply(200, &good));
    assert!(!format!("{read:?}").contains("864209"));
    assert_eq!(read, Ok(accepted));
    for (status, body, class, code, after) in [
        (200, json!({"Code": "OK", "Success": false}), Class::Ambiguous, "reply.contradiction", None),
        (200, json!({"Code": "OK"}), Class::Ambiguous, "reply.contradiction", None),
        (200, json!({"Code": "OK", "Success": "true"}), Class::Ambiguous, "reply.contradiction", None),
        (502, good, Class::Ambiguous, "reply.contradiction", None),
        (200, json!({"Success": true}), Class::Ambiguous, "reply.no_code", None),
        (200, json!({"Code": "biz.FREQUENCY", "Success": false}), Class::Rejected, "biz.FREQUENCY", Some(40)),
        (
            200,
            json!({"Code": "BUSINESS_LIMIT_CONTROL", "Message": "触发小时级流控Permits:5"}),
            Class::Rejected,
            "BUSINESS_LIMIT_CONTROL",
            Some(3_600),
        ),
        (
            200,
            json!({"Code": "FUNCTION_NOT_OPENED", "Success": false}),
            Class::Account,
            "FUNCTION_NOT_OPENED",
            None,
        ),
        (200, json!({"Code": "SMS_SYSTEM_ERROR"}), Class::Ambiguous, "SMS_SYSTEM_ERROR", None),
        (
            400,
            json!({"code": "Throttling.User", "message": "slow"}),
            Class::Throttled,
            "Throttling.User",
            None,
        ),
    ] {
        let failure = provider.read(&reply(status, &body)).unwrap_err();
        let told = (failure.class, failure.code.as_str(), failure.retry_after);
        assert_eq!(told, (class, code, after.map(Millis::from_seconds)), "{body}");
    }
}

#[test]
fn replies_to_a_guess() {
    let provider = provider("aliyun_auth", json!({})).unwrap();
    let managed = provider.managed().unwrap();
    let body = |result: &str| json!({"Code": "OK", "Message": "成功", "Success": true, "Model": {"VerifyResult": result, "OutId": "o"}});
    assert_eq!(managed.read_check(&reply(200, &body("PASS"))), Ok(true));
    for (status, wrong) in [
        (200, body("UNKNOWN")),
        (200, body("pass")),
        (200, body("")),
        (400, json!({"Code": "isv.ValidateFail", "Message": "验证码错误", "RequestId": "R"})),
        (200, json!({"Code": "isv.ValidateFail", "Success": false})),
        (400, json!({"code": "isv.ValidateFail"})),
        (400, json!({"Code": "SmsCodeVerifyFail"})),
    ] {
        assert_eq!(managed.read_check(&reply(status, &wrong)), Ok(false), "{wrong}");
    }
    let mut refused = body("PASS");
    refused["Success"] = json!(false);
    for (status, body, code) in [
        (500, body("PASS"), "reply.contradiction"),
        (200, refused, "reply.contradiction"),
        (200, json!({"Code": "OK", "Success": true}), "reply.no_result"),
        (200, json!({"Code": "OK", "Model": {"VerifyResult": true}}), "reply.no_result"),
        (200, json!({"Model": {"VerifyResult": "PASS"}}), "reply.no_code"),
        (400, json!({"Code": "isv.RAM_PERMISSION_DENY"}), "isv.RAM_PERMISSION_DENY"),
        (400, json!({"Code": "isv.ValidateFailed"}), "isv.ValidateFailed"),
        (503, json!({"Code": "ServiceUnavailable"}), "ServiceUnavailable"),
    ] {
        assert_eq!(managed.read_check(&reply(status, &body)).unwrap_err().code, code, "{body}");
    }
}
