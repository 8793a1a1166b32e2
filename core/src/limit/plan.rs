//! Which partitions a flow touches, under which keys, with which rules.

use super::op::{Charge, Lease, Op, Release, Reply, Reserve, RuleOp, SlotOp};
use super::record::Form;
use crate::address::Address;
use crate::key::Keyring;
use crate::outcome::Code;
use crate::policy::{Policy, Rule};
use crate::text::decimal;
use alloc::string::String;
use alloc::vec::Vec;

/// What is counted about a send.
pub(crate) const SENDS: u8 = 1;
/// Wrong tries at a number.
pub(crate) const WRONG: u8 = 2;
/// Sends and checks from an address.
const ATTEMPTS: u8 = 3;
/// Binned series have a number each, from here on.
const BINNED: u8 = 16;

/// The largest limit for which entries are kept one by one.
const LOG_LIMIT: u32 = 32;

/// What kind of thing a partition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A recipient.
    Number,
    /// A client's address.
    Ip,
    /// A client's device.
    Device,
    /// A range of numbers.
    Prefix,
    /// A calling code.
    Country,
    /// The deployment.
    Budget,
}

/// One partition of a wave, ready to be asked.
#[derive(Clone, Debug)]
pub struct Part {
    /// What kind it is.
    pub kind: Kind,
    /// The store's key.
    pub key: String,
    /// Its rules: what is asked, and the code that a refusal has.
    pub rules: Vec<(RuleOp, Code)>,
}

/// A partition that may hold something of this flow.
#[derive(Clone, Debug)]
pub struct Held {
    part: Part,
    bins: Vec<(u8, u64)>,
    slot: Option<([u8; 8], [u8; 16])>,
}

/// Makes the partitions of a policy.
#[derive(Clone, Copy, Debug)]
pub struct Planner<'a> {
    /// The keys that name partitions.
    pub keys: &'a Keyring,
    /// The deployment's namespace.
    pub namespace: &'a str,
    /// The rules.
    pub policy: &'a Policy,
}

impl Kind {
    /// Returns the word that stands in keys and codes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Ip => "ip",
            Self::Device => "device",
            Self::Prefix => "prefix",
            Self::Country => "country",
            Self::Budget => "budget",
        }
    }
}

impl Planner<'_> {
    /// Returns the partitions of an address for a send: sends, and attempts that are never given back.
    #[must_use]
    pub fn sends_from(&self, address: &Address) -> Vec<Part> {
        self.address(address, true)
    }

    /// Returns the partitions of an address for a check: attempts only.
    #[must_use]
    pub fn checks_from(&self, address: &Address) -> Vec<Part> {
        self.address(address, false)
    }

    /// Returns the partition of a device; none without rules.
    #[must_use]
    pub fn device(&self, device: &str) -> Option<Part> {
        let mut all = Vec::new();
        rules(&mut all, &self.policy.device, SENDS, 1, Charge::Firm, Code::LimitDevice);
        self.part(Kind::Device, &self.keys.device(device), all)
    }

    /// Returns the partition of a recipient, whose record holds its challenges too.
    #[must_use]
    pub fn number(&self, recipient: &str) -> Part {
        let Policy { cooldown, number, wrong_tries, .. } = self.policy;
        let pause = Rule { limit: 1, window: *cooldown };
        let pause = if cooldown.0 > 0 { core::slice::from_ref(&pause) } else { &[] };
        let mut all = Vec::new();
        rules(&mut all, pause, SENDS, 1, Charge::Firm, Code::LimitCooldown);
        rules(&mut all, number, SENDS, 1, Charge::Soft, Code::LimitNumber);
        for rule in wrong_tries {
            all.push((op(*rule, WRONG, Form::Times, 1, Charge::Gate), Code::LimitWrongTries));
        }
        Part { kind: Kind::Number, key: self.key(Kind::Number, recipient), rules: all }
    }

    /// Returns the partition of a prefix; none without rules.
    #[must_use]
    pub fn prefix(&self, prefix: &str) -> Option<Part> {
        let mut all = Vec::new();
        rules(&mut all, &self.policy.prefix, SENDS, 1, Charge::Soft, Code::LimitPrefix);
        self.part(Kind::Prefix, prefix, all)
    }

    /// Returns the partition of a calling code; none without rules.
    #[must_use]
    pub fn country(&self, calling_code: &str) -> Option<Part> {
        let mut all = Vec::new();
        rules(&mut all, &self.policy.country, SENDS, 1, Charge::Soft, Code::LimitCountry);
        self.part(Kind::Country, calling_code, all)
    }

    /// Returns the deployment's partition, or the one of several that `lease` falls to; none without rules.
    ///
    /// Each of several has its share of every rule, and the shares make up the whole: sends that meet a full part are
    /// refused while another has room left, and never is one too many let through.
    #[must_use]
    pub fn budget(&self, lease: Lease) -> Option<Part> {
        let parts = u32::from(self.policy.budget_parts).max(1);
        let part = u32::try_from(lease.checked_rem(u64::from(parts)).unwrap_or(0)).unwrap_or(0);
        let share = |rule: &Rule| {
            let rest = u32::from(part < rule.limit.checked_rem(parts).unwrap_or(0));
            Rule { limit: rule.limit.checked_div(parts).unwrap_or(0).saturating_add(rest), ..*rule }
        };
        // Always in bins, so that grants tell how much is used.
        let mut all = Vec::new();
        for (rule, at) in self.policy.budget.iter().zip(0u8..8) {
            all.push((op(share(rule), binned(SENDS, at), Form::Bins, 1, Charge::Soft), Code::LimitBudget));
        }
        let name = if part == 0 { String::new() } else { decimal(part.into()) };
        self.part(Kind::Budget, &name, all)
    }

    fn address(&self, address: &Address, sends: bool) -> Vec<Part> {
        let Policy { ip, ip_attempts, .. } = self.policy;
        let mut parts = Vec::new();
        for scope in address.scopes() {
            let mut all = Vec::new();
            if sends {
                rules(&mut all, ip, SENDS, scope.factor, Charge::Firm, Code::LimitIp);
            }
            rules(&mut all, ip_attempts, ATTEMPTS, scope.factor, Charge::Firm, Code::LimitIpAttempts);
            parts.extend(self.part(Kind::Ip, &scope.id, all));
        }
        parts
    }

    fn part(&self, kind: Kind, id: &str, rules: Vec<(RuleOp, Code)>) -> Option<Part> {
        (!rules.is_empty()).then(|| Part { kind, key: self.key(kind, id), rules })
    }

    fn key(&self, kind: Kind, id: &str) -> String {
        self.keys.partition(self.namespace, kind.as_str(), id)
    }
}

