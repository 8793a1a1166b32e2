//! Prints what things cost, as ratios wherever there is something to compare with, all from one run.
//!
//! `make bench` writes it to `docs/benchmarks.md`. Arguments: the date, the commit, the machine. The store's script
//! is measured where `SANSMS_REDIS` (`host:port`) names a Redis; keys under `sansms:bench:` are written there and
//! deleted.
#![allow(clippy::disallowed_methods, reason = "a tool: it reads the clock and its environment")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a tool may stop where something is not as it should be"
)]

mod action;
mod flow;
mod growth;
mod limit;
mod redis;
mod rounds;
mod sign;
mod world;

fn main() {
    let said: Vec<String> = std::env::args().skip(1).collect();
    let [date, commit, machine] = said.as_slice() else {
        eprintln!("usage: bench DATE COMMIT MACHINE");
        std::process::exit(2);
    };
    println!("# Benchmarks\n");
    println!(
        "Written by `make bench`; every number below is from that one run. Ratios carry over to other machines"
    );
    println!(
        "better than times do. Each figure is the median of rounds, and what is compared took turns round by round.\n"
    );
    println!("| date | commit | machine |\n|---|---|---|\n| {date} | {commit} | {machine} |\n");
    sign::run();
    action::run();
    limit::run();
    flow::run();
    growth::run();
    limit::sizes();
    redis::run();
}
