//! Writes the golden traces: what a host sees of a flow, step by step, for every path of both flows.
//!
//! A trace is a configuration and a list of flows on one store. Each flow has its request, its seed, and its steps:
//! what the core asked for, what the host answered, and when. `core/vectors/traces/README.md` has the format. The
//! replies of the store come from the memory store; those of the providers are their own, from their documentation.

use crate::{Outcome as Chore, root};
use sansms::mac::hex;
use sansms::secret::Secret;
use sansms::wire::{
    Credentials, Engine, Flow, HttpCall, HttpReply, MemoryStore, Method, Outcome, Reply, SendRequest, Step,
    UnixMillis, VerifyRequest,
};
use serde_json::{Map, Value, json};

/// When every trace begins: 2026-11-20T00:00:00Z.
const START: u64 = 1_795_132_800_000;

/// One trace while it is written.
pub(crate) struct Trace {
    name: &'static str,
    about: &'static str,
    config: Value,
    engine: Engine,
    store: MemoryStore,
    now: u64,
    flows: Vec<Value>,
    http: Vec<Answer>,
    faults: Vec<Fault>,
    keyless: bool,
}

/// What a provider, or the way to it, answers.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// Status and body.
    Reply(u16, &'static str),
    /// No reply; whether anything had left.
    Fault(bool),
}

/// What goes wrong with the store at a store step, counted from 0 in the flow.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// The store can't be reached.
    Down(usize),
    /// One operation of the step fails, though the store ran it.
    Lost(usize, usize),
    /// One operation's record can't be used.
    Says(usize, usize, &'static str),
}

