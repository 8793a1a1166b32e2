//! Sequences of operations on one record, with what the limiter answers and keeps.

use sansms::limit::Reply;
use sansms::mac::{hex, sha256};
use sansms::time::UnixMillis;
use sansms::wire::apply;
use serde_json::{Value, json};

/// When every sequence begins; a place of its own, away from a bin's edge.
const START: u64 = 1_795_132_812_345;
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The rules of a number by default.
const NUMBER: &str = "1:l:1:60000:f 1:l:5:86400000:s 2:t:10:3600000:g 2:t:20:86400000:g";
/// Those of an address.
const ADDRESS: &str = "1:l:10:86400000:f 3:l:30:600000:f";
/// A budget of 40 in 24 h, in bins.
const BUDGET: &str = "24:b:40:86400000:s";

/// One record and what was done to it.
struct Sequence {
    id: &'static str,
    about: &'static str,
    first: Option<Vec<u8>>,
    record: Option<Vec<u8>>,
    /// When the place forgets the record; 0 for never. A time to live is never shortened.
    until: u64,
    now: u64,
    ops: Vec<Value>,
}

/// Returns all sequences.
pub(crate) fn all() -> Vec<Value> {
    let sequences = [
        log(),
        bins(),
        edge(),
        slots(),
        checks(),
        managed(),
        releases(),
        replay(),
        refit(),
        clock(),
        full(),
        kept_tries(),
        looked_at(),
        firm(),
        look(),
        not_a_record("corrupt", "a record cut short is refused and left as it is", &[1, 0, 0]),
        not_a_record("later-version", "a record of a later release is refused and left as it is", &[2, 0]),
        not_an_operation(),
        random("random-1", 1),
        random("random-2", 2),
        random("random-3", 3),
        random("random-4", 4),
        random("random-5", 5),
    ];
    sequences.into_iter().map(Sequence::write).collect()
}

impl Sequence {
    fn new(id: &'static str, about: &'static str) -> Self {
        Self { id, about, first: None, record: None, until: 0, now: START, ops: Vec::new() }
    }

    fn wait(&mut self, millis: u64) {
        self.now += millis;
    }

    fn run(&mut self, op: &str) -> String {
        if self.now >= self.until && self.until > 0 {
            self.record = None;
            self.until = 0;
        }
        let applied = apply(self.record.as_deref(), op, UnixMillis(self.now));
        let kept = applied.record.as_ref().map(|record| hex(&sha256(&[record])));
        let ttl = kept.as_ref().map(|_| applied.ttl.0);
        self.ops
            .push(json!({ "op": op, "now": self.now, "reply": applied.reply, "ttl": ttl, "sha256": kept }));
        if applied.record.is_some() {
            self.record = applied.record;
            self.until = self.until.max(self.now + applied.ttl.0);
        }
        applied.reply
    }

    fn write(self) -> Value {
        let first = self.first.map(|record| hex(&record));
        json!({ "id": self.id, "about": self.about, "record": first, "ops": self.ops })
    }
}

fn slot(tag: u8, nonce: u64) -> String {
    let tag = hex(&[tag; 8]);
    format!("slot={tag}:{nonce:032x}:{nonce:032x}:300000:600000:120000:3:5:07070707,08080808")
}

fn check(attempt: u32, tag: u8, proof: u64) -> String {
    let tag = hex(&[tag; 8]);
    format!("check {attempt:08x} {tag} 2:86400000:20 07070707:{proof:032x} 08080808:{:032x}", 99)
}

fn log() -> Sequence {
    let mut it = Sequence::new("log", "windows are half open; a denied send changes nothing");
    for wait in [0, 59_999, 1, MINUTE, MINUTE, MINUTE, MINUTE, DAY - 5 * MINUTE, MINUTE, 1] {
        it.wait(wait);
        let lease = it.ops.len() + 1;
        it.run(&format!("reserve {lease:016x} {NUMBER}"));
    }
    for lease in 100..112 {
        it.run(&format!("reserve {lease:016x} {ADDRESS}"));
    }
    it
}

