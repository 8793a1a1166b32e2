//! What is fuzzed: every reader of bytes that others wrote, by name.
//!
//! A target takes any bytes and must come back. What a reader promises of what it read is asserted on the way. The
//! fuzzer (`main.rs`) and the test that replays the corpora (`core/tests/corpus.rs`) share this file.

use sansms::config::Section;
use sansms::email::{self, Email};
use sansms::engine::Engine;
use sansms::flow::{Flow, Reply, SendRequest, Step, VerifyRequest};
use sansms::http::HttpReply;
use sansms::json::{self, Value};
use sansms::limit::{self, Op, Record};
use sansms::provider::{Failure, Provider};
use sansms::time::UnixMillis;
use sansms::wire::{Sandbox, text};
use sansms::{address, code, phone, provider, receipt, store};
use std::cell::{LazyCell, RefCell};

#[path = "gateway.rs"]
mod gateway;

/// A reader, and the folder of its corpus.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    /// Its name, and that of its corpus.
    pub(crate) name: &'static str,
    /// Reads the bytes; panics if a promise is broken.
    pub(crate) run: fn(&[u8]),
}

/// Every target.
pub(crate) const ALL: &[Target] = &[
    Target { name: "reply_aliyun", run: |bytes| reads(0, bytes) },
    Target { name: "reply_aliyun_auth", run: |bytes| reads(1, bytes) },
    Target { name: "reply_aliyun_global", run: |bytes| reads(2, bytes) },
    Target { name: "reply_aliyun_mail", run: |bytes| reads(3, bytes) },
    Target { name: "reply_tencent", run: |bytes| reads(4, bytes) },
    Target { name: "reply_tencent_legacy", run: |bytes| reads(5, bytes) },
    Target { name: "reply_tencent_mail", run: |bytes| reads(6, bytes) },
    Target { name: "check_aliyun_auth", run: checks },
    Target { name: "actions", run: actions },
    Target { name: "gateway", run: gateways },
    Target { name: "receipt_aliyun", run: |bytes| receipts("aliyun", bytes) },
    Target { name: "receipt_tencent", run: |bytes| receipts("tencent", bytes) },
    Target { name: "receipt_tencent_legacy", run: |bytes| receipts("tencent_legacy", bytes) },
    Target { name: "json", run: jsons },
    Target { name: "config", run: |bytes| read_text(bytes, configs) },
    Target { name: "phone", run: |bytes| read_text(bytes, phones) },
    Target { name: "email", run: |bytes| read_text(bytes, emails) },
    Target { name: "typed", run: |bytes| read_text(bytes, typed) },
    Target { name: "limit_record", run: records },
    Target { name: "limit_text", run: |bytes| read_text(bytes, limit_lines) },
    Target { name: "wire", run: |bytes| read_text(bytes, wires) },
    Target { name: "ticket", run: |bytes| read_text(bytes, tickets) },
    Target { name: "flow", run: |bytes| read_text(bytes, flows) },
    Target { name: "sandbox", run: |bytes| read_text(bytes, sandboxes) },
];

/// One provider of each kind that has a reader of its own, in the order of the targets.
const PROVIDERS: &str = r#"[
    {"aliyun": {"access_key_id": "i", "access_key_secret": "s", "sign_name": "示例", "templates": {"login": "SMS_1"}}},
    {"aliyun_auth": {"access_key_id": "i", "access_key_secret": "s", "sign_name": "示例", "templates": {"login": "100001"}}},
    {"aliyun_global": {"access_key_id": "i", "access_key_secret": "s", "templates": {"login": "Your code is {code}."}}},
    {"aliyun_mail": {"access_key_id": "i", "access_key_secret": "s", "account_name": "no-reply@mail.example",
                     "templates": {"login": {"subject": "{code}", "text": "{code}"}}}},
    {"tencent": {"secret_id": "i", "secret_key": "s", "sdk_app_id": "1400000000", "sign_name": "示例", "templates": {"login": "1"}}},
    {"tencent_legacy": {"sdk_app_id": "1400000000", "app_key": "s", "templates": {"login": "1"}}},
    {"tencent_mail": {"secret_id": "i", "secret_key": "s", "from_address": "no-reply@mail.example", "subject": "示例",
                      "templates": {"login": "1"}}}
]"#;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOW: UnixMillis = UnixMillis(1_795_132_812_345);
const NUMBER: &str = "13800138000";
const CODE: &str = "123456";

