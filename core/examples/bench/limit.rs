//! What `apply` costs, and how large the records are.

use crate::rounds::{case, medians, per_second};
use crate::world::{ALIYUN, Records, T0, drive, engine, seed, send_request, verify_request};
use sansms::limit::Record;
use sansms::store::apply;
use sansms::time::Millis;
use sansms::{SendRequest, VerifyRequest};
use std::hint::black_box;

/// Prints how often a second each kind of partition can be asked.
pub(crate) fn run() {
    // An address and a budget that have seen three sends to other numbers, a number that has seen one.
    let engine = engine(ALIYUN, "");
    let mut records = Records::default();
    let address = send_request(0).ip;
    for visitor in [1, 2, 3, 0] {
        let request = SendRequest { ip: address.clone(), ..send_request(visitor) };
        records.kept.retain(|key, _| !key.contains(":number:"));
        let outcome = drive(engine.send(request, seed(visitor)), T0, |op| records.run(op, T0));
        assert!(outcome.ok());
    }
    let later = T0.plus(Millis(61_000));
    let kept = records.kept.clone();
    let outcome =
        drive(engine.send(SendRequest { ip: address.clone(), ..send_request(0) }, seed(9)), later, |op| {
            records.run(op, later)
        });
    assert!(outcome.ok());
    let check = VerifyRequest { ip: address, ..verify_request(0, "000000") };
    let mut checked = Records { kept: records.kept.clone(), asked: Vec::new() };
    drive(engine.verify(check, seed(10)), later, |op| checked.run(op, later));

    let before = Records { kept, asked: Vec::new() };
    let asked = [
        ("number, with a challenge: reserve", before.of("number"), records.last("number")),
        ("number: check of a wrong code", records.of("number"), checked.last("number")),
        ("address, a log: reserve", before.of("ip"), records.last("ip")),
        ("budget, 24 bins: reserve", before.of("budget"), records.last("budget")),
    ];
    for (name, record, op) in asked {
        let reply = apply(Some(record), &op.op, later).reply;
        assert!(reply.starts_with("granted") || reply.starts_with("wrong"), "{name}: {reply}");
    }
    let times = medians(
        301,
        100,
        asked.map(|(_, record, op)| case(move || apply(black_box(Some(record)), &op.op, later))),
    );
    println!("## The limiter\n");
    println!(
        "`apply` on a record of the default policy: the operation read from its text, the record read, charged and"
    );
    println!("written, the reply written.\n");
    println!("| partition | record | ns | a second |\n|---|--:|--:|--:|");
    for ((name, record, _), time) in asked.iter().zip(times) {
        println!("| {name} | {} B | {time:.0} | {} |", record.len(), per_second(time));
    }
    println!();
}

/// Prints the size of a number's record, and stops if it is larger than promised.
pub(crate) fn sizes() {
    let ten = r#", "policy": {"number": ["10/24h"], "wrong_tries": ["20/24h"]}"#;
    let rows = [
        ("default", 320, full_record("", &[0, 120, 240, 360, 361], 2, 3)),
        ("ten sends a day", 600, full_record(ten, &[0, 60, 120, 180, 240, 300, 301, 302, 303, 304], 5, 2)),
    ];
    println!("## The record of a number\n");
    println!("After a day's sends, with wrong tries, and as many live challenges as stated.\n");
    println!(
        "| policy | sends | wrong tries | live challenges | bytes | at most |\n|---|--:|--:|--:|--:|--:|"
    );
    for (policy, most, bytes) in rows {
        let record = Record::read(&bytes).unwrap();
        let entries = |series: u8| {
            record.series.iter().find(|found| found.number == series).map_or(0, |found| found.entries.len())
        };
        let (sends, wrong, live, bytes) = (entries(1), entries(2), record.slots.len(), bytes.len());
        println!("| {policy} | {sends} | {wrong} | {live} | {bytes} | {most} |");
        assert!(bytes <= most, "{policy}: {bytes} bytes, {most} were promised");
    }
    println!();
}

/// Returns a number's record after sends at these minutes; the last `live` of them have a session each.
fn full_record(more: &str, minutes: &[u64], live: usize, guesses: u32) -> Vec<u8> {
    let engine = engine(ALIYUN, more);
    let mut records = Records::default();
    let mut flows = 0;
    for (at, minute) in minutes.iter().enumerate() {
        let now = T0.plus(Millis(minute * 60_000));
        let session = Some(format!("session {}", at % live));
        flows += 1;
        let request = SendRequest { session: session.clone(), ..send_request(0) };
        assert!(drive(engine.send(request, seed(flows)), now, |op| records.run(op, now)).ok());
        for _ in 0..guesses {
            flows += 1;
            let request = VerifyRequest { session: session.clone(), ..verify_request(0, "000000") };
            drive(engine.verify(request, seed(flows)), now, |op| records.run(op, now));
        }
    }
    records.of("number").to_vec()
}
