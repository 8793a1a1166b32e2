//! Managed verification in the simulated world: the provider makes and compares the codes, and a flow counts its try,
//! asks, and consumes. Calls are lost, doubled and late; the account of a partition is the same as for whole flows.

use crate::challenge::Knobs;
use crate::host::{NAMESPACE, keyring};
use crate::ledger::{Asker, Ledger};
use crate::network::{Faults, PATIENCE_MS};
use crate::planted::{Plant, Store};
use crate::random::{Digest, Random};
use crate::schedule::{LEAST_MS, LIFETIME_MS, Schedule};
use crate::world::Report;
use sansms::limit::{Consume, Count, Op, Part, Planner, Reply, SlotOp};
use sansms::policy::Rule;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// One number's partition, the provider's memory, and the flows.
struct World {
    random: Random,
    schedule: Schedule,
    faults: Faults,
    part: Part,
    knobs: Knobs,
    store: Store,
    ledger: Ledger,
    flows: Vec<Flow>,
    /// The challenges that were sent, in order; a challenge's code is its nonce.
    sent: Vec<[u8; 16]>,
    /// For each challenge the flows whose guess reached the provider, and the one that passed.
    asked: BTreeMap<[u8; 16], BTreeSet<usize>>,
    passed: BTreeMap<[u8; 16], usize>,
    queue: BTreeMap<(u64, u64), Event>,
    now: u64,
    astray: i64,
    report: Report,
    digest: Digest,
}

struct Flow {
    tag: [u8; 8],
    /// The typed code; none for a send.
    guess: Option<[u8; 16]>,
    /// The challenge that the count heard of.
    nonce: [u8; 16],
    id: u32,
    heard: bool,
    end: &'static str,
}

enum Event {
    Start(usize),
    Runs { flow: usize, id: u32, op: Rc<Op>, heard: Option<u64> },
    Hears { flow: usize, id: u32, reply: Option<Reply> },
    Waited { flow: usize, id: u32, op: Rc<Op>, again: bool },
    Answers(usize),
}

const T0: u64 = 1_790_000_000_000;

/// The series of wrong tries, as the planner numbers it.
const WRONG: u8 = 2;

/// Runs one schedule, with a bug planted or none; an error is an invariant that does not hold.
pub(crate) fn run(seed: u64, plant: Option<Plant>) -> Result<Report, String> {
    let mut random = Random::new(seed);
    let mut schedule = Schedule::draw(&mut random);
    // A number without a rule remembers no lease: a reservation that comes late would make its challenge again.
    if schedule.policy.number.is_empty() {
        schedule.policy.number.push(Rule::hours(30, 24));
    }
    let policy = &schedule.policy;
    let keys = keyring(&[0, 1]);
    let part = Planner { keys: &keys, namespace: NAMESPACE, policy }.number("tel:+8613800138000");
    let most = policy.validity.0.checked_div(policy.cooldown.0).unwrap_or(8).clamp(1, 8);
    let knobs = Knobs { validity_ms: policy.validity.0, tries: u64::from(policy.tries), most: most as usize };
    let mut world = World {
        random,
        faults: schedule.faults,
        part,
        knobs,
        store: Store::new(plant, seed),
        ledger: Ledger::new(policy, "number", 1),
        flows: Vec::new(),
        sent: Vec::new(),
        asked: BTreeMap::new(),
        passed: BTreeMap::new(),
        queue: BTreeMap::new(),
        now: T0,
        astray: 0,
        report: Report::default(),
        digest: Digest::new(),
        schedule,
    };
    world.live().map_err(|error| format!("{error}\n{:?}", world.schedule))?;
    world.report.digest = world.digest.0;
    world.report.messages = world.sent.len() as u64;
    Ok(world.report)
}

impl World {
    fn live(&mut self) -> Result<(), String> {
        for _ in 0..self.schedule.bursts {
            let spread = self.schedule.spread_ms;
            self.astray = self.random.below(2 * spread + 1) as i64 - spread as i64;
            let spread = *self.random.pick(&[0, 50, 3_000, 90_000]);
            self.begin(true, 0);
            self.pass(self.now + 10)?;
            for _ in 0..self.schedule.flows {
                let (send, after) = (self.random.chance(20), self.random.below(spread + 1));
                self.begin(send, after);
            }
            let wait = spread + self.schedule.wait(&mut self.random);
            self.pass(self.now + wait)?;
        }
        self.pass(u64::MAX)?;
        self.quiet()
    }

