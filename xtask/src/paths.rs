//! Every path of both flows, as traces: data for `traces`.

use crate::traces::{Answer, Fault, Trace};
use serde_json::{Value, json};

const DAY: u64 = 86_400_000;

/// Returns all traces.
pub(crate) fn all() -> Vec<Trace> {
    vec![
        send_and_verify(),
        tries(),
        resend(),
        number_limits(),
        address_limits(),
        budget(),
        wrong_tries(),
        failover(),
        provider_failures(),
        provider_refusals(),
        idempotency(),
        sessions(),
        challenge(),
        quiet(),
        own_codes(),
        tickets(),
        input(),
        store_faults(),
        wires(),
        pepper_rotation(),
        desk(),
        host_keys(),
        weights(),
        managed(),
        mail(),
    ]
}

fn login() -> Value {
    json!({ "to": "138 0013 8000", "purpose": "login", "ip": "192.0.2.7", "session": "s-1" })
}

fn with(changes: Value) -> Value {
    let mut request = login();
    if let (Some(request), Value::Object(changes)) = (request.as_object_mut(), changes) {
        for (name, value) in changes {
            if value.is_null() {
                request.remove(&name);
            } else {
                request.insert(name, value);
            }
        }
    }
    request
}

fn code(code: &str) -> Value {
    with(json!({ "code": code }))
}

/// Returns a code that is not this one.
fn not(code: &str) -> String {
    code.chars().map(|digit| if digit == '9' { '0' } else { char::from(digit as u8 + 1) }).collect()
}

fn two_providers() -> Value {
    json!({ "providers": [
        {"aliyun": {
            "access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret", "endpoint": "http://127.0.0.1:9",
            "sign_name": "云验证", "templates": {"login": "SMS_1"}, "template_params": {"code": "{code}", "min": "{minutes}"},
        }},
        {"tencent": {
            "secret_id": "sandbox-id", "secret_key": "sandbox-secret", "endpoint": "http://127.0.0.1:10",
            "sdk_app_id": "1400006666", "sign_name": "云验证", "templates": {"login": "449739"},
            "template_params": ["{code}", "{minutes}"],
        }},
    ]})
}

fn send_and_verify() -> Trace {
    let mut trace =
        Trace::new("send-and-verify", "A code goes out, is tried wrong, right, and once more.", json!({}));
    let (_, sent) = trace.send(login());
    trace.wait(5_000);
    trace.verify(code(&not(&sent)));
    trace.verify(code(&sent));
    trace.verify(code(&sent));
    trace.send(login());
    trace
}

fn tries() -> Trace {
    let mut trace =
        Trace::new("tries", "A code dies after three wrong tries, and after five minutes.", json!({}));
    let (_, sent) = trace.send(login());
    for _ in 0..3 {
        trace.verify(code(&not(&sent)));
    }
    trace.verify(code(&sent));
    trace.wait(60_000);
    let (_, sent) = trace.send(login());
    trace.wait(300_000);
    trace.verify(code(&sent));
    trace
}

fn resend() -> Trace {
    let mut trace = Trace::new(
        "resend",
        "A resend sends the same code, until too little of its life is left.",
        json!({}),
    );
    for _ in 0..4 {
        trace.send(login());
        trace.wait(179_000);
    }
    let (_, sent) = trace.send(login());
    trace.verify(code(&sent));
    trace
}

fn number_limits() -> Trace {
    let mut trace = Trace::new("number-limits", "1 in 60 s and 5 in 24 h, over all purposes.", json!({}));
    for purpose in ["login", "pay", "login", "pay", "login"] {
        trace.send(with(json!({ "purpose": purpose })));
        trace.send(with(json!({ "purpose": "login" })));
        trace.wait(60_000);
    }
    trace.send(login());
    trace.wait(DAY);
    trace.send(login());
    trace
}

fn address_limits() -> Trace {
    let config = json!({ "policy": { "ip": ["2/24h"], "ip_attempts": ["4/10m"] } });
    let mut trace =
        Trace::new("address-limits", "Sends and attempts of an address; IPv6 by /64 and /48.", config);
    for last in 1..=3 {
        trace.send(with(json!({ "to": format!("1380013800{last}") })));
    }
    for _ in 0..3 {
        trace.verify(code("000000"));
    }
    for host in ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"] {
        trace.send(with(json!({ "to": "13900139000", "ip": host })));
        trace.wait(60_000);
    }
    trace.send(with(json!({ "to": "13900139001", "ip": "::ffff:192.0.2.7" })));
    trace
}

