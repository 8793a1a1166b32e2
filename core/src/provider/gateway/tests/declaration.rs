//! Every mistake in a declaration, and the field that its error points at.

use super::*;

#[test]
fn errors_point_at_the_field() {
    let sign = json!({"method": "md5", "over": "{secret}"});
    let long = "x".repeat(70_000);
    let many: serde_json::Map<String, Value> = (0..33).map(|i| (format!("x-{i}"), json!("1"))).collect();
    for (change, expected) in [
        (json!({"url": null}), "url: is required"),
        (json!({"url": "sms.example/send"}), "url: must begin with https://"),
        (json!({"url": "ftp://sms.example/send"}), "url: must begin with https://"),
        (json!({"url": "http://sms.example/send"}), "url: must be https; http goes to loopback only"),
        (
            json!({"url": "{key}://sms.example/send"}),
            "url: must not have a placeholder in scheme, host or port",
        ),
        (
            json!({"url": "https://{key}.example/send"}),
            "url: must not have a placeholder in scheme, host or port",
        ),
        (
            json!({"url": "https://sms.example:{code}/"}),
            "url: must not have a placeholder in scheme, host or port",
        ),
        (json!({"url": "https://{key}"}), "url: must not have a placeholder in scheme, host or port"),
        (json!({"url": "https://user:pw@sms.example/"}), "url: must be a host, with a port"),
        (json!({"url": "https://user@sms.example/"}), "url: must be a scheme and a lower-case host"),
        (
            json!({"url": "https://sms.example\\@evil.example/"}),
            "url: must be a scheme and a lower-case host",
        ),
        (json!({"url": "https://sms.example:0/"}), "url: must be a host, with a port"),
        (json!({"url": "https://sms.example:+443/"}), "url: must be a host, with a port"),
        (json!({"url": "https://sms.example/#a"}), "url: must not have a fragment"),
        (json!({"url": "https://sms.example/a b"}), "url: must be ASCII as it stands in a URL"),
        (json!({"url": "https://sms.example/é"}), "url: must be ASCII as it stands in a URL"),
        (json!({"url": "https://sms.example/a\r\nb"}), "url: must be ASCII as it stands in a URL"),
        (json!({"url": "https://sms.example/a/../b"}), "url: must not have a segment of dots"),
        (json!({"url": "https://sms.example/%2E%2e/b"}), "url: must not have a segment of dots"),
        (json!({"url": "https://sms.example/.{key}/b", "key": "k"}), "url: must not have a segment of dots"),
        (json!({"url": "https://sms.example/{key}/b", "key": ".."}), "key: must not be dots only"),
        (json!({"url": "https://sms.example/{sign}", "sign_name": "."}), "sign_name: must not be dots only"),
        (
            json!({"url": "https://sms.example/{template}", "templates": {"a": ".."}}),
            "templates.a: must not be dots only",
        ),
        (
            json!({"url": "https://sms.example/{send_id}"}),
            "url: has a placeholder that can't stand here; there are e164, ",
        ),
        (
            json!({"url": "https://sms.example/{secret}"}),
            "url: must not hold {secret}: it goes into a signature",
        ),
        (json!({"method": "PUT"}), "method: must be one of POST, GET"),
        (json!({"method": "GET"}), "body: must not be there when `method` is GET"),
        (json!({"headers": {"X-A": "1"}}), "headers.X-A: must have a name of a-z 0-9 - _"),
        (json!({"headers": {"x a": "1"}}), "headers.x a: must have a name of a-z 0-9 - _"),
        (json!({"headers": {"host": "evil.example"}}), "headers.host: is a header that the client sets"),
        (
            json!({"headers": {"content-length": "1"}}),
            "headers.content-length: is a header that the client sets",
        ),
        (json!({"headers": {"x-a": 1}}), "headers.x-a: must be text"),
        (json!({"headers": {"x-a": "{secret}"}}), "headers.x-a: must not hold {secret}"),
        (json!({"headers": {"x-a": "{"}}), "headers.x-a: has a `{` without its `}`"),
        (json!({"headers": many}), "headers: must not be more than 32"),
        (json!({"encoding": "xml"}), "encoding: must be one of json, form"),
        (json!({"body": []}), "body: must be an object"),
        (
            json!({"body": {"mobile": "{mobile}"}}),
            "body.mobile: has a placeholder that can't stand here; there are e164, ",
        ),
        (json!({"body": {"a": [{"b": "x}"}]}}), "body.a[0].b: has a `}` without its `{`"),
        (json!({"body": {"a": {"b": "{secret}"}}}), "body.a.b: must not hold {secret}"),
        (json!({"body": {"a": {"$number": "{code}"}}}), "body.a.$number: must be a placeholder alone"),
        (json!({"body": {"a": {"$number": "1{minutes}"}}}), "body.a.$number: must be a placeholder alone"),
        (json!({"body": {"a": {"$number": 1}}}), "body.a.$number: must be a placeholder alone"),
        (json!({"body": {"a": {"$number": "{minutes}", "b": 1}}}), "body.a.$number: must be the only member"),
        (json!({"body": {"a": {"$nope": 1}}}), "body.a.$nope: must be the only member, and $number or $json"),
        (
            json!({"body": {"a": {"$json": {"$json": {"$json": {}}}}}}),
            "body.a.$json.$json: must not be nested deeper",
        ),
        (json!({"encoding": "form", "body": {"a": [1]}}), "body.a: must be text, a number, true, false or"),
        (json!({"encoding": "form", "body": {"a": null}}), "body.a: must be text, a number, true, false or"),
        (json!({"body": {"code": "{code}"}}), "body: must hold the number: {e164}"),
        (json!({"body": {"to": "{e164}"}}), "body: must hold {code}"),
        (
            json!({"body": {"to": "{e164}", "code": "{code}", "x": long}}),
            "body: must not be larger than 64 kB",
        ),
        (json!({"body": {"to": "{e164}", "t": "{template}"}}), "templates: is required"),
        (
            json!({"body": {"to": "{e164}", "t": "{template}"}, "templates": {"login": "T1"}}),
            "templates.login: must hold {code}, as nothing else of the request does",
        ),
        (
            json!({"templates": {"login": "{e164}"}}),
            "templates.login: has a placeholder that can't stand here",
        ),
        (json!({"templates": {"login": "a\nb"}}), "templates.login: must not have control characters"),
        (
            json!({"body": {"to": "{e164}", "c": "{code}", "t": {"$number": "{template}"}}, "templates": {"a": "007"}}),
            "templates.a: must be a number, because",
        ),
        (
            json!({"body": {"to": "{e164}", "c": "{code}", "s": "{sign}"}}),
            "sign_name: is required: {sign} is used",
        ),
        (json!({"signature": "md5"}), "signature: must be an object"),
        (json!({"signature": {}}), "signature.method: is required"),
        (
            json!({"signature": {"method": "rot13"}}),
            "signature.method: must be one of none, bearer, basic, md5",
        ),
        (json!({"signature": {"method": "md5"}}), "signature.over: is required"),
        (json!({"signature": {"method": "md5", "over": 1}}), "signature.over: must be text"),
        (json!({"signature": {"method": "md5", "over": "{code}"}}), "signature.over: must hold {secret}"),
        (json!({"signature": {"method": "md5", "over": "{signature}"}}), "signature.over: has a placeholder"),
        (
            json!({"signature": {"method": "hmac-md5", "over": "a", "key": "{key}"}}),
            "signature.key: must hold {secret}",
        ),
        (
            json!({"signature": {"method": "hmac-md5", "over": "a", "key": "{code}"}}),
            "signature.key: has a placeholder that can't stand here; there are key, secret",
        ),
        (
            json!({"signature": {"method": "md5", "over": "{secret}", "key": "a"}}),
            "signature.key: is not an option",
        ),
        (
            json!({"signature": {"method": "md5", "over": "{secret}", "output": "b64"}}),
            "signature.output: must be one of hex, HEX, base64",
        ),
        (
            json!({"signature": {"method": "bearer", "over": "a"}}),
            "signature.over: is not an option; there are method",
        ),
        (
            json!({"signature": sign, "secret": "s"}),
            "signature: must have a hash method where {signature} is used",
        ),
        (
            json!({"headers": {"x-s": "{signature}"}}),
            "signature: must have a hash method where {signature} is used",
        ),
        (
            json!({"signature": {"method": "md5", "over": "{body}{secret}"}, "secret": "s",
                "body": {"to": "{e164}", "c": "{code}", "s": "{signature}"}}),
            "signature.over: must not hold {body}, because {signature} is in the body",
        ),
        (
            json!({"signature": {"method": "bearer"}, "secret": "s", "headers": {"authorization": "x"}}),
            "headers.authorization: is made by the signature's method",
        ),
        (
            json!({"signature": {"method": "bearer"}}),
            "secret: is required (environment variable SANSMS_GATEWAY_SECRET)",
        ),
        (json!({"signature": {"method": "basic"}, "secret": "s"}), "key: is required"),
        (
            json!({"signature": {"method": "bearer"}, "secret": "s é"}),
            "secret: must be ASCII without white space",
        ),
        (
            json!({"signature": {"method": "bearer"}, "secret": " s"}),
            "secret: must not begin or end with white space",
        ),
        (json!({"secret": "s"}), "secret: is not used by the declaration"),
        (json!({"key": "s"}), "key: is not used by the declaration"),
        (
            json!({"signature": {"method": "bearer"}, "secret": "s", "credentials": "host"}),
            "secret: goes alone; with `credentials` leave it out",
        ),
        (
            json!({"signature": {"method": "bearer"}, "secret": "sandbox-s"}),
            "secret: begins with `sandbox-`, so `endpoint` must be a loopback host",
        ),
        (
            json!({"signature": {"method": "bearer"}, "secret": "real", "url": "http://127.0.0.1/"}),
            "secret: and its secret must begin with `sandbox-`",
        ),
        (json!({"reply": null}), "reply: is required"),
        (json!({"reply": {"code": "code"}}), "reply.success: must be a list of codes, such as [0, \"OK\"]"),
        (json!({"reply": {"code": "code", "success": []}}), "reply.success: must be a list of codes"),
        (json!({"reply": {"code": "code", "success": [[]]}}), "reply.success: must be a list of codes"),
        (json!({"reply": {"code": "code", "success": "OK"}}), "reply.success: must be a list of codes"),
        (json!({"reply": {"success": [0]}}), "reply.code: is required"),
        (
            json!({"reply": {"success": "message_id"}}),
            "reply.message_id: is required when `success` goes by it",
        ),
        (
            json!({"reply": {"code": "a..b", "success": [0]}}),
            "reply.code: must be names and numbers of items",
        ),
        (
            json!({"reply": {"code": "code", "success": [0], "id": "x"}}),
            "reply.id: is not an option; there are code, ",
        ),
        (json!({"classes": {"1": "fatal"}}), "classes.1: must be one of rejected, account, throttled"),
        (
            json!({"classes": {"0": "account"}}),
            "reply.success: has a code that is an error under `classes` too: 0",
        ),
        (json!({"channel": "fax"}), "channel: must be one of sms, email"),
        (json!({"channel": "email"}), "body: must hold {email}"),
        (
            json!({"body": {"to": "{e164}", "code": "{code}", "mail": "{email}"}}),
            "channel: must fit: {email} is for `email`",
        ),
        (
            json!({"channel": "email", "body": {"to": "{email}", "n": "{national}", "c": "{code}"}}),
            "channel: must fit: {email} is for `email`",
        ),
        (
            json!({"preset": "nope"}),
            "preset: must be one of app-key-md5, bearer-json, form-hmac, twilio, yunpian",
        ),
        (json!({"preset": 1}), "preset: must be text"),
        (json!({"mobile": "x"}), "mobile: is not an option; there are "),
        (json!({"timeout_ms": 1}), "timeout_ms: must be from 1000 to 30000"),
        (json!({"name": "A"}), "name: must be at most 32"),
    ] {
        let said =
            gateway(change.clone()).map(|_| "accepted".to_owned()).unwrap_or_else(|error| error.to_string());
        assert!(
            said.starts_with(&format!("gateway.{expected}")),
            "{change}\n     is: {said}\n not: {expected}"
        );
    }
}

