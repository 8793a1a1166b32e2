//! What is no record: each field outside its range.

use super::super::record::{Bins, Entry, Series};
use super::*;

fn of(series: Series) -> Vec<u8> {
    Record { base: T0, series: vec![series], slots: Vec::new() }.write()
}

fn log() -> Vec<u8> {
    let entry = Entry { at: T0, lease: 9, level: 0, idem: None };
    of(Series { number: 1, form: Form::Log, window: DAY, entries: vec![entry], bins: Bins::default() })
}

#[test]
fn bins_without_a_width_are_no_bins() {
    let bins = |width| Bins { width, ..Bins::default() };
    let record = |width| {
        of(Series { number: 1, form: Form::Bins, window: DAY, entries: Vec::new(), bins: bins(width) })
    };
    assert!(Record::read(&record(1)).is_ok());
    assert_eq!(Record::read(&record(0)), Err(Unreadable::Corrupt));
}

#[test]
fn an_entry_has_one_of_three_levels_and_no_flags_that_nobody_knows() {
    let flags = log().len() - 2;
    let with = |value: u8| {
        let mut record = log();
        record[flags] = value;
        Record::read(&record).map(|record| record.series[0].entries[0].level)
    };
    assert_eq!([with(0), with(1), with(2)], [Ok(0), Ok(1), Ok(2)]);
    for value in [3, 8, 9, 16, 255] {
        assert_eq!(with(value), Err(Unreadable::Corrupt), "{value}");
    }
}
