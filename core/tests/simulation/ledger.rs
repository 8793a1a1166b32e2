//! A second account of one partition: every grant by its time, counted anew from the policy.

use crate::challenge::{Challenges, Knobs, Wanted};
use sansms::policy::{Policy, Rule};

/// How long given-back leases are remembered, in milliseconds; and how many leases a binned rule remembers.
const MEMORY_MS: u64 = 1_800_000;
const MEMORY_LEASES: usize = 32;

/// The largest limit whose grants are counted one by one; the budget is always in bins.
const ONE_BY_ONE: u64 = 32;

/// What gives a place back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gives {
    /// Nothing.
    Never,
    /// A flow that called no provider.
    Uncalled,
    /// A flow whose message was certainly not delivered.
    Undelivered,
    /// It counts wrong tries, and grants charge nothing.
    Gate,
}

/// At most `limit` in any window.
#[derive(Clone, Copy, Debug)]
struct Limit {
    limit: u64,
    window: u64,
    gives: Gives,
    /// Whether checks are not counted.
    sends: bool,
    bins: bool,
}

#[derive(Clone, Debug)]
struct Grant {
    lease: u64,
    at: u64,
    level: u8,
    idem: Option<String>,
    send: bool,
    /// Whether its message may have been delivered.
    sent: bool,
}

/// One partition as the checker sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    limits: Vec<Limit>,
    grants: Vec<Grant>,
    /// Releases that came before their reservation.
    early: Vec<(u64, u64)>,
    wrong: Vec<u64>,
    messages: Vec<u64>,
    pub(crate) challenges: Challenges,
    /// The last time that something was written.
    pub(crate) high: u64,
    /// How often the record reached its end.
    pub(crate) era: u32,
    /// Whether refusals can be foretold; not after what the limiter says that it forgets.
    pub(crate) exact: bool,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    pub(crate) flow: usize,
    pub(crate) send: bool,
    pub(crate) own: bool,
    pub(crate) knobs: Knobs,
}

impl Ledger {
    pub(crate) fn new(policy: &Policy, kind: &str, factor: u32) -> Self {
        let pause = [Rule { limit: 1, window: policy.cooldown }];
        let pause = if policy.cooldown.0 > 0 { pause.as_slice() } else { &[] };
        let sets: Vec<(&[Rule], Gives, bool)> = match kind {
            "ip" => vec![(&policy.ip, Gives::Uncalled, true), (&policy.ip_attempts, Gives::Never, false)],
            "device" => vec![(&policy.device, Gives::Uncalled, true)],
            "number" => vec![
                (pause, Gives::Uncalled, true),
                (&policy.number, Gives::Undelivered, true),
                (&policy.wrong_tries, Gives::Gate, true),
            ],
            "prefix" => vec![(&policy.prefix, Gives::Undelivered, true)],
            "country" => vec![(&policy.country, Gives::Undelivered, true)],
            "budget" => vec![(&policy.budget, Gives::Undelivered, true)],
            _ => panic!("no such kind: {kind}"),
        };
        let mut limits = Vec::new();
        for (rules, gives, sends) in sets {
            for rule in rules {
                let limit = u64::from(rule.limit) * u64::from(factor);
                let bins = gives != Gives::Gate && (kind == "budget" || limit > ONE_BY_ONE);
                limits.push(Limit { limit, window: rule.window.0, gives, sends, bins });
            }
        }
        Self { limits, exact: true, ..Self::default() }
    }

    /// Tells whether a flow of this kind has business here.
    pub(crate) fn concerns(&self, send: bool) -> bool {
        self.limits.iter().any(|limit| send || !limit.sends)
    }

    /// Returns the partition's time: the place's clock, and never before the last write.
    pub(crate) fn time(&self, clock: u64) -> u64 {
        clock.max(self.high)
    }

    /// Notes that the place has dropped the record.
    ///
    /// # Errors
    /// When it still counted.
    pub(crate) fn expire(&mut self, clock: u64) -> Result<(), String> {
        let t = self.time(clock);
        let counted = self.limits.iter().find(|limit| self.places(limit, t, false) > 0);
        if counted.is_some() || self.challenges.0.iter().any(|it| it.ends > t) {
            return Err(format!("the record's time to live ended while it counted: {counted:?}"));
        }
        let Self { limits, era, exact, .. } = core::mem::take(self);
        *self = Self { limits, era: era + 1, exact, ..Self::default() };
        Ok(())
    }

