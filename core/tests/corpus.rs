//! Replays what the fuzzer kept, and shows that it was worth keeping.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test reads files and may panic"
)]

#[path = "../../fuzz/src/targets.rs"]
mod targets;

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_input_of_every_corpus_is_read() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus"));
    for target in targets::ALL {
        let mut seen = 0;
        for entry in std::fs::read_dir(folder.join(target.name)).expect(target.name) {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let run = std::panic::catch_unwind(|| (target.run)(&bytes));
            assert!(run.is_ok(), "{} of {}", path.display(), target.name);
            seen += 1;
        }
        assert!(seen >= 8, "{} inputs for {}", seen, target.name);
    }
}

/// A declaration that is refused shows nothing of what an accepted one promises.
#[test]
fn gateways_that_are_accepted_are_among_the_inputs() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/gateway");
    let inputs =
        std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    let accepted = inputs.filter(|bytes| targets::is_accepted(bytes)).count();
    assert!(accepted >= 12, "{accepted} accepted");
}

/// A corpus whose target was renamed or dropped would never be read again.
#[test]
fn every_corpus_has_its_target() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus");
    let folders =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = targets::ALL.iter().map(|target| target.name.to_owned());
    assert_eq!(folders.collect::<BTreeSet<_>>(), names.collect());
}
