//! What `MemoryStore::run` costs as the store fills up.

use crate::rounds::{Case, medians};
use crate::world::{ALIYUN, Records, T0, drive, engine, seed, send_request};
use sansms::store::MemoryStore;
use std::hint::black_box;
use std::time::Instant;

/// Prints the time of one call with 1, 1,000 and 1,000,000 numbers kept.
pub(crate) fn run() {
    let engine = engine(ALIYUN, "");
    let mut records = Records::default();
    assert!(drive(engine.send(send_request(0), seed(0)), T0, |op| records.run(op, T0)).ok());
    let op = &records.last("number").op;
    // The lease has been granted, so it is only looked up; a place given back twice is written each time.
    let lease = op.split(' ').nth(1).unwrap();
    let ops = [op.clone(), format!("release {lease} 1 1")];

    let times = medians(
        301,
        200,
        [
            runs(&ops, 1, 1),
            runs(&ops, 1_000, 1_000),
            runs(&ops, 1_000_000, 1_000_000),
            runs(&ops, 1_000_000, 1_000),
        ],
    );
    println!("## Growth of the store\n");
    println!(
        "`MemoryStore::run` on numbers picked at random, half of the calls only reading, half writing the record.\n"
    );
    println!("| numbers kept | numbers asked | ns | ratio to one |\n|--:|--:|--:|--:|");
    let sizes = [("1", "1"), ("1,000", "1,000"), ("1,000,000", "1,000,000"), ("1,000,000", "1,000")];
    for ((kept, asked), time) in sizes.iter().zip(times) {
        println!("| {kept} | {asked} | {time:.0} | {:.2} |", time / times[0]);
    }
    println!();
    println!(
        "The work is the same at every size: one look-up by hash, one `apply`. What grows is the distance to"
    );
    println!(
        "memory: with a million numbers the table's slot, the key and the record are each a cache miss, and a miss"
    );
    println!(
        "of the address translation too. The last line shows it: the same store, asked for a thousand of its"
    );
    println!("numbers only, which stay in the cache but for the table's wider spread.\n");
}

/// Asks numbers at random, `asked` of the `kept`.
fn runs(ops: &[String; 2], kept: u64, asked: u64) -> Case<'_> {
    let mut store = MemoryStore::new();
    for number in 0..kept {
        assert!(store.run(&key(number), &ops[0], T0).starts_with("granted"));
    }
    let mut dice = 1_u64;
    Box::new(move |calls| {
        let keys: Vec<String> = (0..calls)
            .map(|_| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                key((dice >> 33) % asked)
            })
            .collect();
        let start = Instant::now();
        for (key, op) in keys.iter().zip(ops.iter().cycle()) {
            black_box(store.run(key, op, T0));
        }
        start.elapsed().as_secs_f64()
    })
}

fn key(number: u64) -> String {
    format!("sansms:1:default:number:{number:022}")
}
