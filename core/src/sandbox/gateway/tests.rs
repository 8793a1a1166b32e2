use super::super::{Answer, Fault};
use super::*;
use crate::config::Section;
use crate::provider::{Class, Message, Number, Provider, Reading, Recipient, Signing};
use crate::time::Millis;

const NOW: UnixMillis = UnixMillis(1_694_615_694_000);
const SHAPES: [&str; 3] = ["app-key-md5", "bearer-json", "form-hmac"];

/// Makes a provider of a preset's shape that calls the sandbox.
fn provider(shape: &str, secret: &str) -> Box<dyn Provider> {
    let mut options = json!({"preset": shape, "url": format!("http://127.0.0.1:8080/gateway/{shape}"),
        "key": "sandbox-id", "secret": secret, "templates": {"default": "T1"},
        "classes": {"10*": "account", "1006": "rejected", "signature_mismatch": "account", "nonce_used": "ambiguous",
            "throttled": "throttled", "1429": "throttled", "number_illegal": "rejected", "1503": "unavailable", "unavailable": "unavailable"}});
    if shape == "bearer-json" {
        options.as_object_mut().unwrap().remove("key").unwrap();
    }
    let config = json!({"providers": [{"gateway": options}]}).into();
    let mut top = Section::open("", &config).unwrap();
    crate::provider::from_config(&mut top, &|_| None).unwrap().remove(0)
}

fn call(provider: &dyn Provider, e164: &str, nonce: u8) -> HttpCall {
    let national = e164.strip_prefix("+86").unwrap();
    let to = Recipient::Phone(Number { e164, calling_code: "86", national });
    let valid = Millis::from_seconds(300);
    let message = Message { to, purpose: "login", code: "123456", valid, send_id: None };
    provider.call(&message, &Signing { now: NOW, nonce: [nonce; 16], credentials: None }).unwrap()
}

fn read(sandbox: &mut Sandbox, provider: &dyn Provider, call: &HttpCall, now: UnixMillis) -> Reading {
    match sandbox.handle(call, now) {
        Answer::Reply(reply) => provider.read(&reply),
        Answer::Fault { .. } => panic!("no such fault was asked for"),
    }
}

#[test]
fn a_message_goes_round_in_each_shape() {
    for shape in SHAPES {
        let (mut sandbox, provider) = (Sandbox::new("{}").unwrap(), provider(shape, "sandbox-secret"));
        let receipt = read(&mut sandbox, &*provider, &call(&*provider, "+8613800138000", 1), NOW).unwrap();
        assert_eq!(receipt.request_id.unwrap().len(), 36);
        let inbox: Value = serde_json::from_str(&sandbox.inbox_json()).unwrap();
        let params = match shape {
            "app-key-md5" => json!({"1": "123456", "2": "5"}),
            _ => json!({"code": "123456", "minutes": "5"}),
        };
        assert_eq!(inbox[0]["params"], params, "{shape}");
        assert_eq!(inbox[0]["message_id"], receipt.message_id.unwrap());
        let rest = ["to", "vendor", "template"].map(|name| inbox[0][name].as_str().unwrap());
        assert_eq!((rest, sandbox.inbox().count()), (["+8613800138000", "gateway", "T1"], 1));
    }
}

#[test]
fn wrong_signatures_are_refused() {
    for shape in SHAPES {
        let (mut sandbox, provider) = (Sandbox::new("{}").unwrap(), provider(shape, "sandbox-other"));
        let failure =
            read(&mut sandbox, &*provider, &call(&*provider, "+8613800138000", 1), NOW).unwrap_err();
        assert_eq!(failure.class, Class::Account, "{shape}");
        assert!(["1001", "signature_mismatch"].contains(&failure.code.as_str()), "{}", failure.code);
        assert_eq!(sandbox.inbox().count(), 0);
    }
}

#[test]
fn a_changed_number_breaks_the_signature() {
    for shape in ["app-key-md5", "form-hmac"] {
        let (mut sandbox, provider) = (Sandbox::new("{}").unwrap(), provider(shape, "sandbox-secret"));
        let mut call = call(&*provider, "+8613800138000", 1);
        let text = String::from_utf8(call.body).unwrap();
        call.body = text.replace("13800138000", "13900139000").into_bytes();
        assert!(read(&mut sandbox, &*provider, &call, NOW).is_err());
        assert_eq!(sandbox.inbox().count(), 0);
    }
}

#[test]
fn old_times_used_nonces_and_odd_numbers_are_refused() {
    for shape in SHAPES {
        let (mut sandbox, provider) = (Sandbox::new("{}").unwrap(), provider(shape, "sandbox-secret"));
        let good = call(&*provider, "+8613800138000", 1);
        let late = read(&mut sandbox, &*provider, &good, NOW.plus(Millis(300_001)));
        assert_eq!(late.is_ok(), shape == "bearer-json");
        let odd = call(&*provider, "+86138", 2);
        assert_eq!(read(&mut sandbox, &*provider, &odd, NOW).unwrap_err().class, Class::Rejected);
    }
    let (mut sandbox, provider) = (Sandbox::new("{}").unwrap(), provider("form-hmac", "sandbox-secret"));
    let good = call(&*provider, "+8613800138000", 1);
    assert!(read(&mut sandbox, &*provider, &good, NOW).is_ok());
    assert_eq!(read(&mut sandbox, &*provider, &good, NOW).unwrap_err().code, "nonce_used");
}

#[test]
fn faults_come_in_the_gateways_shapes() {
    for shape in SHAPES {
        let (mut sandbox, provider) = (Sandbox::new("{}").unwrap(), provider(shape, "sandbox-secret"));
        for (fault, class) in [(Fault::Throttle, Class::Throttled), (Fault::Unavailable, Class::Unavailable)]
        {
            sandbox.fault(Some(Vendor::Gateway), fault, 1);
            let good = call(&*provider, "+8613800138000", 1);
            assert_eq!(read(&mut sandbox, &*provider, &good, NOW).unwrap_err().class, class, "{shape}");
        }
        assert_eq!(sandbox.inbox().count(), 0);
    }
}

#[test]
fn the_sandbox_takes_no_real_key() {
    let error = Sandbox::new(r#"{"gateway": {"secret": "real"}}"#).unwrap_err();
    assert_eq!(error.option, "gateway.secret");
    let config = r#"{"gateway": {"key": "sandbox-1", "secret": "sandbox-2"}}"#;
    let (mut sandbox, provider) = (Sandbox::new(config).unwrap(), provider("form-hmac", "sandbox-2"));
    let good = call(&*provider, "+8613800138000", 1);
    assert_eq!(read(&mut sandbox, &*provider, &good, NOW).unwrap_err().code, "unknown_key");
}