fn bins() -> Sequence {
    let mut it = Sequence::new("bins", "25 bins of an hour; every bin that the window touches counts");
    for lease in 1..=38u64 {
        it.wait(if lease % 5 == 0 { 2 * HOUR } else { 7 * MINUTE });
        it.run(&format!("reserve {lease:016x} {BUDGET}"));
    }
    for lease in 50..56u64 {
        it.run(&format!("reserve {lease:016x} {BUDGET}"));
        it.wait(3 * HOUR);
    }
    it
}

fn edge() -> Sequence {
    let mut it = Sequence::new("edge", "a bin is out once its last millisecond is as old as the window");
    for (lease, wait) in [(1u64, 0), (2, 24_653), (2, 1), (3, 24_999), (3, 1)] {
        it.wait(wait);
        it.run(&format!("reserve {lease:016x} 24:b:1:24000:s"));
    }
    it
}

fn slots() -> Sequence {
    let mut it = Sequence::new("slots", "a resend keeps nonce and tries; with little left a new one is made");
    for (lease, wait) in [(1u64, 0), (2, MINUTE), (3, 4 * MINUTE), (4, 5 * MINUTE), (5, 2 * MINUTE)] {
        it.wait(wait);
        it.run(&format!("reserve {lease:016x} 1:l:1:60000:f {}", slot(1, 0x10 + lease)));
    }
    it.wait(MINUTE);
    it.run(&format!("reserve {:016x} 1:l:1:60000:f {}", 6, slot(2, 0x20)));
    // The old pepper is dropped, so its challenge can't be sent again.
    it.wait(MINUTE);
    let other = slot(2, 0x21).replace("07070707,08080808", "09090909");
    it.run(&format!("reserve {:016x} 1:l:1:60000:f {other}", 7));
    it
}

fn checks() -> Sequence {
    let mut it = Sequence::new("checks", "a try counts once; a match is spent; wrong tries gate new codes");
    it.run(&format!("reserve {:016x} {NUMBER} {}", 1, slot(1, 0x11)));
    for (attempt, tag, proof) in
        [(1, 1, 5), (1, 1, 5), (2, 9, 5), (2, 1, 6), (3, 1, 7), (4, 1, 0x11), (5, 1, 8)]
    {
        it.wait(1_000);
        it.run(&check(attempt, tag, proof));
    }
    it.wait(MINUTE);
    it.run(&format!("reserve {:016x} {NUMBER} {}", 2, slot(2, 0x12)));
    for (attempt, proof) in [(10, 5), (11, 0x12), (11, 0x12), (12, 0x12), (11, 5)] {
        it.run(&check(attempt, 2, proof));
    }
    it.run(&check(20, 1, 0x11).replace("07070707", "06060606"));
    it.wait(MINUTE);
    it.run(&format!("reserve {:016x} {NUMBER} {}", 3, slot(3, 0x13)));
    it.wait(300_000);
    it.run(&check(30, 3, 0x13));
    let tight = "1:l:5:86400000:s 2:t:3:3600000:g";
    it.run(&format!("reserve {:016x} {tight} {}", 4, slot(4, 0x14)));
    it.wait(HOUR);
    it.run(&format!("reserve {:016x} {tight} {}", 5, slot(4, 0x14)));
    it
}