/// Writes every trace into `core/vectors/traces`.
///
/// # Errors
/// Says which file could not be written.
pub(crate) fn run() -> Chore {
    let folder = root().join("core/vectors/traces");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut flows = 0;
    let traces = crate::paths::all();
    for trace in &traces {
        let path = folder.join(format!("{}.json", trace.name));
        flows += trace.flows.len();
        std::fs::write(&path, trace.write()).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    println!("{} traces, {flows} flows", traces.len());
    Ok(())
}

impl Trace {
    /// Begins a trace; `config` is what an application would configure, without the keys.
    pub(crate) fn new(name: &'static str, about: &'static str, config: Value) -> Self {
        let mut all = json!({
            "secret": "trace-secret-0123456789abcdef-0123456789",
            "namespace": "trace",
            "providers": [{"aliyun": {
                "access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret",
                "endpoint": "http://127.0.0.1:9", "sign_name": "云验证",
                "templates": {"login": "SMS_1", "pay": "SMS_2"},
            }}],
        });
        if let (Some(all), Value::Object(config)) = (all.as_object_mut(), config) {
            all.extend(config);
        }
        let engine = match Engine::new(&all.to_string()) {
            Ok(engine) => engine,
            Err(error) => panic!("trace {name}: {error}"),
        };
        let (store, http, faults) = (MemoryStore::new(), Vec::new(), Vec::new());
        Self {
            name,
            about,
            config: all,
            engine,
            store,
            now: START,
            flows: Vec::new(),
            http,
            faults,
            keyless: false,
        }
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, millis: u64) {
        self.now += millis;
    }

    /// Sets the provider answers of the next flow; without one the provider takes the message.
    pub(crate) fn answers(&mut self, answers: &[Answer]) {
        self.http = answers.to_vec();
    }

    /// Lets the host have no key for a provider in the next flow.
    pub(crate) fn keyless(&mut self) {
        self.keyless = true;
    }

    /// Sets what goes wrong with the store in the next flow.
    pub(crate) fn faults(&mut self, faults: &[Fault]) {
        self.faults = faults.to_vec();
    }

    /// Sends, and returns the outcome and the code that went out.
    pub(crate) fn send(&mut self, request: Value) -> (Outcome, String) {
        let text = |name: &str| request.get(name).and_then(Value::as_str).map(str::to_owned);
        let send = SendRequest {
            to: text("to").unwrap_or_default(),
            purpose: text("purpose").unwrap_or_default(),
            ip: text("ip"),
            session: text("session"),
            device: text("device"),
            idempotency_key: text("idempotency_key"),
            code: text("code"),
            deliver: request.get("deliver").and_then(Value::as_bool).unwrap_or(true),
        };
        let seed = self.seed();
        let flow = self.engine.send(send, seed);
        self.drive("send", &request, seed, flow)
    }

    /// Verifies, and returns the outcome.
    pub(crate) fn verify(&mut self, request: Value) -> Outcome {
        let text = |name: &str| request.get(name).and_then(Value::as_str).map(str::to_owned);
        let verify = VerifyRequest {
            to: text("to").unwrap_or_default(),
            code: text("code").unwrap_or_default(),
            purpose: text("purpose").unwrap_or_default(),
            ip: text("ip"),
            session: text("session"),
            ticket_for: text("ticket_for"),
        };
        let seed = self.seed();
        let flow = self.engine.verify(verify, seed);
        self.drive("verify", &request, seed, flow).0
    }

    /// Asks the desk: `inspect`, `reset` or `forget`.
    pub(crate) fn desk(&mut self, task: &str, to: &str) -> Outcome {
        match self.engine.desk(task, to) {
            Some(flow) => self.drive(task, &json!({ "to": to }), self.seed(), flow).0,
            None => panic!("there is no task {task}"),
        }
    }

    fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        let number = self.flows.len() as u64 + 1;
        for (byte, at) in seed.iter_mut().zip(0u64..) {
            *byte = (number * 37 + at * 11 + self.name.len() as u64).to_le_bytes()[0];
        }
        seed
    }

    fn drive(&mut self, call: &str, request: &Value, seed: [u8; 32], mut flow: Flow) -> (Outcome, String) {
        let (mut steps, mut code, mut stored) = (Vec::new(), String::new(), 0);
        let start = self.now;
        let mut step = flow.start(UnixMillis(start)).expect("a fresh flow starts");
        let outcome = loop {
            let (id, reply, mut written) = match &step {
                Step::Done(outcome) => break outcome.clone(),
                Step::Credentials { id, provider } => {
                    let secret = "sandbox-secret".to_owned();
                    let token = "sandbox-token".to_owned();
                    let told = json!({ "id": "sandbox-id", "secret": secret, "token": token });
                    let given = Credentials {
                        id: "sandbox-id".into(),
                        secret: Secret::new(secret),
                        token: Some(Secret::new(token)),
                    };
                    let (given, told) = if self.keyless { (None, Value::Null) } else { (Some(given), told) };
                    let written = json!({ "credentials": provider, "reply": told });
                    (*id, Reply::Credentials(given), written)
                }
                Step::Http { id, call } => {
                    code = code_in(call).unwrap_or(code);
                    let taken = match call.host() {
                        "127.0.0.1:9" => ALIYUN_OK,
                        "127.0.0.1:11" => AUTH_OK,
                        "127.0.0.1:12" => MAIL_OK,
                        _ => TENCENT_OK,
                    };
                    let answer = if self.http.is_empty() { taken } else { self.http.remove(0) };
                    (*id, answer.reply(), json!({ "http": write_call(call), "reply": answer.write() }))
                }
                Step::Store { id, ops } => {
                    let now = UnixMillis(self.now);
                    let mut replies: Vec<_> = Vec::new();
                    let down =
                        self.faults.iter().any(|fault| matches!(fault, Fault::Down(at) if *at == stored));
                    if !down {
                        replies = ops.iter().map(|op| Some(self.store.run(&op.key, &op.op, now))).collect();
                    }
                    let honest = !down && self.faults.is_empty();
                    for fault in &self.faults {
                        match fault {
                            Fault::Lost(at, op) if *at == stored => replies[*op] = None,
                            Fault::Says(at, op, line) if *at == stored => replies[*op] = Some((*line).into()),
                            _ => {}
                        }
                    }
                    stored += 1;
                    let list: Vec<_> = ops.iter().map(|op| json!({"key": op.key, "op": op.op})).collect();
                    let reply = if down { Value::Null } else { json!(replies) };
                    let written = json!({ "store": list, "reply": reply, "from_memory": honest });
                    (*id, if down { Reply::StoreFault } else { Reply::Store(replies) }, written)
                }
            };
            self.now += 20;
            written["id"] = json!(id);
            written["now"] = json!(self.now);
            steps.push(written);
            step = flow.resume(id, reply, UnixMillis(self.now)).expect("the reply fits");
        };
        self.http.clear();
        self.faults.clear();
        self.keyless = false;
        let outcome_json = write_outcome(&outcome);
        self.flows.push(json!({
            "call": call, "request": request, "seed": hex(&seed), "start": start, "steps": steps, "outcome": outcome_json,
        }));
        (outcome, code)
    }

    fn write(&self) -> String {
        let trace = json!({ "about": self.about, "config": self.config, "flows": self.flows });
        let mut text = serde_json::to_string_pretty(&trace).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// The providers' way to say yes.
pub(crate) const ALIYUN_OK: Answer = Answer::Reply(
    200,
    r#"{"Message":"OK","RequestId":"873043AC-BCDA-44DB-9052-2E204C6ED20F","Code":"OK","BizId":"607300000000000000^0"}"#,
);
const TENCENT_OK: Answer = Answer::Reply(
    200,
    r#"{"Response":{"SendStatusSet":[{"SerialNo":"5000:1045710669157053657849499619","PhoneNumber":"+8613800138000","Fee":1,"SessionContext":"","Code":"Ok","Message":"send success","IsoCode":"CN"}],"RequestId":"a0aabda6-cf91-4f3e-a81f-9198114a2279"}}"#,
);
/// SendSmsVerifyCode took it.
const AUTH_OK: Answer = Answer::Reply(
    200,
    r#"{"AccessDeniedDetail":"","RequestId":"CC3BB6D2-2FDF-4321-9DCE-B38165CE4C47","Message":"成功","Model":{"VerifyCode":"","RequestId":"a3671ccf-0102-4c8e-8797-a3678e091d09","OutId":"","BizId":"112231421412414124123^4"},"Code":"OK","Success":true}"#,
);
/// SingleSendMail took it.
const MAIL_OK: Answer = Answer::Reply(
    200,
    r#"{"EnvId":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","RequestId":"12D086F6-8F31-4658-84C1-006DED011A85"}"#,
);

impl Answer {
    fn reply(self) -> Reply {
        match self {
            Self::Reply(status, body) => {
                Reply::Http(HttpReply { status, headers: Vec::new(), body: body.as_bytes().to_vec() })
            }
            Self::Fault(sent) => Reply::HttpFault { sent },
        }
    }

    fn write(self) -> Value {
        match self {
            Self::Reply(status, body) => json!({ "status": status, "headers": [], "body": body }),
            Self::Fault(sent) => json!({ "fault": { "sent": sent } }),
        }
    }
}

/// Writes a call whole: traces hold made-up numbers, codes and keys only.
fn write_call(call: &HttpCall) -> Value {
    let HttpCall { method, url, headers, body, timeout, max_reply } = call;
    let method = match method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    json!({
        "method": method, "url": url, "headers": headers, "body": String::from_utf8_lossy(body),
        "timeout_ms": timeout.0, "max_reply": max_reply,
    })
}

/// Writes an outcome by the names of the `wire` module; what is absent is left out.
fn write_outcome(outcome: &Outcome) -> Value {
    let all = json!({
        "kind": outcome.kind, "ok": outcome.ok, "code": outcome.code, "to": outcome.to, "masked": outcome.masked,
        "retry_after_ms": outcome.retry_after_ms, "resend_in_ms": outcome.resend_in_ms,
        "expires_in_ms": outcome.expires_in_ms, "attempts_left": outcome.attempts_left, "replayed": outcome.replayed,
        "challenge": outcome.challenge, "ticket": outcome.ticket, "provider": outcome.provider,
        "send_id": outcome.send_id, "message_id": outcome.message_id, "request_id": outcome.request_id, "http_status": outcome.http_status,
        "text_zh": outcome.text_zh, "text_en": outcome.text_en, "events": outcome.events,
        "answer": outcome.answer.as_deref().and_then(|answer| serde_json::from_str::<Value>(answer).ok()),
    });
    let Value::Object(all) = all else { return all };
    Value::Object(all.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
}

/// Finds the code in a call: the six digits that its template parameter holds.
fn code_in(call: &HttpCall) -> Option<String> {
    let text = format!("{} {}", call.url, String::from_utf8_lossy(&call.body));
    let marks = ["%22code%22%3A%22", "\"TemplateParamSet\":[\"", "TextBody="];
    let (_, rest) = marks.iter().find_map(|mark| text.split_once(mark))?;
    Some(rest.chars().take_while(char::is_ascii_alphanumeric).collect())
}
