//! Codes that the provider makes and checks: count, ask, consume.

use super::*;
use crate::provider::Guess;

/// Says 200 for right, 404 for wrong, and otherwise what its sends would say.
impl Managed for Scripted {
    fn check(&self, guess: &Guess<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        if self.asks_for_credentials() && signing.credentials.is_none() {
            return Err(BuildError::Credentials);
        }
        Ok(HttpCall {
            method: Method::Post,
            url: format!("https://check.example/?to={}", guess.to.phone()?.national),
            headers: Vec::new(),
            body: guess.code.into(),
            timeout: Millis(5_000),
            max_reply: 1_000,
        })
    }

    fn read_check(&self, reply: &HttpReply) -> Result<bool, Failure> {
        match reply.status {
            404 => Ok(false),
            _ => self.read(reply).map(|_| true),
        }
    }
}

fn world() -> World {
    World::with(Policy::default(), &[("managed", 0), ("two", 0)])
}

#[test]
fn the_provider_decides_and_a_code_passes_once() {
    let mut world = world();
    let sent = world.send();
    assert_eq!((sent.code, sent.provider.as_deref()), (Code::Sent, Some("managed")));
    world.answers = vec![answer(404)];
    let wrong = world.verify("111111");
    assert_eq!((wrong.code, wrong.attempts_left), (Code::CodeWrong, Some(2)));
    let right = world.verify("a1b2c3");
    assert_eq!((right.code, right.to.as_deref()), (Code::Verified, Some("+8613800138000")));
    assert_eq!(world.asked, ["managed.example", "check.example", "check.example"]);
    assert_eq!(world.verify("a1b2c3").code, Code::CodeExpired, "spent, so the provider isn't asked");
    assert_eq!(world.asked.len(), 3);
}

#[test]
fn the_last_try_may_be_right_and_no_more_are_asked_about() {
    let mut world = world();
    world.send();
    world.answers = vec![answer(404), answer(404), answer(200)];
    let left: Vec<_> = ["111111", "222222"].map(|code| world.verify(code).attempts_left).into();
    assert_eq!(left, [Some(2), Some(1)]);
    assert_eq!(world.verify("333333").code, Code::Verified);

    let mut world = super::managed::world();
    world.send();
    world.answers = vec![answer(404), answer(404), answer(404)];
    for code in ["111111", "222222", "333333"] {
        world.verify(code);
    }
    assert_eq!(world.verify("444444").code, Code::CodeLocked);
    assert_eq!(world.asked.len(), 4, "the fourth guess was asked of nobody");
}

#[test]
fn a_check_without_an_answer_is_unknown_and_its_try_is_spent() {
    for (reply, kind, code) in [
        (Reply::HttpFault { sent: true }, Kind::Unknown, Code::CheckUnknown),
        (answer(500), Kind::Unknown, Code::CheckUnknown),
        (Reply::HttpFault { sent: false }, Kind::Unavailable, Code::CheckUnavailable),
        (answer(429), Kind::Unavailable, Code::CheckUnavailable),
        (answer(401), Kind::Unavailable, Code::CheckUnavailable),
    ] {
        let mut world = world();
        world.send();
        world.answers = vec![reply];
        let outcome = world.verify("123456");
        assert_eq!((outcome.kind, outcome.code, outcome.attempts_left), (kind, code, Some(2)));
        assert!(!outcome.ok() && outcome.events.len() == 1);
        let throttled = outcome.events[0].contains("429");
        assert_eq!(outcome.retry_after, Some(Millis(if throttled { 9_000 } else { 5_000 })));
        assert_eq!(
            (outcome.provider.as_deref(), outcome.expires_in),
            (Some("managed"), Some(Millis(300_000)))
        );
        let answered = !outcome.events[0].contains("transport");
        assert_eq!(outcome.request_id.as_deref(), answered.then_some("r2"));
        assert_eq!(world.verify("123456").code, Code::Verified, "the code is as good as before");
    }
}

#[test]
fn a_check_asks_for_the_hosts_key_too() {
    let key =
        || Credentials { id: "id".into(), secret: crate::secret::Secret::new("canary".into()), token: None };
    let mut world = World::with(Policy::default(), &[("managed-vault", 0)]);
    world.keys = vec![Some(key())];
    world.send();
    world.asked.clear();
    let keyless = world.verify("123456");
    assert_eq!((keyless.code, keyless.attempts_left), (Code::CheckUnavailable, Some(2)));
    assert_eq!(keyless.events, ["provider.unavailable managed-vault provider.credentials"]);
    world.keys = vec![Some(key())];
    assert_eq!(world.verify("123456").code, Code::Verified);
    let asked = ["key of managed-vault", "key of managed-vault", "check.example"];
    assert_eq!(world.asked, asked);
}

#[test]
fn parallel_right_guesses_pass_once() {
    let mut world = world();
    world.send();
    let now = UnixMillis(world.now);
    let mut flows: Vec<(Flow, Step)> = (0..3)
        .map(|_| {
            let seed = world.seed();
            let mut flow = world.engine.verify(check("123456"), seed);
            let step = flow.start(now).unwrap();
            (flow, step)
        })
        .collect();
    // Every flow takes one step, then every flow the next.
    let mut done = Vec::new();
    for _ in 0..6 {
        for (flow, step) in &mut flows {
            let (id, reply) = match step {
                Step::Store { id, ops } => {
                    let run = |op: &StoreOp| Some(world.store.run(&op.key, &op.op, now));
                    (*id, Reply::Store(ops.iter().map(run).collect()))
                }
                Step::Http { id, .. } => (*id, answer(200)),
                _ => continue,
            };
            *step = flow.resume(id, reply, now).unwrap();
            if let Step::Done(outcome) = step {
                done.push(outcome.code);
            }
        }
    }
    done.sort();
    assert_eq!(done, [Code::Verified, Code::CodeExpired, Code::CodeExpired]);
}

#[test]
fn what_the_provider_makes_is_neither_given_nor_compared_here() {
    let mut world = world();
    let outcome = world.send_with(SendRequest { code: Some("123456".into()), ..request() });
    assert_eq!(outcome.code, Code::InputCodeManaged);
    world.send();
    // After a change of providers the record is compared here, with a text that can't be typed.
    let ours = World::new(Policy::default());
    world.engine = ours.engine;
    for code in ["~", "123456"] {
        assert!(!world.verify(code).ok());
    }
}

#[test]
fn the_first_that_serves_decides_who_makes_the_codes() {
    let mut world = World::with(Policy::default(), &[("two", 0), ("managed", 0)]);
    world.answers = vec![answer(429)];
    let outcome = world.send();
    assert_eq!(outcome.code, Code::ProviderThrottled, "no provider that couldn't be checked stands in");
    assert_eq!(world.asked, ["two.example"]);
}

#[test]
fn what_was_typed_goes_to_the_provider_as_it_is() {
    let shape = crate::code::Shape::new(6, crate::code::Alphabet::Crockford).unwrap();
    let mut world = World::with(Policy { shape, ..Policy::default() }, &[("managed", 0)]);
    world.send();
    let seed = world.seed();
    let mut flow = world.engine.verify(check("oIl0ab"), seed);
    let now = UnixMillis(world.now);
    let mut step = flow.start(now).unwrap();
    while let Step::Store { id, ops } = &step {
        let run = |op: &StoreOp| Some(world.store.run(&op.key, &op.op, now));
        step = flow.resume(*id, Reply::Store(ops.iter().map(run).collect()), now).unwrap();
    }
    let Step::Http { call, .. } = step else { panic!("{step:?}") };
    assert_eq!(call.body, b"oIl0ab");
}