/// Managed verification: count, ask the provider, consume.
fn managed() -> Sequence {
    let mut it = Sequence::new(
        "managed",
        "a try counts as wrong until it is consumed; parallel right ones pass once, and nothing passes twice",
    );
    let tries = |it: &mut Sequence, tries: &[(u32, u8)]| {
        for (attempt, tag) in tries {
            it.wait(1_000);
            it.run(&format!("count {attempt:08x} {} 2:86400000:20", hex(&[*tag; 8])));
        }
    };
    let consume = |it: &mut Sequence, attempt: u32, nonce: u64| {
        it.wait(1_000);
        it.run(&format!("consume {attempt:08x} {}:{nonce:032x} 2", hex(&[1; 8])));
    };
    it.run(&format!("reserve {:016x} {NUMBER} {}", 1, slot(1, 0x11)));
    consume(&mut it, 1, 0x11);
    tries(&mut it, &[(1, 9), (1, 1), (1, 1), (2, 1), (3, 1), (4, 1)]);
    consume(&mut it, 2, 0x12);
    for attempt in [2, 2, 3] {
        consume(&mut it, attempt, 0x11);
    }
    tries(&mut it, &[(2, 1), (5, 1)]);
    it.wait(MINUTE);
    it.run(&format!("reserve {:016x} {NUMBER} {}", 2, slot(1, 0x12)));
    consume(&mut it, 2, 0x11);
    it.wait(MINUTE);
    tries(&mut it, &[(6, 1)]);
    it.run(&format!("reserve {:016x} {NUMBER} {}", 3, slot(1, 0x13)));
    it.wait(297_999);
    tries(&mut it, &[(7, 1), (8, 1)]);
    it.wait(300_000);
    consume(&mut it, 7, 0x12);
    it.run(&format!("reserve {:016x} {NUMBER} {}", 4, slot(1, 0x14)));
    let tight = "1:l:9:86400000:s 2:t:1:3600000:g";
    it.run(&format!("reserve {:016x} {tight} {}", 5, slot(2, 0x15)));
    it
}

fn releases() -> Sequence {
    let mut it = Sequence::new("releases", "each rule gives back at its level, once, to the bin it charged");
    let both = "1:l:1:60000:f 1:l:2:86400000:s 24:b:3:86400000:s";
    let bin = START / HOUR;
    it.run(&format!("reserve {:016x} {both} {}", 1, slot(1, 0x11)));
    it.run(&format!("reserve {:016x} {both}", 2));
    it.run(&format!("release {:016x} 1 1 24:{bin}", 1));
    it.run(&format!("release {:016x} 1 1 24:{bin}", 1));
    it.run(&format!("reserve {:016x} {both}", 2));
    it.run(&format!("release {:016x} 2 1 24:{bin} slot={}:{:032x}", 1, hex(&[1; 8]), 0x11));
    it.run(&format!("reserve {:016x} {both}", 2));
    it.run(&check(1, 1, 0x11));
    it.wait(2 * HOUR);
    it.run(&format!("reserve {:016x} {both}", 3));
    it.run(&format!("release {:016x} 2 1 24:{bin}", 2));
    it.run(&format!("reserve {:016x} {both}", 4));
    // Given back before it was taken: the reservation was on its way.
    it.run(&format!("release {:016x} 2 1 24:{}", 9, bin + 2));
    it.run(&format!("reserve {:016x} {both}", 9));
    it.wait(11 * MINUTE);
    it.run(&format!("reserve {:016x} {both}", 9));
    it
}

fn replay() -> Sequence {
    let mut it = Sequence::new("replay", "a lease asked again hears the same; an idempotency tag sends once");
    for (lease, idem, wait) in
        [(1, 7, 0), (1, 7, 10), (2, 7, 1_000), (3, 8, 1_000), (3, 8, MINUTE), (4, 7, 1), (5, 7, DAY)]
    {
        it.wait(wait);
        it.run(&format!("reserve {lease:016x} idem={idem:016x} {NUMBER} {}", slot(1, 0x10 + lease)));
    }
    it.run(&format!("release {:016x} 2 1", 5));
    it.run(&format!("reserve {:016x} idem={:016x} {NUMBER}", 6, 7));
    it
}

fn refit() -> Sequence {
    let mut it =
        Sequence::new("refit", "a series changes form and window, and never counts less than before");
    let rules = [
        "1:l:5:3600000:s",
        "1:b:100:3600000:s",
        "1:b:100:7200000:s",
        "1:b:100:1800000:s",
        "1:l:5:86400000:s",
        "1:l:9:60000:f",
    ];
    for (at, rule) in rules.into_iter().enumerate() {
        for step in 0..3 {
            it.wait(13 * MINUTE);
            it.run(&format!("reserve {:016x} {rule}", at * 10 + step + 1));
        }
    }
    it
}

