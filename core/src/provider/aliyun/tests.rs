//! Each product both ways: what goes out, byte for byte, and what a reply is read as.

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

#[test]
fn a_text_abroad_is_whole() {
    let call = provider("aliyun_global", json!({})).unwrap().call(&message(abroad()), &signing()).unwrap();
    let (action, version, host, params) = sent(&call);
    assert_eq!((action.as_str(), version.as_str()), ("SendMessageToGlobe", "2018-05-01"));
    assert_eq!(host, "dysmsapi.ap-southeast-1.aliyuncs.com");
    let expected =
        owned(&[("Message", "Your code is 864209, for 5 min."), ("TaskId", "send-1"), ("To", "85261234567")]);
    assert_eq!(params, expected);
    let all = json!({"sender_id": "Alicloud321", "channel_id": "3790", "task_id": "t 中🎉", "type": "otp",
        "validity_period_s": 600, "region": "us-east-1", "templates": {"login": "验证码{code}🎉\u{feff}+&"}});
    let call = provider("aliyun_global", all).unwrap().call(&message(abroad()), &signing()).unwrap();
    let (_, _, host, params) = sent(&call);
    let expected = owned(&[
        ("ChannelId", "3790"),
        ("From", "Alicloud321"),
        ("Message", "验证码864209🎉\u{feff}+&"),
        ("TaskId", "t 中🎉"),
        ("To", "85261234567"),
        ("Type", "OTP"),
        ("ValidityPeriod", "600"),
    ]);
    assert_eq!((host.as_str(), params), ("dysmsapi.us-east-1.aliyuncs.com", expected));
}

#[test]
fn replies_to_a_text_abroad() {
    let provider = provider("aliyun_global", json!({})).unwrap();
    let good = json!({"ResponseCode": "OK", "ResponseDescription": "OK", "MessageId": "1008030xxx3003",
        "RequestId": "R-1", "To": "85261234567", "From": "A", "Segments": "1",
        "NumberDetail": {"Country": "Hongkong, China", "Region": "HongKong", "Carrier": "CMI"}});
    let accepted = Receipt { message_id: Some("1008030xxx3003".into()), request_id: Some("R-1".into()) };
    assert_eq!(provider.read(&reply(200, &good)), Ok(accepted));
    for (status, body, class, code) in [
        (400, good, Class::Ambiguous, "reply.contradiction"),
        (200, json!({"ResponseCode": "isv.SENDERID_ERROR"}), Class::Account, "isv.SENDERID_ERROR"),
        (200, json!({"ResponseCode": "isv.BUSINESS_LIMIT_DAY"}), Class::Rejected, "isv.BUSINESS_LIMIT_DAY"),
        (
            403,
            json!({"Code": "Forbidden.RAM", "Message": "no", "HostId": "h"}),
            Class::Account,
            "Forbidden.RAM",
        ),
        (200, json!({"MessageId": "1"}), Class::Ambiguous, "reply.no_code"),
    ] {
        let failure = provider.read(&reply(status, &body)).unwrap_err();
        assert_eq!((failure.class, failure.code.as_str()), (class, code), "{body}");
    }
    let body = json!({"ResponseCode": "isv.COUNTRY_RESTRICTED", "ResponseDescription": "not 86138001380"});
    assert_eq!(provider.read(&reply(200, &body)).unwrap_err().message, "not …");
}