    fn begin(&mut self, send: bool, after: u64) {
        let session = self.random.below(self.schedule.sessions) as u8;
        let right = self.sent.last().copied().filter(|_| self.random.chance(50));
        let guess = (!send).then(|| right.unwrap_or([0xff; 16]));
        self.put(after, Event::Start(self.flows.len()));
        self.flows.push(Flow { tag: [session; 8], guess, nonce: [0; 16], id: 0, heard: false, end: "" });
    }

    fn put(&mut self, after: u64, event: Event) {
        self.report.flows += u64::from(matches!(event, Event::Start(_)));
        let nth = self.queue.last_key_value().map_or(0, |((_, nth), _)| nth + 1).max(self.report.calls << 8);
        let mut at = (self.now + after, nth);
        while self.queue.contains_key(&at) {
            at.1 += 1;
        }
        self.queue.insert(at, event);
    }

    fn pass(&mut self, until: u64) -> Result<(), String> {
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= until) {
            let ((at, _), event) = entry.remove_entry();
            self.now = self.now.max(at);
            self.happen(event)?;
        }
        if until < u64::MAX {
            self.now = until;
        }
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Start(flow) => {
                let op = self.first(flow);
                self.ask(flow, op);
                Ok(())
            }
            Event::Runs { flow, id, op, heard } => {
                let reply = self.runs(flow, &op)?;
                if let Some(back) = heard {
                    self.put(back, Event::Hears { flow, id, reply: Some(reply) });
                }
                Ok(())
            }
            Event::Waited { flow, id, op, again } => {
                if self.flows[flow].id == id && !self.flows[flow].heard {
                    if again {
                        self.put(0, Event::Hears { flow, id, reply: None });
                    } else {
                        self.call(flow, op, true);
                    }
                }
                Ok(())
            }
            Event::Hears { flow, id, reply } => {
                if self.flows[flow].id != id || core::mem::replace(&mut self.flows[flow].heard, true) {
                    return Ok(());
                }
                self.hears(flow, reply)
            }
            Event::Answers(flow) => self.answers(flow),
        }
    }

    /// Returns what a flow asks first: for a place with a challenge, or to count its try.
    fn first(&mut self, flow: usize) -> Op {
        let policy = &self.schedule.policy;
        let (attempt, tag) = (flow as u32 + 1, self.flows[flow].tag);
        if self.flows[flow].guess.is_none() {
            let (mut nonce, validity_ms) = ([0; 16], policy.validity.0 as u32);
            nonce[12..].copy_from_slice(&attempt.to_be_bytes());
            // The proof of nothing that can be typed: the code is the provider's.
            let slot = SlotOp {
                tag,
                nonce,
                proof: [0xee; 16],
                kids: [[7; 4], [0; 4], [0; 4], [0; 4]],
                kid_count: 1,
                validity_ms,
                lifetime_ms: LIFETIME_MS as u32,
                least_ms: (LEAST_MS as u32).min(validity_ms),
                tries: policy.tries,
                max: self.knobs.most as u8,
            };
            return self.part.reserve(u64::from(attempt), None, Some(slot));
        }
        let rules = || policy.wrong_tries.iter();
        let window_ms = rules().map(|rule| rule.window.0 as u32).max().unwrap_or(1);
        // Those that are in flight may be taken off again, so more are kept than any rule counts.
        let keep = rules().map(|rule| rule.limit as u8 + 100).max().unwrap_or(0);
        Op::Count(Count { attempt, tag, series: WRONG, window_ms, keep })
    }

    fn ask(&mut self, flow: usize, op: Op) {
        let it = &mut self.flows[flow];
        (it.id, it.heard) = (it.id + 1, false);
        self.call(flow, Rc::new(op), false);
    }

    fn call(&mut self, flow: usize, op: Rc<Op>, again: bool) {
        let id = self.flows[flow].id;
        let fate = self.faults.fate(&mut self.random);
        if let Some(there) = fate.there {
            self.put(there, Event::Runs { flow, id, op: Rc::clone(&op), heard: fate.back });
        }
        if let Some(there) = fate.again {
            self.put(there, Event::Runs { flow, id, op: Rc::clone(&op), heard: None });
        }
        self.put(PATIENCE_MS, Event::Waited { flow, id, op, again });
    }

    /// Runs an operation, and holds the reply against the account.
    fn runs(&mut self, flow: usize, op: &Op) -> Result<Reply, String> {
        let (line, clock) = (op.write(), self.now.saturating_add_signed(self.astray));
        let ran = self.store.run("number", &line, clock);
        self.report.calls += 1;
        self.digest.add(&ran.reply);
        let place = |error: String| format!("flow {flow} at {clock}: {error}; asked {line}");
        if ran.expired {
            self.ledger.expire(clock).map_err(place)?;
        }
        let refused = self.ledger.high > clock + 600_000;
        if !refused {
            let asker = Asker { flow, send: true, own: false, knobs: self.knobs };
            match op {
                Op::Count(_) => self.ledger.count(asker, &line, &ran.reply, clock),
                Op::Consume(_) => self.ledger.consume(asker, &line, &ran.reply, clock),
                _ => self.ledger.reserve(asker, &line, &ran.reply, clock, ran.wrote),
            }
            .map_err(place)?;
        } else if ran.reply != "refused clock" {
            return Err(place(format!("heard `{}`", ran.reply)));
        }
        Reply::read(&ran.reply).ok_or_else(|| place(format!("what is {}?", ran.reply)))
    }

    fn hears(&mut self, flow: usize, reply: Option<Reply>) -> Result<(), String> {
        match reply {
            Some(Reply::Granted { slot: Some(slot), .. }) => {
                self.sent.push(slot.nonce);
                self.ends(flow, "sent");
            }
            Some(Reply::Counted { slot, .. }) => {
                self.flows[flow].nonce = slot.nonce;
                let asked = self.asked.entry(slot.nonce).or_default();
                asked.insert(flow);
                if asked.len() as u64 > self.knobs.tries {
                    return Err(format!("{} guesses were asked about for {}", asked.len(), self.knobs.tries));
                }
                let takes = if self.faults.latency_ms == 0 { 0 } else { self.random.below(5_000) };
                self.put(takes, Event::Answers(flow));
            }
            Some(Reply::Matched) => {
                let Flow { nonce, guess, .. } = self.flows[flow];
                let first = *self.passed.entry(nonce).or_insert(flow);
                if guess != Some(nonce) || first != flow {
                    return Err(format!("flow {flow} passes after flow {first}"));
                }
                self.ends(flow, "passed");
            }
            Some(Reply::Locked { .. }) => self.ends(flow, "locked"),
            Some(Reply::Gone) => self.ends(flow, "gone"),
            Some(_) => self.ends(flow, "refused"),
            None => self.ends(flow, "lost"),
        }
        Ok(())
    }

    /// The provider answers: the guess was right, or wrong, or it did not answer at all.
    fn answers(&mut self, flow: usize) -> Result<(), String> {
        let Flow { nonce, guess, tag, .. } = self.flows[flow];
        if guess != Some(nonce) {
            self.ends(flow, "wrong");
        } else if self.random.chance(self.faults.provider / 4) {
            self.ends(flow, "unanswered");
        } else {
            self.ask(flow, Op::Consume(Consume { attempt: flow as u32 + 1, tag, nonce, series: WRONG }));
        }
        Ok(())
    }

    fn ends(&mut self, flow: usize, how: &'static str) {
        self.flows[flow].end = how;
        *self.report.kinds.entry(how).or_default() += 1;
    }

    /// After the storm: a wrong guess, then three right ones at once, of which one passes.
    fn quiet(&mut self) -> Result<(), String> {
        self.faults = Faults::NONE;
        self.astray = 0;
        self.schedule.sessions = 1;
        self.pass(self.now + 4 * 86_400_000)?;
        let first = self.flows.len();
        self.begin(true, 0);
        self.pass(self.now + 10)?;
        let sent = self.sent.last().copied();
        for guess in
            [[0xff; 16], sent.unwrap_or_default(), sent.unwrap_or_default(), sent.unwrap_or_default()]
        {
            self.begin(false, 0);
            self.flows.last_mut().unwrap().guess = Some(guess);
        }
        self.pass(u64::MAX)?;
        let ends: Vec<_> = self.flows[first..].iter().map(|flow| flow.end).collect();
        let rights = |end: &str| ends[2..].iter().filter(|it| **it == end).count() as u64;
        let passed = u64::from(self.knobs.tries > 1);
        let fits = ends[..2] == ["sent", "wrong"] && rights("passed") == passed;
        if fits && rights("passed") + rights("gone") + rights("locked") == 3 {
            Ok(())
        } else {
            Err(format!("{} tries came to {ends:?}", self.knobs.tries))
        }
    }
}
