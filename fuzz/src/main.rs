//! One fuzzer for every target of `targets.rs`; `SANSMS_TARGET` says which.
#![no_main]

mod targets;

use std::sync::LazyLock;

static TARGET: LazyLock<targets::Target> = LazyLock::new(|| {
    let name = std::env::var("SANSMS_TARGET").unwrap_or_default();
    let found = targets::ALL.iter().find(|target| target.name == name);
    *found.unwrap_or_else(|| {
        let names: Vec<_> = targets::ALL.iter().map(|target| target.name).collect();
        eprintln!("SANSMS_TARGET must be one of {}", names.join(", "));
        std::process::exit(2)
    })
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (TARGET.run)(bytes));
