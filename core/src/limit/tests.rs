mod managed;
mod plan;
mod record;
mod release;
mod series;
mod slots;

use super::*;
use crate::time::{Millis, UnixMillis};
use proptest::prelude::*;

const T0: u64 = 1_790_000_000_000;
const DAY: u32 = 86_400_000;

fn rule(series: u8, form: Form, limit: u32, window_ms: u32, charge: Charge) -> RuleOp {
    RuleOp { series, form, limit, window_ms, charge }
}

/// The rules of a number by default: 1 in 60 s, 5 in 24 h, wrong tries 10 in 1 h and 20 in 24 h.
fn number_rules() -> Vec<RuleOp> {
    vec![
        rule(1, Form::Log, 1, 60_000, Charge::Firm),
        rule(1, Form::Log, 5, DAY, Charge::Soft),
        rule(2, Form::Times, 10, 3_600_000, Charge::Gate),
        rule(2, Form::Times, 20, DAY, Charge::Gate),
    ]
}

fn slot(tag: u8) -> SlotOp {
    SlotOp {
        tag: [tag; 8],
        nonce: [tag; 16],
        proof: [tag; 16],
        kids: [[7; 4], [8; 4], [0; 4], [0; 4]],
        kid_count: 2,
        validity_ms: 300_000,
        lifetime_ms: 600_000,
        least_ms: 120_000,
        tries: 3,
        max: 5,
    }
}

/// A place that keeps one record.
#[derive(Default)]
struct Place {
    record: Option<Vec<u8>>,
    ttl: Millis,
}

impl Place {
    fn run(&mut self, op: &Op, at: u64) -> Reply {
        // Each operation and reply goes through its text, as it does on the way to a store.
        let op = Op::read(&op.write()).unwrap();
        let applied = apply(self.record.as_deref(), &op, UnixMillis(T0 + at));
        if let Some(record) = applied.record {
            assert_eq!(Record::read(&record).unwrap().write(), record);
            self.record = Some(record);
            self.ttl = applied.ttl;
        }
        assert_eq!(Reply::read(&applied.reply.write()).as_ref(), Some(&applied.reply));
        applied.reply
    }

    fn reserve(&mut self, lease: Lease, rules: &[RuleOp], slot: Option<SlotOp>, at: u64) -> Reply {
        self.run(&Op::Reserve(Reserve { lease, idem: None, rules: rules.to_vec(), slot }), at)
    }

    fn release(&mut self, lease: Lease, level: u8, series: &[(u8, Option<u64>)], at: u64) -> Reply {
        self.run(&Op::Release(Release { lease, level, series: series.to_vec(), slot: None }), at)
    }

    fn check(&mut self, attempt: u32, tag: u8, proof: u8, at: u64) -> Reply {
        let proofs = vec![([7; 4], [proof; 16]), ([8; 4], [99; 16])];
        self.run(
            &Op::Check(Check { attempt, tag: [tag; 8], series: 2, window_ms: DAY, keep: 20, proofs }),
            at,
        )
    }
}

impl Place {
    fn wrong_tries(&self) -> usize {
        let record = Record::read(self.record.as_deref().unwrap()).unwrap();
        record.find(2).map_or(0, |series| series.entries.len())
    }
}

fn is_granted(reply: &Reply) -> bool {
    matches!(reply, Reply::Granted { .. })
}

#[test]
fn windows_are_half_open_and_retry_after_is_exact() {
    let mut place = Place::default();
    assert!(is_granted(&place.reserve(1, &number_rules(), None, 0)));
    assert_eq!(place.reserve(2, &number_rules(), None, 0), Reply::Denied { rule: 0, retry_ms: 60_000 });
    assert_eq!(place.reserve(2, &number_rules(), None, 59_999), Reply::Denied { rule: 0, retry_ms: 1 });
    assert!(is_granted(&place.reserve(2, &number_rules(), None, 60_000)));
    for i in 2..5 {
        assert!(is_granted(&place.reserve(1 + i, &number_rules(), None, i * 60_000)));
    }
    let denied = place.reserve(9, &number_rules(), None, 300_000);
    assert_eq!(denied, Reply::Denied { rule: 1, retry_ms: u64::from(DAY) - 300_000 });
    assert!(is_granted(&place.reserve(9, &number_rules(), None, u64::from(DAY))));
    assert_eq!(place.ttl, Millis(u64::from(DAY)));
}

