//! Every published example and every capture gives the same signature, stage by stage.

#[path = "../examples/vectors.rs"]
#[expect(dead_code, reason = "the example's main is not used here")]
mod vectors;

use sansms::sign::vector;
use serde_json::Value;
use vectors::{Passed, check};

const PUBLISHED: &str = include_str!("../vectors/sign/published-examples.jsonl");
const CAPTURES: &str = include_str!("../vectors/sign/sdk-captures.jsonl");

fn count(file: &str) -> (usize, usize, Vec<String>) {
    let results: Vec<_> = file.lines().map(check).collect();
    let passed = |kind| results.iter().filter(|result| result.as_ref() == Ok(&kind)).count();
    let failed = results.iter().filter_map(|result| result.clone().err()).collect();
    (passed(Passed::EndToEnd), passed(Passed::Signer), failed)
}

#[test]
fn published_examples_pass() {
    assert_eq!(count(PUBLISHED), (0, 9, vec![]));
}

#[test]
fn captures_pass() {
    assert_eq!(count(CAPTURES), (66, 84, vec![]));
}

#[test]
fn altered_secrets_pass_nowhere() {
    let mut seen = 0;
    for line in PUBLISHED.lines().chain(CAPTURES.lines()) {
        let mut altered = line.to_owned();
        let vector: Value = serde_json::from_str(line).unwrap();
        for secret in
            [&vector["credentials"]["secret"], &vector["input"]["secret"], &vector["input"]["appkey"]]
        {
            if let Some(secret) = secret.as_str() {
                altered = altered.replace(&format!("\"{secret}\""), &format!("\"{secret}x\""));
            }
        }
        assert_ne!(altered, line);
        assert!(check(&altered).is_err(), "{line}");
        seen += 1;
    }
    assert_eq!(seen, 159);
}

/// What a runner can't easily take out is not read: the signature within a header, a query or a body.
#[test]
fn answers_within_the_request_are_not_read() {
    for line in CAPTURES.lines() {
        let whole: Value = serde_json::from_str(line).unwrap();
        let signature = whole["expect"]["signature"].as_str().unwrap();
        let spoilt =
            line.replace(signature, "spoilt").replace(&sansms::sign::encode::pct(signature), "spoilt");
        assert_ne!(spoilt, line);
        assert_eq!(vector::run(&spoilt), vector::run(line));
    }
}

/// Built from parameters alone: `expect` may be missing altogether.
#[test]
fn end_to_end_does_not_look_at_the_capture() {
    let mut seen = 0;
    for line in CAPTURES.lines().filter(|line| check(line) == Ok(Passed::EndToEnd)) {
        let blind = line.replace("\"expect\":", "\"ignored\":");
        assert_eq!(vector::run(&blind), vector::run(line));
        seen += 1;
    }
    assert_eq!(seen, 66);
}
