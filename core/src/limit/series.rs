//! How one series counts, waits, charges and gives back.

use super::op::{Charge, Release, RuleOp};
use super::record::{BINS, Bins, Entry, Form, Series};
use super::{LOG_MAX, RECENT_MAX};
use alloc::vec::Vec;

const LEASE_MEMORY_MS: u64 = super::LEASE_MEMORY_MS as u64;

impl Series {
    /// Makes an empty series.
    pub(super) fn new(number: u8, form: Form, window: u32) -> Self {
        let width = if form == Form::Bins { width(window) } else { 0 };
        Self { number, form, window, entries: Vec::new(), bins: Bins { width, counts: [0; BINS] } }
    }

    /// Tells whether nothing is counted or remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.bins.counts.iter().all(|count| *count == 0)
    }

    /// Tells whether this lease is remembered.
    pub(super) fn has(&self, lease: u64) -> bool {
        self.entries.iter().any(|entry| entry.lease == lease)
    }

    /// Returns the entries that are still remembered, though older ones may not be dropped yet.
    pub(super) fn remembered(&self, now: u64) -> impl Iterator<Item = &Entry> {
        let horizon = if self.form == Form::Bins { LEASE_MEMORY_MS } else { u64::from(self.window) };
        self.entries.iter().filter(move |entry| now.saturating_sub(entry.at) < horizon)
    }

    /// Returns how many places of `rule` are taken.
    pub(super) fn count(&self, rule: &RuleOp, base: u64, now: u64) -> u32 {
        match self.form {
            Form::Bins => self
                .bins
                .touching(base, rule.window_ms, now)
                .fold(0, |sum, (_, count)| u32::saturating_add(sum, count)),
            Form::Log | Form::Times => u32::try_from(self.taken(rule, now).count()).unwrap_or(u32::MAX),
        }
    }

    /// Returns how long until `rule` has a place, 0 if it has one now.
    pub(super) fn wait(&self, rule: &RuleOp, base: u64, now: u64) -> u64 {
        let window = u64::from(rule.window_ms);
        let count = self.count(rule, base, now);
        let Some(surplus) = count.checked_sub(rule.limit) else { return 0 };
        let leaves = match self.form {
            Form::Bins => {
                let mut gone = 0u32;
                let mut bins = self.bins.touching(base, rule.window_ms, now);
                let bin = bins.find(|(_, count)| {
                    gone = gone.saturating_add(*count);
                    gone > surplus
                });
                bin.map(|(index, _)| self.bins.last_ms(index).saturating_add(window))
            }
            Form::Log | Form::Times => {
                let surplus = usize::try_from(surplus).unwrap_or(usize::MAX);
                self.taken(rule, now).nth(surplus).map(|entry| entry.at.saturating_add(window))
            }
        };
        leaves.map_or(1, |leaves| leaves.saturating_sub(now).max(1))
    }

    /// Takes a place.
    pub(super) fn charge(&mut self, entry: Entry, now: u64) {
        if self.form == Form::Bins {
            self.bins.charge_head(1);
            self.remember(entry, now);
        } else {
            self.entries.push(entry);
        }
    }

    /// Gives back what `op`'s lease took here, once.
    pub(super) fn release(&mut self, op: &Release, bin: Option<u64>, now: u64) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.lease == op.lease) {
            if self.form == Form::Bins && entry.level == 0 && op.level > 0 {
                self.bins.give_back(entry.at / u64::from(self.bins.width.max(1)), now);
            }
            entry.level = entry.level.max(op.level);
            entry.idem = None;
            return;
        }
        if op.level == 0 {
            return;
        }
        let entry = Entry { at: now, lease: op.lease, level: op.level, idem: None };
        match (self.form, bin) {
            (Form::Bins, Some(bin)) if self.remember(entry, now) => self.bins.give_back(bin, now),
            (Form::Log, _) if op.level == 2 && self.entries.len() < LOG_MAX => self.entries.push(entry),
            _ => {}
        }
    }

    /// Brings the series to a rule's form and window, never counting less than before.
    ///
    /// Where what is kept does not tell when places were taken, they count as taken now.
    pub(super) fn fit(&mut self, form: Form, window: u32, now: u64) {
        let rebin = match (self.form, form) {
            (Form::Bins, Form::Bins) => window != self.window,
            (Form::Bins, _) => window > self.window,
            (Form::Log | Form::Times, Form::Bins) => true,
            (Form::Log | Form::Times, _) => false,
        };
        if !rebin {
            self.window = self.window.max(window);
            return;
        }
        let whole =
            RuleOp { series: self.number, form, limit: 1, window_ms: self.window, charge: Charge::Firm };
        let count = self.count(&whole, now, now);
        self.form = Form::Bins;
        self.window = window;
        self.bins = Bins { width: width(window), counts: [0; BINS] };
        self.bins.charge_head(count);
        let surplus = self.entries.len().saturating_sub(RECENT_MAX);
        self.entries.drain(..surplus);
    }

    /// Drops what can't be counted any more; given-back entries are remembered for a while, and those that
    /// still count for a firm rule as long as `firm`. A full log keeps what is younger than `longest`, if there is a rule.
    pub(super) fn prune(&mut self, firm: u64, longest: u64, now: u64) {
        let window = if self.form == Form::Bins { LEASE_MEMORY_MS } else { u64::from(self.window) };
        self.entries.retain(|entry| {
            let keep = match entry.level {
                0 => window,
                1 => LEASE_MEMORY_MS.max(firm).min(window),
                _ => LEASE_MEMORY_MS.min(window),
            };
            now.saturating_sub(entry.at) < keep
        });
        if self.form == Form::Log && self.entries.len() >= LOG_MAX && longest > 0 {
            // An older rule had a longer window.
            self.entries.retain(|entry| now.saturating_sub(entry.at) < longest);
        }
        while self.form == Form::Log && self.entries.len() >= LOG_MAX {
            let Some(at) = self.position(2).or_else(|| self.position(1)) else { break };
            self.entries.remove(at);
        }
        self.bins.clear_before(self.window, now);
    }

    fn position(&self, level: u8) -> Option<usize> {
        self.entries.iter().position(|entry| entry.level == level)
    }

    /// Returns the entries that take a place of `rule`, oldest first.
    fn taken(&self, rule: &RuleOp, now: u64) -> impl Iterator<Item = &Entry> {
        let (window, below) = (u64::from(rule.window_ms), if rule.charge == Charge::Firm { 2 } else { 1 });
        let counts = move |entry: &&Entry| entry.level < below && now.saturating_sub(entry.at) < window;
        self.entries.iter().filter(counts)
    }

    /// Remembers a recent lease of a binned series; false if every place is held by one given back lately.
    fn remember(&mut self, entry: Entry, now: u64) -> bool {
        self.entries.retain(|old| now.saturating_sub(old.at) < LEASE_MEMORY_MS);
        if self.entries.len() >= RECENT_MAX {
            let Some(at) = self.position(0) else { return false };
            self.entries.remove(at);
        }
        self.entries.push(entry);
        true
    }
}

