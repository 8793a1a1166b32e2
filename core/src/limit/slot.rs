//! How challenges are made, sent again, compared, counted and spent.

use super::op::{Check, Consume, Count, Reply, SlotOp, SlotReply};
use super::record::{Entry, Form, Record, Series, Slot, SlotState};
use crate::mac::same;

impl Record {
    /// Stores a new challenge, or finds the live one of the same purpose and session again.
    ///
    /// The error is how long until the first live challenge ends.
    pub(super) fn put_slot(&mut self, op: &SlotOp, now: u64) -> Result<SlotReply, u64> {
        self.slots.retain(|slot| now < slot.ends());
        let validity = u64::from(op.validity_ms.min(op.lifetime_ms));
        let known = |kid| op.kids.iter().take(usize::from(op.kid_count)).any(|other| *other == kid);
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.tag == op.tag) {
            let ends =
                now.saturating_add(validity).min(slot.created.saturating_add(u64::from(op.lifetime_ms)));
            let enough = ends.saturating_sub(now) >= u64::from(op.least_ms);
            if slot.state != SlotState::Used && slot.left > 0 && known(slot.kid) && enough && !slot.fixed {
                let lifetime = ends.saturating_sub(slot.created);
                slot.lifetime = slot.lifetime.max(u32::try_from(lifetime).unwrap_or(u32::MAX));
                slot.round = slot.round.saturating_add(1).min(15);
                return Ok(slot.reply(now));
            }
        }
        self.slots.retain(|slot| slot.tag != op.tag);
        let max = usize::from(op.max).max(1);
        if self.slots.len() >= max {
            match self.slots.iter().position(|slot| slot.state == SlotState::Used) {
                Some(spent) => drop(self.slots.remove(spent)),
                None => return Err(self.slots.iter().map(|slot| slot.remaining(now)).min().unwrap_or(1)),
            }
        }
        let [kid, ..] = op.kids;
        let slot = Slot {
            tag: op.tag,
            kid,
            nonce: op.nonce,
            proof: op.proof,
            created: now,
            lifetime: u32::try_from(validity).unwrap_or(u32::MAX),
            left: op.tries,
            state: SlotState::Fresh,
            round: 0,
            attempt: 0,
            fixed: op.least_ms > op.lifetime_ms,
        };
        self.slots.push(slot);
        Ok(slot.reply(now))
    }

    pub(super) fn check(&mut self, op: &Check, now: u64) -> (bool, Reply) {
        let slot = self.slots.iter_mut().find(|slot| slot.tag == op.tag && now < slot.ends());
        let Some(slot) = slot else { return (false, Reply::Gone) };
        let Some((_, proof)) = op.proofs.iter().find(|(kid, _)| *kid == slot.kid) else {
            return (false, Reply::Gone);
        };
        let right = same(&slot.proof, proof);
        let (left, remaining_ms) = (slot.left, slot.remaining(now));
        match slot.state {
            SlotState::Used if slot.attempt == op.attempt && right => return (false, Reply::Matched),
            SlotState::Used => return (false, Reply::Gone),
            SlotState::Wrong if slot.attempt == op.attempt => {
                return (false, Reply::Wrong { left, remaining_ms });
            }
            SlotState::Fresh | SlotState::Wrong => {}
        }
        let Some(left) = left.checked_sub(1) else { return (false, Reply::Locked { remaining_ms }) };
        slot.left = left;
        slot.attempt = op.attempt;
        slot.state = if right { SlotState::Used } else { SlotState::Wrong };
        if right {
            return (true, Reply::Matched);
        }
        self.note_wrong(op.series, op.window_ms, op.keep, now);
        (true, Reply::Wrong { left, remaining_ms })
    }

    /// Counts a try of a challenge whose code the provider compares.
    pub(super) fn count(&mut self, op: &Count, now: u64) -> (bool, Reply) {
        let slot = self.slots.iter_mut().find(|slot| slot.tag == op.tag && now < slot.ends());
        let Some(slot) = slot else { return (false, Reply::Gone) };
        let counted = |slot: &Slot| Reply::Counted { left: slot.left, slot: slot.reply(now) };
        match slot.state {
            SlotState::Used => return (false, Reply::Gone),
            SlotState::Wrong if slot.attempt == op.attempt => return (false, counted(slot)),
            SlotState::Fresh | SlotState::Wrong => {}
        }
        let Some(left) = slot.left.checked_sub(1) else {
            return (false, Reply::Locked { remaining_ms: slot.remaining(now) });
        };
        slot.left = left;
        slot.attempt = op.attempt;
        slot.state = SlotState::Wrong;
        let reply = counted(slot);
        self.note_wrong(op.series, op.window_ms, op.keep, now);
        (true, reply)
    }

    /// Spends the challenge that a try was counted on, and takes that try off the wrong ones.
    ///
    /// It may have ended while the provider was asked, but it is the same one, and it matches once.
    pub(super) fn consume(&mut self, op: &Consume) -> (bool, Reply) {
        let slot = self.slots.iter_mut().find(|slot| slot.tag == op.tag && slot.nonce == op.nonce);
        let Some(slot) = slot else { return (false, Reply::Gone) };
        match slot.state {
            SlotState::Used if slot.attempt == op.attempt => return (false, Reply::Matched),
            SlotState::Fresh | SlotState::Used => return (false, Reply::Gone),
            SlotState::Wrong => {}
        }
        slot.state = SlotState::Used;
        slot.attempt = op.attempt;
        let tries = |series: &&mut Series| series.number == op.series && series.form == Form::Times;
        if let Some(series) = self.series.iter_mut().find(tries) {
            series.entries.pop();
        }
        (true, Reply::Matched)
    }

    fn note_wrong(&mut self, number: u8, window_ms: u32, keep: u8, now: u64) {
        self.advance(now);
        if keep == 0 {
            return;
        }
        if self.find(number).is_none() {
            self.series.push(Series::new(number, Form::Times, window_ms));
        }
        for series in self.series.iter_mut().filter(|series| series.number == number) {
            series.window = series.window.max(window_ms);
            series.entries.push(Entry { at: now, lease: 0, level: 0, idem: None });
            let window = u64::from(series.window);
            series.entries.retain(|entry| now.saturating_sub(entry.at) < window);
            let surplus = series.entries.len().saturating_sub(usize::from(keep));
            series.entries.drain(..surplus);
        }
    }
}

impl Slot {
    pub(super) fn reply(&self, now: u64) -> SlotReply {
        SlotReply { round: self.round, kid: self.kid, nonce: self.nonce, remaining_ms: self.remaining(now) }
    }

    pub(super) fn remaining(&self, now: u64) -> u64 {
        self.ends().saturating_sub(now)
    }
}