#[test]
fn next_tells_when_the_same_rules_would_grant() {
    let mut place = Place::default();
    for i in 0..5u64 {
        let Reply::Granted { next_ms, .. } = place.reserve(i + 1, &number_rules(), None, i * 60_000) else {
            panic!()
        };
        assert_eq!(next_ms, if i < 4 { 60_000 } else { u64::from(DAY) - 240_000 });
    }
}

#[test]
fn the_same_lease_is_charged_once_and_hears_the_same() {
    let mut place = Place::default();
    let first = place.reserve(1, &number_rules(), Some(slot(1)), 0);
    assert_eq!(place.reserve(1, &number_rules(), Some(slot(1)), 0), first);
    place.reserve(2, &number_rules(), Some(slot(1)), 60_000);
    assert_eq!(Record::read(place.record.as_deref().unwrap()).unwrap().find(1).unwrap().entries.len(), 2);
}

#[test]
fn a_repeated_lease_hears_of_no_challenge_whose_code_it_cannot_make() {
    let own = |nonce| SlotOp { nonce: [nonce; 16], proof: [nonce; 16], least_ms: u32::MAX, ..slot(1) };
    let day = [rule(1, Form::Log, 5, DAY, Charge::Soft)];
    let heard = |first: SlotOp, second: SlotOp| {
        let mut place = Place::default();
        place.reserve(1, &day, Some(first), 0);
        place.reserve(2, &day, Some(second), 0);
        match place.reserve(1, &day, Some(first), 0) {
            Reply::Granted { slot, .. } => slot.map(|slot| (slot.nonce[0], slot.round)),
            reply => panic!("{reply:?}"),
        }
    };
    let ours = SlotOp { nonce: [8; 16], ..slot(1) };
    assert_eq!(heard(slot(1), ours), Some((1, 1)), "sent again by another");
    assert_eq!(heard(slot(1), own(9)), None);
    assert_eq!(heard(own(9), slot(1)), None);
    assert_eq!(heard(own(9), own(10)), None);
}

#[test]
fn a_clock_that_goes_back_frees_nothing_and_one_far_back_is_a_fault() {
    let mut place = Place::default();
    place.reserve(1, &number_rules(), None, 700_000);
    assert_eq!(place.reserve(2, &number_rules(), None, 100_000), Reply::Denied { rule: 0, retry_ms: 60_000 });
    assert_eq!(place.reserve(2, &number_rules(), None, 99_999), Reply::Refused(Refusal::Clock));
}

#[test]
fn records_of_later_releases_and_rubbish_are_left_alone() {
    let op = Op::Reserve(Reserve { lease: 1, rules: number_rules(), ..Reserve::default() });
    for (bytes, refusal) in [
        (vec![2, 0, 0], Refusal::Version),
        (vec![0], Refusal::Corrupt),
        (vec![], Refusal::Corrupt),
        (vec![1, 0, 0, 0, 0, 0, 0, 1], Refusal::Corrupt),
        ([Record::default().write(), vec![0]].concat(), Refusal::Corrupt),
    ] {
        let applied = apply(Some(&bytes), &op, UnixMillis(T0));
        assert_eq!((applied.record, applied.reply), (None, Reply::Refused(refusal)));
    }
}

