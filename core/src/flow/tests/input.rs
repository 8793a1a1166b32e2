//! What callers bring: sessions, unknown accounts, codes of their own, bad input.

use super::*;
use crate::code::{Alphabet, Shape};

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

/// One that could be ours is read as ours are: in an alphabet of capitals, small letters are the same code.
#[test]
fn a_code_of_the_callers_in_our_shape_is_read_as_ours() {
    let shape = Shape::new(6, Alphabet::Crockford).unwrap();
    let mut world = World::new(Policy { own_codes: true, shape, ..Policy::default() });
    for typed in ["abcdef", "ABCDEF", "abc-DEF"] {
        let own = SendRequest { code: Some("abcdef".into()), ..request() };
        assert_eq!(world.send_with(own).kind, Kind::Sent);
        assert_eq!(world.verify(typed).kind, Kind::Verified, "{typed}");
        world.now += 60_000;
    }
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