    /// Judges the reply to a reservation, and notes it.
    pub(crate) fn reserve(
        &mut self,
        asker: Asker,
        op: &str,
        reply: &str,
        clock: u64,
        wrote: bool,
    ) -> Result<(), String> {
        let t = self.time(clock);
        let mut words = op.split(' ').skip(1);
        let lease = hex(words.next().unwrap());
        let word = |name: &str| words.clone().find_map(|word| word.strip_prefix(name));
        let (idem, slot) = (word("idem="), word("slot=").map(Wanted::read));
        let said = Said::read(reply);
        let knows = self.knows(lease, t);
        if wrote && said.verb != "granted" {
            return Err("a refusal was written".into());
        }
        if said.verb == "granted" && !wrote {
            let remembers = self.grants.iter().any(|grant| grant.lease == lease)
                || self.early.iter().any(|(early, _)| *early == lease);
            let charges =
                self.limits.iter().any(|limit| limit.gives != Gives::Gate && (asker.send || !limit.sends));
            if !remembers || !charges {
                return Err("a grant was not written".into());
            }
            let slot = slot.and_then(|slot| self.challenges.again(slot, asker.own, t));
            return self.granted(asker.send, &said, slot, t);
        }
        match knows {
            Some(true) => {
                return Err(format!("a lease that was granted heard `{}`, or was charged twice", said.verb));
            }
            None if wrote => self.exact = false,
            None | Some(false) => {}
        }
        let tagged = idem.map_or(Vec::new(), |idem| self.tagged(idem, lease, t));
        if said.verb == "replayed" {
            let remaining = slot.and_then(|slot| self.challenges.0.iter().find(|it| it.tag == slot.tag));
            let remaining = remaining.map_or(0, |it| it.ends.saturating_sub(t));
            let first = tagged.iter().any(|(age, _)| said.numbers == [*age, remaining]);
            return if first { Ok(()) } else { Err(format!("`{reply}`, but the others were {tagged:?}")) };
        }
        if let Some((age, _)) = tagged.iter().find(|(_, sure)| *sure && self.exact) {
            return Err(format!("an idempotency key was used {age} ms ago, and the reply is `{reply}`"));
        }
        let full = self.limits(asker.send).find(|limit| self.places(limit, t, false) >= limit.limit);
        match said.verb {
            "denied" if !self.exact => Ok(()),
            "denied" => {
                let retry = said.numbers[1];
                if self.passes(asker.send, t) {
                    return Err(format!("refused, but there is a place: {reply}"));
                }
                if !self.passes(asker.send, t + retry) || self.passes(asker.send, t + retry - 1) {
                    return Err(format!("a place comes at another time than said: {reply}"));
                }
                Ok(())
            }
            "granted" | "full" => {
                if let Some(limit) = full {
                    return Err(format!(
                        "{} places are taken, and one more was granted: {limit:?}",
                        limit.limit
                    ));
                }
                let put = slot.map(|slot| self.challenges.put(slot, asker.own, asker.knobs, t)).transpose();
                match (put, said.verb) {
                    (Err(wait), "full") => said.must_be(&[wait]),
                    (Ok(slot), "granted") => {
                        self.high = t;
                        let idem = idem.map(str::to_owned);
                        self.grants.push(Grant {
                            lease,
                            at: t,
                            level: 0,
                            idem,
                            send: asker.send,
                            sent: false,
                        });
                        self.granted(asker.send, &said, slot, t)
                    }
                    (put, _) => Err(format!("should be {put:?}, is {reply}")),
                }
            }
            _ => Err(format!("what is {reply}?")),
        }
    }