#[test]
fn a_code_matches_once_and_dies_after_its_tries() {
    let mut place = Place::default();
    place.reserve(1, &number_rules(), Some(slot(1)), 0);
    assert_eq!(place.check(1, 2, 1, 1), Reply::Gone, "another session's tag");
    assert_eq!(place.check(1, 1, 9, 10), Reply::Wrong { left: 2, remaining_ms: 299_990 });
    assert_eq!(place.check(1, 1, 9, 10), Reply::Wrong { left: 2, remaining_ms: 299_990 }, "the same attempt");
    assert_eq!(place.check(2, 1, 1, 20), Reply::Matched);
    assert_eq!(place.check(2, 1, 1, 21), Reply::Matched, "the same attempt");
    assert_eq!(place.check(3, 1, 1, 22), Reply::Gone, "another one");

    place.reserve(2, &number_rules(), Some(slot(1)), 60_000);
    for left in [2, 1, 0] {
        assert_eq!(
            place.check(10 + u32::from(left), 1, 9, 60_000),
            Reply::Wrong { left, remaining_ms: 300_000 }
        );
    }
    assert_eq!(place.check(20, 1, 1, 60_001), Reply::Locked { remaining_ms: 299_999 });
    assert_eq!(place.check(21, 1, 1, 360_000), Reply::Gone, "expired");
}

#[test]
fn wrong_tries_gate_new_codes_but_never_a_check() {
    let mut place = Place::default();
    let rules =
        [rule(1, Form::Log, 60, DAY, Charge::Soft), rule(2, Form::Times, 10, 3_600_000, Charge::Gate)];
    let mut tries = 0;
    for round in 0..4u64 {
        assert!(is_granted(&place.reserve(round + 1, &rules, Some(slot(round as u8 + 1)), round)));
        for attempt in 0..3 {
            if tries < 10 {
                place.check(round as u32 * 10 + attempt + 1, round as u8 + 1, 99, 10 + round);
                tries += 1;
            }
        }
    }
    assert_eq!(place.reserve(9, &rules, Some(slot(9)), 20), Reply::Denied { rule: 1, retry_ms: 3_599_990 });
    assert_eq!(place.check(77, 4, 4, 21), Reply::Matched, "the owner's live code still works");
}

#[test]
fn a_resend_keeps_the_challenge_until_too_little_is_left() {
    let mut place = Place::default();
    let rules = [rule(1, Form::Log, 1, 60_000, Charge::Firm)];
    let again = |nonce: u8| SlotOp { nonce: [nonce; 16], ..slot(1) };
    let told = |reply: Reply| match reply {
        Reply::Granted { slot: Some(slot), .. } => (slot.round, slot.nonce[0], slot.remaining_ms),
        other => panic!("{other:?}"),
    };
    assert_eq!(told(place.reserve(1, &rules, Some(again(1)), 0)), (0, 1, 300_000));
    assert_eq!(told(place.reserve(2, &rules, Some(again(2)), 100_000)), (1, 1, 300_000));
    assert_eq!(
        told(place.reserve(3, &rules, Some(again(3)), 390_000)),
        (2, 1, 210_000),
        "capped at ten minutes"
    );
    // A further resend would leave under two minutes: a new challenge.
    assert_eq!(told(place.reserve(4, &rules, Some(again(4)), 480_001)), (0, 4, 300_000));
    // Its tries stay with it over a resend, and without any left it is not sent again.
    place.check(1, 1, 99, 480_002);
    assert_eq!(told(place.reserve(5, &rules, Some(again(5)), 550_000)), (1, 4, 300_000));
    assert_eq!(place.check(2, 1, 99, 550_001), Reply::Wrong { left: 1, remaining_ms: 299_999 });
    place.check(3, 1, 99, 550_002);
    assert_eq!(told(place.reserve(6, &rules, Some(again(6)), 620_000)), (0, 6, 300_000));
    // A pepper that is not at hand can't make the code again.
    let unknown = SlotOp { kids: [[9; 4]; 4], kid_count: 1, ..again(7) };
    assert_eq!(told(place.reserve(7, &rules, Some(unknown), 680_000)), (0, 7, 300_000));
}