impl Bins {
    /// Returns the bin of an instant.
    pub(super) fn index(&self, at: u64) -> u64 {
        at / u64::from(self.width.max(1))
    }

    /// Moves the bins from the instant `base` to `now`.
    pub(super) fn shift(&mut self, base: u64, now: u64) {
        let by = self.index(now).saturating_sub(self.index(base));
        let by = usize::try_from(by).unwrap_or(BINS).min(BINS);
        self.counts.rotate_left(by);
        self.counts.iter_mut().rev().take(by).for_each(|count| *count = 0);
    }

    fn charge_head(&mut self, by: u32) {
        if let Some(count) = self.counts.last_mut() {
            *count = count.saturating_add(by);
        }
    }

    /// Takes one out of a bin, where there is one.
    fn give_back(&mut self, index: u64, now: u64) {
        let back = self.index(now).checked_sub(index).and_then(|back| usize::try_from(back).ok());
        if let Some(count) = back.and_then(|back| self.counts.iter_mut().rev().nth(back)) {
            *count = count.saturating_sub(1);
        }
    }

    fn clear_before(&mut self, window: u32, now: u64) {
        let (head, width) = (self.index(now), u64::from(self.width));
        for (count, back) in self.counts.iter_mut().rev().zip(0u64..) {
            let first = head.saturating_sub(back).saturating_mul(width);
            if first.saturating_add(width.saturating_sub(1)).saturating_add(u64::from(window)) <= now {
                *count = 0;
            }
        }
    }

    /// Returns the last millisecond of a bin.
    fn last_ms(&self, index: u64) -> u64 {
        let width = u64::from(self.width.max(1));
        index.saturating_mul(width).saturating_add(width - 1)
    }

    /// Returns the bins that the window up to `now` touches, oldest first: index and count.
    ///
    /// The counts stand as of `base`; a bin that began after it is empty.
    fn touching(&self, base: u64, window: u32, now: u64) -> impl Iterator<Item = (u64, u32)> {
        let head = self.index(base);
        let bins = self.counts.iter().zip((0..BINS as u64).rev());
        let bins = bins.filter_map(move |(count, back)| head.checked_sub(back).map(|index| (index, *count)));
        bins.filter(move |(index, _)| self.last_ms(*index).saturating_add(u64::from(window)) > now)
    }
}

/// A bin is a 24th of the window, rounded up.
const fn width(window: u32) -> u32 {
    let width = window.div_ceil(24);
    if width == 0 { 1 } else { width }
}
