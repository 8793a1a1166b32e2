//! Runs `vectors/code.jsonl`: codes, proofs, tags and names from keys and contexts, and what people type.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use sansms::wire::run_vector;
use serde_json::Value;
use std::collections::BTreeSet;

const VECTORS: &str = include_str!("../vectors/code.jsonl");

fn cases() -> Vec<Value> {
    VECTORS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_case_comes_out_as_written() {
    let cases = cases();
    for case in &cases {
        let mut inputs = case.clone();
        inputs["expect"].take();
        let got = run_vector(&inputs.to_string()).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&got).unwrap(), case["expect"], "{}", case["id"]);
    }
    println!("{} cases", cases.len());
}

#[test]
fn the_cases_cover_what_there_is() {
    let cases = cases();
    let ids: BTreeSet<_> = cases.iter().filter_map(|case| case["id"].as_str()).collect();
    assert!(ids.len() == cases.len() && cases.len() > 100, "{}", cases.len());
    let shapes = cases.iter().filter(|case| case["nonce"].is_string()).map(|case| case["shape"].to_string());
    assert_eq!(shapes.collect::<BTreeSet<_>>().len(), 15, "three alphabets, five lengths");
    let errors: BTreeSet<_> = cases.iter().filter_map(|case| case["expect"]["error"].as_str()).collect();
    let all = ["input.code.character", "input.code.empty", "input.code.length"];
    assert_eq!(errors.into_iter().collect::<Vec<_>>(), all);
    let codes = cases.iter().filter_map(|case| case["expect"]["code"].as_str());
    assert!(codes.into_iter().any(|code| code.starts_with('0') && code != "000000"), "a leading zero");
    // What is bound makes a difference.
    let field = |name: &str| -> BTreeSet<String> {
        let context = |case: &&Value| case["id"].as_str().unwrap().starts_with("context-");
        cases.iter().filter(context).map(|case| case["expect"][name].to_string()).collect()
    };
    assert_eq!((field("proof").len(), field("tag").len(), field("kid").len()), (24, 16, 3));
}
