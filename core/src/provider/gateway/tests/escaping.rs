//! Every place with hostile values: what comes out is read back, and must be what went in, and nothing more.

use super::*;
use proptest::prelude::*;

const HOSTILE: [&str; 12] = [
    "\"",
    "\\",
    "\",\"admin\":true,\"x\":\"",
    "a\r\nx-evil: 1",
    "100% & a=b&c=d",
    "😀 验证",
    "../../etc",
    "%0d%0a",
    "</script>\u{2028}\u{0}",
    "{code}",
    "}}{{",
    "'; --",
];

fn with_send_id(gateway: &Gateway, send_id: &str) -> HttpCall {
    gateway.call(&Message { send_id: Some(send_id), ..message() }, &signing()).unwrap()
}

#[test]
fn json_strings_hold_what_they_are_given() {
    let gateway = gateway(json!({"body": {"to": "{e164}", "code": "{code}", "id": "a{send_id}b",
        "list": ["{send_id}", {"deep": "{send_id}"}], "n": 1.50, "t": true, "z": null}}))
    .unwrap();
    for hostile in HOSTILE.into_iter().filter(|text| !text.chars().any(char::is_control)) {
        let expected = json!({"to": "+8613800138000", "code": "012345", "id": format!("a{hostile}b"),
            "list": [hostile, {"deep": hostile}], "n": 1.5, "t": true, "z": null});
        assert_eq!(body(&with_send_id(&gateway, hostile)), expected);
    }
}

#[test]
fn json_within_json_is_escaped_at_each_depth() {
    let inner = json!({"id": "{send_id}", "q\"": ["{code}"]});
    let deep = json!({"$json": {"again": {"$json": inner}}});
    let gateway = gateway(json!({"body": {"to": "{e164}", "one": {"$json": inner}, "two": deep}})).unwrap();
    for hostile in HOSTILE.into_iter().filter(|text| !text.chars().any(char::is_control)) {
        let body = body(&with_send_id(&gateway, hostile));
        let expected = json!({"id": hostile, "q\"": ["012345"]});
        let read = |text: &Value| serde_json::from_str::<Value>(text.as_str().unwrap()).unwrap();
        assert_eq!(read(&body["one"]), expected);
        assert_eq!(read(&read(&body["two"])["again"]), expected);
    }
}

#[test]
fn forms_hold_what_they_are_given() {
    let gateway = gateway(
        json!({"encoding": "form", "body": {"to": "{e164}", "code": "{code}", "a&=": "x y+{send_id}",
        "n": 7, "t": false, "j": {"$json": {"id": "{send_id}"}}}}),
    )
    .unwrap();
    for hostile in HOSTILE.into_iter().filter(|text| !text.chars().any(char::is_control)) {
        let call = with_send_id(&gateway, hostile);
        assert_eq!(call.header("content-type"), Some("application/x-www-form-urlencoded"));
        let all = pairs(text(&call.body));
        let find = |name: &str| all.iter().find(|(key, _)| key == name).unwrap().1.as_str();
        assert_eq!(serde_json::from_str::<Value>(find("j")).unwrap(), json!({"id": hostile}));
        assert_eq!(find("a&="), format!("x y+{hostile}"));
        let rest = ["to", "code", "n", "t"].map(find);
        assert_eq!((rest, all.len()), (["+8613800138000", "012345", "7", "false"], 6));
    }
}

