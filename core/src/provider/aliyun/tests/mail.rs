//! Mail.

use super::*;

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