fn clock() -> Sequence {
    let mut it = Sequence::new("clock", "a clock that goes back frees nothing; ten minutes back are refused");
    it.run(&format!("reserve {:016x} {NUMBER} {}", 1, slot(1, 0x11)));
    for back in [30_000, 300_000, 269_000, 1_000, 1] {
        it.now -= back;
        it.run(&format!("reserve {:016x} {NUMBER}", back));
    }
    it.run(&check(1, 1, 5));
    it.now = START - 1_000;
    it.run(&check(2, 1, 6));
    it.run(&format!("release {:016x} 1 1", 1));
    it.now = START + MINUTE - 1;
    it.run(&format!("reserve {:016x} {NUMBER}", 2));
    it.wait(1);
    it.run(&format!("reserve {:016x} {NUMBER}", 3));
    it
}

fn full() -> Sequence {
    let mut it = Sequence::new("full", "no live challenge is evicted; a spent one makes room");
    for tag in 1..=6u8 {
        it.wait(10_000);
        it.run(&format!("reserve {tag:016x} 1:l:30:86400000:s {}", slot(tag, u64::from(tag))));
    }
    it.run(&check(1, 3, 3));
    it.run(&format!("reserve {:016x} 1:l:30:86400000:s {}", 7, slot(7, 7)));
    it.wait(5 * MINUTE);
    it.run(&format!("reserve {:016x} 1:l:30:86400000:s {}", 8, slot(8, 8)));
    it
}

fn kept_tries() -> Sequence {
    let mut it =
        Sequence::new("kept-tries", "of wrong tries the latest are kept, as many as a check says, or none");
    it.run(&format!("reserve {:016x} 1:l:9:86400000:s {}", 1, slot(1, 1)));
    for attempt in 1..=3 {
        it.wait(1_000);
        it.run(&check(attempt, 1, 5).replace(":20 ", ":2 "));
    }
    it.run(&format!("reserve {:016x} 1:l:9:86400000:s 2:t:3:86400000:g {}", 2, slot(2, 2)));
    it.run(&format!("reserve {:016x} 1:l:9:86400000:s 2:t:2:86400000:g", 3));
    it.run(&check(4, 2, 5).replace(":20 ", ":0 "));
    it
}

fn looked_at() -> Sequence {
    let mut it =
        Sequence::new("looked-at", "a gate on a series does not stand for a charge of the same series");
    for lease in 1..=4u64 {
        it.run(&format!("reserve {lease:016x} 1:l:3:60000:g 1:l:5:3600000:s 1:l:9:86400000:s"));
    }
    it.wait(MINUTE);
    it.run(&format!("reserve {:016x} 1:l:3:60000:g", 5));
    it.run(&format!("reserve {:016x} 1:l:3:60000:g 1:l:5:3600000:s", 6));
    it
}

fn firm() -> Sequence {
    let mut it = Sequence::new(
        "firm",
        "what is given back after a call counts for firm rules as long as their windows",
    );
    let rules = "1:l:1:3600000:f 1:l:1:86400000:s";
    it.run(&format!("reserve {:016x} {rules}", 1));
    it.run(&format!("release {:016x} 1 1", 1));
    it.wait(11 * MINUTE);
    it.run(&format!("reserve {:016x} 1:l:9:86400000:s 1:l:9:3600000:f", 2));
    it.run(&format!("release {:016x} 2 1", 2));
    it.run(&format!("reserve {:016x} {rules}", 3));
    it.wait(49 * MINUTE);
    it.run(&format!("reserve {:016x} {rules}", 4));
    it
}

fn look() -> Sequence {
    let mut it =
        Sequence::new("look", "a look tells how rules and challenges stand; what is forgotten is free");
    let rules = format!("{NUMBER} {BUDGET}");
    it.run("look");
    it.run(&format!("look {rules}"));
    for tag in 1..=2u8 {
        it.run(&format!("reserve {tag:016x} {rules} {}", slot(tag, u64::from(tag))));
        it.wait(MINUTE);
        it.run(&check(1, tag, 5));
        it.run(&format!("look {rules}"));
    }
    it.run(&check(2, 2, 2));
    it.wait(200_000);
    it.run(&format!("look {NUMBER}"));
    it.run("forget");
    it.run(&format!("look {rules}"));
    it.run(&format!("reserve {:016x} {NUMBER}", 3));
    it
}

