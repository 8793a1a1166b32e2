//! What one schedule is about: a policy, hosts, faults, and who asks for what.

use crate::network::Faults;
use crate::random::Random;
use sansms::code::{Alphabet, Shape};
use sansms::policy::{IpMode, Policy, Rule, SessionMode};
use sansms::time::Millis;

/// Everything about a schedule but what chance does on the way.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) policy: Policy,
    pub(crate) providers: usize,
    /// For each host the peppers that it knows, the current one first.
    pub(crate) hosts: Vec<Vec<usize>>,
    /// How far the clocks of hosts and places may be from true time, in milliseconds.
    pub(crate) spread_ms: u64,
    /// Whether partitions take the clock of the host that calls, as in memory; else they have one of their own.
    pub(crate) host_clocks: bool,
    pub(crate) faults: Faults,
    pub(crate) bursts: u64,
    pub(crate) flows: u64,
    /// How many numbers, addresses and sessions there are to choose from.
    pub(crate) numbers: u64,
    pub(crate) addresses: u64,
    pub(crate) sessions: u64,
    /// How many sends in a hundred bring their own code.
    pub(crate) own: u64,
}

/// What a flow is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) what: What,
    pub(crate) number: usize,
    pub(crate) purpose: usize,
    pub(crate) session: Option<String>,
    pub(crate) address: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Send { key: Option<u64>, device: Option<u64>, own: Option<String>, deliver: bool },
    Verify { code: String },
}

/// National numbers and the prefix that each counts in.
pub(crate) const NUMBERS: [(&str, u32); 6] = [
    ("13800138000", 0),
    ("13800138001", 0),
    ("13800138002", 0),
    ("13912345678", 1),
    ("13912345679", 1),
    ("15012345678", 2),
];

/// Addresses and what each counts in: partition and factor.
pub(crate) const ADDRESSES: [(&str, &[(u32, u32)]); 6] = [
    ("192.0.2.7", &[(0, 1)]),
    ("::ffff:192.0.2.7", &[(0, 1)]),
    ("2001:db8:1:2::5", &[(1, 1), (2, 10)]),
    ("2001:db8:1:3:4:5:6:7", &[(3, 1), (2, 10)]),
    ("192.0.2.8", &[(4, 1)]),
    ("64:ff9b::192.0.2.8", &[(4, 1)]),
];

pub(crate) const PURPOSES: [&str; 3] = ["login", "register", "reset"];

/// How long a challenge may live in all, and the least validity with which it is sent again (`codes-and-keys`).
pub(crate) const LIFETIME_MS: u64 = 600_000;
pub(crate) const LEAST_MS: u64 = 120_000;

impl Schedule {
    pub(crate) fn draw(random: &mut Random) -> Self {
        let crowd = random.chance(4);
        let wild = random.chance(20);
        let faults = Faults::draw(random);
        // A lease is remembered for half an hour of the place's clock: a call that comes again after that counts
        // again. So what clocks and the network add up to stays below, or there are no such calls.
        let widest = match faults {
            Faults { late: 0, doubled: 0, lost_request: 0, lost_reply: 0, .. } if wild => 900_000,
            _ => 590_000,
        };
        let policy = policy(random, crowd);
        let several = random.below(3) as usize;
        let all: [&[usize]; 4] = [&[0, 1], &[1, 0], &[0], &[1]];
        let hosts = (0..=several).map(|_| {
            let known = if random.chance(90) { random.below(2) } else { random.below(4) };
            all[known as usize].to_vec()
        });
        Self {
            hosts: hosts.collect(),
            providers: 1 + random.below(3) as usize,
            spread_ms: *random.pick(&[0, 0, 2_000, 60_000, widest]),
            host_clocks: random.chance(40),
            faults,
            bursts: if crowd { 2 } else { random.between(2, 6) },
            flows: if crowd { random.between(35, 50) } else { random.between(2, 10) },
            numbers: *random.pick(&[1, 1, 2, 6]),
            addresses: *random.pick(&[1, 3, 6]),
            sessions: *random.pick(&[1, 2, 4]),
            own: if random.chance(20) { *random.pick(&[10, 50, 100]) } else { 0 },
            policy,
        }
    }

