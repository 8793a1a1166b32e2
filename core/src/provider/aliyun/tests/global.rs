//! Texts abroad.

use super::*;

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
