//! What a flow gives back of the partitions that it reserved.

use super::*;
use crate::address::Address;
use crate::key::Keyring;
use crate::policy::{Policy, Rule};

fn released(part: Part, level: u8) -> Option<Vec<u8>> {
    let granted = Reply::Granted { next_ms: 0, bins: Vec::new(), used: Vec::new(), slot: None };
    match part.held(Some(&granted), None)?.release(7, level)? {
        Op::Release(release) => Some(release.series.into_iter().map(|(number, _)| number).collect()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn attempts_of_an_address_are_never_given_back_in_a_log_or_in_bins() {
    let keys = Keyring::from_secret(&[7; 32]);
    let address = Address::read("203.0.113.7").unwrap();
    for attempts in [vec![Rule::minutes(30, 10)], vec![Rule::hours(5_000, 1), Rule::hours(20_000, 24)]] {
        let policy = Policy { ip_attempts: attempts, ..Policy::default() };
        let planner = Planner { keys: &keys, namespace: "app", policy: &policy };
        for part in planner.sends_from(&address) {
            let sends: Vec<u8> = part.rules[..1].iter().map(|(rule, _)| rule.series).collect();
            assert_eq!(released(part, 2), Some(sends));
        }
        assert!(!planner.checks_from(&address).is_empty());
        assert!(planner.checks_from(&address).into_iter().all(|part| released(part, 2).is_none()));
    }
}

#[test]
fn rules_with_bins_have_a_series_each() {
    let keys = Keyring::from_secret(&[7; 32]);
    let large = vec![Rule::hours(5_000, 1), Rule::hours(20_000, 24)];
    let policy = Policy { ip: large.clone(), ip_attempts: large.clone(), device: large, ..Policy::default() };
    let planner = Planner { keys: &keys, namespace: "app", policy: &policy };
    let parts =
        planner.sends_from(&Address::read("203.0.113.7").unwrap()).into_iter().chain(planner.device("d"));
    let mut seen = 0;
    for part in parts {
        let mut numbers: Vec<u8> = part.rules.iter().map(|(rule, _)| rule.series).collect();
        let all = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all, "{numbers:?}");
        seen += all;
    }
    assert_eq!(seen, 6);
}

#[test]
fn level_0_is_told_to_the_number_alone() {
    let keys = Keyring::from_secret(&[7; 32]);
    let policy = Policy { prefix: vec![Rule::hours(9, 1)], ..Policy::default() };
    let planner = Planner { keys: &keys, namespace: "app", policy: &policy };
    assert_eq!(released(planner.number("tel:+8613800138000"), 0), Some(vec![1]));
    assert_eq!(released(planner.prefix("+861380013").unwrap(), 0), None);
    assert_eq!(released(planner.budget(1).unwrap(), 0), None);
}