    /// Judges the reply to a release, and notes it.
    pub(crate) fn release(&mut self, op: &str, reply: &str, clock: u64) -> Result<(), String> {
        let t = self.time(clock);
        self.high = t;
        let mut words = op.split(' ').skip(1);
        let (lease, level) = (hex(words.next().unwrap()), words.next().unwrap().parse::<u8>().unwrap());
        let bins = self.limits.iter().any(|limit| limit.bins);
        let recent = self.grants.iter().filter(|grant| t - grant.at < MEMORY_MS).count() + self.early.len();
        let found = self.grants.iter_mut().rev().find(|grant| grant.lease == lease);
        match found {
            Some(grant) => {
                grant.level = grant.level.max(level);
                grant.idem = None;
                if bins && (recent >= MEMORY_LEASES || t - grant.at >= MEMORY_MS) {
                    self.exact = false;
                }
            }
            None if level == 0 => {}
            None => self.early.push((lease, t)),
        }
        if let Some(slot) = words.find_map(|word| word.strip_prefix("slot=")) {
            self.challenges.forget(slot);
        }
        if reply == "released" { Ok(()) } else { Err(format!("a release heard `{reply}`")) }
    }

    /// Judges the reply to a check, and notes it.
    pub(crate) fn check(&mut self, asker: Asker, op: &str, reply: &str, clock: u64) -> Result<(), String> {
        let t = self.time(clock);
        let (expected, changes) = self.challenges.check(op, asker.flow, asker.knobs, t)?;
        if changes {
            self.high = t;
            self.wrong.extend(expected.starts_with("wrong").then_some(t));
        }
        judge(reply, &expected)
    }

    /// Judges the reply to a count, and notes it.
    pub(crate) fn count(&mut self, asker: Asker, op: &str, reply: &str, clock: u64) -> Result<(), String> {
        let t = self.time(clock);
        let (expected, changes) = self.challenges.count(op, asker.flow, asker.knobs, t)?;
        if changes {
            self.high = t;
            self.wrong.push(t);
        }
        judge(reply, &expected)
    }

    /// Judges the reply to a consume, and notes it.
    pub(crate) fn consume(&mut self, asker: Asker, op: &str, reply: &str, clock: u64) -> Result<(), String> {
        let t = self.time(clock);
        let (expected, changes) = self.challenges.consume(op, asker.flow)?;
        if changes {
            self.high = t;
            self.wrong.pop();
        }
        judge(reply, &expected)
    }

    /// Notes a message that may have been delivered, by the flow that was granted at `at` in this era.
    pub(crate) fn message(&mut self, lease: u64, at: u64) -> Result<(), String> {
        if let Some(place) = self.grants.iter().position(|grant| grant.lease == lease && grant.at == at) {
            self.grants[place].sent = true;
            let this = &self.grants[place];
            let same = |other: &&Grant| other.sent && other.lease != lease && other.idem == this.idem;
            let near = |other: &Grant| this.at.abs_diff(other.at) < self.memory(other).min(self.memory(this));
            if self.exact && this.idem.is_some() && self.grants.iter().filter(same).any(near) {
                return Err("two messages for one idempotency key".into());
            }
        }
        let place = self.messages.partition_point(|other| *other <= at);
        self.messages.insert(place, at);
        for limit in self.limits.iter().filter(|limit| limit.gives != Gives::Gate) {
            let (limit, window) = (limit.limit as usize, limit.window);
            if self.messages.windows(limit + 1).any(|run| run[limit] - run[0] < window) {
                return Err(format!("{} messages in {window} ms, where {limit} may be sent", limit + 1));
            }
        }
        Ok(())
    }

    /// Tells whether what a flow took here was given back, as far as rules do; `called` if a provider was asked.
    pub(crate) fn gave_back(&self, lease: u64, called: bool) -> bool {
        let level =
            self.grants.iter().rev().find(|grant| grant.lease == lease).map_or(2, |grant| grant.level);
        self.limits.iter().all(|limit| match limit.gives {
            Gives::Undelivered => level >= 1,
            Gives::Uncalled => called || level == 2,
            Gives::Never | Gives::Gate => true,
        })
    }

    /// Takes a place at `t` if there is one; for looking ahead on a copy.
    pub(crate) fn take(&mut self, clock: u64) -> bool {
        let t = self.time(clock);
        let passes = self.passes(true, t);
        if passes {
            self.high = t;
            self.grants.push(Grant { lease: 0, at: t, level: 0, idem: None, send: true, sent: false });
        }
        passes
    }

    fn granted(&self, send: bool, said: &Said<'_>, slot: Option<String>, t: u64) -> Result<(), String> {
        if said.slot != slot.as_deref() {
            return Err(format!("the challenge should be {slot:?}, is {:?}", said.slot));
        }
        let next = said.numbers[0];
        let early = next > 0 && self.passes(send, t + next - 1);
        if self.exact && (early || !self.passes(send, t + next)) {
            return Err(format!("the next place does not come in {next} ms"));
        }
        Ok(())
    }