fn not_a_record(id: &'static str, about: &'static str, record: &[u8]) -> Sequence {
    let record = Some(record.to_vec());
    let mut it = Sequence { first: record.clone(), record, ..Sequence::new(id, about) };
    it.run(&format!("reserve {:016x} {NUMBER}", 1));
    it.run(&format!("release {:016x} 1 1", 1));
    it.run(&check(1, 1, 1));
    it
}

fn not_an_operation() -> Sequence {
    let mut it = Sequence::new("not-an-operation", "what can't be read changes nothing");
    it.run(&format!("reserve {:016x} {NUMBER}", 1));
    for line in [
        "",
        "reserve",
        "reserve 1",
        "reserve 0000000000000001 1:l:0:1000:s",
        "reserve 0000000000000001 1:l:65:1000:s",
        "reserve 0000000000000001 1:t:5:1000:s",
        "reserve 0000000000000001 1:x:5:1000:s",
        "reserve 0000000000000001  1:l:5:1000:s",
        "release 0000000000000001 3 1",
        "release 0000000000000001 0 1",
        "check 00000001 0101010101010101 2:0:20",
        "count 00000001 0101010101010101 2:0:20",
        "consume 00000001 0101010101010101 2",
        "reserve 0000000000000001 1:l:5:99999999999:s",
        "drop table records",
        "look ",
        "forget 1",
    ] {
        it.run(line);
    }
    it
}

/// Operations from a seed, over all forms, charges and levels.
fn random(id: &'static str, seed: u64) -> Sequence {
    const RULES: [&str; 6] = [
        NUMBER,
        "1:l:3:60000:f 1:l:8:3600000:s 2:t:4:600000:g 24:b:40:3600000:s",
        "24:b:40:3600000:s 25:b:60:86400000:f",
        "3:l:4:600000:f 2:t:2:60000:g",
        "1:b:50:600000:s 3:l:6:600000:f",
        "24:b:45:7200000:f",
    ];
    let mut it = Sequence::new(id, "operations from a seed");
    let mut state = seed;
    let mut roll = move |below: u64| {
        // SplitMix64 (Steele, Lea, Flood 2014).
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    };
    let mut granted: Vec<(u64, Vec<(u8, u64)>)> = Vec::new();
    for at in 0..50u64 {
        let step = [0, 1, 700, 20_000, 61_000, 400_000, 2 * HOUR][roll(7) as usize];
        it.now = if roll(12) == 0 { it.now - step.min(500_000) } else { it.now + step };
        let tag = 1 + roll(4) as u8;
        match roll(10) {
            0..=4 => {
                let again = roll(8) == 0 && !granted.is_empty();
                let lease = if again { granted[roll(granted.len() as u64) as usize].0 } else { at + 1 };
                let mut op = format!("reserve {lease:016x}");
                if roll(5) == 0 {
                    op += &format!(" idem={:016x}", roll(3) + 1);
                }
                op += &format!(" {}", RULES[roll(6) as usize]);
                if roll(2) == 0 {
                    op += &format!(" {}", slot(tag, 0x100 + at));
                }
                if let Some(Reply::Granted { bins, .. }) = Reply::read(&it.run(&op)) {
                    granted.push((lease, bins));
                }
            }
            5 | 6 if !granted.is_empty() => {
                let (lease, bins) = granted[roll(granted.len() as u64) as usize].clone();
                let mut op = format!("release {lease:016x} {} 1 3", 1 + roll(2));
                bins.iter().for_each(|(series, bin)| op += &format!(" {series}:{bin}"));
                it.run(&op);
            }
            _ => {
                let proof = if roll(3) == 0 { 0x100 + roll(at + 1) } else { 5 };
                it.run(&check(1 + roll(40) as u32, tag, proof));
            }
        }
    }
    it
}
