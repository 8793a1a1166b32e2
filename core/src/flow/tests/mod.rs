mod action;
mod budget;
mod desk;
mod email;
mod managed;
mod providers;

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
            headers: Vec::new(),
            body: message.code.into(),
            timeout: Millis(5_000),
            max_reply: 1_000,
        })
    }

    fn weight(&self) -> u32 {
        self.1
    }

    fn asks_for_credentials(&self) -> bool {
        self.0 == "vault"
    }

    fn managed(&self) -> Option<&dyn Managed> {
        (self.0 == "managed").then_some(self)
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
        Err(Failure { class, code, message: String::new(), request_id: None, retry_after: None })
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

#[test]
fn a_code_goes_out_and_is_spent() {
    let mut world = World::new(Policy::default());
    let sent = world.send();
    assert_eq!((sent.kind, sent.code), (Kind::Sent, Code::Sent));
    assert_eq!(sent.to.as_deref(), Some("+8613800138000"));
    assert_eq!((sent.expires_in, sent.resend_in), (Some(Millis(300_000)), Some(Millis(60_000))));
    assert_eq!((sent.provider.as_deref(), sent.message_id.as_deref()), (Some("one"), Some("m1")));
    let code = world.last_code();
    let wrong = if code == "000000" { "111111" } else { "000000" };
    let denied = world.verify(wrong);
    assert_eq!((denied.kind, denied.attempts_left, denied.ok()), (Kind::WrongCode, Some(2), false));
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let done = world.verify_with(VerifyRequest { ticket_for: Some("form".into()), ..check(&spaced) });
    assert_eq!((done.kind, done.ok(), done.to.as_deref()), (Kind::Verified, true, Some("+8613800138000")));
    let ticket = done.ticket.unwrap();
    assert!(world.engine.redeem(&ticket, NUMBER, "login", "form", UnixMillis(world.now)));
    assert!(!world.engine.redeem(&ticket, NUMBER, "login", "other", UnixMillis(world.now)));
    assert_eq!(world.verify(&code).code, Code::CodeExpired);
}

#[test]
fn limits_refuse_and_say_until_when() {
    let mut world = World::new(Policy::default());
    world.send();
    world.now += 1;
    let denied = world.send();
    assert_eq!((denied.code, denied.retry_after), (Code::LimitCooldown, Some(Millis(59_999))));
    assert_eq!(denied.text_en(), "A code was just sent. Please try again in 60 seconds.");
    for _ in 0..4 {
        world.now += 60_000;
        assert_eq!(world.send().kind, Kind::Sent);
    }
    world.now += 60_000;
    assert_eq!(world.send().code, Code::LimitNumber);
    assert_eq!(world.sent.lock().unwrap().len(), 5);
}

#[test]
fn a_denied_send_charges_its_address_nothing_and_a_limited_address_touches_no_number() {
    let mut world =
        World::new(Policy { cooldown: Millis(0), ip: vec![Rule::hours(2, 24)], ..Policy::default() });
    for _ in 0..5 {
        world.send_with(SendRequest { ip: Some("198.51.100.9".into()), ..request() });
    }
    // The address has its two left to others though the number's day is nearly spent.
    let codes: Vec<_> = (0..4).map(|_| world.send().code).collect();
    assert_eq!(codes, [Code::Sent, Code::Sent, Code::LimitIp, Code::LimitIp]);
    let records = world.store.len();
    let other = SendRequest { to: "13900139000".into(), ..request() };
    assert_eq!(world.send_with(other).code, Code::LimitIp);
    assert_eq!(world.store.len(), records, "no record for a number that was not reached");
}

#[test]
fn failover_only_when_nothing_was_sent() {
    for (answers, code, asked) in [
        (vec![answer(503), answer(200)], Code::Sent, vec!["one.example", "two.example"]),
        (vec![answer(429), answer(200)], Code::Sent, vec!["one.example", "two.example"]),
        (vec![answer(401), answer(200)], Code::Sent, vec!["one.example", "two.example"]),
        (vec![Reply::HttpFault { sent: false }, answer(200)], Code::Sent, vec!["one.example", "two.example"]),
        (vec![answer(503), answer(503)], Code::ProviderUnavailable, vec!["one.example", "two.example"]),
        (vec![answer(503), answer(401)], Code::ProviderAccount, vec!["one.example", "two.example"]),
        (vec![answer(400)], Code::ProviderRejected, vec!["one.example"]),
        (vec![answer(500)], Code::ProviderAmbiguous, vec!["one.example"]),
        (vec![Reply::HttpFault { sent: true }], Code::ProviderAmbiguous, vec!["one.example"]),
    ] {
        let mut world = World::new(Policy::default());
        world.answers = answers;
        assert_eq!(world.send().code, code);
        assert_eq!(world.asked, asked);
    }
}

#[test]
fn one_code_over_all_providers_and_resends() {
    let mut world = World::new(Policy::default());
    world.answers = vec![answer(503), answer(500)];
    assert_eq!(world.send().kind, Kind::Unknown);
    let code = world.last_code();
    world.now += 60_000;
    assert_eq!(world.send().kind, Kind::Sent);
    assert_eq!(
        world.asked,
        ["one.example", "two.example", "two.example"],
        "a resend starts with the next one"
    );
    let codes = world.sent.lock().unwrap().clone();
    assert!(codes.iter().all(|(sent, minutes)| *sent == code && *minutes == 5), "{codes:?}");
    assert_eq!(world.verify(&code).kind, Kind::Verified);
}

#[test]
fn what_was_not_delivered_is_given_back_by_rule() {
    // Two providers down: the day, and the budget, come back; the cooldown and the address do not.
    let policy =
        Policy { budget: vec![Rule::hours(1, 24)], ip: vec![Rule::hours(2, 24)], ..Policy::default() };
    let mut world = World::new(policy.clone());
    world.answers = vec![answer(503), answer(503)];
    assert_eq!(world.send().kind, Kind::Undelivered);
    assert_eq!(world.send().code, Code::LimitCooldown);
    world.now += 60_000;
    assert_eq!(world.send().code, Code::Sent);
    world.now += 60_000;
    assert_eq!(world.send().code, Code::LimitIp);

    // A refusal of the number gives back the budget only.
    let mut world = World::new(Policy { number: vec![Rule::hours(1, 24)], ..policy });
    world.answers = vec![answer(400)];
    assert_eq!(world.send().code, Code::ProviderRejected);
    world.now += 60_000;
    assert_eq!(world.send().code, Code::LimitNumber);
    let other = SendRequest { to: "13900139000".into(), ..request() };
    assert_eq!(world.send_with(other).code, Code::Sent);
}

#[test]
fn an_idempotency_key_sends_once() {
    let mut world = World::new(Policy::default());
    let keyed = || SendRequest { idempotency_key: Some("order 7".into()), ..request() };
    assert_eq!(world.send_with(keyed()).code, Code::Sent);
    world.now += 1_000;
    let again = world.send_with(keyed());
    assert_eq!((again.code, again.replayed, again.ok()), (Code::SentReplayed, true, true));
    assert_eq!(again.expires_in, Some(Millis(299_000)));
    assert_eq!(world.sent.lock().unwrap().len(), 1);
    world.now += 60_000;
    let other = SendRequest { purpose: "pay".into(), ..keyed() };
    assert_eq!(world.send_with(other).code, Code::Sent, "the key is bound to its purpose");
}

#[test]
fn an_idempotency_key_is_free_again_when_nothing_was_sent() {
    // The pause and the day are kept apart here: by times and in bins, or there is no day at all.
    for number in [vec![Rule::hours(40, 24)], Vec::new()] {
        let mut world = World::new(Policy { number, ..Policy::default() });
        let keyed = || SendRequest { idempotency_key: Some("order 7".into()), ..request() };
        world.answers = vec![answer(503), answer(503)];
        assert_eq!(world.send_with(keyed()).kind, Kind::Undelivered);
        assert_eq!(world.send_with(keyed()).code, Code::LimitCooldown);
        world.now += 60_000;
        assert_eq!(world.send_with(keyed()).code, Code::Sent);
        assert_eq!(world.send_with(keyed()).code, Code::SentReplayed);
    }
}

#[test]
fn an_idempotency_key_is_free_again_when_the_number_is_refused() {
    let mut world = World::new(Policy { number: vec![Rule::hours(2, 24)], ..Policy::default() });
    let keyed = || SendRequest { idempotency_key: Some("order 7".into()), ..request() };
    world.answers = vec![answer(400)];
    assert_eq!(world.send_with(keyed()).code, Code::ProviderRejected);
    world.now += 60_000;
    assert_eq!(world.send_with(keyed()).code, Code::Sent);
    assert_eq!(world.send_with(keyed()).code, Code::SentReplayed);
    world.now += 60_000;
    assert_eq!(world.send().code, Code::LimitNumber, "the refused one counts");
}

#[test]
fn an_idempotency_key_holds_for_clients_without_a_session() {
    let policy = Policy { cooldown: Millis(0), session: SessionMode::Challenge, ..Policy::default() };
    let mut world = World::new(policy);
    let keyed = || SendRequest { idempotency_key: Some("order 7".into()), ..request() };
    assert!(world.send_with(keyed()).challenge.is_some());
    let again = world.send_with(keyed());
    assert_eq!(
        (again.code, again.challenge),
        (Code::SentReplayed, None),
        "the token went to the first caller"
    );
    assert_eq!(world.sent.lock().unwrap().len(), 1);
}

#[test]
fn sessions_are_apart() {
    let mut world =
        World::new(Policy { cooldown: Millis(0), session: SessionMode::Challenge, ..Policy::default() });
    let mine = world.send();
    let code = world.last_code();
    let token = mine.challenge.unwrap();
    let theirs = world.send();
    assert_ne!(theirs.challenge.as_ref(), Some(&token));
    let with = |session: &str, code: &str| VerifyRequest { session: Some(session.into()), ..check(code) };
    assert_eq!(world.verify(&code).code, Code::InputSession);
    for _ in 0..5 {
        assert_ne!(
            world.verify_with(with(theirs.challenge.as_deref().unwrap(), "000000")).kind,
            Kind::Verified
        );
    }
    assert_eq!(
        world.verify_with(with(&token, &code)).kind,
        Kind::Verified,
        "a stranger's guesses cost the owner nothing"
    );
}

#[test]
fn unknown_accounts_cost_the_same_and_get_nothing() {
    let mut world = World::new(Policy::default());
    let silent = SendRequest { deliver: false, ..request() };
    let sent = world.send_with(silent.clone());
    assert_eq!((sent.kind, sent.expires_in), (Kind::Sent, Some(Millis(300_000))));
    assert!(world.sent.lock().unwrap().is_empty());
    assert_eq!(world.send_with(silent).code, Code::LimitCooldown);
    assert_eq!(world.verify("123456").kind, Kind::WrongCode);
}

#[test]
fn codes_of_the_callers_are_limited_and_proven() {
    let mut world = World::new(Policy { own_codes: true, ..Policy::default() });
    let own = |code: &str| SendRequest { code: Some(code.into()), ..request() };
    assert_eq!(world.send_with(own("Ab3xY9z")).kind, Kind::Sent);
    assert_eq!(world.last_code(), "Ab3xY9z");
    assert_eq!(world.send_with(own("Ab3xY9z")).code, Code::LimitCooldown);
    assert_eq!(world.verify("ab3xy9z").kind, Kind::WrongCode);
    assert_eq!(world.verify("Ab3xY9z").kind, Kind::Verified);
    assert_eq!(world.send_with(own("no!")).code, Code::InputCodeLength);
    // A code of the caller's can't be made again: the next send without one has a challenge of its own.
    world.now += 60_000;
    assert_eq!(world.send_with(own("Ab3xY9z")).kind, Kind::Sent);
    world.now += 60_000;
    assert_eq!(world.send().kind, Kind::Sent);
    let code = world.last_code();
    assert_eq!(world.verify(&code).kind, Kind::Verified);
    let mut strict = World::new(Policy::default());
    assert_eq!(strict.send_with(own("Ab3xY9z")).code, Code::InputCodeLength);
    assert_eq!(strict.send_with(own("042042")).kind, Kind::Sent);
    assert_eq!(strict.verify("042042").kind, Kind::Verified);
}

#[test]
fn bad_input_is_named_and_counts_nothing() {
    let mut world = World::new(Policy::default());
    for (request, code) in [
        (SendRequest { to: "1380013800".into(), ..request() }, "input.number."),
        (SendRequest { to: String::new(), ..request() }, "input.number."),
        (SendRequest { ip: None, ..request() }, "input.ip"),
        (SendRequest { ip: Some("proxy".into()), ..request() }, "input.ip"),
        (SendRequest { purpose: "a b".into(), ..request() }, "input.purpose"),
        (SendRequest { purpose: "unknown".into(), ..request() }, "input.purpose"),
        (SendRequest { session: Some("x".repeat(257)), ..request() }, "input.too_long"),
        (SendRequest { idempotency_key: Some("x".repeat(257)), ..request() }, "input.too_long"),
    ] {
        let outcome = world.send_with(request);
        assert_eq!(outcome.kind, Kind::Invalid);
        assert!(outcome.code.as_str().starts_with(code), "{outcome:?}");
    }
    for (code, said) in
        [("", Code::InputCodeEmpty), ("12345", Code::InputCodeLength), ("12345é", Code::InputCodeCharacter)]
    {
        assert_eq!(world.verify(code).code, said);
    }
    assert!(world.store.is_empty());
}

/// Every state of each flow, reached with a script, meets every kind of reply.
#[test]
fn every_state_meets_every_reply() {
    let store = |count| {
        let lines = [
            "granted 0",
            "granted 0 slot=0:00000000:00000000000000000000000000000000:1",
            "denied 0 1",
            "denied 9 1",
            "replayed 1 1",
            "full 1",
            "released",
            "matched",
            "counted 1 slot=0:00000000:00000000000000000000000000000000:1",
            "wrong 1 1",
            "locked 1",
            "gone",
            "refused clock",
            "refused version",
            "refused corrupt",
            "refused operation",
            "nonsense",
        ];
        let same = move |line: &str| Reply::Store(vec![Some(line.to_owned()); count]);
        let mut all: Vec<_> = lines.iter().map(|line| same(line)).collect();
        all.push(Reply::Store(vec![None; count]));
        all.push(Reply::StoreFault);
        all
    };
    let http = || {
        let mut all: Vec<_> = [200, 400, 401, 429, 500, 503].map(answer).into();
        all.extend([Reply::HttpFault { sent: true }, Reply::HttpFault { sent: false }]);
        all
    };
    let mut met = 0;
    let lists: [&[_]; 3] = [&[("one", 0), ("two", 0)], &[("vault", 0), ("two", 0)], &[("managed", 0)]];
    for (is_send, providers) in [true, false].into_iter().flat_map(|is_send| lists.map(|it| (is_send, it))) {
        // How far to go by the book before the reply under test.
        for depth in 0..5 {
            for at in 0..64 {
                let mut world = World::with(Policy::default(), providers);
                if !is_send {
                    world.send();
                }
                let seed = world.seed();
                let mut flow = if is_send {
                    world.engine.send(request(), seed)
                } else {
                    world.engine.verify(check("123456"), seed)
                };
                assert_eq!(flow.resume(0, Reply::StoreFault, UnixMillis(T0)), Err(DriveError::NotStarted));
                let mut step = flow.start(UnixMillis(T0)).unwrap();
                assert_eq!(flow.start(UnixMillis(T0)), Err(DriveError::AlreadyStarted));
                let mut steps = 0;
                let outcome = loop {
                    steps += 1;
                    assert!(steps <= 4 + 2 + 1, "a flow ends within its steps");
                    let (id, by_book, fitting, stray) = match &step {
                        Step::Done(outcome) => break outcome.clone(),
                        Step::Credentials { id, .. } => {
                            let key = Credentials {
                                id: "id".into(),
                                secret: crate::secret::Secret::new("canary".into()),
                                token: None,
                            };
                            let fitting = vec![Reply::Credentials(None)];
                            (*id, Reply::Credentials(Some(key)), fitting, Reply::StoreFault)
                        }
                        Step::Http { id, .. } => (*id, answer(503), http(), Reply::StoreFault),
                        Step::Store { id, ops } => {
                            let run = |op: &StoreOp| Some(world.store.run(&op.key, &op.op, UnixMillis(T0)));
                            (*id, Reply::Store(ops.iter().map(run).collect()), store(ops.len()), answer(200))
                        }
                    };
                    assert_eq!(flow.resume(id + 1, stray.clone(), UnixMillis(T0)), Err(DriveError::WrongId));
                    assert_eq!(flow.resume(id, stray, UnixMillis(T0)), Err(DriveError::WrongKind));
                    if let Step::Store { ops, .. } = &step {
                        let short = Reply::Store(vec![None; ops.len() + 1]);
                        assert_eq!(flow.resume(id, short, UnixMillis(T0)), Err(DriveError::WrongKind));
                    }
                    let reply = if steps == depth + 1 {
                        fitting.into_iter().nth(at).unwrap_or(by_book)
                    } else {
                        by_book
                    };
                    met += 1;
                    step = flow.resume(id, reply, UnixMillis(T0)).unwrap();
                };
                assert_eq!(flow.resume(99, Reply::StoreFault, UnixMillis(T0)), Err(DriveError::Finished));
                // Only a provider's 200 makes `sent`, only a match makes `verified`.
                assert!(!outcome.ok() || outcome.replayed || is_send == (outcome.kind == Kind::Sent));
            }
        }
    }
    assert!(met > 1_000);
}

#[test]
fn a_store_fault_refuses_and_says_so() {
    for (lines, code) in [
        (Reply::StoreFault, Code::StoreDown),
        (Reply::Store(vec![None]), Code::StoreDown),
        (Reply::Store(vec![Some("refused clock".into())]), Code::StoreClock),
        (Reply::Store(vec![Some("refused version".into())]), Code::StoreVersion),
        (Reply::Store(vec![Some("OK".into())]), Code::StoreReply),
    ] {
        let mut world = World::new(Policy::default());
        let seed = world.seed();
        for mut flow in [world.engine.send(request(), seed), world.engine.verify(check("123456"), seed)] {
            let Step::Store { id, .. } = flow.start(UnixMillis(T0)).unwrap() else { panic!() };
            let mut step = flow.resume(id, lines.clone(), UnixMillis(T0)).unwrap();
            if let Step::Store { id, .. } = step {
                step = flow.resume(id, Reply::StoreFault, UnixMillis(T0)).unwrap();
            }
            let Step::Done(outcome) = step else { panic!("{step:?}") };
            assert_eq!((outcome.kind, outcome.code), (Kind::Unavailable, code));
            assert!(outcome.retry_after.is_some());
        }
    }
}

#[test]
fn nothing_secret_is_shown() {
    let mut world = World::new(Policy::default());
    let seed = world.seed();
    let mut flow = world.engine.send(SendRequest { session: Some("canary".into()), ..request() }, seed);
    let mut shown = format!("{:?} {:?} {flow:?}", world.engine, request());
    let mut step = flow.start(UnixMillis(T0)).unwrap();
    loop {
        shown += &format!("{step:?} {flow:?}");
        let (id, reply) = match &step {
            Step::Done(_) => break,
            Step::Credentials { id, .. } => (*id, Reply::Credentials(None)),
            Step::Http { id, .. } => (*id, answer(200)),
            Step::Store { id, ops } => {
                let run = |op: &StoreOp| Some(world.store.run(&op.key, &op.op, UnixMillis(T0)));
                (*id, Reply::Store(ops.iter().map(run).collect()))
            }
        };
        step = flow.resume(id, reply, UnixMillis(T0)).unwrap();
    }
    let code = world.last_code();
    for canary in [NUMBER, code.as_str(), "canary", "192.0.2.1", "5, 5, 5"] {
        assert!(!shown.contains(canary), "{canary} in {shown}");
    }
}
