//! A deployment with a store in memory and a provider that always says yes.

use sansms::http::HttpReply;
use sansms::store::{StoreOp, apply};
use sansms::time::UnixMillis;
use sansms::{Engine, Flow, Outcome, Reply, SendRequest, Step, VerifyRequest};
use std::collections::HashMap;

/// When everything happens.
pub(crate) const T0: UnixMillis = UnixMillis(1_790_000_000_000);

/// A code that the application made itself, so that the benchmark knows it.
pub(crate) const CODE: &str = "135790";

pub(crate) const ALIYUN: &str = r#"{"aliyun": {"access_key_id": "LTAIexample", "access_key_secret": "example",
    "sign_name": "阿里云短信测试专用", "templates": {"login": "SMS_71390007"}}}"#;
pub(crate) const TENCENT: &str = r#"{"tencent": {"secret_id": "AKIDexample", "secret_key": "example",
    "sdk_app_id": "1400006666", "sign_name": "腾讯云", "templates": {"login": "1234567"}}}"#;

const ALIYUN_REPLY: &str = r#"{"BizId":"900619746936498440^0","Code":"OK","Message":"OK","RequestId":"F655A8D5-B967-440B-8683-DAD6FF8DE990"}"#;
const TENCENT_REPLY: &str = r#"{"Response":{"SendStatusSet":[{"SerialNo":"5000:1045710669157053657849499619","PhoneNumber":"+8618511122233",
    "Fee":1,"SessionContext":"","Code":"Ok","Message":"send success","IsoCode":"CN"}],"RequestId":"a0aabda6-cf91-4f3e-a81f-9198114a2279"}}"#;

/// Makes a deployment; `more` are further options, with a comma before each.
pub(crate) fn engine(provider: &str, more: &str) -> Engine {
    Engine::new(&format!(
        r#"{{"secret": "0123456789abcdef0123456789abcdef", "providers": [{provider}]{more}}}"#
    ))
    .unwrap()
}

/// Makes the request of one visitor: the number and the address count up together.
pub(crate) fn send_request(visitor: u32) -> SendRequest {
    SendRequest {
        to: number(visitor),
        purpose: "login".into(),
        ip: Some(address(visitor)),
        ..SendRequest::default()
    }
}

/// Makes the request of the same visitor who typed a code.
pub(crate) fn verify_request(visitor: u32, code: &str) -> VerifyRequest {
    VerifyRequest {
        to: number(visitor),
        code: code.into(),
        purpose: "login".into(),
        ip: Some(address(visitor)),
        ..VerifyRequest::default()
    }
}

fn number(visitor: u32) -> String {
    format!("138{visitor:08}")
}

fn address(visitor: u32) -> String {
    let [_, a, b, c] = visitor.to_be_bytes();
    format!("10.{a}.{b}.{c}")
}

/// Returns a seed that no other flow has.
pub(crate) fn seed(of: u32) -> [u8; 32] {
    let mut seed = [7; 32];
    seed[..4].copy_from_slice(&of.to_be_bytes());
    seed
}

/// Drives a flow to its end; `store` answers an operation.
pub(crate) fn drive(mut flow: Flow, now: UnixMillis, mut store: impl FnMut(&StoreOp) -> String) -> Outcome {
    let mut step = flow.start(now).unwrap();
    loop {
        let (id, reply) = match step {
            Step::Done(outcome) => return *outcome,
            Step::Store { id, ops } => (id, Reply::Store(ops.iter().map(|op| Some(store(op))).collect())),
            Step::Credentials { provider, .. } => panic!("{provider} has its key"),
            Step::Http { id, call } => {
                let body = if call.url.contains("aliyun") { ALIYUN_REPLY } else { TENCENT_REPLY };
                (id, Reply::Http(HttpReply { status: 200, headers: Vec::new(), body: body.into() }))
            }
        };
        step = flow.resume(id, reply, now).unwrap();
    }
}

/// Records that can be looked at, and what was asked of them.
#[derive(Default)]
pub(crate) struct Records {
    pub(crate) kept: HashMap<String, Vec<u8>>,
    pub(crate) asked: Vec<StoreOp>,
}

impl Records {
    pub(crate) fn run(&mut self, op: &StoreOp, now: UnixMillis) -> String {
        self.asked.push(op.clone());
        let applied = apply(self.kept.get(&op.key).map(Vec::as_slice), &op.op, now);
        if let Some(record) = applied.record {
            self.kept.insert(op.key.clone(), record);
        }
        applied.reply
    }

    /// Returns the record of the only partition of a kind: `number`, `ip`, `budget`.
    pub(crate) fn of(&self, kind: &str) -> &[u8] {
        self.kept.iter().find(|(key, _)| is_of(key, kind)).map(|(_, record)| record).unwrap()
    }

    /// Returns the last operation asked of a kind of partition.
    pub(crate) fn last(&self, kind: &str) -> &StoreOp {
        self.asked.iter().rev().find(|op| is_of(&op.key, kind)).unwrap()
    }
}

fn is_of(key: &str, kind: &str) -> bool {
    key.split(':').any(|part| part == kind)
}
