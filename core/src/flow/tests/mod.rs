//! The flows against a memory store, a clock to move, and providers that answer from a list.

mod action;
mod budget;
mod desk;
mod email;
mod idempotency;
mod input;
mod managed;
mod providers;
mod send;
mod states;

use super::*;
use crate::engine::Engine;
use crate::http::{HttpReply, Method};
use crate::key::Keyring;
use crate::outcome::Kind;
use crate::policy::{Policy, Rule, SessionMode};
use crate::provider::{
    BuildError, Channel, Class, Failure, Managed, Message, Provider, Reading, Receipt, Recipient, Signing,
};
use crate::store::MemoryStore;
use std::sync::{Arc, Mutex};

const T0: u64 = 1_790_000_000_000;
const NUMBER: &str = "13800138000";

/// A provider that says what its test tells it, and keeps what it was given.
#[derive(Debug)]
struct Scripted(&'static str, u32, Arc<Mutex<Vec<(String, u32)>>>);

impl Provider for Scripted {
    fn name(&self) -> &str {
        self.0
    }

    fn channel(&self) -> Channel {
        if self.0 == "mail" { Channel::Email } else { Channel::Phone }
    }

    fn serves(&self, to: &Recipient<'_>, purpose: &str) -> bool {
        purpose != "unknown" && to.is_phone() == (self.channel() == Channel::Phone)
    }

    fn call(&self, message: &Message<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        if self.asks_for_credentials() && signing.credentials.is_none() {
            return Err(BuildError::Credentials);
        }
        self.2.lock().unwrap().push((message.code.to_owned(), message.minutes()));
        Ok(HttpCall {
            method: Method::Post,
            url: format!(
                "https://{}.example/?to={}",
                self.0,
                match message.to {
                    Recipient::Phone(number) => number.national,
                    Recipient::Email(address) => address,
                }
            ),
            headers: vec![("nonce".into(), crate::mac::hex(&signing.nonce))],
            body: message.code.into(),
            timeout: Millis(5_000),
            max_reply: 1_000,
        })
    }

    fn weight(&self) -> u32 {
        self.1
    }

    fn asks_for_credentials(&self) -> bool {
        self.0.ends_with("vault")
    }

    fn managed(&self) -> Option<&dyn Managed> {
        self.0.starts_with("managed").then_some(self)
    }

    fn read(&self, reply: &HttpReply) -> Reading {
        let class = match reply.status {
            200 => return Ok(Receipt { message_id: Some("m1".into()), request_id: Some("r1".into()) }),
            400 => Class::Rejected,
            401 => Class::Account,
            429 => Class::Throttled,
            503 => Class::Unavailable,
            _ => Class::Ambiguous,
        };
        let code = format!("code.{}", reply.status);
        let retry_after = (reply.status == 429).then_some(Millis(9_000));
        Err(Failure { class, code, message: String::new(), request_id: Some("r2".into()), retry_after })
    }
}

/// An engine on a memory store, a clock to move, and providers that answer from a list.
struct World {
    engine: Engine,
    store: MemoryStore,
    now: u64,
    seed: u8,
    sent: Arc<Mutex<Vec<(String, u32)>>>,
    answers: Vec<Reply>,
    keys: Vec<Option<Credentials>>,
    asked: Vec<String>,
    nonces: Vec<String>,
}

impl World {
    fn new(policy: Policy) -> Self {
        Self::with(policy, &[("one", 0), ("two", 0)])
    }

    /// Has providers with these names and weights; the one called `vault` asks for its key.
    fn with(policy: Policy, providers: &[(&'static str, u32)]) -> Self {
        let sent = Arc::default();
        let keys = Keyring::from_secret(&[5; 32]);
        let provider = |(name, weight): &(&'static str, u32)| {
            Box::new(Scripted(name, *weight, Arc::clone(&sent))) as Box<dyn Provider>
        };
        let providers = providers.iter().map(provider).collect();
        let engine = Engine::from_parts(keys, "test", policy, crate::phone::Policy::default(), providers);
        Self {
            engine,
            store: MemoryStore::new(),
            now: T0,
            seed: 0,
            sent,
            answers: Vec::new(),
            keys: Vec::new(),
            asked: Vec::new(),
            nonces: Vec::new(),
        }
    }

    fn seed(&mut self) -> [u8; 32] {
        self.seed += 1;
        [self.seed; 32]
    }

    fn drive(&mut self, mut flow: Flow) -> Outcome {
        let mut step = flow.start(UnixMillis(self.now)).unwrap();
        for _ in 0..8 {
            let (id, reply) = match step {
                Step::Done(outcome) => return *outcome,
                Step::Credentials { id, provider } => {
                    self.asked.push(format!("key of {provider}"));
                    (id, Reply::Credentials(self.keys.pop().flatten()))
                }
                Step::Http { id, call } => {
                    self.asked.push(call.host().into());
                    self.nonces.extend(call.header("nonce").map(Into::into));
                    (id, if self.answers.is_empty() { answer(200) } else { self.answers.remove(0) })
                }
                Step::Store { id, ops } => {
                    let now = UnixMillis(self.now);
                    (
                        id,
                        Reply::Store(
                            ops.iter().map(|op| Some(self.store.run(&op.key, &op.op, now))).collect(),
                        ),
                    )
                }
            };
            step = flow.resume(id, reply, UnixMillis(self.now)).unwrap();
        }
        panic!("too many steps");
    }

    fn send_with(&mut self, request: SendRequest) -> Outcome {
        let seed = self.seed();
        self.drive(self.engine.send(request, seed))
    }

    fn send(&mut self) -> Outcome {
        self.send_with(request())
    }

    fn verify_with(&mut self, request: VerifyRequest) -> Outcome {
        let seed = self.seed();
        self.drive(self.engine.verify(request, seed))
    }

    fn verify(&mut self, code: &str) -> Outcome {
        self.verify_with(check(code))
    }

    fn last_code(&self) -> String {
        self.sent.lock().unwrap().last().unwrap().0.clone()
    }
}

fn answer(status: u16) -> Reply {
    Reply::Http(HttpReply { status, headers: Vec::new(), body: Vec::new() })
}

fn request() -> SendRequest {
    let ip = Some("192.0.2.1".into());
    SendRequest { to: NUMBER.into(), purpose: "login".into(), ip, ..SendRequest::default() }
}

fn check(code: &str) -> VerifyRequest {
    let ip = Some("192.0.2.1".into());
    VerifyRequest {
        to: NUMBER.into(),
        code: code.into(),
        purpose: "login".into(),
        ip,
        ..VerifyRequest::default()
    }
}