#[test]
fn a_mail_is_all_in_the_body() {
    let to = Recipient::Email("li.lei+tag@xn--fiqs8s.example");
    let call = provider("aliyun_mail", json!({})).unwrap().call(&message(to), &signing()).unwrap();
    assert_eq!(call.url, "https://dm.aliyuncs.com/");
    let (action, version, _, params) = sent(&call);
    assert_eq!((action.as_str(), version.as_str()), ("SingleSendMail", "2015-11-23"));
    let expected = owned(&[
        ("AccountName", "no-reply@mail.example"),
        ("AddressType", "1"),
        ("HtmlBody", "<p>864209&nbsp;5</p>"),
        ("ReplyToAddress", "false"),
        ("Subject", "验证码 864209"),
        ("ToAddress", "li.lei+tag@xn--fiqs8s.example"),
    ]);
    assert_eq!(params, expected);
    let all = json!({"from_alias": "分云👨‍👩‍👧‍👦验中", "address_type": "random", "reply_to_address": true, "tag_name": "a_B-9",
        "region": "eu-central-1", "template_params": {"code": "{code}", "min": "{minutes}"}, "templates": {
            "login": {"subject": "s", "template": "tmpl-\"1\""}, "other": {"subject": "s", "text": "{code}"}}});
    let provider = provider("aliyun_mail", all).unwrap();
    let call = provider.call(&message(to), &signing()).unwrap();
    assert_eq!(call.host(), "dm.eu-central-1.aliyuncs.com");
    for (name, expected) in [
        ("AddressType", "0"),
        ("FromAlias", "分云👨‍👩‍👧‍👦验中"),
        ("ReplyToAddress", "true"),
        ("TagName", "a_B-9"),
        (
            "Template",
            "{\"TemplateId\":\"tmpl-\\\"1\\\"\",\"TemplateData\":{\"code\":\"864209\",\"min\":\"5\"}}",
        ),
    ] {
        assert_eq!(param(&call, name).as_deref(), Some(expected), "{name}");
    }
    let call = provider.call(&Message { purpose: "other", ..message(to) }, &signing()).unwrap();
    assert_eq!(param(&call, "TextBody").as_deref(), Some("864209"));
    let message = Message { purpose: "third", ..message(to) };
    assert_eq!(provider.call(&message, &signing()), Err(BuildError::NoTemplate));
}

#[test]
fn replies_to_a_mail() {
    let provider = provider("aliyun_mail", json!({})).unwrap();
    let good = json!({"EnvId": "600000171540051", "RequestId": "R-1"});
    let accepted = Receipt { message_id: Some("600000171540051".into()), request_id: Some("R-1".into()) };
    assert_eq!(provider.read(&reply(200, &good)), Ok(accepted));
    for (status, body, class, code) in [
        (500, good, Class::Ambiguous, "reply.no_code"),
        (200, json!({"RequestId": "R-1"}), Class::Ambiguous, "reply.no_code"),
        (200, json!({"EnvId": "1", "Code": "InvalidBody", "Message": "x"}), Class::Account, "InvalidBody"),
        (404, json!({"Code": "InvalidMailAddress.NotFound"}), Class::Account, "InvalidMailAddress.NotFound"),
        (400, json!({"Code": "InvalidToAddress.Spam"}), Class::Rejected, "InvalidToAddress.Spam"),
        (400, json!({"Code": "EmailFormatError"}), Class::Rejected, "EmailFormatError"),
        (500, json!({"Code": "InternalServiceError"}), Class::Ambiguous, "InternalServiceError"),
    ] {
        let failure = provider.read(&reply(status, &body)).unwrap_err();
        assert_eq!((failure.class, failure.code.as_str()), (class, code), "{body}");
    }
}

#[test]
fn each_serves_its_own_recipients() {
    let mail = Recipient::Email("a@b.example");
    let fixed_line = phone("+861012345678", "86");
    for (kind, served) in [
        ("aliyun_auth", [true, false, false, false]),
        ("aliyun_global", [false, false, true, false]),
        ("aliyun_mail", [false, false, false, true]),
    ] {
        let provider = provider(kind, json!({})).unwrap();
        assert_eq!(provider.name(), kind);
        assert_eq!(provider.managed().is_some(), kind == "aliyun_auth");
        for (to, served) in [mainland(), fixed_line, abroad(), mail].into_iter().zip(served) {
            assert_eq!(provider.serves(&to, "login"), served, "{kind} {to:?}");
            let built = provider.call(&message(to), &signing());
            assert_eq!(built.err(), (!served).then_some(BuildError::Recipient), "{kind} {to:?}");
        }
    }
}

#[test]
fn a_list_of_addresses_is_no_recipient() {
    let provider = provider("aliyun_mail", json!({})).unwrap();
    let long = ["x".repeat(64), "@".into(), "y".repeat(128)].concat();
    for address in
        ["a@b.example,c@d.example", "\"a,c\"@b.example", "a @b.example", "@b", "a@", "<a@b>", &long]
    {
        let message = Message { to: Recipient::Email(address), ..message(abroad()) };
        assert_eq!(provider.call(&message, &signing()), Err(BuildError::Recipient), "{address}");
    }
    let fits = Message { to: Recipient::Email(long.get(1..).unwrap()), ..message(abroad()) };
    assert!(provider.call(&fits, &signing()).is_ok());
}

