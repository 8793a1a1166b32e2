//! Runs `vectors/limit.jsonl`: sequences of operations on one record.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use sansms::mac::{hex, sha256, unhex};
use sansms::wire::{MemoryStore, UnixMillis, apply};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const VECTORS: &str = include_str!("../vectors/limit.jsonl");

fn sequences() -> Vec<Value> {
    VECTORS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ops(sequence: &Value) -> impl Iterator<Item = (&Value, &str, UnixMillis)> {
    let ops = sequence["ops"].as_array().unwrap().iter();
    ops.map(|op| (op, op["op"].as_str().unwrap(), UnixMillis(op["now"].as_u64().unwrap())))
}

#[test]
fn every_operation_answers_and_keeps_as_written() {
    let mut count = 0;
    for sequence in &sequences() {
        let mut record = sequence["record"].as_str().map(|record| unhex(record).unwrap());
        let mut until = 0;
        for (at, (told, op, now)) in ops(sequence).enumerate() {
            count += 1;
            if now.0 >= until && until > 0 {
                (record, until) = (None, 0);
            }
            let applied = apply(record.as_deref(), op, now);
            let kept = applied.record.as_ref();
            let got = json!({
                "op": op, "now": now.0, "reply": applied.reply,
                "ttl": kept.map(|_| applied.ttl.0), "sha256": kept.map(|record| hex(&sha256(&[record]))),
            });
            assert_eq!(&got, told, "{} {at}", sequence["id"]);
            if applied.record.is_some() {
                record = applied.record;
                until = until.max(now.0 + applied.ttl.0);
            }
        }
    }
    println!("{count} operations");
    assert!(count >= 300, "{count}");
}

/// A whole store says the same: it keeps a record just as long as it is told to.
#[test]
fn the_memory_store_answers_the_same() {
    for sequence in sequences().iter().filter(|sequence| sequence["record"].is_null()) {
        let mut store = MemoryStore::new();
        for (at, (told, op, now)) in ops(sequence).enumerate() {
            assert_eq!(json!(store.run("key", op, now)), told["reply"], "{} {at}", sequence["id"]);
        }
    }
}

#[test]
fn the_sequences_cover_what_there_is() {
    let sequences = sequences();
    let (mut replies, mut words) = (BTreeSet::new(), BTreeSet::new());
    let (mut back, mut forgot) = (false, false);
    for sequence in &sequences {
        let (mut last, mut until) = (0, 0);
        for (told, op, now) in ops(sequence) {
            let reply = told["reply"].as_str().unwrap();
            let most = if reply.starts_with("refused") { 2 } else { 1 };
            replies.insert(reply.split(' ').take(most).collect::<Vec<_>>().join(" "));
            words.insert(op.split(' ').next().unwrap().to_owned());
            for word in op.split(' ').skip(2) {
                let parts: Vec<_> = word.split(':').collect();
                if let [_, form, _, _, charge] = *parts.as_slice() {
                    words.insert(format!("{form} {charge}"));
                }
                words.extend(
                    ["slot=", "idem="].into_iter().filter(|it| word.starts_with(it)).map(str::to_owned),
                );
            }
            if op.starts_with("release") {
                words.insert(op.split(' ').take(3).skip(2).collect::<String>());
            }
            back |= now.0 < last;
            forgot |= now.0 >= until && until > 0;
            last = now.0;
            until = told["ttl"].as_u64().map_or(until, |ttl| until.max(now.0 + ttl));
        }
    }
    let expected = [
        "counted",
        "denied",
        "full",
        "gone",
        "granted",
        "locked",
        "looked",
        "matched",
        "refused clock",
        "refused corrupt",
        "refused operation",
        "refused version",
        "released",
        "replayed",
        "wrong",
    ];
    assert_eq!(replies.iter().collect::<Vec<_>>(), expected);
    for word in [
        "reserve", "release", "check", "count", "consume", "look", "forget", "l s", "l f", "b s", "b f",
        "t g", "slot=", "idem=", "1", "2",
    ] {
        assert!(words.contains(word), "{word}: {words:?}");
    }
    assert!(back && forgot, "a clock that goes back, and a record that is forgotten");
}
