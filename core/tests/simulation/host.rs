//! Hosts: an engine each, a clock of their own, providers that answer by status, and a driver's memory of a flow.

use sansms::http::{HttpCall, HttpReply, Method};
use sansms::key::Keyring;
use sansms::phone;
use sansms::policy::Policy;
use sansms::provider::{BuildError, Class, Failure, Message, Provider, Reading, Receipt, Recipient, Signing};
use sansms::store::StoreOp;
use sansms::time::{Millis, UnixMillis};
use sansms::{Engine, Flow, Reply};
use std::rc::Rc;

use crate::network::Answer;

/// The namespace of every engine here.
pub(crate) const NAMESPACE: &str = "sim";

const INDEX: &[u8] = b"canary index canary index canary index";

/// The peppers of the schedule: the one going out and the one coming in.
pub(crate) const PEPPERS: [&[u8]; 2] =
    [b"canary pepper one canary pepper one", b"canary pepper two canary pepper two"];

/// One process of the deployment.
pub(crate) struct Host {
    pub(crate) engine: Engine,
    /// How far its clock is from true time, in milliseconds.
    pub(crate) offset_ms: i64,
}

/// A flow in the hands of its driver.
pub(crate) struct Run {
    pub(crate) flow: Flow,
    pub(crate) host: usize,
    pub(crate) id: u32,
    pub(crate) ops: Rc<Vec<StoreOp>>,
    /// For each operation what was heard; `Some(None)` for one that was given up.
    pub(crate) replies: Vec<Option<Option<String>>>,
    pub(crate) alive: bool,
}

/// A provider that puts everything into the body, and classes replies by their status.
#[derive(Debug)]
struct Plain(&'static str);

impl Host {
    /// `order` lists the peppers that it knows, the current one first.
    pub(crate) fn new(policy: Policy, order: &[usize], providers: usize, offset_ms: i64) -> Self {
        let names = ["one", "two", "three"];
        let providers = names.iter().take(providers).map(|name| Box::new(Plain(name)) as Box<dyn Provider>);
        let phone = phone::Policy::default();
        let engine = Engine::from_parts(keyring(order), NAMESPACE, policy, phone, providers.collect());
        Self { engine, offset_ms }
    }

    pub(crate) fn clock(&self, now: u64) -> UnixMillis {
        UnixMillis(now.saturating_add_signed(self.offset_ms))
    }
}

/// Makes the keys of a host that knows these peppers.
pub(crate) fn keyring(order: &[usize]) -> Keyring {
    let peppers: Vec<&[u8]> = order.iter().map(|at| PEPPERS[*at]).collect();
    Keyring::new(INDEX, &peppers)
}

/// Returns what a driver hands back for a provider's answer.
pub(crate) fn reply(answer: Answer) -> Reply {
    let status = match answer {
        Answer::Accepted => 200,
        Answer::Rejected => 400,
        Answer::Account => 401,
        Answer::Throttled => 429,
        Answer::Unavailable => 503,
        Answer::Senseless(_) => 500,
        Answer::TimedOut(_) => return Reply::HttpFault { sent: true },
        Answer::Unreached => return Reply::HttpFault { sent: false },
    };
    Reply::Http(HttpReply { status, headers: Vec::new(), body: Vec::new() })
}

impl Provider for Plain {
    fn name(&self) -> &str {
        self.0
    }

    fn serves(&self, _: &Recipient<'_>, purpose: &str) -> bool {
        purpose != "unknown"
    }

    fn call(&self, message: &Message<'_>, _: &Signing<'_>) -> Result<HttpCall, BuildError> {
        let to = message.to.phone()?;
        Ok(HttpCall {
            method: Method::Post,
            url: format!("https://{}.example/?to={}", self.0, to.national),
            headers: Vec::new(),
            body: format!("{} {} {}", to.e164, message.code, message.minutes()).into_bytes(),
            timeout: Millis(5_000),
            max_reply: 1_000,
        })
    }

    fn read(&self, reply: &HttpReply) -> Reading {
        let class = match reply.status {
            200 => return Ok(Receipt { message_id: Some("m".into()), request_id: Some("r".into()) }),
            400 => Class::Rejected,
            401 => Class::Account,
            429 => Class::Throttled,
            503 => Class::Unavailable,
            _ => Class::Ambiguous,
        };
        let code = format!("code.{}", reply.status);
        Err(Failure { class, code, message: String::new(), request_id: None, retry_after: None })
    }
}