#[test]
fn wrong_options_are_named() {
    let mail = |mail: Value| json!({"templates": {"login": mail}});
    let long = "字".repeat(256);
    for (kind, change, said) in [
        ("aliyun_auth", json!({"sign_name": "字".repeat(41)}), "sign_name: must not be longer than 40"),
        ("aliyun_auth", json!({"sign_name": "示例 "}), "sign_name: must not begin or end with white space"),
        ("aliyun_auth", json!({"templates": {"x": "10000l"}}), "templates.x: must be a template"),
        (
            "aliyun_auth",
            json!({"template_params": {"code": "{code}"}}),
            "template_params: must not have {code}",
        ),
        (
            "aliyun_auth",
            json!({"template_params": {"code": "123456"}}),
            "template_params: must give ##code## to the code's",
        ),
        (
            "aliyun_auth",
            json!({"template_params": {"code": "123456", "x": "##code##"}}),
            "template_params: must give ##code##",
        ),
        (
            "aliyun_auth",
            json!({"template_params": {"min": "{minutes}"}}),
            "template_params: must give ##code##",
        ),
        (
            "aliyun_auth",
            json!({"template_params": {"code": "a ##code##"}}),
            "template_params: must give ##code##",
        ),
        ("aliyun_auth", json!({"code_length": 3}), "code_length: must be from 4 to 8"),
        ("aliyun_auth", json!({"code_length": 9}), "code_length: must be from 4 to 8"),
        ("aliyun_auth", json!({"code_type": "1"}), "code_type: must be one of digits, upper, "),
        ("aliyun_auth", json!({"interval_s": 0}), "interval_s: must be from 1 to 3600"),
        ("aliyun_auth", json!({"duplicate_policy": 1}), "duplicate_policy: must be text"),
        ("aliyun_auth", json!({"sms_up_extend_code": "a"}), "sms_up_extend_code: must be 1 to 20 digits"),
        ("aliyun_auth", json!({"region": "cn-beijing"}), "region: is not an option"),
        ("aliyun_global", json!({"templates": {"x": "no code"}}), "templates.x: must have {code} in it"),
        ("aliyun_global", json!({"templates": {"x": "{code"}}), "templates.x: has a `{` without its `}`"),
        ("aliyun_global", json!({"sender_id": "Alicloud3210"}), "sender_id: must be at most 11"),
        ("aliyun_global", json!({"sender_id": "1234567890123456"}), "sender_id: must be at most 11"),
        ("aliyun_global", json!({"sender_id": "阿里"}), "sender_id: must be at most 11"),
        ("aliyun_global", json!({"type": "OTP"}), "type: must be one of otp, notify, mkt"),
        ("aliyun_global", json!({"task_id": "x".repeat(256)}), "task_id: must be at most 255"),
        ("aliyun_global", json!({"channel_id": "a\u{7}b"}), "channel_id: must be at most 255"),
        (
            "aliyun_mail",
            json!({"account_name": "mail.example"}),
            "account_name: must be the sender's address",
        ),
        ("aliyun_mail", json!({"account_name": null}), "account_name: is required"),
        ("aliyun_mail", json!({"from_alias": "字".repeat(16)}), "from_alias: must be at most 15"),
        ("aliyun_mail", json!({"tag_name": "a b"}), "tag_name: must be at most 128"),
        ("aliyun_mail", json!({"templates": null}), "templates: is required: an object from purpose to mail"),
        ("aliyun_mail", json!({"templates": {}}), "templates: must be an object from purpose to mail"),
        ("aliyun_mail", mail(json!({"text": "{code}"})), "templates.login.subject: is required"),
        ("aliyun_mail", mail(json!({"subject": "s"})), "templates.login.html: must stand alone"),
        (
            "aliyun_mail",
            mail(json!({"subject": "s", "html": "{code}", "text": "{code}"})),
            "templates.login.html: must stand alone",
        ),
        (
            "aliyun_mail",
            mail(json!({"subject": "s", "html": "<p>"})),
            "templates.login.html: must have {code} in it",
        ),
        (
            "aliyun_mail",
            mail(json!({"subject": format!("{long}字"), "text": "{code}"})),
            "templates.login.subject: must be at most 256",
        ),
        (
            "aliyun_mail",
            mail(json!({"subject": "{code}".repeat(9), "text": "{code}"})),
            "templates.login.subject: must be at most 256",
        ),
        (
            "aliyun_mail",
            mail(json!({"subject": "a\nBcc: x", "text": "{code}"})),
            "templates.login.subject: must not have control",
        ),
        (
            "aliyun_mail",
            mail(json!({"subject": "s", "txt": "{code}", "html": "{code}"})),
            "templates.login.txt: is not an option",
        ),
    ] {
        let error = provider(kind, change).err().unwrap_or_else(|| panic!("{kind} takes {said}")).to_string();
        assert!(error.starts_with(&format!("providers[0].{kind}.{said}")), "{error}");
    }
    for change in [mail(json!({"subject": long, "text": "{code}"})), json!({"from_alias": "字".repeat(15)})]
    {
        assert!(provider("aliyun_mail", change).is_ok());
    }
    let longest = "1".repeat(15);
    for sender in ["Alicloud321", &longest] {
        assert!(provider("aliyun_global", json!({"sender_id": sender})).is_ok());
    }
}

