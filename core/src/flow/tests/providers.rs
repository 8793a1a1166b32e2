//! Which provider is asked, with which key.

use super::*;
use crate::secret::Secret;
use std::collections::BTreeMap;

fn key() -> Credentials {
    Credentials { id: "id".into(), secret: Secret::new("canary".into()), token: None }
}

#[test]
fn a_provider_without_a_key_of_its_own_gets_one_for_each_call() {
    let mut world = World::with(Policy::default(), &[("vault", 0)]);
    world.keys = vec![Some(key())];
    let outcome = world.send();
    assert_eq!((outcome.code, outcome.provider.as_deref()), (Code::Sent, Some("vault")));
    assert_eq!(world.asked, ["key of vault", "vault.example"]);
}

#[test]
fn a_key_that_cannot_be_had_is_no_send_and_passes_on() {
    let mut world = World::with(Policy::default(), &[("vault", 0), ("two", 0)]);
    let outcome = world.send();
    assert_eq!((outcome.code, outcome.provider.as_deref()), (Code::Sent, Some("two")));
    assert_eq!(outcome.events, ["provider.unavailable vault provider.credentials"]);
    assert_eq!(world.asked, ["key of vault", "two.example"]);

    let mut world = World::with(Policy::default(), &[("vault", 0)]);
    let outcome = world.send();
    assert_eq!(outcome.code, Code::ProviderUnavailable);
    world.keys = vec![Some(key())];
    assert_eq!(world.send().code, Code::Sent, "nothing was called, so nothing was spent");
}

#[test]
fn weights_share_the_sends_and_a_resend_goes_on_to_the_next() {
    let free = Policy {
        cooldown: Millis(0),
        number: Vec::new(),
        ip: Vec::new(),
        ip_attempts: Vec::new(),
        ..Policy::default()
    };
    let mut world = World::with(free, &[("last", 0), ("heavy", 3), ("light", 1)]);
    let mut firsts = BTreeMap::new();
    for number in 0..80 {
        let to = format!("139{number:08}");
        let ask = || SendRequest { to: to.clone(), ..request() };
        let asked: Vec<String> = (0..3).map(|_| world.send_with(ask()).provider.unwrap()).collect();
        assert_eq!(asked[2], "last", "{asked:?}: what has no weight comes after what has");
        assert_ne!(asked[0], asked[1], "a resend starts with the next provider");
        *firsts.entry(asked[0].clone()).or_insert(0) += 1;
    }
    let heavy = firsts["heavy"];
    assert!((48..72).contains(&heavy), "about three of four: {firsts:?}");
    assert!(!firsts.contains_key("last"));
}

#[test]
fn every_send_has_a_blind_name() {
    let mut world = World::new(Policy::default());
    let first = world.send().send_id.unwrap();
    world.now += 60_000;
    let second = world.send().send_id.unwrap();
    assert!(first.len() == 16 && second.len() == 16 && first != second, "{first} {second}");
}
