//! The one truth of the limiter.

use super::op::{Charge, Op, Refusal, Release, Reply, Reserve, RuleOp, SlotReply, SlotStanding, Standing};
use super::record::{Entry, Form, Record, Series, Slot, SlotState, Unreadable};
use super::{CLOCK_SLACK_MS, LEASE_MEMORY_MS};
use crate::time::{Millis, UnixMillis};
use alloc::vec::Vec;

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The record to keep from now on; `None` leaves it as it is.
    pub record: Option<Vec<u8>>,
    /// How long to keep it, by the place's clock.
    pub ttl: Millis,
    /// What to tell the flow.
    pub reply: Reply,
}

/// Applies an operation to a partition's record.
///
/// `now` is the clock of the place that keeps the record. The later of it and the record's last write counts,
/// so a clock that goes back frees nothing.
#[must_use]
pub fn apply(record: Option<&[u8]>, op: &Op, now: UnixMillis) -> Applied {
    let refused = |refusal| Applied { record: None, ttl: Millis(0), reply: Reply::Refused(refusal) };
    let mut record = match record.map(Record::read) {
        None => Record::default(),
        Some(Ok(record)) => record,
        Some(Err(Unreadable::Version)) => return refused(Refusal::Version),
        Some(Err(Unreadable::Corrupt)) => return refused(Refusal::Corrupt),
    };
    if record.base > now.0.saturating_add(CLOCK_SLACK_MS) {
        return refused(Refusal::Clock);
    }
    let ahead = record.base.saturating_sub(now.0);
    let now = now.0.max(record.base);
    let (changed, reply) = match op {
        Op::Reserve(op) => record.reserve(op, now),
        Op::Release(op) => record.release(op, now),
        Op::Check(op) => record.check(op, now),
        #[cfg(feature = "managed")]
        Op::Count(op) => record.count(op, now),
        #[cfg(feature = "managed")]
        Op::Consume(op) => record.consume(op),
        #[cfg(any(feature = "every-provider", feature = "operations"))]
        Op::Look(rules) => (false, record.look(rules, now)),
        #[cfg(any(feature = "every-provider", feature = "operations"))]
        Op::Forget => {
            record.series.clear();
            record.slots.clear();
            (true, Reply::Released)
        }
        #[cfg(not(feature = "every-provider"))]
        _ => return refused(Refusal::Operation),
    };
    if !changed {
        return Applied { record: None, ttl: Millis(0), reply };
    }
    record.advance(now);
    let ttl = Millis(record.keep_for(now).saturating_add(ahead).max(1));
    Applied { record: Some(record.write()), ttl, reply }
}

impl Record {
    fn reserve(&mut self, op: &Reserve, now: u64) -> (bool, Reply) {
        if let Some(reply) = self.asked_before(op, now) {
            return (false, reply);
        }
        if let Some(reply) = op.idem.and_then(|idem| self.replayed(op, idem, now)) {
            return (false, reply);
        }
        let waits = op.rules.iter().zip(0u8..).map(|(rule, at)| (self.wait(rule, now), at));
        if let Some((retry_ms, rule)) =
            waits.filter(|(wait, _)| *wait > 0).max_by_key(|(wait, at)| (*wait, 255 - at))
        {
            return (false, Reply::Denied { rule, retry_ms });
        }
        let slot = match &op.slot {
            None => None,
            Some(slot) => match self.put_slot(slot, now) {
                Ok(slot) => Some(slot),
                Err(retry_ms) => return (false, Reply::Full { retry_ms }),
            },
        };
        self.advance(now);
        self.prune(op, now);
        for (at, rule) in op.rules.iter().enumerate() {
            let charged = op
                .rules
                .iter()
                .take(at)
                .any(|other| other.series == rule.series && other.charge != Charge::Gate);
            if rule.charge != Charge::Gate && !charged {
                self.charge(rule, op, now);
            }
        }
        (true, self.granted(op, slot, now))
    }

    /// Finds a lease that was granted before; what it heard then is said again.
    fn asked_before(&self, op: &Reserve, now: u64) -> Option<Reply> {
        let charged = op.rules.iter().filter(|rule| rule.charge != Charge::Gate);
        let found = charged.filter_map(|rule| self.find(rule.series)).any(|series| series.has(op.lease));
        // Another's challenge may stand there by now: its code can be made again, unless a caller brought either.
        let slot = op.slot.and_then(|asked| {
            let shared = |slot: &Slot| !slot.fixed && asked.least_ms <= asked.lifetime_ms;
            let ours = |slot: &&Slot| slot.tag == asked.tag && (slot.nonce == asked.nonce || shared(slot));
            self.slots.iter().find(ours)
        });
        found.then(|| self.granted(op, slot.map(|slot| slot.reply(now)), now))
    }