    /// Draws a wait between two bursts; often one that ends just at the edge of a window.
    pub(crate) fn wait(&self, random: &mut Random) -> u64 {
        let Policy { number, ip, budget, wrong_tries, cooldown, validity, .. } = &self.policy;
        let edge = random.between(0, 2);
        let rules = [number, ip, budget, wrong_tries].into_iter().flatten().collect::<Vec<_>>();
        match random.below(8) {
            0 | 1 => random.between(1, 10_000),
            2 => (cooldown.0 + edge).saturating_sub(1),
            3 => (validity.0 + edge).saturating_sub(1),
            4 if !rules.is_empty() => (random.pick(&rules).window.0 + edge).saturating_sub(1),
            5 if !rules.is_empty() => random.pick(&rules).window.0 * random.between(1, 30) / 24,
            6 => random.between(10_000, 900_000),
            _ => random.between(3_600_000, 3 * 86_400_000),
        }
    }
}

fn policy(random: &mut Random, crowd: bool) -> Policy {
    let seconds = |limit, seconds| Rule { limit, window: Millis::from_seconds(seconds) };
    let (hours, minutes) = (Rule::hours, Rule::minutes);
    let mut pick = |sets: &[&[Rule]]| random.pick(sets).to_vec();
    let mut number = pick(&[
        &[],
        &[hours(2, 1)],
        &[hours(3, 24)],
        &[hours(5, 24)],
        &[seconds(2, 90), hours(4, 1)],
        &[minutes(1, 10)],
        &[hours(40, 24)],
    ]);
    let mut ip =
        pick(&[&[hours(3, 24)], &[hours(10, 24)], &[minutes(2, 1), hours(6, 1)], &[hours(40, 1)], &[]]);
    let mut ip_attempts = pick(&[&[minutes(30, 10)], &[minutes(6, 10)], &[minutes(100, 10)], &[]]);
    let mut budget = pick(&[
        &[hours(5, 24)],
        &[hours(8, 1)],
        &[minutes(3, 10), hours(12, 24)],
        &[hours(1000, 24)],
        &[seconds(2, 30)],
        &[],
    ]);
    let device = pick(&[&[], &[hours(2, 1)], &[hours(50, 24)]]);
    let prefix = pick(&[&[], &[hours(4, 1)], &[hours(50, 24)]]);
    let country = pick(&[&[], &[hours(6, 24)]]);
    let wrong_tries =
        pick(&[&[], &[hours(2, 1)], &[hours(10, 1), hours(20, 24)], &[minutes(3, 10), hours(4, 24)]]);
    if crowd {
        number = vec![hours(34, 24)];
        ip = vec![hours(36, 1)];
        ip_attempts = vec![minutes(60, 10)];
        budget = vec![hours(33 + random.below(6) as u32, 24)];
    }
    let shapes = [
        Shape::DEFAULT,
        Shape::new(6, Alphabet::Upper).unwrap(),
        Shape::new(8, Alphabet::Crockford).unwrap(),
        // Four digits would be found in a wait by chance.
        Shape::new(7, Alphabet::Digits).unwrap(),
    ];
    Policy {
        shape: *random.pick(&shapes),
        own_codes: random.chance(50),
        validity: Millis::from_seconds(*random.pick(&[60, 120, 180, 300, 600])),
        tries: random.between(1, 5) as u8,
        cooldown: Millis::from_seconds(if crowd { 0 } else { *random.pick(&[0, 0, 10, 60]) }),
        number,
        wrong_tries,
        ip,
        ip_attempts,
        device,
        prefix,
        country,
        budget,
        budget_parts: 1,
        ip_mode: if random.chance(85) { IpMode::Required } else { IpMode::Off },
        session: *random.pick(&[
            SessionMode::Optional,
            SessionMode::Optional,
            SessionMode::Required,
            SessionMode::Challenge,
        ]),
    }
}

/// Makes codes up that the policy takes.
pub(crate) trait MadeUp {
    fn made_up(&self, random: &mut Random) -> String;
}

impl MadeUp for Policy {
    fn made_up(&self, random: &mut Random) -> String {
        let symbols = self.shape.alphabet().symbols();
        let length = self.shape.length();
        (0..length).map(|_| char::from(*random.pick(symbols))).collect()
    }
}
