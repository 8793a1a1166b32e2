//! Runs `vectors/email.jsonl`: what people type, a policy, and what comes of it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use sansms::config::Section;
use sansms::email::{Email, EmailError, Policy, parse};
use sansms::wire::run_vector;
use serde_json::Value;
use std::collections::BTreeSet;

const VECTORS: &str = include_str!("../vectors/email.jsonl");

fn cases() -> Vec<Value> {
    VECTORS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_case_comes_out_as_written() {
    let mut failures = Vec::new();
    let cases = cases();
    for case in &cases {
        let mut inputs = case.clone();
        inputs["expect"].take();
        let got: Value = serde_json::from_str(&run_vector(&inputs.to_string()).unwrap()).unwrap();
        if got != case["expect"] {
            failures.push(format!("{}: {:?} gave {got}, not {}", case["id"], case["email"], case["expect"]));
        }
    }
    assert!(failures.is_empty(), "{} of {}\n{}", failures.len(), cases.len(), failures.join("\n"));
    println!("{} addresses", cases.len());
}

#[test]
fn every_error_has_a_case_and_every_case_an_id_of_its_own() {
    let cases = cases();
    let ids: BTreeSet<&str> = cases.iter().filter_map(|case| case["id"].as_str()).collect();
    assert_eq!(ids.len(), cases.len());
    let errors: BTreeSet<&str> = cases.iter().filter_map(|case| case["expect"]["error"].as_str()).collect();
    assert_eq!(errors, EmailError::CODES.into_iter().collect());
}

#[test]
fn what_comes_out_goes_in_again() {
    let addresses: Vec<Value> =
        cases().into_iter().filter(|case| case["expect"]["address"].is_string()).collect();
    for case in &addresses {
        let email = Email::parse(case["email"].as_str().unwrap()).unwrap();
        assert_eq!(Email::parse(email.address()).as_ref(), Ok(&email), "{}", case["id"]);
        assert_eq!(
            Email::parse(&email.canonical()).unwrap().canonical(),
            email.canonical(),
            "{}",
            case["id"]
        );
    }
    assert!(addresses.len() > 100);
}

#[test]
fn no_output_shows_more_than_the_mask_and_no_text_the_address() {
    for case in cases() {
        let typed = case["email"].as_str().unwrap();
        let options = case["policy"].clone().into();
        let policy = Policy::from_config(&mut Section::open("email", &options).unwrap()).unwrap();
        match parse(typed, &policy) {
            Ok(email) => {
                assert_eq!(email.masked(), email.to_string());
                assert_eq!(format!("{email:?}"), format!("Email({email})"));
                let shown = format!("{email} {email:?} {:#?}", Some(&email));
                let (local, domain) = email.address().split_once('@').unwrap();
                assert!(local.len() < 3 || !shown.contains(local), "{}: {shown}", case["id"]);
                assert!(!shown.contains(domain), "{}: {shown}", case["id"]);
            }
            Err(error) => {
                let shown = format!("{error} {error:?} {} {}", error.text_zh(), error.text_en());
                let parts = typed.split(['@', '＠']).map(str::trim).filter(|part| part.chars().count() > 3);
                for part in parts.filter(|part| *part != "example.com") {
                    assert!(!shown.contains(part), "{}: {shown}", case["id"]);
                }
            }
        }
    }
}
