//! Whom each reaches, and options that are wrong.

use super::*;

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

/// Without its plus a number of North America is one of the mainland, and somebody else's.
#[test]
fn numbers_that_would_be_read_as_the_mainlands_are_left_to_others() {
    let american = phone("+13105550123", "1");
    let [domestic, global] = ["aliyun", "aliyun_global"].map(|kind| provider(kind, json!({})).unwrap());
    assert!(!domestic.serves(&american, "login"));
    assert_eq!(domestic.call(&message(american), &signing()).err(), Some(BuildError::Recipient));
    let call = global.call(&message(american), &signing()).unwrap();
    assert_eq!(param(&call, "To").as_deref(), Some("13105550123"));
    for to in [mainland(), abroad()] {
        assert!(domestic.serves(&to, "login"), "{to:?}");
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

#[test]
fn each_region_has_its_host() {
    let host = |kind: &str, region: &str| {
        let change = if region.is_empty() { json!({}) } else { json!({"region": region}) };
        let (provider, to) =
            (provider(kind, change).unwrap(), if kind == "aliyun_global" { abroad() } else { mainland() });
        let to = if kind == "aliyun_mail" { Recipient::Email("a@b.example") } else { to };
        provider.call(&message(to), &signing()).unwrap().host().to_owned()
    };
    // Sources: the endpoint maps of the official SDKs (dysmsapi 4.6.0, dm 1.11.1).
    let sms = [
        ("central", "dysmsapi.aliyuncs.com"),
        ("cn-hangzhou", "dysmsapi.aliyuncs.com"),
        ("cn-beijing", "dysmsapi-proxy.cn-beijing.aliyuncs.com"),
        ("cn-hongkong", "dysmsapi-xman.cn-hongkong.aliyuncs.com"),
        ("ap-southeast-1", "dysmsapi.ap-southeast-1.aliyuncs.com"),
        ("ap-southeast-5", "dysmsapi.ap-southeast-5.aliyuncs.com"),
        ("eu-central-1", "dysmsapi.eu-central-1.aliyuncs.com"),
        ("us-east-1", "dysmsapi.us-east-1.aliyuncs.com"),
    ];
    for (region, expected) in sms {
        assert_eq!(
            (host("aliyun", region).as_str(), host("aliyun_global", region).as_str()),
            (expected, expected)
        );
    }
    for region in ["ap-southeast-1", "ap-southeast-2", "us-east-1", "eu-central-1"] {
        assert_eq!(host("aliyun_mail", region), format!("dm.{region}.aliyuncs.com"));
    }
    let unset = ["aliyun", "aliyun_auth", "aliyun_global", "aliyun_mail"].map(|kind| host(kind, ""));
    let global = "dysmsapi.ap-southeast-1.aliyuncs.com";
    assert_eq!(unset, ["dysmsapi.aliyuncs.com", "dypnsapi.aliyuncs.com", global, "dm.aliyuncs.com"]);
}