#[test]
fn queries_and_paths_hold_what_they_are_given() {
    let gateway =
        gateway(json!({"method": "GET", "body": null, "sign_name": "a/b?c#d e", "key": "k/../?&%#",
        "url": "https://sms.example/v1/{key}/{sign}/send?to={e164}&c={code}&id={send_id}&x=1"}))
        .unwrap();
    for hostile in HOSTILE.into_iter().filter(|text| !text.chars().any(char::is_control)) {
        let call = with_send_id(&gateway, hostile);
        let path = "https://sms.example/v1/k%2F..%2F%3F%26%25%23/a%2Fb%3Fc%23d%20e/send";
        assert_eq!(call.url.split_once('?').unwrap().0, path);
        let expected = [("to", "+8613800138000"), ("c", "012345"), ("id", hostile), ("x", "1")];
        assert_eq!(pairs(call.query()), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(call.url.is_ascii() && !call.url.contains(' ') && call.body.is_empty());
    }
}

#[test]
fn control_characters_never_get_that_far() {
    let gateway = gateway(json!({"body": {"to": "{e164}", "code": "{code}", "id": "{send_id}"}})).unwrap();
    for hostile in HOSTILE.into_iter().filter(|text| text.chars().any(char::is_control)) {
        let message = Message { send_id: Some(hostile), ..message() };
        assert_eq!(gateway.call(&message, &signing()).unwrap_err(), BuildError::SendId);
    }
    for code in ["12\"34", "12\r\n", "", "１２３４", "12 34", "123456789012345678901234567890123"] {
        assert_eq!(gateway.call(&Message { code, ..message() }, &signing()).unwrap_err(), BuildError::Code);
    }
    for e164 in ["+8613800138000\"", "+86", "8613800138000", "+86 13800138000"] {
        let to = Recipient::Phone(Number { e164, ..NUMBER });
        assert_eq!(
            gateway.call(&Message { to, ..message() }, &signing()).unwrap_err(),
            BuildError::Recipient
        );
    }
}

#[test]
fn headers_take_ascii_only() {
    let headers =
        |value: &str| json!({"headers": {"x-a": value}, "sign_name": "示例", "templates": {"default": "T"}});
    assert_eq!(refused(headers("a\r\nb")), "gateway.headers.x-a: must be printable ASCII");
    assert_eq!(refused(headers("é")), "gateway.headers.x-a: must be printable ASCII");
    let message = "gateway.sign_name: must be printable ASCII, because it stands in a header";
    assert_eq!(refused(headers("{sign}")), message);
    let mut template = headers("{template}");
    template["templates"]["default"] = json!("{sign}");
    let message = "gateway.templates.default: must be printable ASCII, because it stands in a header";
    assert_eq!(refused(template), message);
    assert!(
        refused(headers("{send_id}"))
            .starts_with("gateway.headers.x-a: has a placeholder that can't stand here")
    );
    let call = call(json!({"headers": {"x-a": "{{{code}}} {utc} {nonce_uuid}"}}));
    let expected = "{012345} 2023-09-13T14:34:54Z 07070707-0707-4707-8707-070707070707";
    assert_eq!(call.header("x-a"), Some(expected));
    let names: Vec<&str> = call.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x-a", "accept", "content-type"]);
}

#[test]
fn every_placeholder_stands_for_what_it_says() {
    let names = [
        "e164",
        "e164_digits",
        "national",
        "calling_code",
        "cn_or_e164",
        "code",
        "minutes",
        "sign",
        "template",
        "send_id",
        "timestamp",
        "timestamp_ms",
        "utc",
        "utc_compact",
        "beijing",
        "beijing_compact",
        "nonce",
        "nonce_uuid",
        "key",
    ];
    let body_of: serde_json::Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), json!(["{", name, "}"].concat()))).collect();
    let gateway = gateway(json!({"body": body_of, "key": "k", "sign_name": "示例",
        "templates": {"default": "{sign}: {code}/{minutes} {{x}}"}}))
    .unwrap();
    let call = gateway.call(&Message { send_id: Some("s"), ..message() }, &signing()).unwrap();
    assert_eq!(
        body(&call),
        json!({"e164": "+8613800138000", "e164_digits": "8613800138000", "national": "13800138000",
        "calling_code": "86", "cn_or_e164": "13800138000", "code": "012345", "minutes": "5", "sign": "示例",
        "template": "示例: 012345/5 {x}", "send_id": "s", "timestamp": "1694615694", "timestamp_ms": "1694615694123",
        "utc": "2023-09-13T14:34:54Z", "utc_compact": "20230913143454", "beijing": "2023-09-13 22:34:54",
        "beijing_compact": "20230913223454", "nonce": "07070707070707070707070707070707",
        "nonce_uuid": "07070707-0707-4707-8707-070707070707", "key": "k"})
    );
    let abroad = Number { e164: "+14155550100", calling_code: "1", national: "4155550100" };
    let call = gateway.call(&Message { to: Recipient::Phone(abroad), ..message() }, &signing()).unwrap();
    assert_eq!((&body(&call)["cn_or_e164"], &body(&call)["send_id"]), (&json!("+14155550100"), &json!("")));
}

