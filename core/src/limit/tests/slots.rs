//! The edges of a challenge: its longest life, when it can be sent again, and how long a wrong try is kept.

use super::*;

fn reserve(slot: SlotOp) -> Op {
    let rules = vec![rule(1, Form::Log, 9, DAY, Charge::Soft)];
    Op::Reserve(Reserve { lease: 1, idem: None, rules, slot: Some(slot) })
}

#[test]
fn a_life_that_a_record_can_not_hold_is_not_read() {
    let living = |lifetime_ms| reserve(SlotOp { lifetime_ms, ..slot(1) }).write();
    assert!(Op::read(&living((1 << 24) - 1)).is_some());
    assert_eq!(Op::read(&living(1 << 24)), None);
    assert_eq!(Op::read(&living((1 << 24) + 1)), None);
}

#[test]
fn a_challenge_is_valid_for_some_time_and_no_longer_than_it_lives() {
    let line = |validity_ms, lifetime_ms| reserve(SlotOp { validity_ms, lifetime_ms, ..slot(1) }).write();
    for (validity_ms, lifetime_ms, fits) in [(1, 1, true), (1, 2, true), (0, 1, false), (2, 1, false)] {
        assert_eq!(
            Op::read(&line(validity_ms, lifetime_ms)).is_some(),
            fits,
            "{validity_ms} of {lifetime_ms}"
        );
    }
    assert_eq!(Op::read(&format!("{}:1", line(1, 1))), None, "one part too many");
}

#[test]
fn a_challenge_whose_least_is_its_whole_life_can_be_sent_again_at_once() {
    let whole = SlotOp { validity_ms: 600_000, least_ms: 600_000, ..slot(1) };
    let rules = [rule(1, Form::Log, 9, DAY, Charge::Soft)];
    let mut place = Place::default();
    let mut round =
        |lease, least_ms, at| match place.reserve(lease, &rules, Some(SlotOp { least_ms, ..whole }), at) {
            Reply::Granted { slot: Some(slot), .. } => slot.round,
            other => panic!("{other:?}"),
        };
    assert_eq!([round(1, 600_000, 0), round(2, 600_000, 0)], [0, 1]);
    // One millisecond later it would be short; one that asks for more than a life is never sent again.
    assert_eq!([round(3, 600_000, 1), round(4, 600_001, 1), round(5, 600_001, 1)], [0, 0, 0]);
}

#[test]
fn a_wrong_try_is_kept_for_its_window() {
    for (age, kept) in [(u64::from(DAY) - 1, 2), (u64::from(DAY), 1)] {
        let mut place = Place::default();
        let rules = [rule(1, Form::Log, 9, DAY, Charge::Soft)];
        place.reserve(1, &rules, Some(slot(1)), 0);
        assert_eq!(place.check(1, 1, 9, 0), Reply::Wrong { left: 2, remaining_ms: 300_000 });
        place.reserve(2, &rules, Some(slot(2)), age);
        assert!(matches!(place.check(2, 2, 9, age), Reply::Wrong { .. }));
        assert_eq!(place.wrong_tries(), kept, "{age}");
    }
}
