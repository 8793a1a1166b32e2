//! What else the products can do.

use super::*;

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
    let with = |mut params: Value, change: Value| {
        params.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        params
    };
    let batch = |change| {
        let params = json!({"PhoneNumberJson": many(2), "SignNameJson": many(2), "TemplateCode": "SMS_1"});
        with(params, change)
    };
    let auth = |change| {
        let params = json!({"PhoneNumber": "13900139000", "SignName": "s", "TemplateCode": "100001",
            "TemplateParam": {"code": "##code##"}});
        with(params, change)
    };
    let mail = |change| {
        let params = json!({"AccountName": "a@b.example", "AddressType": 1, "ReplyToAddress": false,
            "ToAddress": "a@b.example", "Subject": "s", "TextBody": "t"});
        with(params, change)
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
            batch(json!({"SignNameJson": ["示例", "示例 "]})),
            "params.SignNameJson: must be at most 100 characters, without 【】",
        ),
        (
            "aliyun",
            "SendBatchSms",
            batch(json!({"SignNameJson": "[\"【示例】\", \"示例\"]"})),
            "params.SignNameJson: must be at most 100 characters, without 【】",
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
        (
            "aliyun_mail",
            "SingleSendMail",
            mail(json!({"TextBody": null})),
            "params: must have one of HtmlBody, TextBody",
        ),
        (
            "aliyun_mail",
            "SingleSendMail",
            mail(json!({"AccountName": "b.example"})),
            "params.AccountName: must be an address",
        ),
        (
            "aliyun_mail",
            "SingleSendMail",
            mail(json!({"BccAddress": "a@b.example,a@b.example,a@b.example"})),
            "params.BccAddress: must be 1 or 2 addresses",
        ),
        (
            "aliyun_auth",
            "SendSmsVerifyCode",
            auth(json!({"SignName": "【示例】"})),
            "params.SignName: must be at most",
        ),
        (
            "aliyun_auth",
            "SendSmsVerifyCode",
            auth(json!({"ValidTime": 0})),
            "params.ValidTime: must be from 1",
        ),
        (
            "aliyun_global",
            "BatchSendMessageToGlobe",
            json!({"To": ["85260001234"], "Message": ["a"], "Type": "OTP"}),
            "params.Type: must be NOTIFY or MKT",
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