#[test]
fn numbers_are_numbers() {
    let call = call(json!({"body": {"to": {"$number": "{e164_digits}"}, "t": {"$number": "{timestamp_ms}"},
        "m": {"$number": "{minutes}"}, "tpl": {"$number": "{template}"}, "c": "{code}"}, "templates": {"default": "1234"}}));
    let expected =
        json!({"to": 8_613_800_138_000_u64, "t": 1_694_615_694_123_u64, "m": 5, "tpl": 1234, "c": "012345"});
    assert_eq!(body(&call), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is asked, the body parses, has the declared shape, and holds the values as they are.
    #[test]
    fn no_value_changes_the_shape(code in "[0-9A-Za-z]{1,32}", national in "[0-9]{4,13}", send_id in "\\PC{0,60}",
        sign in "[^\\s\\p{C}【】][^\\p{C}【】]{0,30}[^\\s\\p{C}【】]", form in any::<bool>())
    {
        let own = json!({"to": "{e164}", "c": "<{code}>", "s": "{sign}|{send_id}", "j": {"$json": {"c": "{code}", "s": "{sign}"}}});
        let config = json!({"body": own, "encoding": if form { "form" } else { "json" }, "sign_name": sign});
        let gateway = gateway(config).unwrap();
        let e164 = format!("+86{national}");
        let to = Recipient::Phone(Number { e164: &e164, calling_code: "86", national: &national });
        let call = gateway.call(&Message { to, code: &code, send_id: Some(&send_id), ..message() }, &signing()).unwrap();
        let read: Value = if form {
            let pairs = pairs(text(&call.body)).into_iter().map(|(name, value)| (name, json!(value)));
            Value::Object(pairs.collect())
        } else {
            body(&call)
        };
        let inner: Value = serde_json::from_str(read["j"].as_str().unwrap()).unwrap();
        prop_assert_eq!(inner, json!({"c": code, "s": sign}));
        prop_assert_eq!(read.as_object().unwrap().len(), 4);
        prop_assert_eq!(&read["to"], &json!(e164));
        prop_assert_eq!(&read["c"], &json!(format!("<{code}>")));
        prop_assert_eq!(&read["s"], &json!(format!("{sign}|{send_id}")));
    }

    /// Neither a declaration nor a reply of any bytes makes it panic.
    #[test]
    fn probe_never_panics(junk in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..400, status in 100_u16..600) {
        let good = json!({"url": "http://127.0.0.1:1/{key}?a={send_id}", "key": "sandbox-k", "secret": "sandbox-s",
            "body": {"to": "{national}", "c": ["{code}", {"$json": "{send_id}"}], "s": "{signature}"},
            "signature": {"method": "hmac-md5", "over": "{key}{send_id}"},
            "reply": {"code": "a.0", "success": [0], "message_id": "b"}}).to_string();
        let mut torn = good.clone().into_bytes();
        torn.splice(cut.min(good.len()).., junk.iter().copied());
        for declaration in [good.as_bytes(), &torn, &junk] {
            let _ = probe(declaration, status, &junk);
            let _ = probe(declaration, status, br#"{"a": [0], "b": "1"}"#);
        }
    }
}

#[test]
fn probe_reads_what_is_good() {
    let good = json!({"preset": "app-key-md5", "url": "http://127.0.0.1:1/", "templates": {"default": "T"}});
    let good = good.to_string();
    assert_eq!(probe(good.as_bytes(), 200, br#"{"code": 0}"#), (true, true));
    assert_eq!(probe(good.as_bytes(), 200, br#"{"code": 1}"#), (true, false));
    assert_eq!(probe(b"{}", 200, b"{}"), (false, false));
}
