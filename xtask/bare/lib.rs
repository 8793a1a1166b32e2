//! The core with nothing around it, as a wasm module: a host would call `run`.
//!
//! `cargo run -p xtask -- bare` builds it without default features and checks that it imports nothing: no clock, no
//! randomness, no I/O. It takes one flow of each kind through a store and a reply, so that no code is left out.
#![allow(unsafe_code, reason = "exporting a symbol needs an unsafe attribute")]

use sansms::wire::{
    Engine, HttpReply, MemoryStore, Millis, Reply, SendRequest, Step, UnixMillis, VerifyRequest, text,
};

const CONFIG: &str = r#"{
    "secret": "0123456789abcdef0123456789abcdef",
    "providers": [
        {"aliyun": {"access_key_id": "id", "access_key_secret": "s", "sign_name": "x", "templates": {"login": "SMS_1"}}},
        {"tencent": {"secret_id": "id", "secret_key": "s", "sdk_app_id": "1", "sign_name": "x", "templates": {"login": "1"}}}
    ]
}"#;

/// Runs both flows; returns how many steps they took, or a negative number.
#[unsafe(no_mangle)]
pub extern "C" fn run(now: u64, status: u32) -> i32 {
    steps(UnixMillis(now), u16::try_from(status).unwrap_or(500)).unwrap_or(-1)
}

fn steps(now: UnixMillis, status: u16) -> Option<i32> {
    let engine = Engine::new(CONFIG).ok()?;
    let mut store = MemoryStore::new();
    let (to, purpose, ip) = ("13800138000".to_owned(), "login".to_owned(), Some("192.0.2.1".to_owned()));
    let send =
        SendRequest { to: to.clone(), purpose: purpose.clone(), ip: ip.clone(), ..SendRequest::default() };
    let verify = VerifyRequest { to, code: "123456".into(), purpose, ip, ..VerifyRequest::default() };
    let mut steps = 0;
    for mut flow in [engine.send(send, [7; 32]), engine.verify(verify, [8; 32])] {
        let mut step = flow.start(now).ok()?;
        loop {
            steps += i32::try_from(text::write_step(&step).len()).ok()?.min(1);
            let (id, reply) = match step {
                Step::Done(_) => break,
                Step::Credentials { id, .. } => (id, Reply::Credentials(None)),
                Step::Http { id, .. } => {
                    (id, Reply::Http(HttpReply { status, headers: Vec::new(), body: Vec::new() }))
                }
                Step::Store { id, ops } => {
                    let at = UnixMillis(now.plus(Millis(1)).0);
                    (id, Reply::Store(ops.iter().map(|op| Some(store.run(&op.key, &op.op, at))).collect()))
                }
            };
            step = flow.resume(id, reply, now).ok()?;
        }
    }
    Some(steps)
}
