//! Replays the golden traces.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test reads files and may be short"
)]

use sansms::mac::unhex;
use sansms::secret::Secret;
use sansms::wire::{
    Credentials, Engine, HttpReply, MemoryStore, Outcome, Reply, SendRequest, Step, UnixMillis,
    VerifyRequest, text,
};
use serde_json::{Value, json};

#[test]
fn every_trace_replays() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/traces");
    let (mut traces, mut flows) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            traces += 1;
            flows += replay(
                &serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap(),
                path.to_str().unwrap(),
            );
        }
    }
    println!("{traces} traces, {flows} flows");
    assert!(traces >= 20 && flows >= 100);
}

fn replay(trace: &Value, name: &str) -> usize {
    let engine = Engine::new(&trace["config"].to_string()).unwrap();
    let mut store = MemoryStore::new();
    for (at, flow) in trace["flows"].as_array().unwrap().iter().enumerate() {
        let place = format!("{name} flow {at}");
        let seed: [u8; 32] = unhex(flow["seed"].as_str().unwrap()).unwrap().try_into().unwrap();
        let mut run = match flow["call"].as_str().unwrap() {
            "send" => engine.send(send(&flow["request"]), seed),
            task @ ("inspect" | "reset" | "forget") => {
                engine.desk(task, &text_of(&flow["request"], "to").unwrap()).unwrap()
            }
            _ => engine.verify(verify(&flow["request"]), seed),
        };
        let mut step = run.start(UnixMillis(flow["start"].as_u64().unwrap())).unwrap();
        for told in flow["steps"].as_array().unwrap() {
            let now = told["now"].as_u64().unwrap();
            let (id, reply) = match &step {
                Step::Done(_) => panic!("{place}: done too early"),
                Step::Store { id, ops } => {
                    let said: Vec<_> = ops.iter().map(|op| json!({"key": op.key, "op": op.op})).collect();
                    assert_eq!(json!(said), told["store"], "{place}");
                    let replies = told["reply"].as_array();
                    if replies.is_some() {
                        let at = UnixMillis(now - 20);
                        let own: Vec<_> = ops.iter().map(|op| store.run(&op.key, &op.op, at)).collect();
                        assert!(
                            told["from_memory"] == json!(false) || json!(own) == told["reply"],
                            "{place} {own:?}"
                        );
                    }
                    let line = |line: &Value| line.as_str().map(str::to_owned);
                    (
                        id,
                        replies.map_or(Reply::StoreFault, |all| Reply::Store(all.iter().map(line).collect())),
                    )
                }
                Step::Credentials { id, provider } => {
                    assert_eq!(told["credentials"], json!(provider), "{place}");
                    let part = |name: &str| told["reply"][name].as_str().map(str::to_owned);
                    let given = part("id").zip(part("secret")).map(|(id, secret)| Credentials {
                        id,
                        secret: Secret::new(secret),
                        token: part("token").map(Secret::new),
                    });
                    (id, Reply::Credentials(given))
                }
                Step::Http { id, call } => {
                    let headers: Vec<_> =
                        call.headers.iter().map(|(name, value)| json!([name, value])).collect();
                    let said = json!({
                        "method": call.method.as_str(), "url": call.url, "headers": headers,
                        "body": String::from_utf8(call.body.clone()).unwrap(),
                        "timeout_ms": call.timeout.0, "max_reply": call.max_reply,
                    });
                    assert_eq!(said, told["http"], "{place}");
                    let (status, body) = (&told["reply"]["status"], &told["reply"]["body"]);
                    let reply = match status.as_u64() {
                        None => Reply::HttpFault { sent: told["reply"]["fault"]["sent"].as_bool().unwrap() },
                        Some(status) => Reply::Http(HttpReply {
                            status: status.try_into().unwrap(),
                            headers: Vec::new(),
                            body: body.as_str().unwrap().into(),
                        }),
                    };
                    (id, reply)
                }
            };
            assert_eq!(json!(*id), told["id"], "{place}");
            step = run.resume(*id, reply, UnixMillis(now)).unwrap();
        }
        let Step::Done(outcome) = &step else { panic!("{place}: not done, {step:?}") };
        assert_eq!(fields(outcome), flow["outcome"], "{place}");
        // The text form says the same.
        let lines = text::write_step(&step);
        assert!(
            lines.starts_with("done\n") && lines.contains(&format!("\ncode: {}\n", outcome.code)),
            "{place}"
        );
    }
    trace["flows"].as_array().unwrap().len()
}

fn text_of(request: &Value, name: &str) -> Option<String> {
    request[name].as_str().map(str::to_owned)
}

fn send(request: &Value) -> SendRequest {
    SendRequest {
        to: text_of(request, "to").unwrap_or_default(),
        purpose: text_of(request, "purpose").unwrap_or_default(),
        ip: text_of(request, "ip"),
        session: text_of(request, "session"),
        device: text_of(request, "device"),
        idempotency_key: text_of(request, "idempotency_key"),
        code: text_of(request, "code"),
        deliver: request["deliver"].as_bool().unwrap_or(true),
    }
}

fn verify(request: &Value) -> VerifyRequest {
    VerifyRequest {
        to: text_of(request, "to").unwrap_or_default(),
        code: text_of(request, "code").unwrap_or_default(),
        purpose: text_of(request, "purpose").unwrap_or_default(),
        ip: text_of(request, "ip"),
        session: text_of(request, "session"),
        ticket_for: text_of(request, "ticket_for"),
    }
}

fn fields(outcome: &Outcome) -> Value {
    let mut all = json!({
        "kind": outcome.kind, "ok": outcome.ok, "code": outcome.code, "to": outcome.to, "masked": outcome.masked,
        "retry_after_ms": outcome.retry_after_ms, "resend_in_ms": outcome.resend_in_ms,
        "expires_in_ms": outcome.expires_in_ms, "attempts_left": outcome.attempts_left, "replayed": outcome.replayed,
        "challenge": outcome.challenge, "ticket": outcome.ticket, "provider": outcome.provider,
        "send_id": outcome.send_id, "message_id": outcome.message_id, "request_id": outcome.request_id, "http_status": outcome.http_status,
        "text_zh": outcome.text_zh, "text_en": outcome.text_en, "events": outcome.events,
        "answer": outcome.answer.as_deref().map(|answer| serde_json::from_str::<Value>(answer).unwrap()),
    });
    if let Some(all) = all.as_object_mut() {
        all.retain(|_, value| !value.is_null());
    }
    all
}
