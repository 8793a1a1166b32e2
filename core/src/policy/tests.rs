use super::*;
use crate::config::Section;
use serde_json::{Value, json};

fn read(value: &Value) -> Result<Policy, String> {
    let value = value.clone().into();
    let mut section = Section::open("", &value).unwrap();
    Policy::from_config(&mut section).map_err(|error| error.to_string())
}

#[test]
fn defaults_are_those_that_are_documented() {
    let policy = read(&json!({})).unwrap();
    assert_eq!(policy, Policy::default());
    assert_eq!((policy.shape.length(), policy.validity.0, policy.tries, policy.slots()), (6, 300_000, 3, 5));
}

#[test]
fn knobs_are_read_over_a_preset() {
    let policy = read(&json!({
        "policy": {"preset": "strict", "number": ["10/24h"], "tries": 5, "cooldown_s": 0, "code_length": 8},
        "budget_per_day": 50, "ip": "off", "session": "challenge",
    }))
    .unwrap();
    assert_eq!(policy.number, [Rule::hours(10, 24)]);
    assert_eq!(policy.budget, [Rule::hours(50, 24)]);
    assert_eq!(policy.ip_attempts, Policy::strict().ip_attempts);
    assert_eq!((policy.tries, policy.slots(), policy.shape.length()), (5, 8, 8));
    assert_eq!((policy.ip_mode, policy.session), (IpMode::Off, SessionMode::Challenge));
    assert_eq!(read(&json!({ "policy": "strict" })).unwrap(), Policy::strict());
}

#[test]
fn wrong_knobs_are_named() {
    for (value, said) in [
        (json!({"policy": "lax"}), "policy: must be one of default, strict, shared_addresses"),
        (json!({"policy": {"validity_s": 601}}), "policy.validity_s: must be from 60 to 600"),
        (json!({"policy": {"number": ["5/24"]}}), "policy.number[0]: must be a rule such as"),
        (json!({"policy": {"ip": "10/24h"}}), "policy.ip: must be a list"),
        (json!({"policy": {"wrong_tries": ["65/1h"]}}), "policy.wrong_tries: must allow at most 64"),
        (json!({"policy": {"numbr": []}}), "policy.numbr: is not an option; there are"),
        (json!({"budget_per_day": 0}), "budget_per_day: must be from 1 to"),
    ] {
        let error = read(&value).unwrap_err();
        assert!(error.starts_with(said), "{error}");
    }
}

#[test]
fn rules_are_read_strictly() {
    assert_eq!(Rule::read("5/24h"), Some(Rule::hours(5, 24)));
    assert_eq!(Rule::read("1/60s"), Some(Rule::minutes(1, 1)));
    for text in ["", "/", "5", "5/", "5/h", "0/1h", "5/0s", "+5/1h", "5/1w", "5/32d", "5/1é", "5 / 1h"] {
        assert_eq!(Rule::read(text), None, "{text}");
    }
}
