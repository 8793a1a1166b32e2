//! The world: virtual time, and everything that happens in it in the order of its time.

use crate::checker::{Checker, Subject};
use crate::host::{Host, Run, reply};
use crate::network::{Faults, PATIENCE_MS};
use crate::planted::{Plant, Store};
use crate::random::Random;
use crate::schedule::{ADDRESSES, Intent, MadeUp, NUMBERS, PURPOSES, Schedule, What};
use sansms::outcome::{Kind, Outcome};
use sansms::policy::SessionMode;
use sansms::store::StoreOp;
use sansms::{Reply, SendRequest, Step, VerifyRequest};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a schedule came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) digest: u64,
    pub(crate) flows: u64,
    pub(crate) messages: u64,
    pub(crate) calls: u64,
    pub(crate) kinds: BTreeMap<&'static str, u64>,
}

/// A deployment, its clients, and the time.
struct World {
    random: Random,
    schedule: Schedule,
    faults: Faults,
    hosts: Vec<Host>,
    places: Vec<i64>,
    store: Store,
    checker: Checker,
    runs: Vec<Run>,
    intents: Vec<Intent>,
    /// When each flow began, and in which era of clocks.
    began: Vec<(u64, u64)>,
    outcomes: Vec<Option<Outcome>>,
    queue: BTreeMap<(u64, u64), Event>,
    now: u64,
    events: u64,
    /// How often clocks were set.
    era: u64,
    tokens: Vec<(usize, usize, String)>,
    report: Report,
    /// Whether to tell of every call, for looking into one schedule.
    loud: bool,
}

enum Event {
    Start(usize),
    /// A call reaches the store; `heard` is how long its reply takes.
    Runs {
        flow: usize,
        id: u32,
        ops: Rc<Vec<StoreOp>>,
        at: usize,
        heard: Option<u64>,
    },
    /// What an operation came to reaches the driver; `None` if it was given up.
    Hears {
        flow: usize,
        id: u32,
        at: usize,
        reply: Option<String>,
    },
    /// The driver has waited long enough for the first, or the second time.
    Waited {
        flow: usize,
        id: u32,
        at: usize,
        again: bool,
    },
    Resumes {
        flow: usize,
        id: u32,
        reply: Reply,
    },
}

const T0: u64 = 1_790_000_000_000;

/// Runs one schedule, with a bug planted or none; an error is an invariant that does not hold.
pub(crate) fn run(seed: u64, plant: Option<Plant>) -> Result<Report, String> {
    let mut random = Random::new(seed);
    let schedule = Schedule::draw(&mut random);
    let mut world = World::new(random, schedule, plant, seed);
    world.live().map_err(|error| format!("{error}\n{:?}", world.schedule))?;
    world.report.digest = world.checker.digest.0;
    world.report.messages = world.checker.messages;
    Ok(world.report)
}

impl World {
    fn new(random: Random, schedule: Schedule, plant: Option<Plant>, seed: u64) -> Self {
        let host = |order: &Vec<usize>| Host::new(schedule.policy.clone(), order, schedule.providers, 0);
        Self {
            random,
            faults: schedule.faults,
            hosts: schedule.hosts.iter().map(host).collect(),
            places: vec![0; 3],
            store: Store::new(plant, seed),
            checker: Checker::new(&schedule),
            schedule,
            runs: Vec::new(),
            intents: Vec::new(),
            began: Vec::new(),
            outcomes: Vec::new(),
            queue: BTreeMap::new(),
            now: T0,
            events: 0,
            era: 0,
            tokens: Vec::new(),
            report: Report::default(),
            loud: std::env::var_os("TELL").is_some(),
        }
    }

    fn live(&mut self) -> Result<(), String> {
        for _ in 0..self.schedule.bursts {
            self.set_clocks();
            let begin = self.now;
            let spread = *self.random.pick(&[0, 50, 3_000, 90_000]);
            for _ in 0..self.schedule.flows {
                let intent = self.intent();
                let at = begin + self.random.below(spread + 1);
                let host = self.random.below(self.hosts.len() as u64) as usize;
                self.begin(intent, host, at);
            }
            let until = begin + spread + self.schedule.wait(&mut self.random);
            self.pass(until)?;
        }
        self.pass(u64::MAX)?;
        self.quiet()
    }

    /// Clocks of hosts and places go astray anew, forwards or back.
    fn set_clocks(&mut self) {
        let spread = self.schedule.spread_ms;
        let mut astray = || self.random.below(2 * spread + 1) as i64 - spread as i64;
        self.hosts.iter_mut().for_each(|host| host.offset_ms = astray());
        self.places.iter_mut().for_each(|place| *place = astray());
        self.era += 1;
    }

