//! What is given back, and what is remembered of it.

use super::*;

#[test]
fn releases_give_back_by_level_and_once() {
    let rules = number_rules();
    let mut place = Place::default();
    place.reserve(1, &rules, None, 0);
    place.release(1, 1, &[(1, None)], 1);
    // After a provider was called the cooldown stays, the day is given back.
    assert_eq!(place.reserve(2, &rules, None, 2), Reply::Denied { rule: 0, retry_ms: 59_998 });
    place.release(1, 2, &[(1, None)], 3);
    assert!(is_granted(&place.reserve(2, &rules, None, 4)));
    // A reservation that comes after its own release takes nothing.
    place.release(3, 2, &[(1, None)], 60_004);
    assert!(is_granted(&place.reserve(3, &rules, None, 60_005)));
    assert!(is_granted(&place.reserve(4, &rules, None, 60_006)));
}

#[test]
fn bins_give_back_the_bin_they_charged_once() {
    let rules = [rule(1, Form::Bins, 100, DAY, Charge::Soft)];
    let mut place = Place::default();
    let Reply::Granted { bins, used, .. } = place.reserve(1, &rules, None, 0) else { panic!() };
    assert_eq!(used, [(0, 1)]);
    let bin = Some(bins[0].1);
    for _ in 0..3 {
        place.release(1, 2, &[(1, bin)], 7_200_000);
    }
    let Reply::Granted { used, .. } = place.reserve(2, &rules, None, 7_200_001) else { panic!() };
    assert_eq!(used, [(0, 1)]);
    // Past the leases that are remembered a release still finds its bin, and still counts once.
    for lease in 3..80 {
        place.reserve(lease, &rules, None, 7_200_002);
    }
    place.release(2, 2, &[(1, bin.map(|bin| bin + 2))], 7_200_003);
    place.release(2, 2, &[(1, bin.map(|bin| bin + 2))], 7_200_003);
    let Reply::Granted { used, .. } = place.reserve(99, &rules, None, 7_200_004) else { panic!() };
    assert_eq!(used, [(0, 78)]);
}

/// What a firm rule counts stays as long as its window, whatever the rules of other series are.
#[test]
fn what_was_given_back_is_counted_by_a_firm_rule_to_the_end_of_its_window() {
    const MINUTE: u64 = 60_000;
    let rules = [
        rule(1, Form::Log, 2, 3_600_000, Charge::Firm),
        rule(1, Form::Log, 9, DAY, Charge::Soft),
        rule(2, Form::Log, 9, DAY, Charge::Soft),
    ];
    let mut place = Place::default();
    assert!(is_granted(&place.reserve(1, &rules, None, 0)));
    place.release(1, 1, &[(1, None), (2, None)], 1);
    assert!(is_granted(&place.reserve(2, &rules, None, 40 * MINUTE)));
    assert_eq!(place.reserve(3, &rules, None, 41 * MINUTE), Reply::Denied { rule: 0, retry_ms: 19 * MINUTE });
}