#[test]
fn live_challenges_are_never_evicted() {
    let mut place = Place::default();
    let rules = [rule(1, Form::Log, 60, DAY, Charge::Soft)];
    for i in 1..=5u8 {
        assert!(is_granted(&place.reserve(u64::from(i), &rules, Some(slot(i)), u64::from(i))));
    }
    assert_eq!(place.reserve(6, &rules, Some(slot(6)), 100), Reply::Full { retry_ms: 299_901 });
    assert_eq!(place.check(1, 3, 3, 101), Reply::Matched);
    assert!(is_granted(&place.reserve(6, &rules, Some(slot(6)), 102)), "a spent one makes room");
}

#[test]
fn a_denied_flow_forgets_its_own_challenge_only() {
    let mut place = Place::default();
    let rules = [rule(1, Form::Log, 60, DAY, Charge::Soft)];
    let forget = |lease| {
        Op::Release(Release { lease, level: 2, series: vec![(1, None)], slot: Some(([1; 8], [1; 16])) })
    };
    place.reserve(1, &rules, Some(slot(1)), 0);
    place.reserve(2, &rules, Some(slot(1)), 1);
    place.run(&forget(1), 2);
    assert_eq!(place.check(1, 1, 1, 3), Reply::Matched, "it was sent again since");
    place.reserve(3, &rules, Some(slot(1)), 4);
    place.run(&forget(3), 5);
    assert_eq!(place.check(2, 1, 1, 6), Reply::Gone);
}

#[test]
fn an_idempotency_tag_sends_once_and_falls_with_its_release() {
    let mut place = Place::default();
    let ask =
        |lease| Op::Reserve(Reserve { lease, idem: Some(5), rules: number_rules(), slot: Some(slot(1)) });
    assert!(is_granted(&place.run(&ask(1), 0)));
    assert_eq!(place.run(&ask(2), 1_000), Reply::Replayed { age_ms: 1_000, remaining_ms: 299_000 });
    place.release(1, 1, &[(1, None)], 2_000);
    assert!(is_granted(&place.run(&ask(2), 60_000)), "nothing was delivered, so it may be tried again");
}

#[test]
fn an_idempotency_tag_ends_with_its_window() {
    let mut place = Place::default();
    let rules =
        vec![rule(1, Form::Log, 5, 60_000, Charge::Soft), rule(2, Form::Times, 20, DAY, Charge::Gate)];
    let ask =
        |lease| Op::Reserve(Reserve { lease, idem: Some(5), rules: rules.clone(), slot: Some(slot(1)) });
    assert!(is_granted(&place.run(&ask(1), 0)));
    place.check(1, 1, 99, 1); // a wrong try keeps the record for a day
    assert_eq!(place.run(&ask(2), 59_999), Reply::Replayed { age_ms: 59_999, remaining_ms: 240_001 });
    assert!(is_granted(&place.run(&ask(2), 60_000)));
}

#[test]
fn a_rule_that_changes_its_form_counts_no_less() {
    let mut place = Place::default();
    let log = [rule(1, Form::Log, 30, DAY, Charge::Soft)];
    let bins = [rule(1, Form::Bins, 40, DAY, Charge::Soft)];
    for lease in 1..=30 {
        assert!(is_granted(&place.reserve(lease, &log, None, lease)));
    }
    for lease in 31..=40 {
        assert!(is_granted(&place.reserve(lease, &bins, None, lease)), "{lease}");
    }
    assert!(!is_granted(&place.reserve(41, &bins, None, 100)));
    assert!(!is_granted(&place.reserve(41, &log, None, 100)));
    let longer = [rule(1, Form::Bins, 41, 2 * DAY, Charge::Soft)];
    assert!(is_granted(&place.reserve(41, &longer, None, 101)));
    assert!(!is_granted(&place.reserve(42, &longer, None, u64::from(DAY) + 100)));
}

