//! Random operations on one partition: a policy that changes, a clock that jumps, records that break.

use crate::T0;
use sansms::limit::{Charge, Check, Consume, Count, Form, Op, Release, Reserve, RuleOp, SlotOp};

/// One random policy, and the time.
pub(crate) struct World {
    pub(crate) now: u64,
    rules: Vec<RuleOp>,
    spread: u64,
    slots: bool,
    tags: u64,
    next: u64,
}

impl World {
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let mut rules = Vec::new();
        // Some policies are wide and serve one session, so that one challenge is sent again and again.
        let (most, tags) = if dice.one_in(4) { (60, 1) } else { (8, 4) };
        let unit = [1_000, 60_000, 3_600_000][dice.below(3) as usize];
        for _ in 0..dice.below(4) + 1 {
            let form = [Form::Log, Form::Log, Form::Bins][dice.below(3) as usize];
            let charge = [Charge::Soft, Charge::Firm][dice.below(2) as usize];
            let series = if form == Form::Bins { 16 + dice.below(2) as u8 } else { 1 + dice.below(2) as u8 };
            let (limit, window_ms) = (dice.below(most) as u32 + 1, (dice.below(30) as u32 + 1) * unit);
            rules.push(RuleOp { series, form, limit, window_ms, charge });
        }
        if dice.one_in(2) {
            let (limit, window_ms) = (dice.below(6) as u32 + 1, (dice.below(60) as u32 + 1) * unit);
            rules.push(RuleOp { series: 3, form: Form::Times, limit, window_ms, charge: Charge::Gate });
        }
        Self {
            now: dice.below(1 << 40),
            rules,
            spread: u64::from(unit) * 4,
            slots: dice.one_in(2),
            tags,
            next: 1,
        }
    }

    pub(crate) fn step(&mut self, dice: &mut Dice) {
        match dice.below(20) {
            0 => self.now = self.now.saturating_sub(dice.below(700_000)),
            1 => self.now += self.spread * 40,
            // To the edge of a window, of a bin, of what is remembered.
            2 => self.now += [600_000, 1_800_000][dice.below(2) as usize],
            3 => self.now += u64::from(self.rules[0].window_ms),
            4 => self.now += u64::from(self.rules[0].window_ms.div_ceil(24)),
            5..=9 => self.now += dice.below(self.spread),
            // To the very millisecond in which a bin leaves the window, or the one before.
            10 => {
                let RuleOp { window_ms, .. } = self.rules[dice.below(self.rules.len() as u64) as usize];
                let (window, width) = (u64::from(window_ms), u64::from(window_ms.div_ceil(24)));
                let past = (T0 + self.now + 1 - window) % width;
                self.now += width - past - dice.below(2).min(width - past);
            }
            // Past the oldest age that a record can tell.
            11 if dice.one_in(8) => self.now += 1 << 32,
            _ => {}
        }
        if dice.one_in(60) {
            // A policy that changes: another window, another form.
            let at = dice.below(self.rules.len() as u64) as usize;
            let rule = &mut self.rules[at];
            rule.window_ms = rule.window_ms / 2 + 1 + dice.below(u64::from(rule.window_ms)) as u32;
            rule.limit = dice.below(8) as u32 + 1;
            if rule.form == Form::Log && dice.one_in(2) {
                rule.form = Form::Bins;
            }
        }
    }

    fn lease(&mut self, dice: &mut Dice) -> u64 {
        if dice.one_in(4) {
            return dice.below(self.next).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        self.next += 1;
        (self.next - 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    pub(crate) fn op(&mut self, dice: &mut Dice) -> Op {
        let tag = [dice.below(self.tags) as u8; 8];
        if dice.one_in(20) {
            return if dice.one_in(8) { Op::Forget } else { Op::Look(self.rules.clone()) };
        }
        let attempt = dice.below(5) as u32;
        match dice.below(if self.slots { 16 } else { 8 }) {
            0..=4 => Op::Reserve(Reserve {
                lease: self.lease(dice),
                idem: dice.one_in(6).then(|| dice.below(6)),
                rules: self.rules.clone(),
                slot: (self.slots && !dice.one_in(5)).then(|| self.slot(dice, tag)),
            }),
            5..=6 => {
                let mut series = Vec::new();
                for rule in self.rules.iter().filter(|rule| rule.charge != Charge::Gate) {
                    if !series.iter().any(|(number, _)| *number == rule.series) && !dice.one_in(4) {
                        let width = u64::from(rule.window_ms.div_ceil(24).max(1));
                        let bin = (T0 + self.now) / width;
                        let bin = (rule.form == Form::Bins).then(|| bin.saturating_sub(dice.below(3)));
                        series.push((rule.series, bin));
                    }
                }
                let slot = dice.one_in(3).then(|| (tag, [dice.below(4) as u8; 16]));
                Op::Release(Release { lease: self.lease(dice), level: dice.below(3) as u8, series, slot })
            }
            12..=13 => Op::Count(Count {
                attempt,
                tag,
                series: 3,
                window_ms: 60_000 * (dice.below(60) as u32 + 1),
                keep: dice.below(8) as u8,
            }),
            14..=15 => Op::Consume(Consume {
                attempt,
                tag,
                nonce: [dice.below(4) as u8; 16],
                // Seldom a series that counts sends, which it must leave alone.
                series: if dice.one_in(4) { 1 } else { 3 },
            }),
            _ => Op::Check(Check {
                attempt,
                tag,
                series: 3,
                window_ms: 60_000 * (dice.below(60) as u32 + 1),
                keep: dice.below(8) as u8,
                proofs: (0..dice.below(3) as u8 + 1)
                    .map(|kid| ([kid; 4], [dice.below(3) as u8; 16]))
                    .collect(),
            }),
        }
    }

    fn slot(&mut self, dice: &mut Dice, tag: [u8; 8]) -> SlotOp {
        let lifetime_ms = 600_000;
        SlotOp {
            tag,
            nonce: [dice.below(4) as u8; 16],
            proof: [dice.below(3) as u8; 16],
            kids: [[dice.below(3) as u8; 4], [dice.below(3) as u8; 4], [0; 4], [0; 4]],
            kid_count: dice.below(2) as u8 + 1,
            validity_ms: 60_000 * (dice.below(10) as u32 + 1),
            lifetime_ms,
            least_ms: if dice.one_in(8) { u32::MAX } else { 120_000 },
            tries: dice.below(4) as u8,
            max: dice.below(4) as u8,
        }
    }

    /// Breaks a record as no release of ours would, or marks it as a later one's.
    pub(crate) fn damage(&self, dice: &mut Dice, record: Option<Vec<u8>>) -> Vec<u8> {
        let mut record = record.filter(|record| !record.is_empty()).unwrap_or_else(|| vec![1, 0, 0, 0]);
        match dice.below(4) {
            0 => record[0] = 2,
            1 => record.truncate(dice.below(record.len() as u64) as usize),
            2 => record.push(0),
            _ => {
                let at = dice.below(record.len() as u64) as usize;
                record[at] ^= 1 << dice.below(8);
            }
        }
        if record.is_empty() { vec![0] } else { record }
    }
}

/// splitmix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}
