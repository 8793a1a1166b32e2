//! The store: records kept by the crate's own `apply`, and the bugs that can be planted around it.

use crate::random::Random;
use sansms::limit::{Form, Record};
use sansms::time::UnixMillis;
use sansms::wire::apply;
use std::collections::BTreeMap;

/// A mistake that a store, or the limiter behind it, could make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plant {
    /// A release is acknowledged and not done.
    DroppedRelease,
    /// Two reservations are granted on the same state, and the later write wins.
    DoubleGrant,
    /// One bin that the window touches is not counted.
    BinLeftOut,
    /// A wrong try is answered and not written.
    LostTry,
    /// The place's clock goes back, and the record's last write is ignored.
    ClockBack,
    /// The tag of an idempotency key is forgotten.
    ReplayedTag,
    /// Two consumes match on the same state, and the later write wins.
    DoubleMatch,
    /// A consume takes off the wrong tries of others too.
    FreedTry,
}

/// Records by key.
#[derive(Debug)]
pub(crate) struct Store {
    kept: BTreeMap<String, Kept>,
    plant: Option<Plant>,
    random: Random,
}

#[derive(Debug)]
struct Kept {
    record: Vec<u8>,
    before: Option<Vec<u8>>,
    until: u64,
}

/// What running one operation did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) reply: String,
    /// Whether the record was written.
    pub(crate) wrote: bool,
    /// Whether an earlier record had reached the end of its time to live.
    pub(crate) expired: bool,
}

impl Plant {
    pub(crate) const ALL: [Self; 6] = [
        Self::DroppedRelease,
        Self::DoubleGrant,
        Self::BinLeftOut,
        Self::LostTry,
        Self::ClockBack,
        Self::ReplayedTag,
    ];

    /// Those that are looked for where the provider compares codes.
    pub(crate) const MANAGED: [Self; 3] = [Self::LostTry, Self::DoubleMatch, Self::FreedTry];
}

impl Store {
    pub(crate) fn new(plant: Option<Plant>, seed: u64) -> Self {
        Self { kept: BTreeMap::new(), plant, random: Random::new(!seed) }
    }

    pub(crate) fn record(&self, key: &str) -> Option<&[u8]> {
        self.kept.get(key).map(|kept| kept.record.as_slice())
    }

    /// Runs one operation at `now`, the clock of the place.
    pub(crate) fn run(&mut self, key: &str, op: &str, now: u64) -> Ran {
        let expired = self.kept.get(key).is_some_and(|kept| kept.until <= now);
        if expired {
            self.kept.remove(key);
        }
        // Seldom, as such bugs are.
        let plant = self.plant.filter(|_| self.random.chance(2));
        let kept = self.kept.get(key);
        let mut record = kept.map(|kept| kept.record.clone());
        let mut asked = op.to_owned();
        match (plant, kept) {
            (Some(Plant::DoubleGrant), Some(kept)) if op.starts_with("reserve ") => {
                record.clone_from(&kept.before);
            }
            (Some(Plant::DoubleMatch), Some(kept)) if op.starts_with("consume ") => {
                record.clone_from(&kept.before);
            }
            (Some(Plant::FreedTry), Some(kept)) if op.starts_with("consume ") => {
                record = Some(without_a_try(&kept.record));
            }
            (Some(Plant::BinLeftOut), Some(kept)) => record = Some(without_a_bin(&kept.record)),
            (Some(Plant::ReplayedTag), _) => {
                asked = op.split(' ').filter(|word| !word.starts_with("idem=")).collect::<Vec<_>>().join(" ");
            }
            _ => {}
        }
        if let (Some(Plant::ClockBack), Some(kept)) = (self.plant, kept) {
            record = Some(at_most(&kept.record, now));
        }
        let applied = apply(record.as_deref(), &asked, UnixMillis(now));
        let lost = match plant {
            Some(Plant::DroppedRelease) => applied.reply == "released",
            Some(Plant::LostTry) => {
                applied.reply.starts_with("wrong ") || applied.reply.starts_with("counted ")
            }
            _ => false,
        };
        let wrote = applied.record.is_some() && !lost;
        if let Some(new) = applied.record.filter(|_| !lost) {
            let until = now + applied.ttl.0;
            let before = self.kept.remove(key);
            let until = before.as_ref().map_or(until, |kept| until.max(kept.until));
            let kept = Kept { record: new, before: before.map(|kept| kept.record), until };
            self.kept.insert(key.to_owned(), kept);
        }
        Ran { reply: applied.reply, wrote, expired }
    }
}

/// Forgets the oldest bin that holds something and is not the newest.
fn without_a_bin(bytes: &[u8]) -> Vec<u8> {
    let mut record = Record::read(bytes).unwrap();
    for series in record.series.iter_mut().filter(|series| series.form == Form::Bins) {
        let newest = series.bins.counts.len() - 1;
        if let Some(count) = series.bins.counts[..newest].iter_mut().find(|count| **count > 0) {
            *count = 0;
        }
    }
    record.write()
}

/// Forgets the latest wrong try.
fn without_a_try(bytes: &[u8]) -> Vec<u8> {
    let mut record = Record::read(bytes).unwrap();
    for series in record.series.iter_mut().filter(|series| series.form == Form::Times) {
        series.entries.pop();
    }
    record.write()
}

/// Takes `now` for the record's last write where that was later.
fn at_most(bytes: &[u8], now: u64) -> Vec<u8> {
    let mut record = Record::read(bytes).unwrap();
    if now < record.base {
        record.base = now;
        record
            .series
            .iter_mut()
            .flat_map(|series| &mut series.entries)
            .for_each(|entry| entry.at = entry.at.min(now));
        record.slots.iter_mut().for_each(|slot| slot.created = slot.created.min(now));
    }
    record.write()
}
