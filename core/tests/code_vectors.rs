//! Runs `vectors/code.jsonl`: codes, proofs, tags and names from keys and contexts, and what people type.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use sansms::code::{Alphabet, Shape, proof, read_own};
use sansms::config::Section;
use sansms::key::{Keyring, ctx};
use sansms::mac::{hex, unhex};
use sansms::secret::Secret;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const VECTORS: &str = include_str!("../vectors/code.jsonl");

fn cases() -> Vec<Value> {
    VECTORS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn shape(case: &Value) -> Option<Shape> {
    let alphabet = match case["shape"]["alphabet"].as_str()? {
        "digits" => Alphabet::Digits,
        "crockford" => Alphabet::Crockford,
        _ => Alphabet::Upper,
    };
    Shape::new(case["shape"]["length"].as_u64()?.try_into().unwrap(), alphabet)
}

fn make(case: &Value) -> Value {
    let text = |name: &str| case[name].as_str().unwrap();
    let keys = Keyring::from_config(&mut Section::open("", &case["keys"]).unwrap()).unwrap();
    let pepper = &keys.peppers()[usize::try_from(case["pepper"].as_u64().unwrap()).unwrap()];
    let (namespace, recipient) = (text("namespace"), text("recipient"));
    let bound = ctx(namespace, recipient, text("purpose"), text("session"));
    let nonce = unhex(text("nonce")).unwrap().try_into().unwrap();
    let code = match case["own_code"].as_str() {
        Some(own) => Secret::new(own.to_owned()),
        None => shape(case).unwrap().code(pepper, &bound, &nonce),
    };
    json!({
        "kid": hex(&pepper.id()),
        "tag": hex(&keys.tag(&bound)),
        "code": code.expose(),
        "proof": hex(&proof(pepper, &bound, &code)),
        "idem": hex(&keys.idem(&bound, text("idempotency_key"))),
        "partition": keys.partition(namespace, "number", recipient),
    })
}

fn read(case: &Value) -> Value {
    let typed = case["typed"].as_str().unwrap();
    match shape(case).map_or_else(|| read_own(typed), |shape| shape.read(typed)) {
        Ok(folded) => json!({ "folded": folded.expose() }),
        Err(error) => json!({ "error": error.code() }),
    }
}

#[test]
fn every_case_comes_out_as_written() {
    let cases = cases();
    for case in &cases {
        let got = if case["typed"].is_string() { read(case) } else { make(case) };
        assert_eq!(got, case["expect"], "{}", case["id"]);
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