#[test]
fn debug_shows_no_secret() {
    for kind in ["aliyun_auth", "aliyun_global", "aliyun_mail"] {
        let provider = provider(kind, json!({"security_token": "canary"})).unwrap();
        let to = [mainland(), abroad(), Recipient::Email("a@b.example")];
        let to = to.into_iter().find(|to| provider.serves(to, "login")).unwrap();
        let shown = format!("{:?}", provider.call(&message(to), &signing()).unwrap());
        for secret in ["canary", "864209", "13800138000", "61234567", "a@b.example"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

/// Calls an action; an error as its words.
fn act(kind: &str, action: &str, params: Value) -> Result<HttpCall, String> {
    let provider = provider(kind, json!({})).unwrap();
    provider.action(action, &params.into(), &signing()).map_err(|error| error.to_string())
}

#[test]
fn actions_go_out_as_the_vendor_documents_them() {
    let numbers = json!(["13800138000", "85261234567"]);
    let batch = json!({"PhoneNumberJson": numbers, "SignNameJson": "[\"示例\", \"😀A\"]", "TemplateCode": "SMS_1",
        "TemplateParamJson": [{"code": "1"}, {"code": "\"二"}], "OutId": "o"});
    let call = act("aliyun", "SendBatchSms", batch).unwrap();
    let form = owned(&[
        ("PhoneNumberJson", "[\"13800138000\",\"85261234567\"]"),
        ("SignNameJson", "[\"示例\", \"😀A\"]"),
        ("TemplateParamJson", "[{\"code\":\"1\"},{\"code\":\"\\\"二\"}]"),
    ]);
    let mut body = pairs(std::str::from_utf8(&call.body).unwrap());
    body.sort();
    assert_eq!(body, form);
    assert_eq!(pairs(call.query()), owned(&[("OutId", "o"), ("TemplateCode", "SMS_1")]));
    assert_eq!(call.header("x-acs-action"), Some("SendBatchSms"));

    let query =
        json!({"PhoneNumber": "13800138000", "SendDate": "20260131", "PageSize": 10, "CurrentPage": 1});
    let call = act("aliyun", "QuerySendDetails", query).unwrap();
    assert_eq!((param(&call, "PageSize").as_deref(), call.body.len()), (Some("10"), 0));
    let many = json!({"To": ["85261234567"], "Message": ["你好🎉"], "Type": "NOTIFY"});
    let call = act("aliyun_global", "BatchSendMessageToGlobe", many).unwrap();
    assert_eq!(param(&call, "Message").as_deref(), Some("[\"你好🎉\"]"));
    assert_eq!(call.header("x-acs-version"), Some("2018-05-01"));
    let code = json!({"PhoneNumber": "13800138000", "SignName": "s", "TemplateCode": "100001",
        "TemplateParam": {"code": "##code##"}, "ReturnVerifyCode": true, "ValidTime": 60});
    let call = act("aliyun_auth", "SendSmsVerifyCode", code).unwrap();
    assert_eq!(param(&call, "ReturnVerifyCode").as_deref(), Some("true"));
    let mail = json!({"AccountName": "a@b.example", "AddressType": 1, "ReplyToAddress": false,
        "ToAddress": "a@b.example,c@d.example", "Subject": "s", "Template": {"TemplateId": "t", "TemplateData": {"c": "1"}}});
    let call = act("aliyun_mail", "SingleSendMail", mail).unwrap();
    let template = param(&call, "Template");
    assert_eq!(template.as_deref(), Some("{\"TemplateId\":\"t\",\"TemplateData\":{\"c\":\"1\"}}"));
    assert!(call.query().is_empty());
}

#[test]
fn actions_refuse_what_the_vendor_would() {
    let many = |count: usize| vec!["13900139000"; count];
    let batch = |change: Value| {
        let mut params =
            json!({"PhoneNumberJson": many(2), "SignNameJson": many(2), "TemplateCode": "SMS_1"});
        params.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        params
    };
    let together = "must have as many entries as PhoneNumberJson";
    for (kind, action, params, said) in [
        (
            "aliyun",
            "SendSms",
            json!({}),
            "action: is not one of this provider's; there are SendBatchSms, Query",
        ),
        (
            "aliyun",
            "SendBatchSms",
            batch(json!({"PhoneNumberJson": many(101)})),
            "params.PhoneNumberJson: must have 1 to 100",
        ),
        (
            "aliyun",
            "SendBatchSms",
            batch(json!({"PhoneNumberJson": "138"})),
            "params.PhoneNumberJson: must be a list",
        ),
        (
            "aliyun",
            "SendBatchSms",
            batch(json!({"PhoneNumberJson": ["+85260001234", "1"]})),
            "params.PhoneNumberJson[0]: must be a number",
        ),
        (
            "aliyun",
            "SendBatchSms",
            batch(json!({"SignNameJson": ["a"]})),
            &format!("params.SignNameJson: {together}"),
        ),
        (
            "aliyun",
            "SendBatchSms",
            batch(json!({"TemplateParamJson": "[{}]"})),
            &format!("params.TemplateParamJson: {together}"),
        ),
        (
            "aliyun",
            "SendBatchSms",
            batch(json!({"TemplateParamJson": [{"code": 1}, {}]})),
            "params.TemplateParamJson[0]: must have texts only",
        ),
        (
            "aliyun",
            "SendBatchSms",
            batch(json!({"TemplateCode": "1"})),
            "params.TemplateCode: must be a template",
        ),
        (
            "aliyun",
            "QuerySendDetails",
            json!({"PhoneNumber": "1380013800x"}),
            "params.PhoneNumber: must be a number",
        ),
        (
            "aliyun_auth",
            "CheckSmsVerifyCode",
            json!({"PhoneNumber": "85260001234"}),
            "params.PhoneNumber: must be a mainland",
        ),
        (
            "aliyun_auth",
            "CheckSmsVerifyCode",
            json!({"PhoneNumber": "13900139000"}),
            "params.VerifyCode: is required",
        ),
        (
            "aliyun_global",
            "SendMessageToGlobe",
            json!({"To": "8613900139000"}),
            "params.To: must be a number outside",
        ),
        (
            "aliyun_global",
            "SendMessageToGlobe",
            json!({"To": "85260001234", "Message": "m", "From": "Acme Inc"}),
            "params.From: must be at most 11",
        ),
        (
            "aliyun_global",
            "BatchSendMessageToGlobe",
            json!({"To": ["85260001234"], "Message": ["a", "b"]}),
            "params.Message: must have as many entries as To",
        ),
        (
            "aliyun_mail",
            "SingleSendMail",
            json!({"AccountName": "a@b.example", "AddressType": 2}),
            "params.AddressType: must be from 0 to 1",
        ),
    ] {
        let error = act(kind, action, params).unwrap_err();
        assert!(error.starts_with(said), "{error}");
        assert!(!error.contains("13900") && !error.contains("60001234"), "{error}");
    }
}

#[test]
fn replies_to_actions_come_as_they_are() {
    let provider = provider("aliyun", json!({})).unwrap();
    let body = json!({"Code": "OK", "RequestId": "R-1", "TotalCount": "0", "SmsSendDetailDTOs": {}});
    let answer = provider.read_action("QuerySendDetails", &reply(200, &body)).unwrap();
    assert_eq!((answer.json, answer.request_id), (body.to_string(), Some("R-1".to_owned())));
    let refused = json!({"Code": "isv.ACCOUNT_NOT_EXISTS", "Message": "账户不存在"});
    let failure = provider.read_action("QuerySendDetails", &reply(200, &refused)).unwrap_err();
    assert_eq!((failure.class, failure.code.as_str()), (Class::Account, "isv.ACCOUNT_NOT_EXISTS"));
}
