//! What one series keeps when it is full, and when its rule changes.

use super::super::record::{BINS, Bins, Entry, Series};
use super::super::{LEASE_MEMORY_MS, LOG_MAX, RECENT_MAX};
use super::*;

/// A series whose entries have these levels; their leases are their places, from 1 on.
fn series(form: Form, levels: &[u8]) -> Series {
    let mut series = Series::new(1, form, DAY);
    series.entries = levels
        .iter()
        .zip(1..)
        .map(|(level, lease)| Entry { at: T0, lease, level: *level, idem: None })
        .collect();
    series
}

fn leases(series: &Series) -> Vec<u64> {
    series.entries.iter().map(|entry| entry.lease).collect()
}

/// `full` levels of 0, but for some.
fn levels(full: usize, others: &[(usize, u8)]) -> Vec<u8> {
    let mut levels = vec![0; full];
    for (at, level) in others {
        levels[*at] = *level;
    }
    levels
}

#[test]
fn a_full_log_forgets_what_was_given_back_before_what_still_counts() {
    let without =
        |gone: &[u64]| -> Vec<u64> { (1..=LOG_MAX as u64).filter(|lease| !gone.contains(lease)).collect() };
    let pruned = |others: &[(usize, u8)]| {
        let mut log = series(Form::Log, &levels(LOG_MAX, others));
        log.prune(0, DAY.into(), T0 + 1);
        leases(&log)
    };
    assert_eq!(pruned(&[(5, 2), (3, 1)]), without(&[6]));
    assert_eq!(pruned(&[(3, 1)]), without(&[4]));
    assert_eq!(pruned(&[]), without(&[]), "what counts is never dropped");
    let mut roomy = series(Form::Log, &levels(LOG_MAX - 1, &[(5, 2)]));
    roomy.prune(0, DAY.into(), T0 + 1);
    assert_eq!(roomy.entries.len(), LOG_MAX - 1);
}

#[test]
fn a_full_log_does_not_remember_a_release_that_came_first() {
    let release = Release { lease: 999, level: 2, series: Vec::new(), slot: None };
    let after = |full: usize| {
        let mut log = series(Form::Log, &levels(full, &[]));
        log.release(&release, None, T0 + 1);
        log.entries.len()
    };
    assert_eq!(after(LOG_MAX - 1), LOG_MAX);
    assert_eq!(after(LOG_MAX), LOG_MAX);
}

#[test]
fn bins_forget_a_lease_that_counts_for_a_newer_one_and_none_that_was_given_back() {
    let charge = |others: &[(usize, u8)]| {
        let mut bins = series(Form::Bins, &levels(RECENT_MAX, others));
        bins.charge(Entry { at: T0 + 1, lease: 999, level: 0, idem: None }, T0 + 1);
        leases(&bins)
    };
    let given: Vec<(usize, u8)> = (0..RECENT_MAX).filter(|at| *at != 2).map(|at| (at, 2)).collect();
    let mut kept: Vec<u64> = (1..=RECENT_MAX as u64).filter(|lease| *lease != 3).collect();
    kept.push(999);
    assert_eq!(charge(&given), kept);
    let all: Vec<(usize, u8)> = (0..RECENT_MAX).map(|at| (at, 1)).collect();
    assert_eq!(charge(&all), (1..=RECENT_MAX as u64).collect::<Vec<_>>());
}

#[test]
fn bins_stay_as_they_are_for_a_window_that_fits() {
    let mut bins = Series::new(1, Form::Bins, DAY);
    bins.bins.counts[3] = 7;
    let before: Bins = bins.bins;
    for (form, window) in [(Form::Bins, DAY), (Form::Log, DAY), (Form::Log, DAY - 1)] {
        bins.fit(form, window, T0);
        assert_eq!((bins.bins, bins.window), (before, DAY));
    }
    bins.fit(Form::Log, DAY + 1, T0);
    assert_ne!(bins.bins, before);
}

#[test]
fn bins_remember_a_lease_for_half_an_hour() {
    let after = |age: u64| {
        let mut bins = series(Form::Bins, &[0]);
        bins.charge(Entry { at: T0 + age, lease: 999, level: 0, idem: None }, T0 + age);
        leases(&bins)
    };
    assert_eq!(after(u64::from(LEASE_MEMORY_MS) - 1), [1, 999]);
    assert_eq!(after(u64::from(LEASE_MEMORY_MS)), [999]);
}

/// A rule that was shortened leaves the series its long memory; what no rule counts makes room, or there would be more
/// entries than a record can tell.
#[test]
fn a_log_of_an_older_rule_keeps_its_room() {
    let mut place = Place::default();
    let (old, new) =
        (rule(1, Form::Log, 10, DAY, Charge::Firm), rule(1, Form::Log, 30, 600_000, Charge::Firm));
    place.reserve(1, &[old], None, 0);
    for lease in 2..600 {
        let at = lease * 20_001;
        assert!(matches!(place.reserve(lease, &[new], None, at), Reply::Granted { .. }), "{lease}");
        let entries = &Record::read(place.record.as_deref().unwrap()).unwrap().series[0].entries;
        assert!(entries.len() <= LOG_MAX, "{lease}: {}", entries.len());
        // Until then the old rule, which another host may still have, is served.
        assert!(entries.len() as u64 == lease || lease > LOG_MAX as u64, "{lease}: {}", entries.len());
    }
    let at = 600 * 20_001;
    assert!(matches!(place.reserve(600, &[old], None, at), Reply::Denied { rule: 0, .. }));
}

/// A release that came first leaves its mark in a series with a memory of half an hour, whatever the rule's window is.
#[test]
fn a_log_that_a_release_began_keeps_its_room() {
    let mut place = Place::default();
    place.release(1, 2, &[(1, None)], 0);
    for lease in 2..400 {
        let reply =
            place.reserve(lease, &[rule(1, Form::Log, 30, 60_000, Charge::Firm)], None, lease * 2_001);
        assert!(matches!(reply, Reply::Granted { .. }), "{lease}");
    }
}

#[test]
fn a_full_log_lets_go_of_what_is_as_old_as_its_rule() {
    for (longest, left) in [(10, 0), (11, LOG_MAX)] {
        let mut log = series(Form::Log, &levels(LOG_MAX, &[]));
        log.prune(0, longest, T0 + 10);
        assert_eq!(log.entries.len(), left);
    }
}

/// What an operation names no rule of is not looked at, however full it is.
#[test]
fn a_full_log_that_no_rule_names_forgets_nothing() {
    let mut log = series(Form::Log, &levels(LOG_MAX, &[]));
    log.prune(0, 0, T0 + 1);
    assert_eq!(log.entries.len(), LOG_MAX);
}

#[test]
fn bins_that_hold_more_than_can_be_told_are_full() {
    let mut full = series(Form::Bins, &[]);
    full.bins.counts[BINS - 2..].fill(1 << 31);
    let rule = rule(1, Form::Bins, 5, DAY, Charge::Soft);
    assert_eq!(full.count(&rule, T0, T0), u32::MAX);
    assert!(full.wait(&rule, T0, T0) > 0);
}

#[test]
fn bins_stay_bins_at_the_end_of_time() {
    let mut late = series(Form::Bins, &[]);
    late.bins.counts.fill(7);
    for width in [1, 3_600_000, u32::MAX] {
        late.bins.width = width;
        late.prune(0, 0, u64::MAX);
        let rule = rule(1, Form::Bins, 5, DAY, Charge::Soft);
        assert_eq!(late.count(&rule, u64::MAX, u64::MAX), 0, "{width}");
    }
}