#[test]
fn errors_repeat_no_value() {
    for change in [
        json!({"headers": {"x-a": "{canary}"}}),
        json!({"body": {"a": "canary{"}}),
        json!({"signature": {"method": "bearer"}, "secret": "canary é"}),
        json!({"url": "https://canary@{x}/"}),
        json!({"url": "https://sms.example/canary é"}),
    ] {
        assert!(!refused(change).contains("canary"));
    }
}

#[test]
fn a_name_may_not_be_there_twice() {
    let read = |text: &str| {
        let value = json::parse(text.as_bytes()).unwrap();
        let mut section = Section::open("gateway", &value).unwrap();
        Gateway::from_config(&mut section, &|_| None).unwrap_err().to_string()
    };
    let rest = r#""url": "https://sms.example/", "reply": {"code": "c", "success": [0]}"#;
    let twice = format!(r#"{{{rest}, "body": {{"to": "{{e164}}", "a": {{"c": "{{code}}", "c": 1}}}}}}"#);
    assert_eq!(read(&twice), "gateway.body.a.c: must not be there twice");
    let twice = format!(r#"{{{rest}, "encoding": "form", "body": {{"to": "{{e164}}", "to": "{{code}}"}}}}"#);
    assert_eq!(read(&twice), "gateway.body.to: must not be there twice");
}

#[test]
fn presets_are_declarations() {
    for (name, _) in super::super::preset::PRESETS {
        let config = json!({"preset": name, "url": "http://127.0.0.1:9/x", "key": "sandbox-k", "secret": "sandbox-s",
            "sign_name": "示例", "templates": {"default": if ["twilio", "yunpian"].contains(name) { "{code}" } else { "T" }}});
        let mut config = config;
        loop {
            match read(config.clone()) {
                Ok(gateway) => {
                    let url = gateway.call(&message(), &signing()).unwrap().url;
                    assert_eq!(url, "http://127.0.0.1:9/x", "{name}");
                    break;
                }
                // Not each uses both halves of a key.
                Err(error) if error.message == "is not used by the declaration" => {
                    let option = error.option.strip_prefix("gateway.").unwrap();
                    config.as_object_mut().unwrap().remove(option).unwrap();
                }
                Err(error) => panic!("{name}: {error}"),
            }
        }
    }
}

#[test]
fn what_is_given_wins_over_the_preset() {
    let config = json!({"preset": "bearer-json", "url": "https://sms.example/x", "secret": "s", "templates": {"default": "T"},
        "body": {"phone": "{e164}", "code": "{code}"}});
    let call = read(config).unwrap().call(&message(), &signing()).unwrap();
    assert_eq!(body(&call), json!({"phone": "+8613800138000", "code": "012345"}));
    assert_eq!(call.header("authorization"), Some("Bearer s"));
}

#[test]
fn it_serves_its_channel_and_its_purposes() {
    let phone = Recipient::Phone(NUMBER);
    let email = Recipient::Email("a@b.example");
    let sms = gateway(json!({})).unwrap();
    assert!(sms.serves(&phone, "any") && !sms.serves(&email, "any"));
    let sms = gateway(json!({"templates": {"login": "T"}, "weight": 3})).unwrap();
    assert!(sms.serves(&phone, "login") && !sms.serves(&phone, "other"));
    assert_eq!(sms.weight(), 3);
    let other = Message { purpose: "other", ..message() };
    assert_eq!(sms.call(&other, &signing()).unwrap_err(), BuildError::NoTemplate);
    let mail = gateway(json!({"channel": "email", "body": {"to": "{email}", "c": "{code}"}})).unwrap();
    assert!(!mail.serves(&phone, "any") && mail.serves(&email, "any"));
    let call = mail.call(&Message { to: email, ..message() }, &signing()).unwrap();
    assert_eq!(body(&call), json!({"to": "a@b.example", "c": "012345"}));
    assert_eq!(mail.call(&message(), &signing()).unwrap_err(), BuildError::Recipient);
    assert_eq!(sms.call(&Message { to: email, ..message() }, &signing()).unwrap_err(), BuildError::Recipient);
}

/// A German `151 1234 5678` is, without its country, a number of the mainland.
#[test]
fn a_number_without_its_country_is_for_one_calling_code() {
    let engine = |countries: &[&str], body: Value, more: Value| {
        let mut gateway = least();
        gateway["body"] = body;
        gateway.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let providers = json!([{"aliyun_global": {"access_key_id": "i", "access_key_secret": "s",
            "templates": {"default": "{code}"}}}, {"gateway": gateway}]);
        let config = json!({"secret": "0123456789abcdef0123456789abcdef", "providers": providers,
            "phone": {"countries": countries, "default_country": countries[0]}});
        crate::Engine::new(&config.to_string()).map(|_| ()).map_err(|error| error.to_string())
    };
    let alone = json!({"to": "{national}", "code": "{code}"});
    let said = "providers[1].gateway.body: must hold {calling_code}, {e164}, {e164_digits} or {cn_or_e164}";
    for countries in [["CN", "DE"].as_slice(), &["DE", "FR"]] {
        let error = engine(countries, alone.clone(), json!({})).unwrap_err();
        assert!(error.starts_with(said), "{error}");
        assert_eq!(engine(countries, json!({"to": "{e164}", "code": "{code}"}), json!({})), Ok(()));
        let beside = json!({"nation": "{calling_code}", "to": "{national}", "code": "{code}"});
        assert_eq!(engine(countries, beside, json!({})), Ok(()));
        let elsewhere = json!({"headers": {"x-nation": "{calling_code}"}});
        assert_eq!(engine(countries, alone.clone(), elsewhere), Ok(()));
    }
    for countries in [["CN"].as_slice(), &["DE"], &["US", "CA"]] {
        assert_eq!(engine(countries, alone.clone(), json!({})), Ok(()), "{countries:?}");
    }
}
