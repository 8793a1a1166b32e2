//! Both flows, end to end: number in, store in memory, signed request, canned reply, outcome.

use crate::rounds::{Case, case, medians, per_second};
use crate::world::{ALIYUN, CODE, T0, TENCENT, drive, engine, seed, send_request, verify_request};
use sansms::store::MemoryStore;
use sansms::{Engine, SendRequest};
use std::time::Instant;

const BUDGET: &str = r#", "budget_per_day": 100000000"#;

/// Prints flows a second; every flow has a number and an address of its own.
pub(crate) fn run() {
    let (aliyun, tencent) = (engine(ALIYUN, BUDGET), engine(TENCENT, BUDGET));
    let names = ["send, Alibaba Cloud", "send, Tencent Cloud", "verify, the right code"];
    let times = medians(301, 10, [sends(&aliyun), sends(&tencent), checks(&aliyun)]);
    println!("## Both flows\n");
    println!(
        "End to end on `MemoryStore` with a canned reply; every flow has a number and an address of its own.\n"
    );
    println!("| flow | µs | a second |\n|---|--:|--:|");
    for (name, time) in names.iter().zip(times) {
        println!("| {name} | {:.1} | {} |", time / 1e3, per_second(time));
    }
    println!();
}

fn sends(engine: &Engine) -> Case<'_> {
    let (mut store, mut visitor) = (MemoryStore::new(), 0);
    case(move || {
        visitor += 1;
        let flow = engine.send(send_request(visitor), seed(visitor));
        assert!(drive(flow, T0, |op| store.run(&op.key, &op.op, T0)).ok());
    })
}

/// Checks codes that were sent before the time was taken.
fn checks(engine: &Engine) -> Case<'_> {
    let (mut store, mut visitor) = (MemoryStore::new(), 0);
    Box::new(move |calls| {
        let visitors = visitor..visitor + calls;
        visitor += calls;
        for visitor in visitors.clone() {
            let request = SendRequest { code: Some(CODE.into()), ..send_request(visitor) };
            let flow = engine.send(request, seed(visitor));
            assert!(drive(flow, T0, |op| store.run(&op.key, &op.op, T0)).ok());
        }
        let start = Instant::now();
        for visitor in visitors {
            let flow = engine.verify(verify_request(visitor, CODE), seed(visitor));
            assert!(drive(flow, T0, |op| store.run(&op.key, &op.op, T0)).ok());
        }
        start.elapsed().as_secs_f64()
    })
}