thread_local! {
    static KINDS: LazyCell<Vec<Box<dyn Provider>>> = LazyCell::new(|| {
        let top = json::parse(format!(r#"{{"providers": {PROVIDERS}}}"#).as_bytes()).expect("is JSON");
        let mut top = Section::open("", &top).expect("is an object");
        provider::from_config(&mut top, &|_| None).expect("is right")
    });
    static ENGINE: LazyCell<Engine> = LazyCell::new(|| {
        let config = format!(
            r#"{{"secret": "{SECRET}", "providers": {PROVIDERS}, "phone": {{"countries": ["CN", "US", "GB"]}}}}"#
        );
        Engine::new(&config).expect("is right")
    });
}

fn read_text(bytes: &[u8], run: fn(&str)) {
    if let Ok(text) = core::str::from_utf8(bytes) {
        run(text);
    }
}

/// Takes a status line, headers, an empty line and a body of any bytes: `200\nretry-after: 3\n\n{…}`.
fn http(bytes: &[u8]) -> Option<HttpReply> {
    let split = bytes.windows(2).position(|two| two == b"\n\n")?;
    let (head, body) = (core::str::from_utf8(bytes.get(..split)?).ok()?, bytes.get(split + 2..)?);
    let mut lines = head.split('\n');
    let status = lines.next()?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Some(HttpReply { status, headers, body: body.to_vec() })
}

fn reads(kind: usize, bytes: &[u8]) {
    let Some(reply) = http(bytes) else { return };
    KINDS.with(|kinds| is_read(&**kinds.get(kind).expect("is there"), &reply));
}

fn is_read(provider: &dyn Provider, reply: &HttpReply) {
    match provider.read(reply) {
        Ok(receipt) => {
            assert!((200..300).contains(&reply.status), "taken for sent");
            is_id(receipt.message_id.as_deref());
            is_id(receipt.request_id.as_deref());
        }
        Err(failure) => is_safe(&failure),
    }
}

fn checks(bytes: &[u8]) {
    let Some(reply) = http(bytes) else { return };
    KINDS.with(|kinds| {
        for managed in kinds.iter().filter_map(|kind| kind.managed()) {
            match managed.read_check(&reply) {
                Ok(right) => assert!(!right || (200..300).contains(&reply.status), "taken for right"),
                Err(failure) => is_safe(&failure),
            }
        }
    });
}

fn actions(bytes: &[u8]) {
    let Some(reply) = http(bytes) else { return };
    KINDS.with(|kinds| {
        for (kind, action) in
            kinds.iter().flat_map(|kind| kind.actions().iter().map(move |action| (kind, action)))
        {
            match kind.read_action(action.name, &reply) {
                Ok(answer) => {
                    is_id(answer.request_id.as_deref());
                    assert!(json::parse(answer.json.as_bytes()).is_ok(), "an answer is JSON");
                }
                Err(failure) => is_safe(&failure),
            }
        }
    });
}

/// Takes a declaration, an empty line, a status and a reply.
fn gateways(bytes: &[u8]) {
    let Some(split) = bytes.windows(2).position(|two| two == b"\n\n") else { return };
    let (Some(declaration), Some(reply)) = (bytes.get(..split), bytes.get(split + 2..).and_then(http)) else {
        return;
    };
    gateway::run(declaration, &reply, |gateway, reply| {
        is_read(gateway, reply);
        assert!(gateway.read(reply) == gateway.read(reply), "read otherwise the second time");
    });
}

/// Tells whether an input of the target `gateway` has a declaration that is accepted.
#[cfg(test)]
pub(crate) fn is_accepted(bytes: &[u8]) -> bool {
    let declaration = bytes.windows(2).position(|two| two == b"\n\n").and_then(|split| bytes.get(..split));
    let reply = HttpReply { status: 200, headers: Vec::new(), body: Vec::new() };
    declaration.is_some_and(|declaration| gateway::run(declaration, &reply, |_, _| {}))
}

/// Asserts that an id is one.
fn is_id(id: Option<&str>) {
    let plain = |byte: u8| byte.is_ascii_graphic();
    assert!(id.is_none_or(|id| (1..=64).contains(&id.len()) && id.bytes().all(plain)), "an odd id");
}

/// Asserts that a failure can be logged: short, on one line, and without four digits in a row, but for the codes of
/// Tencent's older service.
fn is_safe(failure: &Failure) {
    let Failure { code, message, request_id, retry_after, .. } = failure;
    is_id(request_id.as_deref());
    assert!((1..=80).contains(&code.len()) && code.is_ascii(), "an odd code");
    assert!(message.chars().count() <= 200 && !message.chars().any(char::is_control), "odd words");
    let own = code.parse::<u32>().is_ok_and(|code| [10, 600].contains(&(code / 100)));
    let status = message.starts_with("HTTP status ");
    for (text, exempt) in [(code, own), (message, status)] {
        let digits = text.as_bytes().windows(4).any(|four| four.iter().all(u8::is_ascii_digit));
        assert!(exempt || !digits, "could be a code");
    }
    assert!(retry_after.is_none_or(|after| after.0 <= 86_400_000), "waits for ever");
}

fn receipts(kind: &str, bytes: &[u8]) {
    for receipt in receipt::read(kind, bytes).into_iter().flatten() {
        is_id(receipt.send_id.as_deref());
        is_id(receipt.message_id.as_deref());
        assert!(receipt.masked.is_none_or(|masked| masked.chars().count() == 9), "shows a number");
        assert!(receipt.at.is_none_or(|at| at.0 % 1_000 == 0), "to the second");
    }
}

/// Holds the reader to serde_json, but for what is too deep for us and numbers that are too large for it.
fn jsons(bytes: &[u8]) {
    match (json::parse(bytes), serde_json::from_slice::<serde_json::Value>(bytes)) {
        (Ok(ours), Ok(theirs)) => assert!(same(&ours, &theirs), "reads something else"),
        (Ok(_), Err(error)) => assert!(error.to_string().contains("out of range"), "reads what is no JSON"),
        (Err(_), Ok(theirs)) => assert!(deep(&theirs, 32), "doesn't read JSON"),
        (Err(_), Err(_)) => {}
    }
}

fn same(ours: &Value, theirs: &serde_json::Value) -> bool {
    use serde_json::Value as Theirs;
    match (ours, theirs) {
        (Value::Null, Theirs::Null) => true,
        (Value::Bool(a), Theirs::Bool(b)) => a == b,
        (Value::String(a), Theirs::String(b)) => a == b,
        (Value::Number(_), Theirs::Number(_)) => {
            (ours.as_u64(), ours.as_i64()) == (theirs.as_u64(), theirs.as_i64())
        }
        (Value::Array(a), Theirs::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Theirs::Object(b)) => {
            b.iter().all(|(name, b)| a.get(name).is_some_and(|a| same(a, b)))
        }
        _ => false,
    }
}

/// Tells whether a value nests deeper than this; what stood under a name that came again can't be seen.
fn deep(value: &serde_json::Value, room: usize) -> bool {
    match value {
        serde_json::Value::Array(items) => room == 0 || items.iter().any(|item| deep(item, room - 1)),
        serde_json::Value::Object(map) => room == 0 || map.values().any(|item| deep(item, room - 1)),
        _ => false,
    }
}

fn configs(text: &str) {
    match Engine::new(text) {
        Ok(engine) => {
            let _ = engine.audit();
            let request = SendRequest {
                to: NUMBER.into(),
                purpose: "login".into(),
                ip: Some("203.0.113.7".into()),
                ..SendRequest::default()
            };
            let _ = engine.send(request, [7; 32]).start(NOW);
        }
        Err(error) => assert!(!error.option.is_empty() && !error.to_string().is_empty()),
    }
}

fn phones(text: &str) {
    let abroad =
        phone_policy(r#"{"countries": ["CN", "US", "GB", "HK", "IT", "BR"], "default_country": "US"}"#);
    for policy in [phone::Policy::default(), abroad] {
        match phone::parse(text, &policy) {
            Ok(phone) => {
                let again = phone::parse(phone.e164(), &policy);
                assert!(again.is_ok_and(|again| again == phone), "its E.164 is another number");
                assert!(phone.e164().len() <= 16 && phone.masked().chars().count() < 16);
            }
            Err(error) => assert!(
                error.code().starts_with("input.")
                    && !error.text_zh().is_empty()
                    && !error.text_en().is_empty()
            ),
        }
    }
}

fn phone_policy(options: &str) -> phone::Policy {
    let value = json::parse(options.as_bytes()).expect("is JSON");
    let mut section = Section::open("phone", &value).expect("is an object");
    phone::Policy::from_config(&mut section).expect("is right")
}

fn emails(text: &str) {
    match email::parse(text, &email::Policy::default()) {
        Ok(email) => {
            let again = Email::parse(email.address());
            assert!(
                again.is_ok_and(|again| again.address() == email.address()),
                "its address is another one"
            );
            assert!(email.address().len() <= 254 && email.domain().is_ascii());
            let _ = (email.canonical(), email.masked());
        }
        Err(error) => assert!(
            error.code().starts_with("input.") && !error.text_zh().is_empty() && !error.text_en().is_empty()
        ),
    }
}

/// Codes as people type them, and addresses of clients as proxies write them.
fn typed(text: &str) {
    let _ = code::read_own(text);
    let (forwarded, peer) = text.split_once('\n').unwrap_or((text, "10.0.0.1"));
    for proxies in 0..3 {
        if let Some(ip) = address::client_ip(Some(peer), forwarded, proxies) {
            assert!(
                ip.is_empty() || address::client_ip(Some(&ip), "", 0) == Some(ip),
                "is written otherwise"
            );
        }
    }
}

/// A record, and what two operations make of it; after an empty line stands a third of the caller's own.
fn records(bytes: &[u8]) {
    if let Ok(record) = Record::read(bytes) {
        assert!(Record::read(&record.write()).is_ok_and(|again| again == record), "is written otherwise");
    }
    let (record, own) = match bytes.windows(2).rposition(|two| two == b"\n\n") {
        Some(at) => (bytes.get(..at).unwrap_or_default(), bytes.get(at + 2..).unwrap_or_default()),
        None => (bytes, &[][..]),
    };
    let own = core::str::from_utf8(own).unwrap_or_default();
    let ops = [
        own,
        "reserve 00000000000000a1 1:l:5:86400000:s 2:b:1000:86400000:f",
        "release 00000000000000a1 2 1 2:7",
    ];
    for op in ops {
        for now in [NOW, UnixMillis(0), UnixMillis(u64::MAX)] {
            let applied = store::apply(Some(record), op, now);
            assert!(limit::Reply::read(&applied.reply).is_some(), "a reply that can't be read");
            if let Some(kept) = applied.record {
                assert!(Record::read(&kept).is_ok(), "keeps what it can't read");
            }
        }
    }
}

/// Operations on one record, a line each, and the same lines as replies.
fn limit_lines(text: &str) {
    let mut record = None;
    for (at, line) in text.lines().take(32).enumerate() {
        if let Some(op) = Op::read(line) {
            assert!(Op::read(&op.write()).is_some_and(|again| again == op), "is written otherwise");
        }
        if let Some(reply) = limit::Reply::read(line) {
            assert!(
                limit::Reply::read(&reply.write()).is_some_and(|again| again == reply),
                "is written otherwise"
            );
        }
        let applied = store::apply(record.as_deref(), line, UnixMillis(NOW.0 + at as u64 * 20_000));
        assert!(limit::Reply::read(&applied.reply).is_some(), "a reply that can't be read");
        record = applied.record.or(record);
    }
}

fn wires(text: &str) {
    let _ = (text::read_send(text), text::read_verify(text), text::read_action(text), text::read_reply(text));
    if let Some(call) = text::read_call(text) {
        let step = sansms::wire::Step::Http { id: 7, call: call.clone() };
        assert!(
            text::read_call(&text::write_step(&step)).is_some_and(|again| again == call),
            "is written otherwise"
        );
    }
}

fn tickets(text: &str) {
    let found =
        ENGINE.with(|engine| engine.redeem(text, NUMBER, "login", "", NOW) || engine.is_receipt_key(text));
    assert!(!found, "forged");
}

/// A send, a check and an action, answered with what the text holds: replies of the wire's form, between `\x1e`.
fn flows(text: &str) {
    let send = SendRequest {
        to: NUMBER.into(),
        purpose: "login".into(),
        ip: Some("203.0.113.7".into()),
        session: Some("s".into()),
        ..SendRequest::default()
    };
    let verify = VerifyRequest {
        to: NUMBER.into(),
        purpose: "login".into(),
        ip: send.ip.clone(),
        session: send.session.clone(),
        code: CODE.into(),
        ticket_for: Some("t".into()),
    };
    ENGINE.with(|engine| {
        let abroad = SendRequest { to: "+447911123456".into(), ..send.clone() };
        let mail = SendRequest { to: "a@b.example".into(), ..send.clone() };
        for request in [send, abroad, mail] {
            drive(engine.send(request, [7; 32]), text);
        }
        drive(engine.verify(verify, [7; 32]), text);
        drive(
            engine.call("aliyun", "QuerySendDetails", text.split('\x1e').next().unwrap_or_default(), [7; 32]),
            text,
        );
    });
}

fn drive(mut flow: Flow, text: &str) {
    let mut step = flow.start(NOW).expect("starts once");
    let mut replies = text.split('\x1e');
    for _ in 0..32 {
        let id = match &step {
            Step::Done(outcome) => {
                let shown = format!("{outcome:?}");
                assert!(!shown.contains(NUMBER), "shows a number");
                return;
            }
            Step::Http { id, .. } | Step::Store { id, .. } | Step::Credentials { id, .. } => *id,
        };
        let given = replies.next().and_then(text::read_reply);
        let fallback = match &step {
            Step::Http { .. } => Reply::HttpFault { sent: false },
            Step::Credentials { .. } => Reply::Credentials(None),
            _ => Reply::StoreFault,
        };
        step = match given.map(|reply| flow.resume(id, reply, NOW)) {
            Some(Ok(next)) => next,
            _ => flow.resume(id, fallback, NOW).expect("takes a reply of its kind"),
        };
    }
    panic!("doesn't end");
}

/// Calls, between `\x1e`, to one sandbox: what it answers is a reply that can be written.
fn sandboxes(text: &str) {
    let sandbox = RefCell::new(Sandbox::new("{}").expect("is right"));
    for call in text.split('\x1e').take(4).filter_map(text::read_call) {
        let answer = sandbox.borrow_mut().handle(&call, NOW);
        let _ = text::write_answer(&answer);
    }
    assert!(json::parse(sandbox.borrow().inbox_json().as_bytes()).is_ok());
}