    /// Tells whether the limiter must know this lease (`true`), can't (`false`), or may have forgotten it.
    fn knows(&self, lease: u64, t: u64) -> Option<bool> {
        if self.charged().next().is_none() {
            return Some(false);
        }
        match self.grants.iter().rev().find(|grant| grant.lease == lease) {
            Some(grant) => (t - grant.at < self.memory(grant)).then_some(true),
            None if self.early.iter().any(|(early, _)| *early == lease) => None,
            None => Some(false),
        }
    }

    /// Returns for how long a grant is remembered at least.
    fn memory(&self, grant: &Grant) -> u64 {
        let charged = || self.charged().filter(|limit| grant.send || !limit.sends);
        let logs = charged().filter(|limit| !limit.bins).map(|limit| limit.window).max().unwrap_or(0);
        let leases = self.grants.iter().map(|grant| grant.at).chain(self.early.iter().map(|(_, at)| *at));
        let recent = leases.filter(|at| at + MEMORY_MS > grant.at).count();
        let bins = charged().any(|limit| limit.bins) && recent <= MEMORY_LEASES;
        let logs = if grant.level == 0 { logs } else { logs.min(MEMORY_MS) };
        if bins { logs.max(MEMORY_MS) } else { logs }
    }

    /// Returns how long ago an idempotency key was used, and whether that must be remembered still.
    fn tagged(&self, idem: &str, lease: u64, t: u64) -> Vec<(u64, bool)> {
        let used =
            |grant: &&Grant| grant.idem.as_deref() == Some(idem) && grant.lease != lease && grant.level == 0;
        let used = self.grants.iter().filter(used);
        used.map(|grant| (t - grant.at, t - grant.at < self.memory(grant))).collect()
    }

    fn charged(&self) -> impl Iterator<Item = &Limit> {
        self.limits.iter().filter(|limit| limit.gives != Gives::Gate)
    }

    fn limits(&self, send: bool) -> impl Iterator<Item = &Limit> {
        self.limits.iter().filter(move |limit| send || !limit.sends)
    }

    /// Tells whether every rule has a place at `t`, bins counted whole.
    fn passes(&self, send: bool, t: u64) -> bool {
        self.limits(send).all(|limit| self.places(limit, t, true) < limit.limit)
    }

    /// Counts the places taken at `t`; `whole` counts every bin that the window touches.
    fn places(&self, limit: &Limit, t: u64, whole: bool) -> u64 {
        let within = |at: u64| {
            let width = limit.window.div_ceil(24);
            let at = if whole && limit.bins { at / width * width + width - 1 } else { at };
            at + limit.window > t
        };
        if limit.gives == Gives::Gate {
            return self.wrong.iter().filter(|at| within(**at)).count() as u64;
        }
        let counted = |grant: &&Grant| {
            let kept = match limit.gives {
                Gives::Undelivered => grant.level == 0,
                Gives::Uncalled => grant.level < 2,
                Gives::Never | Gives::Gate => true,
            };
            kept && (grant.send || !limit.sends) && within(grant.at)
        };
        self.grants.iter().filter(counted).count() as u64
    }
}

/// A reply in its words.
struct Said<'a> {
    verb: &'a str,
    numbers: Vec<u64>,
    slot: Option<&'a str>,
}

impl<'a> Said<'a> {
    fn read(reply: &'a str) -> Self {
        let mut words = reply.split(' ');
        let verb = words.next().unwrap();
        let numbers = words.clone().filter_map(|word| word.parse().ok()).collect();
        Self { verb, numbers, slot: words.find_map(|word| word.strip_prefix("slot=")) }
    }

    fn must_be(&self, numbers: &[u64]) -> Result<(), String> {
        if self.numbers == numbers {
            Ok(())
        } else {
            Err(format!("{} {:?}, should be {numbers:?}", self.verb, self.numbers))
        }
    }
}

fn judge(reply: &str, expected: &str) -> Result<(), String> {
    if reply == expected { Ok(()) } else { Err(format!("heard `{reply}`, should be `{expected}`")) }
}

pub(crate) fn hex(word: &str) -> u64 {
    u64::from_str_radix(word, 16).unwrap()
}
