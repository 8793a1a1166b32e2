//! The help desk: looking, beginning anew, forgetting; and whether the store answers.

use super::*;
use crate::flow::desk::Task;
use crate::policy::IpMode;
use serde_json::{Value, json};

fn inspect(world: &mut World) -> Value {
    let outcome = world.drive(world.engine.inspect(NUMBER));
    assert_eq!((outcome.kind, outcome.code), (Kind::Answered, Code::RecipientInspected));
    assert_eq!(outcome.to.as_deref(), Some("+8613800138000"));
    serde_json::from_str(&outcome.answer.unwrap()).unwrap()
}

/// Rule, used and wait of each rule, and the codes.
fn short(standing: &Value) -> (Vec<(String, u64, u64)>, Value) {
    let number = |rule: &Value, name: &str| rule[name].as_u64().unwrap();
    let rules = standing["rules"].as_array().unwrap().iter();
    let rules = rules.map(|rule| {
        (rule["rule"].as_str().unwrap().to_owned(), number(rule, "used"), number(rule, "wait_ms"))
    });
    (rules.collect(), standing["codes"].clone())
}

#[test]
fn a_recipient_is_told_without_a_change() {
    let mut world = World::new(Policy::default());
    let fresh = inspect(&mut world);
    assert!(world.store.is_empty());
    assert_eq!(fresh["codes"], json!([]));
    let limits: Vec<_> = fresh["rules"].as_array().unwrap().iter().map(|rule| &rule["limit"]).collect();
    assert_eq!(json!(limits), json!([1, 5, 10, 20]));
    assert_eq!(fresh["rules"][1]["window_ms"], json!(86_400_000));

    world.send();
    let code = world.last_code();
    world.verify(if code == "000000" { "111111" } else { "000000" });
    world.now += 10_000;
    let seen = inspect(&mut world);
    assert_eq!(seen, inspect(&mut world));
    let rules = [("cooldown", 1, 50_000), ("number", 1, 0), ("wrong_tries", 1, 0), ("wrong_tries", 1, 0)];
    let rules = rules.map(|(rule, used, wait)| (rule.to_owned(), used, wait)).to_vec();
    let live = json!([{"state": "live", "tries_left": 2, "resent": 0, "expires_in_ms": 290_000}]);
    assert_eq!(short(&seen), (rules, live));

    assert_eq!(world.verify(&code).code, Code::Verified);
    assert_eq!(inspect(&mut world)["codes"][0]["state"], json!("spent"));
}

#[test]
fn codes_of_several_purposes_are_told_one_by_one() {
    let mut world = World::new(Policy { ip_mode: IpMode::Off, cooldown: Millis(0), ..Policy::default() });
    for purpose in ["login", "register"] {
        let sent = world.send_with(SendRequest { purpose: purpose.into(), ..request() });
        assert_eq!(sent.code, Code::Sent);
    }
    let codes = &inspect(&mut world)["codes"];
    let live = json!({"state": "live", "tries_left": 3, "resent": 0, "expires_in_ms": 300_000});
    assert_eq!(codes, &json!([live, live]));
}

#[test]
fn tasks_go_by_their_words() {
    for (word, done) in [
        ("inspect", Code::RecipientInspected),
        ("reset", Code::RecipientReset),
        ("forget", Code::RecipientForgotten),
        ("health", Code::StoreOk),
    ] {
        assert_eq!(Task::read(word).map(Task::done), Some(done));
    }
    assert!(Task::read("ban").is_none());
}

#[test]
fn a_code_without_tries_is_locked() {
    let mut world = World::new(Policy::default());
    world.send();
    let wrong = if world.last_code() == "000000" { "111111" } else { "000000" };
    (0..3).for_each(|_| drop(world.verify(wrong)));
    assert_eq!(inspect(&mut world)["codes"][0]["state"], json!("locked"));
}

#[test]
fn what_is_counted_begins_anew() {
    for (task, done) in [("reset", Code::RecipientReset), ("forget", Code::RecipientForgotten)] {
        let mut world = World::new(Policy { ip_mode: IpMode::Off, ..Policy::default() });
        world.send();
        let code = world.last_code();
        assert_eq!(world.send().code, Code::LimitCooldown);
        let flow = if task == "reset" { world.engine.reset(NUMBER) } else { world.engine.forget(NUMBER) };
        let outcome = world.drive(flow);
        assert_eq!((outcome.code, outcome.ok(), outcome.answer), (done, true, None));
        // Its code is gone, and nothing is counted.
        assert_eq!(world.verify(&code).code, Code::CodeExpired);
        let (rules, codes) = short(&inspect(&mut world));
        assert!(rules.iter().all(|(_, used, wait)| (*used, *wait) == (0, 0)), "{rules:?}");
        assert_eq!(codes, json!([]));
        assert_eq!(world.send().code, Code::Sent);
    }
}

#[test]
fn a_number_that_is_none_is_said_so_and_no_store_is_asked() {
    let world = World::new(Policy::default());
    for flow in [world.engine.inspect("12"), world.engine.reset("12"), world.engine.forget("12")] {
        let mut flow = flow;
        let Step::Done(outcome) = flow.start(UnixMillis(T0)).unwrap() else { panic!("a step") };
        assert_eq!(outcome.kind, Kind::Invalid);
    }
}

#[test]
fn health_looks_at_limits_and_budget() {
    let mut world = World::new(Policy::default());
    let mut flow = world.engine.health();
    let Step::Store { ops, .. } = flow.start(UnixMillis(T0)).unwrap() else { panic!("no store") };
    let kinds: Vec<_> = ops.iter().map(|op| op.key.split(':').nth(3).unwrap()).collect();
    assert_eq!(kinds, ["number", "budget"]);
    assert!(ops.iter().all(|op| op.op.starts_with("look")), "{ops:?}");
    let healthy = world.drive(world.engine.health());
    assert_eq!((healthy.code, healthy.to, world.store.len()), (Code::StoreOk, None, 0));
}

#[test]
fn what_the_store_says_instead_is_told() {
    let heard =
        |replies: &[Option<&str>]| Reply::Store(replies.iter().map(|line| line.map(Into::into)).collect());
    let looked = "looked 0:0";
    let world = World::new(Policy::default());
    let ask = |mut flow: Flow, reply: Reply| {
        let Step::Store { id, .. } = flow.start(UnixMillis(T0)).unwrap() else { panic!("no store") };
        let Step::Done(outcome) = flow.resume(id, reply, UnixMillis(T0)).unwrap() else { panic!("a step") };
        (outcome.code, outcome.ok())
    };
    let health = || world.engine.health();
    assert_eq!(ask(health(), Reply::StoreFault), (Code::StoreDown, false));
    assert_eq!(ask(health(), heard(&[Some(looked), None])), (Code::StoreDown, false));
    assert_eq!(ask(health(), heard(&[Some("refused clock"), Some(looked)])), (Code::StoreClock, false));
    assert_eq!(ask(health(), heard(&[Some("gone"), Some(looked)])), (Code::StoreReply, false));
    assert_eq!(ask(health(), heard(&[Some(looked), Some("released")])), (Code::StoreReply, false));
    assert_eq!(ask(world.engine.inspect(NUMBER), heard(&[Some("released")])), (Code::StoreReply, false));
    assert_eq!(ask(world.engine.forget(NUMBER), heard(&[Some(looked)])), (Code::StoreReply, false));
    assert_eq!(ask(world.engine.forget(NUMBER), heard(&[None])), (Code::StoreDown, false));
}