#[test]
fn a_look_tells_how_a_number_stands_and_changes_nothing() {
    let mut place = Place::default();
    let none = |rules: usize| vec![Standing { used: 0, wait_ms: 0 }; rules];
    let look = Op::Look(number_rules());
    assert_eq!(place.run(&look, 0), Reply::Looked { rules: none(4), slots: vec![] });
    place.reserve(1, &number_rules(), Some(slot(1)), 0);
    place.check(1, 1, 99, 1_000);
    let before = place.record.clone();
    let standing = |used, wait_ms| Standing { used, wait_ms };
    let live = SlotStanding { round: 0, left: 2, state: SlotState::Wrong, remaining_ms: 290_000 };
    let rules = vec![standing(1, 50_000), standing(1, 0), standing(1, 0), standing(1, 0)];
    assert_eq!(place.run(&look, 10_000), Reply::Looked { rules, slots: vec![live] });
    assert_eq!(place.record, before);
    assert_eq!(place.run(&Op::Look(vec![]), 300_000), Reply::Looked { rules: vec![], slots: vec![] });
}

#[test]
fn a_number_that_is_forgotten_begins_anew() {
    let mut place = Place::default();
    place.reserve(1, &number_rules(), Some(slot(1)), 0);
    place.check(1, 1, 99, 1);
    assert_eq!(place.run(&Op::Forget, 2), Reply::Released);
    assert_eq!(place.check(2, 1, 1, 3), Reply::Gone);
    assert!(is_granted(&place.reserve(2, &number_rules(), None, 4)));
    assert_eq!(place.wrong_tries(), 0);
    // It is still the record of before: a clock that is behind it is a fault.
    place.run(&Op::Forget, 700_000);
    assert_eq!(place.run(&Op::Forget, 0), Reply::Refused(Refusal::Clock));
}

#[test]
fn records_stay_as_small_as_promised() {
    let mut place = Place::default();
    let idem =
        |lease, tag| Op::Reserve(Reserve { lease, idem: None, rules: number_rules(), slot: Some(slot(tag)) });
    for i in 0..5u64 {
        place.run(&idem(i + 1, i as u8 % 2 + 1), i * 60_000);
        for attempt in 0..3u32 {
            place.check(i as u32 * 3 + attempt + 1, i as u8 % 2 + 1, 99, i * 60_000 + 1);
        }
    }
    let bytes = place.record.as_ref().unwrap().len();
    assert!(bytes <= 320, "{bytes}");

    let mut place = Place::default();
    let rules = [
        rule(1, Form::Log, 1, 60_000, Charge::Firm),
        rule(1, Form::Log, 10, DAY, Charge::Soft),
        rule(2, Form::Times, 20, DAY, Charge::Gate),
    ];
    for i in 0..10u64 {
        let op =
            Reserve { lease: i + 1, idem: Some(i), rules: rules.to_vec(), slot: Some(slot(i as u8 % 5 + 1)) };
        assert!(is_granted(&place.run(&Op::Reserve(op), i * 60_000)));
        place.check(i as u32 * 3 + 1, i as u8 % 5 + 1, 99, i * 60_000 + 1);
        place.check(i as u32 * 3 + 2, i as u8 % 5 + 1, 99, i * 60_000 + 1);
    }
    let record = place.record.as_ref().unwrap();
    assert_eq!(Record::read(record).unwrap().slots.len(), 5);
    assert!(record.len() <= 600, "{}", record.len());
}

#[test]
fn operations_that_do_not_fit_are_not_read() {
    for line in [
        "",
        "reserve",
        "reserve 12",
        "reserve 0000000000000001 1:l:0:1:s",
        "reserve 0000000000000001 1:l:65:1:s",
        "reserve 0000000000000001 1:l:1:0:s",
        "reserve 0000000000000001 1:x:1:1:s",
        "reserve 0000000000000001 1:l:1:1:s:",
        "reserve 0000000000000001 1:l:+1:1:s",
        "reserve 0000000000000001 1:l:1:99999999999:s",
        "reserve 0000000000000001 1:t:1:1:s",
        "release 0000000000000001 3",
        "release 0000000000000001 -1",
        "check 1 2 3",
        "count 00000001 0101010101010101 2:0:20",
        "count 00000001 0101010101010101 2:1:20 x",
        "consume 00000001 0101010101010101 2",
        "consume 00000001 0101010101010101:02020202020202020202020202020202",
        "consume 00000001 0101010101010101:02020202020202020202020202020202 2 3",
        "drop x",
        "reserve 0000000000000001 slot=00",
        "forget 1",
        "forget ",
        "look ",
        "look 1:l:1:1",
    ] {
        assert_eq!(Op::read(line), None, "{line}");
    }
    for line in [
        "",
        "granted",
        "granted x",
        "granted 1 foo=2",
        "matched 1",
        "refused",
        "refused why",
        "wrong 1",
        "counted 1",
    ] {
        assert_eq!(Reply::read(line), None, "{line}");
    }
}

