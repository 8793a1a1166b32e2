//! Codes that a provider compares: count, ask, consume.

use super::*;

impl Place {
    fn count(&mut self, attempt: u32, tag: u8, at: u64) -> Reply {
        self.run(&Op::Count(Count { attempt, tag: [tag; 8], series: 2, window_ms: DAY, keep: 20 }), at)
    }

    fn consume(&mut self, attempt: u32, tag: u8, nonce: u8, at: u64) -> Reply {
        self.run(&Op::Consume(Consume { attempt, tag: [tag; 8], nonce: [nonce; 16], series: 2 }), at)
    }
}

/// What a count of `slot(tag)` hears that leaves so many tries and so much validity.
fn counted(left: u8, tag: u8, remaining_ms: u64) -> Reply {
    Reply::Counted { left, slot: SlotReply { round: 0, kid: [7; 4], nonce: [tag; 16], remaining_ms } }
}

#[test]
fn a_managed_code_is_counted_asked_about_and_spent_once() {
    let mut place = Place::default();
    place.reserve(1, &number_rules(), Some(slot(1)), 0);
    assert_eq!(place.count(1, 2, 1), Reply::Gone, "another session's tag");
    assert_eq!(place.consume(1, 1, 1, 1), Reply::Gone, "nothing was counted");
    assert_eq!(place.count(1, 1, 10), counted(2, 1, 299_990));
    assert_eq!(place.count(1, 1, 10), counted(2, 1, 299_990), "the same attempt");
    // Two right guesses at once: both are counted, one passes.
    assert_eq!(place.count(2, 1, 20), counted(1, 1, 299_980));
    assert_eq!(place.wrong_tries(), 2);
    assert_eq!(place.consume(1, 1, 9, 25), Reply::Gone, "a challenge of before");
    assert_eq!(place.consume(1, 1, 1, 30), Reply::Matched);
    assert_eq!(place.consume(1, 1, 1, 31), Reply::Matched, "the same attempt");
    assert_eq!(place.consume(2, 1, 1, 32), Reply::Gone, "another one");
    assert_eq!(place.count(1, 1, 33), Reply::Gone, "a count that comes late");
    assert_eq!(place.wrong_tries(), 1, "the right one is taken off once");
}

#[test]
fn a_late_consume_neither_spends_another_challenge_nor_frees_its_try() {
    let mut place = Place::default();
    place.reserve(1, &number_rules(), Some(slot(1)), 0);
    place.count(1, 1, 1);
    assert_eq!(place.consume(1, 1, 1, 2), Reply::Matched);
    place.reserve(2, &number_rules(), Some(SlotOp { nonce: [6; 16], ..slot(1) }), 60_000);
    assert_eq!(place.count(2, 1, 60_001), counted(2, 6, 299_999));
    assert_eq!(place.consume(1, 1, 1, 60_002), Reply::Gone, "doubled on its way");
    assert_eq!(place.wrong_tries(), 1);
    assert_eq!(place.consume(2, 1, 6, 60_003), Reply::Matched);
}

#[test]
fn the_last_try_may_be_the_right_one_and_may_end_while_it_is_asked_about() {
    let mut place = Place::default();
    place.reserve(1, &number_rules(), Some(slot(1)), 0);
    for left in [2, 1, 0] {
        assert_eq!(place.count(u32::from(left) + 1, 1, 299_999), counted(left, 1, 1));
    }
    assert_eq!(place.count(9, 1, 299_999), Reply::Locked { remaining_ms: 1 });
    assert_eq!(place.count(1, 1, 299_999), counted(0, 1, 1), "the same attempt");
    assert_eq!(place.count(1, 1, 300_000), Reply::Gone);
    assert_eq!(place.consume(1, 1, 1, 300_001), Reply::Matched);
    assert_eq!(place.wrong_tries(), 2);
}

#[test]
fn a_consume_takes_nothing_off_what_counts_sends() {
    let mut place = Place::default();
    place.reserve(1, &number_rules(), Some(slot(1)), 0);
    place.count(1, 1, 1);
    place.run(&Op::Consume(Consume { attempt: 1, tag: [1; 8], nonce: [1; 16], series: 1 }), 2);
    assert_eq!(place.reserve(2, &number_rules(), None, 3), Reply::Denied { rule: 0, retry_ms: 59_997 });
}