impl Part {
    /// Returns the operation that reserves this partition.
    #[must_use]
    pub fn reserve(&self, lease: Lease, idem: Option<u64>, slot: Option<SlotOp>) -> Op {
        let rules = self.rules.iter().map(|(rule, _)| *rule).collect();
        Op::Reserve(Reserve { lease, idem, rules, slot })
    }

    /// Returns the operation that tells how this partition stands.
    #[must_use]
    pub fn look(&self) -> Op {
        Op::Look(self.rules.iter().map(|(rule, _)| *rule).collect())
    }

    /// Returns what this flow may hold here after `reply`; a lost one may have been a grant.
    #[must_use]
    pub fn held(self, reply: Option<&Reply>, slot: Option<&SlotOp>) -> Option<Held> {
        let slot = slot.map(|slot| (slot.tag, slot.nonce));
        match reply {
            Some(Reply::Granted { bins, .. }) => Some(Held { part: self, bins: bins.clone(), slot }),
            None => Some(Held { part: self, bins: Vec::new(), slot }),
            Some(_) => None,
        }
    }
}

impl Held {
    /// Returns what kind of partition it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.part.kind
    }

    /// Returns the store's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.part.key
    }

    /// Returns the operation that gives back, if any rule here gives back at this level.
    ///
    /// Attempts of an address never do; places of firm rules do at level 2 only, when no provider was called.
    #[must_use]
    pub fn release(&self, lease: Lease, level: u8) -> Option<Op> {
        let mut series = Vec::new();
        for (rule, _) in &self.part.rules {
            let gives = match rule.charge {
                // At level 0 nothing is given back, but the number's log frees the idempotency key.
                Charge::Soft | Charge::Firm if level == 0 => self.kind() == Kind::Number,
                Charge::Soft => true,
                // A number's log is told at level 1 too: firm rules still count it, but its idempotency tag is free.
                Charge::Firm => level == 2 || self.kind() == Kind::Number && rule.form == Form::Log,
                Charge::Gate => false,
            };
            if gives && !is_attempts(rule.series) && !series.iter().any(|(number, _)| *number == rule.series)
            {
                let bin = self.bins.iter().find(|(number, _)| *number == rule.series).map(|(_, bin)| *bin);
                series.push((rule.series, bin));
            }
        }
        let slot = self.slot.filter(|_| level == 2);
        (!series.is_empty() || slot.is_some()).then_some(Op::Release(Release { lease, level, series, slot }))
    }
}

/// Returns the number of a binned series: each rule has its own.
const fn binned(series: u8, at: u8) -> u8 {
    BINNED + series * 8 + at
}

/// Tells whether a series counts attempts, as a log or in bins of its own.
const fn is_attempts(series: u8) -> bool {
    series == ATTEMPTS || series >= BINNED && series / 8 == binned(ATTEMPTS, 0) / 8
}

/// Appends a policy's rules as those of an operation.
///
/// Small limits share one log; each large one has bins, and a series, of its own.
#[inline(never)]
fn rules(all: &mut Vec<(RuleOp, Code)>, rules: &[Rule], series: u8, factor: u32, charge: Charge, code: Code) {
    for (rule, at) in rules.iter().zip(0u8..8) {
        let log = rule.limit.saturating_mul(factor) <= LOG_LIMIT;
        let (number, form) = if log { (series, Form::Log) } else { (binned(series, at), Form::Bins) };
        all.push((op(*rule, number, form, factor, charge), code));
    }
}

fn op(rule: Rule, series: u8, form: Form, factor: u32, charge: Charge) -> RuleOp {
    let window_ms = u32::try_from(rule.window.0).unwrap_or(u32::MAX);
    RuleOp { series, form, limit: rule.limit.saturating_mul(factor), window_ms, charge }
}
