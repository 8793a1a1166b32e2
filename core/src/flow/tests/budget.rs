//! The budget: its marks and its parts.

use super::*;
use crate::policy::IpMode;

#[test]
fn the_budget_marks_half_and_four_fifths() {
    let mut world =
        World::new(Policy { budget: vec![Rule::hours(10, 24)], ip_mode: IpMode::Off, ..Policy::default() });
    let events: Vec<_> = (0..11)
        .map(|i| world.send_with(SendRequest { to: format!("139001390{i:02}"), ip: None, ..request() }))
        .map(|outcome| outcome.events.join(","))
        .collect();
    assert_eq!(events, ["", "", "", "", "budget.50", "", "", "budget.80", "", "", ""]);
}

#[test]
fn parts_of_a_budget_make_up_the_whole_and_no_more() {
    for (limit, parts) in [(10, 3), (7, 7), (20, 8), (5, 1)] {
        let budget = vec![Rule::hours(limit, 24)];
        let free = Policy { ip: Vec::new(), ip_attempts: Vec::new(), ..Policy::default() };
        let mut world = World::new(Policy { budget, budget_parts: parts, ..free });
        let send = |world: &mut World, at: u32| {
            world.send_with(SendRequest { to: format!("139{at:08}"), ..request() }).code
        };
        let codes: Vec<Code> = (0..120).map(|at| send(&mut world, at)).collect();
        let sent = codes.iter().filter(|code| **code == Code::Sent).count();
        assert_eq!(sent, limit as usize, "{parts} parts of {limit}");
        assert!(codes.iter().all(|code| [Code::Sent, Code::LimitBudget].contains(code)));
    }
    let config = |parts: u32| {
        let policy = serde_json::json!({"budget": ["10/24h"], "budget_parts": parts});
        let tencent = serde_json::json!({"secret_id": "AKIDx", "secret_key": "canary", "sdk_app_id": "1400006666",
            "sign_name": "示例", "templates": {"default": "1"}});
        let whole = serde_json::json!({"secret": "0123456789abcdef0123456789abcdef", "policy": policy,
            "providers": [{"tencent": tencent}]});
        Engine::new(&whole.to_string()).map(|engine| engine.policy().budget_parts)
    };
    assert_eq!(config(10).unwrap(), 10);
    assert_eq!(config(11).unwrap_err().option, "policy.budget_parts");
    assert_eq!(config(65).unwrap_err().option, "policy.budget_parts");
}