    fn replayed(&self, op: &Reserve, idem: u64, now: u64) -> Option<Reply> {
        let mut entries = self.series.iter().flat_map(|series| series.remembered(now));
        let first = entries.find(|entry| entry.idem == Some(idem) && entry.level == 0)?;
        let slot = op.slot.and_then(|asked| self.slots.iter().find(|slot| slot.tag == asked.tag));
        let remaining_ms = slot.map_or(0, |slot| slot.remaining(now));
        Some(Reply::Replayed { age_ms: now.saturating_sub(first.at), remaining_ms })
    }

    fn granted(&self, op: &Reserve, slot: Option<SlotReply>, now: u64) -> Reply {
        let next_ms = op.rules.iter().map(|rule| self.wait(rule, now)).max().unwrap_or(0);
        let mut bins = Vec::new();
        let mut used = Vec::new();
        for (rule, at) in op.rules.iter().zip(0u8..) {
            let Some(series) = self.find(rule.series).filter(|series| series.form == Form::Bins) else {
                continue;
            };
            let when =
                series.entries.iter().find(|entry| entry.lease == op.lease).map_or(now, |entry| entry.at);
            if rule.charge != Charge::Gate && !bins.iter().any(|(number, _)| *number == rule.series) {
                bins.push((rule.series, series.bins.index(when)));
            }
            used.push((at, series.count(rule, self.base, now)));
        }
        Reply::Granted { next_ms, bins, used, slot }
    }

    /// Returns how long until `rule` has a place, 0 if it has one now.
    fn wait(&self, rule: &RuleOp, now: u64) -> u64 {
        self.find(rule.series).map_or(0, |series| series.wait(rule, self.base, now))
    }

    fn charge(&mut self, rule: &RuleOp, op: &Reserve, now: u64) {
        let entry = Entry { at: now, lease: op.lease, level: 0, idem: op.idem };
        if self.find(rule.series).is_none() {
            self.series.push(Series::new(rule.series, rule.form, rule.window_ms));
        }
        let base = self.base;
        for series in self.series.iter_mut().filter(|series| series.number == rule.series) {
            for other in op.rules.iter().filter(|other| other.series == rule.series) {
                series.fit(other.form, other.window_ms, base);
            }
            series.charge(entry, now);
        }
    }

    fn release(&mut self, op: &Release, now: u64) -> (bool, Reply) {
        self.advance(now);
        for (number, bin) in &op.series {
            if self.find(*number).is_none() {
                // The reservation may still be on its way: what is remembered here, it will find.
                self.series.push(Series::new(*number, Form::Log, LEASE_MEMORY_MS));
            }
            for series in self.series.iter_mut().filter(|series| series.number == *number) {
                series.release(op, *bin, now);
            }
        }
        if let Some((tag, nonce)) = op.slot {
            let unsent = |slot: &Slot| slot.state == SlotState::Fresh && slot.round == 0;
            self.slots.retain(|slot| slot.tag != tag || slot.nonce != nonce || !unsent(slot));
        }
        (true, Reply::Released)
    }

    fn look(&self, rules: &[RuleOp], now: u64) -> Reply {
        let standing = |rule: &RuleOp| Standing {
            used: self.find(rule.series).map_or(0, |series| series.count(rule, self.base, now)),
            wait_ms: self.wait(rule, now),
        };
        let live = self.slots.iter().filter(|slot| now < slot.ends());
        let slots = live.map(|slot| SlotStanding {
            round: slot.round,
            left: slot.left,
            state: slot.state,
            remaining_ms: slot.remaining(now),
        });
        Reply::Looked { rules: rules.iter().map(standing).collect(), slots: slots.collect() }
    }

    /// Moves the record's last write to `now`, and the bins with it.
    pub(super) fn advance(&mut self, now: u64) {
        for series in &mut self.series {
            series.bins.shift(self.base, now);
        }
        self.base = now;
    }

    /// Drops what no rule can count any more.
    fn prune(&mut self, op: &Reserve, now: u64) {
        for series in &mut self.series {
            let (mut firm, mut longest) = (0, 0);
            for rule in op.rules.iter().filter(|rule| rule.series == series.number) {
                let window = u64::from(rule.window_ms);
                longest = window.max(longest);
                firm = if rule.charge == Charge::Firm { window.max(firm) } else { firm };
            }
            series.prune(firm, longest, now);
        }
        self.series.retain(|series| !series.is_empty());
    }

    /// Returns how long the record can still matter, in milliseconds.
    fn keep_for(&self, now: u64) -> u64 {
        let series = self.series.iter().filter(|series| !series.is_empty());
        let counts = series.map(|series| u64::from(series.window) + u64::from(series.bins.width)).max();
        let slots = self.slots.iter().map(|slot| slot.remaining(now)).max();
        counts.unwrap_or(0).max(slots.unwrap_or(0))
    }
}
