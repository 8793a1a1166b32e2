//! Idempotency keys: one message each, and when they are free again.

use super::*;

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

/// As a session is: an application hands on a header, or a field of a form, that nobody filled in.
#[test]
fn an_idempotency_key_that_is_empty_is_none() {
    let mut world = World::new(Policy::default());
    let keyed = || SendRequest { idempotency_key: Some(String::new()), ..request() };
    for _ in 0..2 {
        assert_eq!(world.send_with(keyed()).code, Code::Sent);
        world.now += 60_000;
    }
    assert_eq!(world.sent.lock().unwrap().len(), 2);
}
