//! The checker: hears all that is asked and answered, and holds it against the invariants.
//!
//! It counts from the policy and from its own lists; of the crate it uses the proof of a code and nothing of the
//! limiter's.

use crate::challenge::Knobs;
use crate::host::{NAMESPACE, keyring};
use crate::ledger::{Asker, Ledger, hex};
use crate::network::Answer;
use crate::planted::Ran;
use crate::random::Digest;
use crate::schedule::{ADDRESSES, Intent, NUMBERS, PURPOSES, Schedule, What};
use sansms::code::proof;
use sansms::key::{Keyring, ctx};
use sansms::outcome::{Kind, Outcome};
use sansms::secret::Secret;
use sansms::store::StoreOp;
use std::collections::BTreeMap;

/// The place of a partition: its kind, and which of the kind.
pub(crate) type Subject = (&'static str, u64, u32);

/// A history, and what must hold of it.
pub(crate) struct Checker {
    schedule: Schedule,
    knobs: Knobs,
    keys: Keyring,
    ledgers: Vec<(Subject, Ledger)>,
    by_key: BTreeMap<String, usize>,
    logs: Vec<Log>,
    /// The code of each challenge that was sent, by number and nonce.
    codes: BTreeMap<(usize, String), String>,
    pub(crate) messages: u64,
    pub(crate) digest: Digest,
}

/// What is known of one flow.
struct Log {
    intent: Intent,
    subjects: Vec<Subject>,
    lease: Option<u64>,
    /// What it holds: the ledger, the time and the era of the grant.
    holds: BTreeMap<usize, (u64, u32)>,
    /// The number's record after each time that its reservation was granted.
    stored: Vec<Vec<u8>>,
    nonce: Option<String>,
    heard: Vec<String>,
    store_failed: bool,
    steps: usize,
    calls: usize,
    code: Option<String>,
    answer: Option<Answer>,
    possible: bool,
    /// Whether a call was lost, late or doubled, or the flow was paused.
    pub(crate) troubled: bool,
}

impl Checker {
    pub(crate) fn new(schedule: &Schedule) -> Self {
        let policy = &schedule.policy;
        let most = policy.validity.0.checked_div(policy.cooldown.0).unwrap_or(8).clamp(1, 8);
        let knobs =
            Knobs { validity_ms: policy.validity.0, tries: u64::from(policy.tries), most: most as usize };
        Self {
            schedule: schedule.clone(),
            knobs,
            keys: keyring(&[0, 1]),
            ledgers: Vec::new(),
            by_key: BTreeMap::new(),
            logs: Vec::new(),
            codes: BTreeMap::new(),
            messages: 0,
            digest: Digest::new(),
        }
    }

    /// Takes up a flow; flows are numbered in this order.
    pub(crate) fn begin(&mut self, intent: Intent) {
        let subjects = subjects(&intent);
        self.logs.push(Log {
            intent,
            subjects,
            lease: None,
            holds: BTreeMap::new(),
            stored: Vec::new(),
            nonce: None,
            heard: Vec::new(),
            store_failed: false,
            steps: 0,
            calls: 0,
            code: None,
            answer: None,
            possible: false,
            troubled: false,
        });
    }

    pub(crate) fn trouble(&mut self, flow: usize) {
        self.logs[flow].troubled = true;
    }

    /// Judges a step on the store: each partition is that of its subject, and no other's.
    pub(crate) fn asks(&mut self, flow: usize, ops: &[StoreOp]) -> Result<(), String> {
        self.step(flow)?;
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for op in ops {
            let kind = op.key.split(':').nth(3).unwrap_or("");
            let nth = seen.entry(kind).or_default();
            let log = &mut self.logs[flow];
            let of_kind = |subject: &&Subject| subject.0 == kind;
            let known = self.by_key.get(&op.key).map(|at| self.ledgers[*at].0);
            if op.op.starts_with("release ") {
                if !known.is_some_and(|subject| log.subjects.contains(&subject)) {
                    return Err(format!("a release at a partition of others: {}", op.key));
                }
                continue;
            }
            let send = matches!(log.intent.what, What::Send { .. });
            let policy = &self.schedule.policy;
            let subject = log.subjects.iter().filter(of_kind).nth(*nth).copied();
            let subject = subject.ok_or_else(|| format!("asks {} of a kind it has no subject in", op.key))?;
            *nth += 1;
            if known.is_some_and(|known| known != subject) {
                return Err(format!("{subject:?} shares a partition with {known:?}"));
            }
            if known.is_none() {
                if self.ledgers.iter().any(|(other, _)| *other == subject) {
                    return Err(format!("{subject:?} has two partitions"));
                }
                self.by_key.insert(op.key.clone(), self.ledgers.len());
                self.ledgers.push((subject, Ledger::new(policy, subject.0, subject.2)));
            }
            let ledger = &self.ledgers[self.by_key[&op.key]].1;
            if op.op.starts_with("reserve ") {
                log.lease = Some(hex(op.op.split(' ').nth(1).unwrap()));
                if subject.0 != "number" && !ledger.concerns(send) {
                    return Err(format!("{subject:?} is asked without a rule"));
                }
            }
        }
        Ok(())
    }

    /// Judges what the store made of an operation; `heard` if the flow will be told.
    pub(crate) fn ran(
        &mut self,
        flow: usize,
        op: &StoreOp,
        ran: &Ran,
        record: Option<&[u8]>,
        clock: u64,
    ) -> Result<(), String> {
        self.digest.add(&ran.reply);
        let at = self.by_key[&op.key];
        let (subject, ledger) = &mut self.ledgers[at];
        let log = &mut self.logs[flow];
        let place = |error: String| format!("{subject:?} at {clock}: {error}; asked {}", op.op);
        if ran.expired {
            ledger.expire(clock).map_err(place)?;
        }
        let refused = ledger.high > clock + 600_000;
        if refused || ran.reply.starts_with("refused") {
            let right = refused && ran.reply == "refused clock";
            return if right { Ok(()) } else { Err(place(format!("heard `{}`", ran.reply))) };
        }
        let send = matches!(log.intent.what, What::Send { .. });
        let own = matches!(log.intent.what, What::Send { own: Some(_), .. });
        let asker = Asker { flow, send, own, knobs: self.knobs };
        match op.op.split(' ').next().unwrap_or("") {
            "reserve" => {
                let t = ledger.time(clock);
                ledger.reserve(asker, &op.op, &ran.reply, clock, ran.wrote).map_err(place)?;
                if ran.reply.starts_with("granted") {
                    log.holds.entry(at).or_insert((t, ledger.era));
                    if subject.0 == "number" && send {
                        log.stored.push(record.unwrap_or_default().to_vec());
                    }
                }
                Ok(())
            }
            "release" => {
                if log.possible {
                    return Err(place("gave back what a message used".into()));
                }
                log.holds.remove(&at);
                ledger.release(&op.op, &ran.reply, clock).map_err(place)
            }
            "count" => ledger.count(asker, &op.op, &ran.reply, clock).map_err(place),
            "consume" => ledger.consume(asker, &op.op, &ran.reply, clock).map_err(place),
            _ => ledger.check(asker, &op.op, &ran.reply, clock).map_err(place),
        }
    }

    /// Notes what the flow hears of a store step; `None` is an operation that failed.
    pub(crate) fn hears(&mut self, flow: usize, ops: &[StoreOp], replies: &[Option<String>]) {
        let log = &mut self.logs[flow];
        for (op, reply) in ops.iter().zip(replies) {
            let waves = !op.op.starts_with("release ");
            let failed = reply.as_ref().is_none_or(|reply| reply.starts_with("refused"));
            log.store_failed |= waves && failed;
            log.troubled |= failed;
            let Some(reply) = reply else { continue };
            if let Some(slot) = reply.split(' ').find_map(|word| word.strip_prefix("slot=")) {
                log.nonce = slot.split(':').nth(2).map(str::to_owned);
            }
            log.heard.push(reply.split(' ').next().unwrap_or("").to_owned());
        }
    }

    /// Judges a message before it leaves.
    pub(crate) fn calls(&mut self, flow: usize, body: &str) -> Result<(), String> {
        self.step(flow)?;
        let log = &mut self.logs[flow];
        let What::Send { own, deliver, .. } = &log.intent.what else { return Err("a check sends".into()) };
        let mut words = body.split(' ');
        let (e164, code, minutes) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        if !deliver
            || log.store_failed
            || log.possible
            || e164 != format!("+86{}", NUMBERS[log.intent.number].0)
        {
            return Err("a message that must not leave".into());
        }
        log.calls += 1;
        for subject in &log.subjects {
            let policy = &self.schedule.policy;
            let due = subject.0 == "number" || Ledger::new(policy, subject.0, subject.2).concerns(true);
            let due = due && (subject.0 != "ip" || policy.ip_mode == sansms::policy::IpMode::Required);
            let held = log.holds.keys().any(|at| self.ledgers[*at].0 == *subject);
            if due && !held {
                return Err(format!("a message leaves without a place in {subject:?}"));
            }
        }
        if own.as_ref().is_some_and(|own| own != code) || minutes == "0" {
            return Err("not the caller's code, or no minute left".into());
        }
        if log.code.as_ref().is_some_and(|before| before != code) {
            return Err("the next provider got another code".into());
        }
        log.code = Some(code.to_owned());
        let session = log.intent.session.clone().unwrap_or_default();
        let about = ctx(NAMESPACE, &format!("tel:{e164}"), PURPOSES[log.intent.purpose], &session);
        // A session token that the flow made itself is not known yet; the proof can't be made anew then.
        let secret_session = log.intent.session.is_none()
            && self.schedule.policy.session == sansms::policy::SessionMode::Challenge;
        let code = Secret::new(code.to_owned());
        let proofs: Vec<_> = self.keys.peppers().iter().map(|pepper| proof(pepper, &about, &code)).collect();
        let held = |record: &Vec<u8>| record.windows(16).any(|part| proofs.iter().any(|proof| proof == part));
        if !secret_session && !log.stored.iter().any(held) {
            return Err("a message leaves, and the proof of its code was not stored".into());
        }
        let (number, nonce) = (log.intent.number, log.nonce.clone().unwrap_or_default());
        let first = self.codes.entry((number, nonce)).or_insert_with(|| code.expose().clone());
        if first != code.expose() && own.is_none() {
            return Err("a challenge was sent again with another code".into());
        }
        Ok(())
    }

    /// Notes what became of a message.
    pub(crate) fn answered(&mut self, flow: usize, answer: Answer) -> Result<(), String> {
        let log = &mut self.logs[flow];
        log.answer = Some(answer);
        if !answer.possible() {
            return Ok(());
        }
        log.possible = true;
        self.messages += 1;
        for (at, (granted, era)) in &log.holds {
            let (subject, ledger) = &mut self.ledgers[*at];
            if ledger.era == *era {
                ledger
                    .message(log.lease.unwrap_or(0), *granted)
                    .map_err(|error| format!("{subject:?}: {error}"))?;
            }
        }
        Ok(())
    }

    /// Judges an outcome; `prompt` if the flow took less than the time in which it gives back.
    pub(crate) fn ends(&mut self, flow: usize, outcome: &Outcome, prompt: bool) -> Result<(), String> {
        self.digest.add(outcome.code.as_str());
        let log = &self.logs[flow];
        let heard = |verb: &str| log.heard.iter().any(|heard| heard == verb);
        let fits = match outcome.kind {
            _ if log.store_failed => outcome.kind == Kind::Unavailable && log.calls == 0,
            Kind::Sent if outcome.replayed => heard("replayed") && log.calls == 0,
            Kind::Sent => match &log.intent.what {
                What::Send { deliver: true, .. } => log.answer == Some(Answer::Accepted),
                _ => log.calls == 0 && heard("granted"),
            },
            Kind::Limited => (heard("denied") || heard("full")) && log.calls == 0,
            Kind::Undelivered => !log.possible,
            Kind::Unknown => log.answer.is_some_and(|answer| answer.possible() && answer != Answer::Accepted),
            Kind::Verified => heard("matched"),
            Kind::WrongCode => heard("wrong") || heard("counted"),
            Kind::Locked => heard("locked"),
            Kind::Expired => heard("gone"),
            Kind::Invalid => log.steps == 0,
            // What was granted to this very attempt can be gone when it asks again.
            Kind::Unavailable => log.troubled,
            Kind::ChallengeRequired | Kind::Answered => false,
        };
        if !fits || outcome.ok() != matches!(outcome.kind, Kind::Sent | Kind::Verified) {
            return Err(format!("{outcome:?} after {:?} and {:?}", log.heard, log.answer));
        }
        let failed = !matches!(outcome.kind, Kind::Sent | Kind::Unknown) || outcome.replayed;
        let (Some(lease), true, true) = (log.lease, failed && !log.troubled, prompt) else { return Ok(()) };
        if !matches!(log.intent.what, What::Send { .. }) {
            return Ok(());
        }
        for (subject, ledger) in &self.ledgers {
            let rejected = log.answer == Some(Answer::Rejected) && subject.0 != "budget";
            if log.subjects.contains(subject) && !rejected && !ledger.gave_back(lease, log.calls > 0) {
                return Err(format!("{outcome:?}, and {subject:?} was not given back"));
            }
        }
        Ok(())
    }

    /// Returns how many sends these partitions grant from `clock` on, one each `pause`; `None` if it can't be told.
    pub(crate) fn room(
        &self,
        intent: &Intent,
        clock: impl Fn(Subject) -> u64,
        pause: u64,
        most: usize,
    ) -> Option<usize> {
        let subjects = subjects(intent);
        let policy = &self.schedule.policy;
        let ip = |subject: &Subject| subject.0 != "ip" || policy.ip_mode == sansms::policy::IpMode::Required;
        let mut ledgers: Vec<(Subject, Ledger)> = Vec::new();
        for subject in subjects.into_iter().filter(ip) {
            let known = self.ledgers.iter().find(|(other, _)| *other == subject);
            let ledger =
                known.map_or_else(|| Ledger::new(policy, subject.0, subject.2), |(_, it)| it.clone());
            if !ledger.exact {
                return None;
            }
            ledgers.push((subject, ledger));
        }
        let granted = |at: usize| {
            let after = at as u64 * pause;
            ledgers.iter_mut().all(|(subject, ledger)| ledger.take(clock(*subject) + after))
        };
        Some(
            (0..most)
                .take_while({
                    let mut granted = granted;
                    move |at| granted(*at)
                })
                .count(),
        )
    }

    /// Returns the code that a flow sent.
    pub(crate) fn code(&self, flow: usize) -> Option<&str> {
        self.logs[flow].code.as_deref()
    }

    fn step(&mut self, flow: usize) -> Result<(), String> {
        let log = &mut self.logs[flow];
        log.steps += 1;
        let most = 4 + self.schedule.providers;
        if log.steps > most { Err(format!("more than {most} steps")) } else { Ok(()) }
    }
}

/// Returns what a flow counts in, in the order in which it asks.
fn subjects(intent: &Intent) -> Vec<Subject> {
    let mut all = Vec::new();
    if let Some(address) = intent.address {
        all.extend(ADDRESSES[address].1.iter().map(|(id, factor)| ("ip", u64::from(*id), *factor)));
    }
    let number = ("number", intent.number as u64, 1);
    match &intent.what {
        What::Verify { .. } => all.push(number),
        What::Send { device, .. } => {
            all.extend(device.map(|device| ("device", device, 1)));
            let prefix = u64::from(NUMBERS[intent.number].1);
            all.extend([number, ("prefix", prefix, 1), ("country", 86, 1), ("budget", 0, 1)]);
        }
    }
    all
}