    fn begin(&mut self, intent: Intent, host: usize, at: u64) -> usize {
        let flow = self.runs.len();
        let seed = self.random.seed();
        let (to, purpose) = (NUMBERS[intent.number].0.to_owned(), PURPOSES[intent.purpose].to_owned());
        let ip = intent.address.map(|address| ADDRESSES[address].0.to_owned());
        let session = intent.session.clone();
        let engine = &self.hosts[host].engine;
        let machine = match &intent.what {
            What::Send { key, device, own, deliver } => {
                let (device, idempotency_key) = (
                    device.map(|it| format!("canary-device-{it}")),
                    key.map(|it| format!("canary-key-{it}")),
                );
                let request = SendRequest {
                    to,
                    purpose,
                    ip,
                    session,
                    device,
                    idempotency_key,
                    code: own.clone(),
                    deliver: *deliver,
                };
                engine.send(request, seed)
            }
            What::Verify { code } => {
                let ticket_for = Some("canary-ticket".to_owned()).filter(|_| flow.is_multiple_of(2));
                engine
                    .verify(VerifyRequest { to, code: code.clone(), purpose, ip, session, ticket_for }, seed)
            }
        };
        self.runs.push(Run {
            flow: machine,
            host,
            id: 0,
            ops: Rc::default(),
            replies: Vec::new(),
            alive: true,
        });
        let counted = Intent {
            address: intent
                .address
                .filter(|_| self.schedule.policy.ip_mode == sansms::policy::IpMode::Required),
            ..intent.clone()
        };
        self.checker.begin(counted);
        self.intents.push(intent);
        self.began.push((at, self.era));
        self.outcomes.push(None);
        self.report.flows += 1;
        self.put(at, Event::Start(flow));
        flow
    }

    fn put(&mut self, at: u64, event: Event) {
        self.events += 1;
        self.queue.insert((at, self.events), event);
    }

