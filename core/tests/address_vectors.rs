//! Runs `vectors/address.jsonl`: who is connected, what proxies and liars wrote, and whose request it is.

use sansms::wire::run_vector;
use serde_json::Value;
use std::collections::BTreeSet;

const VECTORS: &str = include_str!("../vectors/address.jsonl");

#[test]
fn every_case_comes_out_as_written() {
    let mut ids = BTreeSet::new();
    for line in VECTORS.lines() {
        let mut inputs: Value = serde_json::from_str(line).unwrap();
        let expect = inputs["expect"].take();
        let got: Value = serde_json::from_str(&run_vector(&inputs.to_string()).unwrap()).unwrap();
        assert_eq!(got, expect, "{}", inputs["id"]);
        assert!(ids.insert(inputs["id"].to_string()), "{}", inputs["id"]);
    }
    assert!(ids.len() > 50);
}
