//! Codes go out and are spent: limits, failover, what is given back.

use super::*;

#[test]
fn a_code_goes_out_and_is_spent() {
    let mut world = World::new(Policy::default());
    let sent = world.send();
    assert_eq!((sent.kind, sent.code), (Kind::Sent, Code::Sent));
    assert_eq!(sent.to.as_deref(), Some("+8613800138000"));
    assert_eq!((sent.expires_in, sent.resend_in), (Some(Millis(300_000)), Some(Millis(60_000))));
    assert_eq!((sent.provider.as_deref(), sent.message_id.as_deref()), (Some("one"), Some("m1")));
    assert_eq!((sent.request_id.as_deref(), sent.challenge), (Some("r1"), None));
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
fn who_refused_and_until_when_is_in_the_outcome() {
    for (answers, provider, retry_after) in [
        (vec![answer(429), answer(429)], "two", Some(Millis(9_000))),
        (vec![answer(400)], "one", None),
        (vec![answer(500)], "one", Some(Millis(60_000))),
    ] {
        let mut world = World::new(Policy::default());
        world.answers = answers;
        let outcome = world.send();
        assert_eq!((outcome.ok(), outcome.provider.as_deref()), (false, Some(provider)));
        assert_eq!((outcome.request_id.as_deref(), outcome.retry_after), (Some("r2"), retry_after));
    }
}

#[test]
fn no_nonce_is_used_twice_and_no_code_outlives_a_send_without_a_call() {
    let mut world = World::new(Policy::default());
    world.answers = vec![answer(503), answer(503)];
    assert_eq!(world.send().code, Code::ProviderUnavailable);
    assert_eq!(world.nonces.len(), 2);
    assert_ne!(world.nonces[0], world.nonces[1]);
    let mut world = World::with(Policy::default(), &[("vault", 0)]);
    assert_eq!(world.send().code, Code::ProviderUnavailable);
    let seen = world.drive(world.engine.inspect(NUMBER)).answer.unwrap();
    assert!(seen.ends_with(r#""codes":[]}"#), "{seen}");
}

#[test]
fn a_provider_that_refuses_numbers_is_well_and_one_whose_account_fails_is_passed_over() {
    for (status, asked_last) in [(400, "one.example"), (401, "two.example")] {
        let mut world = World::new(Policy { ip: Vec::new(), ip_attempts: Vec::new(), ..Policy::default() });
        for number in 0..4 {
            world.answers = vec![answer(status)];
            world.asked.clear();
            world.send_with(SendRequest { to: format!("1390013900{number}"), ..request() });
        }
        assert_eq!(world.asked[0], asked_last, "the first that was asked after three of {status}");
    }
}

#[test]
fn what_was_taken_is_given_back_for_five_minutes_and_of_a_refused_number_nothing() {
    let off = crate::policy::IpMode::Off;
    let policy = || Policy { ip_mode: off, budget: Vec::new(), ..Policy::default() };
    for (status, late, gives) in
        [(503, 0, true), (503, 300_000, true), (503, 300_001, false), (400, 0, false)]
    {
        let mut world = World::with(policy(), &[("one", 0)]);
        let seed = world.seed();
        let mut flow = world.engine.send(request(), seed);
        let mut step = flow.start(UnixMillis(T0)).unwrap();
        while let Step::Store { id, ops } = &step {
            let run = |op: &StoreOp| Some(world.store.run(&op.key, &op.op, UnixMillis(T0)));
            step = flow.resume(*id, Reply::Store(ops.iter().map(run).collect()), UnixMillis(T0)).unwrap();
        }
        let Step::Http { id, .. } = step else { panic!("{step:?}") };
        let step = flow.resume(id, answer(status), UnixMillis(T0 + late)).unwrap();
        assert_eq!(matches!(step, Step::Store { .. }), gives, "{status} after {late} ms");
    }
}