fn budget() -> Trace {
    let config = json!({ "budget_per_day": 5, "policy": { "prefix": ["9/1h"], "country": ["100/24h"], "device": ["9/24h"] } });
    let mut trace =
        Trace::new("budget", "A deployment's day, with its marks; prefix, country and device too.", config);
    for last in 0..6 {
        trace.send(with(json!({ "to": format!("1390013900{last}"), "device": "d-1" })));
    }
    trace
}

fn wrong_tries() -> Trace {
    let config = json!({ "policy": { "wrong_tries": ["4/1h"], "cooldown_s": 0, "tries": 5 } });
    let mut trace =
        Trace::new("wrong-tries", "Wrong tries gate new codes; a live code may still be spent.", config);
    let (_, sent) = trace.send(login());
    for _ in 0..4 {
        trace.verify(code(&not(&sent)));
    }
    trace.send(with(json!({ "session": "s-2" })));
    trace.verify(code(&sent));
    trace
}

fn failover() -> Trace {
    let mut trace =
        Trace::new("failover", "The next provider, where nothing was sent for certain.", two_providers());
    let down = Answer::Reply(
        503,
        r#"{"Code":"ServiceUnavailable","Message":"The request has failed due to a temporary failure of the server.","RequestId":"r"}"#,
    );
    let busy = Answer::Reply(
        400,
        r#"{"Code":"Throttling.User","Message":"Request was denied due to user flow control.","RequestId":"r"}"#,
    );
    let poor =
        Answer::Reply(200, r#"{"Code":"isv.AMOUNT_NOT_ENOUGH","Message":"账户余额不足","RequestId":"r"}"#);
    for (at, first) in [down, busy, poor, Answer::Fault(false)].into_iter().enumerate() {
        trace.answers(&[first]);
        trace.send(with(json!({ "to": format!("1380013800{at}") })));
    }
    trace
}

fn provider_failures() -> Trace {
    let mut trace =
        Trace::new("provider-failures", "No provider takes it, or nobody can tell.", two_providers());
    let refused = Answer::Reply(
        200,
        r#"{"Response":{"Error":{"Code":"AuthFailure.SecretIdNotFound","Message":"no such key"},"RequestId":"r"}}"#,
    );
    trace.answers(&[Answer::Fault(false), refused]);
    trace.send(login());
    trace.answers(&[Answer::Fault(true)]);
    trace.send(with(json!({ "to": "13800138001" })));
    trace.answers(&[Answer::Reply(502, "<html>Bad Gateway</html>")]);
    trace.send(with(json!({ "to": "13800138002" })));
    trace.wait(60_000);
    // The code of an unknown send stays, and a resend begins with the next provider.
    let (_, sent) = trace.send(with(json!({ "to": "13800138001" })));
    trace.verify(with(json!({ "to": "13800138001", "code": sent })));
    trace
}

fn provider_refusals() -> Trace {
    let mut trace = Trace::new(
        "provider-refusals",
        "The provider refuses this number: stop, and charge the day.",
        two_providers(),
    );
    let flow = Answer::Reply(
        200,
        r#"{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"触发小时级流控Permits:5","RequestId":"r"}"#,
    );
    let illegal =
        Answer::Reply(200, r#"{"Code":"isv.MOBILE_NUMBER_ILLEGAL","Message":"号码不合法","RequestId":"r"}"#);
    trace.answers(&[flow]);
    trace.send(login());
    trace.answers(&[illegal]);
    trace.send(with(json!({ "to": "13800138001" })));
    trace.send(with(json!({ "to": "13800138001" })));
    trace
}

fn idempotency() -> Trace {
    let mut trace = Trace::new(
        "idempotency",
        "One key, one message; bound to recipient, purpose and session.",
        json!({}),
    );
    let keyed = |session: &str| with(json!({ "idempotency_key": "click-1", "session": session }));
    trace.send(keyed("s-1"));
    trace.send(keyed("s-1"));
    trace.send(keyed("s-2"));
    trace
}

fn sessions() -> Trace {
    let config = json!({ "session": "required", "policy": { "cooldown_s": 0 } });
    let mut trace = Trace::new("sessions", "A code belongs to the session that asked.", config);
    trace.send(with(json!({ "session": null })));
    let (_, sent) = trace.send(login());
    let (_, other) = trace.send(with(json!({ "session": "s-2" })));
    trace.verify(with(json!({ "session": "s-2", "code": sent })));
    trace.verify(with(json!({ "session": "s-2", "code": other })));
    trace.verify(code(&sent));
    trace
}

fn challenge() -> Trace {
    let mut trace =
        Trace::new("challenge", "A token for clients without a session.", json!({ "session": "challenge" }));
    let (outcome, sent) = trace.send(with(json!({ "session": null })));
    trace.verify(with(json!({ "session": null, "code": sent })));
    trace.verify(with(json!({ "session": outcome.challenge, "code": sent })));
    trace
}

fn quiet() -> Trace {
    let mut trace =
        Trace::new("deliver-false", "All limits, no message: for accounts that do not exist.", json!({}));
    trace.send(with(json!({ "deliver": false })));
    trace.send(with(json!({ "deliver": false })));
    trace.verify(code("000000"));
    trace
}

fn own_codes() -> Trace {
    let config = json!({ "policy": { "own_codes": true } });
    let mut trace = Trace::new("own-codes", "A code that the caller made.", config);
    trace.send(with(json!({ "code": "Zx81" })));
    trace.verify(code("zx81"));
    trace.verify(code("Ｚｘ８１"));
    trace.send(with(json!({ "code": "?", "to": "13800138001" })));
    trace
}

fn tickets() -> Trace {
    let mut trace = Trace::new("tickets", "A ticket after a verification.", json!({}));
    let (_, sent) = trace.send(login());
    let grouped = format!(" {} {} ", sent.get(..3).unwrap_or(""), sent.get(3..).unwrap_or(""));
    trace.verify(with(json!({ "code": grouped, "ticket_for": "reset-password" })));
    trace
}

fn input() -> Trace {
    let mut trace = Trace::new("input", "What can't be right is named, and counts nothing.", json!({}));
    for to in ["", "1380013800", "+1 202 555 0100", "14012345678", "13800138000x", "138001380001"] {
        trace.send(with(json!({ "to": to })));
    }
    trace.send(with(json!({ "ip": null })));
    trace.send(with(json!({ "ip": "unknown" })));
    trace.send(with(json!({ "purpose": "a b" })));
    trace.send(with(json!({ "purpose": "other" })));
    trace.send(with(json!({ "code": "12" })));
    trace.send(with(json!({ "idempotency_key": "k".repeat(257) })));
    for typed in ["", "12345", "1234567", "12345x", "12a456"] {
        trace.verify(code(typed));
    }
    trace
}

fn store_faults() -> Trace {
    let mut trace =
        Trace::new("store-faults", "The store fails: refuse, say so, give back what was taken.", json!({}));
    let faults: [&[Fault]; 7] = [
        &[Fault::Down(0)],
        &[Fault::Down(1)],
        &[Fault::Lost(1, 1)],
        &[Fault::Lost(1, 0), Fault::Down(2)],
        &[Fault::Says(0, 0, "refused clock")],
        &[Fault::Says(1, 1, "refused version")],
        &[Fault::Says(1, 0, "nonsense")],
    ];
    for (at, faults) in faults.into_iter().enumerate() {
        trace.faults(faults);
        trace.send(with(json!({ "to": format!("1380013800{at}") })));
    }
    for faults in [&[Fault::Down(0)][..], &[Fault::Down(1)], &[Fault::Says(1, 0, "refused corrupt")]] {
        trace.faults(faults);
        trace.verify(code("000000"));
    }
    let (_, sent) = trace.send(login());
    trace.verify(code(&sent));
    trace
}

fn wires() -> Trace {
    let config = json!({ "providers": [{"aliyun": {
        "access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret", "security_token": "sandbox-token",
        "endpoint": "http://127.0.0.1:9", "wire": "rpc", "sign_name": "云验证", "templates": {"default": "SMS_1"},
    }}]});
    let mut trace =
        Trace::new("wire-rpc", "RPC V1 with a session token: neither number nor code in a URL.", config);
    trace.send(with(json!({ "purpose": "anything" })));
    trace
}

fn pepper_rotation() -> Trace {
    let config = json!({
        "secret": null, "index": "trace-index-0123456789abcdef-0123456789",
        "peppers": ["trace-pepper-b-0123456789abcdef-0123456789", "trace-pepper-a-0123456789abcdef-0123456789"],
    });
    let mut trace =
        Trace::new("peppers", "Two peppers: codes are made with the first, proofs tried with both.", config);
    let (_, sent) = trace.send(login());
    trace.verify(code(&sent));
    trace
}

fn desk() -> Trace {
    let mut trace =
        Trace::new("desk", "The help desk: how a number stands, beginning anew, and forgetting.", json!({}));
    let to = "138 0013 8000";
    trace.desk("inspect", to);
    let (_, sent) = trace.send(login());
    trace.verify(code(&not(&sent)));
    trace.desk("inspect", to);
    trace.verify(code(&sent));
    trace.desk("inspect", to);
    trace.desk("reset", to);
    trace.send(login());
    trace.desk("forget", to);
    trace.desk("inspect", to);
    trace.desk("forget", "12");
    trace.faults(&[Fault::Down(0)]);
    trace.desk("inspect", to);
    trace.faults(&[Fault::Says(0, 0, "refused version")]);
    trace.desk("forget", to);
    trace
}

fn host_keys() -> Trace {
    let mut config = two_providers();
    config["providers"][0]["aliyun"] = json!({
        "credentials": "host", "name": "vault", "endpoint": "http://127.0.0.1:9", "sign_name": "云验证",
        "templates": {"login": "SMS_1"},
    });
    let mut trace = Trace::new("host-keys", "A key that the host gives for each call, or can't.", config);
    trace.send(login());
    trace.keyless();
    trace.send(with(json!({ "to": "13800138001" })));
    trace.answers(&[Answer::Fault(false)]);
    trace.send(with(json!({ "to": "13800138002" })));
    trace
}

fn weights() -> Trace {
    let mut config = two_providers();
    config["policy"] = json!({ "cooldown_s": 0 });
    config["providers"][0]["aliyun"]["weight"] = json!(3);
    config["providers"][1]["tencent"]["weight"] = json!(2);
    let mut last = config["providers"][0]["aliyun"].clone();
    last["name"] = json!("last");
    last["wire"] = json!("rpc");
    last["endpoint"] = json!("http://127.0.0.1:9999");
    if let Some(last) = last.as_object_mut() {
        last.remove("weight");
    }
    if let Some(providers) = config["providers"].as_array_mut() {
        providers.insert(0, json!({ "aliyun": last }));
    }
    let about = "Weights decide who goes first; a resend goes on to the next, and so does a failure.";
    let mut trace = Trace::new("weights", about, config);
    for at in 0..4 {
        trace.send(with(json!({ "to": format!("1380013800{at}") })));
    }
    trace.send(with(json!({ "to": "13800138000" })));
    trace.answers(&[Answer::Fault(false)]);
    trace.send(with(json!({ "to": "13800138006" })));
    trace
}

fn managed() -> Trace {
    let config = json!({ "providers": [{"aliyun_auth": {
        "access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret", "endpoint": "http://127.0.0.1:11",
        "sign_name": "速通互联验证码", "templates": {"default": "100001"},
    }}]});
    let about = "Codes that the provider makes and checks: count, ask, consume.";
    let mut trace = Trace::new("managed", about, config);
    trace.send(login());
    let said = |result: &'static str| [Answer::Reply(200, result)];
    trace.answers(&said(
        r#"{"Code":"OK","Message":"成功","RequestId":"r","Success":true,"Model":{"VerifyResult":"UNKNOWN","OutId":""}}"#,
    ));
    trace.verify(code("000000"));
    trace.answers(&[Answer::Fault(true)]);
    trace.verify(code("123456"));
    trace.answers(&said(PASS));
    trace.verify(with(json!({ "code": "123456", "ticket_for": "reset-password" })));
    trace.answers(&said(PASS));
    trace.verify(code("123456"));
    trace.send(with(json!({ "to": "13800138001", "code": "4711" })));
    trace
}

const PASS: &str = r#"{"Code":"OK","Message":"成功","RequestId":"r","Success":true,"Model":{"VerifyResult":"PASS","OutId":""}}"#;

fn mail() -> Trace {
    let mut config = two_providers();
    config["email"] = json!({ "blocked_domains": ["mailinator.example"] });
    let mail = json!({ "aliyun_mail": {
        "access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret", "endpoint": "http://127.0.0.1:12",
        "account_name": "no-reply@mail.example",
        "templates": {"login": {"subject": "Your code", "text": "{code} is your code for {minutes} minutes."}},
    }});
    if let Some(providers) = config["providers"].as_array_mut() {
        providers.push(mail);
    }
    let mut trace =
        Trace::new("mail", "A code by e-mail: the same flows and limits, one for a mailbox.", config);
    let to = |to: &str| with(json!({ "to": to }));
    let (_, sent) = trace.send(to("Tom+news@Example.COM"));
    trace.send(to("tom@example.com"));
    trace.verify(with(json!({ "to": "Tom+news@example.com", "code": not(&sent) })));
    trace.verify(with(json!({ "to": "Tom+news@example.com", "code": sent })));
    for wrong in ["tom@", "tom@inbox.mailinator.example", "13800138000x"] {
        trace.send(to(wrong));
    }
    trace.send(login());
    trace
}
