//! The simulated world: the real engine and limiter in virtual time, with everything going wrong that can.
//!
//! ```text
//! cargo test --test simulation                                    20,000 schedules
//! SCHEDULES=1000000 SEED_START=5 cargo test --test simulation -- schedules --nocapture
//! SEED=17 cargo test --test simulation -- one --nocapture         one of them; TELL=1 tells each call
//! ```
//!
//! The checker keeps a second account of every partition and challenge, from the policy and from the text of
//! operations alone, and judges each reply by it: what is granted, what is refused and until when, what is given back.
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
mod managed;
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

/// One schedule from a seed, with a bug planted or none.
type Run = fn(u64, Option<Plant>) -> Result<Report, String>;

#[test]
fn schedules() {
    all(world::run, 20_000, 10);
}

/// Count, ask, consume: the flows of providers that compare codes, as a model.
#[test]
fn managed_codes() {
    all(managed::run, 20_000, 8);
}

/// Runs many schedules; `kinds` is how many kinds of outcome there are.
fn all(run: Run, count: u64, kinds_there_are: usize) {
    let (count, start) = (number("SCHEDULES").unwrap_or(count), number("SEED_START").unwrap_or(1));
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
                    match caught(run, seed, None) {
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
        panic!("{error}\nSEED_START={seed} SCHEDULES=1 cargo test --test simulation");
    }
    let Sum { digest, flows, messages, calls, kinds } = total.into_inner().unwrap();
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{count} schedules from {start}: {flows} flows, {messages} messages, {calls} store calls, {kinds:?}"
    );
    println!("digest {digest:016x} seconds {seconds:.1}");
    // A world in which some kind of outcome never comes is not the one that was meant.
    assert!(count < 1_000 || kinds.len() == kinds_there_are, "{kinds:?}");
}

#[test]
fn one() {
    let seed = number("SEED").unwrap_or(1);
    let once = |_| caught(world::run, seed, None).unwrap_or_else(|error| panic!("SEED={seed}: {error}"));
    let [first, second] = [0, 1].map(once);
    assert_eq!(first.digest, second.digest, "the same seed twice gives two histories");
    println!("{first:?}");
}

#[test]
fn planted_bugs_are_found() {
    let managed = Plant::MANAGED.map(|plant| (managed::run as Run, plant));
    for (run, plant) in Plant::ALL.map(|plant| (world::run as Run, plant)).into_iter().chain(managed) {
        let failure = |seed| caught(run, seed, Some(plant)).err().map(|error| (seed, error));
        let (seed, error) =
            (1..=10_000).find_map(failure).unwrap_or_else(|| panic!("{plant:?} was not found"));
        println!("{plant:?} found after {seed} schedules: {}", error.lines().next().unwrap_or(""));
    }
}

/// Runs one schedule; a panic in it is a finding too.
fn caught(run: Run, seed: u64, plant: Option<Plant>) -> Result<Report, String> {
    std::panic::catch_unwind(|| run(seed, plant)).unwrap_or_else(|_| Err("a panic".into()))
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
