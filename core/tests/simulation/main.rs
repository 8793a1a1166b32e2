//! The simulated world: the real engine and limiter in virtual time, with everything going wrong that can.
//!
//! ```text
//! cargo test --test simulation                                    20,000 schedules
//! SCHEDULES=1000000 SEED_START=5 cargo test --test simulation -- schedules --nocapture
//! SEED=17 cargo test --test simulation -- one --nocapture         one of them
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a test panics, counts small, and looks at its own environment and clock"
)]

mod challenge;
mod checker;
mod host;
mod ledger;
mod network;
mod planted;
mod random;
mod schedule;
mod world;

use planted::Plant;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use world::Report;

/// All that many schedules came to.
#[derive(Debug, Default)]
struct Sum {
    digest: u64,
    flows: u64,
    messages: u64,
    calls: u64,
    kinds: std::collections::BTreeMap<&'static str, u64>,
}

#[test]
fn schedules() {
    let (count, start) = (number("SCHEDULES").unwrap_or(20_000), number("SEED_START").unwrap_or(1));
    let next = AtomicU64::new(start);
    let total = Mutex::new(Sum::default());
    let failed = Mutex::new(None);
    let (began, told) = (Instant::now(), Mutex::new(Instant::now()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed - start >= count || failed.lock().unwrap().is_some() {
                        return;
                    }
                    match run(seed, None) {
                        Ok(report) => total.lock().unwrap().add(seed, &report),
                        Err(error) => *failed.lock().unwrap() = Some((seed, error)),
                    }
                    let mut told = told.lock().unwrap();
                    if told.elapsed() > Duration::from_secs(3) {
                        *told = Instant::now();
                        eprintln!("{} of {count} schedules", seed - start + 1);
                    }
                }
            });
        }
    });
    if let Some((seed, error)) = failed.into_inner().unwrap() {
        panic!("{error}\nSEED={seed} cargo test --test simulation -- one");
    }
    let Sum { digest, flows, messages, calls, kinds } = total.into_inner().unwrap();
    let seconds = began.elapsed().as_secs_f64();
    println!("{count} schedules from {start}: {flows} flows, {messages} messages, {calls} store calls, {kinds:?}");
    println!("digest {digest:016x} seconds {seconds:.1}");
    // A world in which some kind of outcome never comes is not the one that was meant.
    assert!(count < 1_000 || kinds.len() == 10, "{kinds:?}");
}

#[test]
fn one() {
    let seed = number("SEED").unwrap_or(1);
    let once = |_| run(seed, None).unwrap_or_else(|error| panic!("SEED={seed}: {error}"));
    let [first, second] = [0, 1].map(once);
    assert_eq!(first.digest, second.digest, "the same seed twice gives two histories");
    println!("{first:?}");
}

#[test]
fn planted_bugs_are_found() {
    for plant in Plant::ALL {
        let found = (1..=10_000).find_map(|seed| run(seed, Some(plant)).err().map(|error| (seed, error)));
        let (seed, error) = found.unwrap_or_else(|| panic!("{plant:?} was not found"));
        println!("{plant:?} found after {seed} schedules: {}", error.lines().next().unwrap_or(""));
    }
}

/// Runs one schedule; a panic in it is a finding too.
fn run(seed: u64, plant: Option<Plant>) -> Result<Report, String> {
    std::panic::catch_unwind(|| world::run(seed, plant)).unwrap_or_else(|_| Err("a panic".into()))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

impl Sum {
    fn add(&mut self, seed: u64, report: &Report) {
        // A sum, so that the order in which threads finish does not matter.
        self.digest = self.digest.wrapping_add(random::Random::new(seed ^ report.digest).next());
        self.flows += report.flows;
        self.messages += report.messages;
        self.calls += report.calls;
        for (kind, count) in &report.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
    }
}

/// Lists what fails in many schedules, by kind.
#[test]
#[ignore = "for hunting"]
fn survey() {
    let mut found: std::collections::BTreeMap<String, (u64, u64, String)> = std::collections::BTreeMap::new();
    for seed in 1..=number("SCHEDULES").unwrap_or(5_000) {
        if let Err(error) = run(seed, None) {
            let line = error.lines().next().unwrap_or("").to_owned();
            let kind: String = line.chars().filter(|char| !char.is_ascii_digit()).take(150).collect();
            let kind = kind.split("; asked").next().unwrap_or("").split('`').next().unwrap_or("").to_owned();
            found.entry(kind).or_insert((0, seed, line)).0 += 1;
        }
    }
    for (count, seed, line) in found.values() {
        println!("{count} × e.g. SEED={seed}: {line}\n");
    }
}