    /// Lets everything happen that is due before `until`; time stands there then, or at the last event.
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
                let now = self.hosts[self.runs[flow].host].clock(self.now);
                let step = self.runs[flow].flow.start(now).map_err(|error| error.to_string())?;
                self.take(flow, step)
            }
            Event::Runs { flow, id, ops, at, heard } => {
                let op = &ops[at];
                let clock = self.clock(flow, &op.key);
                let ran = self.store.run(&op.key, &op.op, clock);
                self.report.calls += 1;
                if self.loud {
                    eprintln!(
                        "{} flow {flow} {} {} -> {}",
                        clock as i128 - i128::from(T0),
                        op.key,
                        op.op,
                        ran.reply
                    );
                }
                let record = self.store.record(&op.key);
                self.checker.ran(flow, op, &ran, record, clock)?;
                if let Some(back) = heard {
                    self.put(self.now + back, Event::Hears { flow, id, at, reply: Some(ran.reply) });
                }
                Ok(())
            }
            Event::Waited { flow, id, at, again } => {
                let run = &self.runs[flow];
                if !run.alive || run.id != id || run.replies[at].is_some() {
                    return Ok(());
                }
                self.checker.trouble(flow);
                if again || self.random.chance(40) {
                    self.put(self.now, Event::Hears { flow, id, at, reply: None });
                } else {
                    self.call(flow, at, true);
                }
                Ok(())
            }
            Event::Hears { flow, id, at, reply } => {
                let run = &mut self.runs[flow];
                if !run.alive || run.id != id || run.replies[at].is_some() {
                    return Ok(());
                }
                run.replies[at] = Some(reply);
                if run.replies.iter().all(Option::is_some) {
                    let replies: Vec<_> =
                        run.replies.iter_mut().map(|reply| reply.take().flatten()).collect();
                    run.replies.iter_mut().for_each(|reply| *reply = Some(None));
                    let all_failed = replies.iter().all(Option::is_none);
                    self.checker.hears(flow, &run.ops, &replies);
                    let reply = if all_failed && at == 0 { Reply::StoreFault } else { Reply::Store(replies) };
                    let pause = self.pause(flow);
                    self.put(self.now + pause, Event::Resumes { flow, id, reply });
                }
                Ok(())
            }
            Event::Resumes { flow, id, reply } => {
                let run = &mut self.runs[flow];
                if !run.alive {
                    return Ok(());
                }
                let now = self.hosts[run.host].clock(self.now);
                let step = run.flow.resume(id, reply, now).map_err(|error| error.to_string())?;
                self.take(flow, step)
            }
        }
    }

    /// A host goes slow now and then.
    fn pause(&mut self, flow: usize) -> u64 {
        if !self.random.chance(self.faults.pause) {
            return 0;
        }
        self.checker.trouble(flow);
        self.random.between(1_000, 420_000)
    }

    /// Does what a flow wants next, unless its host crashes.
    fn take(&mut self, flow: usize, step: Step) -> Result<(), String> {
        self.hides(flow, &step)?;
        match step {
            Step::Done(outcome) => self.done(flow, *outcome),
            Step::Store { id, ops } => {
                self.checker.asks(flow, &ops)?;
                let run = &mut self.runs[flow];
                (run.id, run.replies, run.ops) = (id, vec![None; ops.len()], Rc::new(ops));
                let down = self.random.chance(self.faults.store_down);
                for at in 0..self.runs[flow].ops.len() {
                    if down {
                        self.checker.trouble(flow);
                        self.put(self.now + PATIENCE_MS, Event::Hears { flow, id, at, reply: None });
                    } else {
                        self.call(flow, at, false);
                    }
                }
                self.crash(flow);
                Ok(())
            }
            Step::Credentials { provider, .. } => Err(format!("{provider} has its key")),
            Step::Http { id, call } => {
                let body = String::from_utf8(call.body).map_err(|error| error.to_string())?;
                self.checker.calls(flow, &body)?;
                let answer = self.faults.answer(&mut self.random);
                if self.crash(flow) && !answer.delivered() {
                    return Ok(());
                }
                self.checker.answered(flow, answer)?;
                let way = if self.faults.latency_ms == 0 { 0 } else { self.random.below(5_000) };
                let at = self.now + way + self.pause(flow);
                self.put(at, Event::Resumes { flow, id, reply: reply(answer) });
                Ok(())
            }
        }
    }

    fn crash(&mut self, flow: usize) -> bool {
        let crash = self.random.chance(self.faults.crash);
        self.runs[flow].alive &= !crash;
        crash
    }

    /// Sends one operation on its way.
    fn call(&mut self, flow: usize, at: usize, again: bool) {
        let run = &self.runs[flow];
        let (id, ops) = (run.id, Rc::clone(&run.ops));
        let fate = self.faults.fate(&mut self.random);
        if !fate.is_plain() {
            self.checker.trouble(flow);
        }
        if let Some(there) = fate.there {
            self.put(self.now + there, Event::Runs { flow, id, ops: Rc::clone(&ops), at, heard: fate.back });
        }
        if let Some(there) = fate.again {
            self.put(self.now + there, Event::Runs { flow, id, ops, at, heard: None });
        }
        if self.faults.latency_ms > 0 || !fate.is_plain() {
            self.put(self.now + PATIENCE_MS, Event::Waited { flow, id, at, again });
        }
    }

    fn done(&mut self, flow: usize, outcome: Outcome) -> Result<(), String> {
        let (began, era) = self.began[flow];
        let prompt = self.now - began < 290_000 && era == self.era;
        if self.loud {
            eprintln!("{} flow {flow} done {outcome:?}", self.now.saturating_sub(T0));
        }
        self.checker.ends(flow, &outcome, prompt)?;
        *self.report.kinds.entry(outcome.kind.as_str()).or_default() += 1;
        if let Some(token) = &outcome.challenge {
            let intent = &self.intents[flow];
            self.tokens.push((intent.number, intent.purpose, token.clone()));
        }
        self.outcomes[flow] = Some(outcome);
        Ok(())
    }

    /// Looks for what must not be seen: numbers, codes, sessions, addresses, keys.
    fn hides(&self, flow: usize, step: &Step) -> Result<(), String> {
        let intent = &self.intents[flow];
        let mut seen = format!("{step:?} {:?}", self.runs[flow].flow);
        // Upper-case letters stand in 22 of base64 by chance, too: once in two million schedules.
        if let Step::Store { ops, .. } = step {
            for mac in ops.iter().filter_map(|op| op.key.rsplit(':').next()).filter(|mac| mac.len() == 22) {
                seen = seen.replace(mac, "…");
            }
        }
        let code = match &intent.what {
            What::Verify { code } => Some(code.as_str()),
            What::Send { own, .. } => own.as_deref().or(self.checker.code(flow)),
        };
        // Digits alone may stand in a MAC by chance.
        let telling = |code: &&str| {
            !matches!(step, Step::Store { .. })
                || code.bytes().any(|byte| byte > b'f' || byte.is_ascii_uppercase())
        };
        let address = intent.address.map(|address| ADDRESSES[address].0);
        let secrets = [Some(NUMBERS[intent.number].0), Some("canary"), address, code.filter(telling)];
        match secrets.into_iter().flatten().find(|secret| seen.contains(secret)) {
            Some(secret) => Err(format!("`{secret}` can be seen in {seen}")),
            None => Ok(()),
        }
    }

    /// Returns the clock that a partition goes by when this flow calls.
    fn clock(&self, flow: usize, key: &str) -> u64 {
        if self.schedule.host_clocks {
            return self.hosts[self.runs[flow].host].clock(self.now).0;
        }
        let place =
            key.bytes().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
        self.now.saturating_add_signed(self.places[place % self.places.len()])
    }

    fn intent(&mut self) -> Intent {
        let mut under = |count: u64| self.random.below(count) as usize;
        let number = under(self.schedule.numbers);
        let purpose = if under(100) < 70 { 0 } else { under(3) };
        let address = if under(200) == 0 { None } else { Some(under(self.schedule.addresses)) };
        let session = under(self.schedule.sessions);
        let token = self.tokens.iter().rev().find(|(of, for_, _)| (*of, *for_) == (number, purpose));
        let session = match self.schedule.policy.session {
            SessionMode::Challenge if session == 0 => {
                token.filter(|_| under(2) == 0).map(|(_, _, token)| token.clone())
            }
            SessionMode::Optional if session == 0 => None,
            SessionMode::Required if under(200) == 0 => None,
            _ => Some(format!("canary-session-{session}")),
        };
        let random = &mut self.random;
        let what = if random.chance(60) {
            let own = random.chance(self.schedule.own).then(|| self.schedule.policy.made_up(random));
            What::Send {
                key: random.chance(40).then(|| random.below(3)),
                device: random.chance(40).then(|| random.below(2)),
                own,
                deliver: random.chance(92),
            }
        } else {
            let same = |intent: &Intent| intent.number == number && intent.purpose == purpose;
            let sent = (0..self.intents.len()).rev().filter(|at| same(&self.intents[*at]));
            let sent: Vec<&str> = sent.filter_map(|at| self.checker.code(at)).take(3).collect();
            let right = random.chance(50) && !sent.is_empty();
            let code =
                if right { (*random.pick(&sent)).to_owned() } else { self.schedule.policy.made_up(random) };
            What::Verify { code }
        };
        Intent { what, number, purpose, session, address }
    }

    /// After the storm: exactly as many sends as there is room for, and codes that work once.
    fn quiet(&mut self) -> Result<(), String> {
        self.faults = Faults::NONE;
        self.hosts.iter_mut().for_each(|host| host.offset_ms = 0);
        self.places.iter_mut().for_each(|place| *place = 0);
        // Until every clock has caught up, and every challenge and lease is over.
        self.now += 1_300_000 + 2 * self.schedule.spread_ms;
        self.era += 1;
        self.pass(self.now)?;
        let number = self.random.below(self.schedule.numbers) as usize;
        let address = Some(self.random.below(self.schedule.addresses) as usize);
        let session = Some("canary-quiet".to_owned());
        let what = || What::Send { key: None, device: None, own: None, deliver: true };
        let send = || Intent { what: what(), number, purpose: 0, session: session.clone(), address };
        let counted = Intent {
            address: address.filter(|_| self.schedule.policy.ip_mode == sansms::policy::IpMode::Required),
            ..send()
        };
        let (pause, most, now) = (self.schedule.policy.cooldown.0, 45, self.now);
        let room = self.checker.room(&counted, |_: Subject| now, pause, most);
        let mut sent = 0;
        while sent < most {
            let outcome = self.alone(send())?;
            match outcome.kind {
                Kind::Sent => sent += 1,
                Kind::Limited => break,
                _ => return Err(format!("all is quiet, and {outcome:?}")),
            }
            self.pass(self.now + pause)?;
        }
        if room.is_some_and(|room| room != sent) {
            return Err(format!("there is room for {room:?} sends, and {sent} were sent"));
        }
        self.pass(self.now + 4 * 86_400_000)?;
        self.a_code_works_once(send())
    }

    fn a_code_works_once(&mut self, send: Intent) -> Result<(), String> {
        let outcome = self.alone(send.clone())?;
        if outcome.kind != Kind::Sent {
            return Err(format!("after four days {outcome:?}"));
        }
        let code = self.checker.code(self.runs.len() - 1).unwrap_or_default().to_owned();
        let wrong = if self.schedule.policy.tries > 1 {
            self.schedule.policy.made_up(&mut self.random)
        } else {
            code.clone()
        };
        let mut kinds = Vec::new();
        for code in [&wrong, &code, &code] {
            let what = What::Verify { code: code.clone() };
            kinds.push(self.alone(Intent { what, ..send.clone() })?.kind);
        }
        let first = if wrong == code { Kind::Verified } else { Kind::WrongCode };
        let second = if wrong == code { Kind::Expired } else { Kind::Verified };
        if kinds == [first, second, Kind::Expired] {
            Ok(())
        } else {
            Err(format!("a code came to {kinds:?}"))
        }
    }

    /// Runs one flow to its end with nothing beside it.
    fn alone(&mut self, intent: Intent) -> Result<Outcome, String> {
        let flow = self.begin(intent, 0, self.now);
        self.pass(self.now)?;
        self.outcomes[flow].clone().ok_or_else(|| "all is quiet, and a flow does not end".to_owned())
    }
}