/// One step of a random history.
#[derive(Clone, Debug)]
enum Move {
    Wait(u64),
    Ask,
    Again(usize),
    Release(usize, u8),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        3 => (0u64..400).prop_map(Move::Wait),
        6 => Just(Move::Ask),
        1 => (0usize..40).prop_map(Move::Again),
        2 => ((0usize..40), 1u8..=2).prop_map(|(at, level)| Move::Release(at, level)),
    ];
    proptest::collection::vec(one, 1..120)
}

/// Plays a history against a plain list of everything that ever happened.
fn play(moves: &[Move], form: Form, limit: u32, window: u32) {
    let firm = rule(1, form, limit, window, Charge::Soft);
    let mut place = Place::default();
    let mut now = 0u64;
    let mut taken: Vec<(u64, Lease, bool, Option<u64>)> = Vec::new();
    let mut lease = 0;
    let in_window = |taken: &[(u64, Lease, bool, Option<u64>)], now: u64, window: u64| {
        taken.iter().filter(|(at, _, given, _)| !given && now - at < window).count() as u32
    };
    for step in moves {
        match step {
            Move::Wait(by) => now += by,
            Move::Ask => {
                lease += 1;
                let before = in_window(&taken, now, u64::from(window));
                match place.reserve(lease, &[firm], None, now) {
                    Reply::Granted { bins, .. } => {
                        assert!(before < limit, "one too many");
                        taken.push((now, lease, false, bins.first().map(|(_, bin)| *bin)));
                    }
                    Reply::Denied { retry_ms, .. } => {
                        let slack = if form == Form::Bins { u64::from(window.div_ceil(24)) } else { 0 };
                        assert!(
                            in_window(&taken, now, u64::from(window) + slack) >= limit,
                            "refused for nothing"
                        );
                        let mut later = Place { record: place.record.clone(), ..Place::default() };
                        assert!(!is_granted(&later.reserve(lease, &[firm], None, now + retry_ms - 1)));
                        assert!(is_granted(&later.reserve(lease, &[firm], None, now + retry_ms)));
                    }
                    other => panic!("{other:?}"),
                }
            }
            Move::Again(at) => {
                if let Some((when, lease, ..)) = taken.get(*at).copied()
                    && now - when < u64::from(window).min(300)
                    && taken.len() < 20
                {
                    assert!(is_granted(&place.reserve(lease, &[firm], None, now)));
                }
            }
            Move::Release(at, level) => {
                if let Some(entry) = taken.get_mut(*at) {
                    place.release(entry.1, *level, &[(1, entry.3)], now);
                    entry.2 = true;
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn logs_are_exact(moves in moves(), limit in 1u32..6, window in 1u32..2000) {
        play(&moves, Form::Log, limit, window);
    }

    #[test]
    fn bins_never_admit_one_too_many(moves in moves(), limit in 1u32..6, window in 1u32..2000) {
        play(&moves, Form::Bins, limit, window);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() { *first = 1; }
        if let Ok(record) = Record::read(&bytes) {
            prop_assert_eq!(record.write(), bytes);
        }
    }

    #[test]
    fn any_line_is_read_or_refused(line in "(reserve|release|check|count|consume|look|granted|denied|counted|looked) [0-9a-f:=, slb]{0,200}") {
        if let Some(op) = Op::read(&line) { prop_assert_eq!(Op::read(&op.write()), Some(op)); }
        if let Some(reply) = Reply::read(&line) { prop_assert_eq!(Reply::read(&reply.write()), Some(reply)); }
    }
}
