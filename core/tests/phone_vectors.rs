//! Runs `vectors/phone.jsonl`: what people type, a policy, and what comes of it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use sansms::config::Section;
use sansms::phone::{PhoneError, Policy, parse};
use sansms::wire::run_vector;
use serde_json::Value;
use std::collections::BTreeSet;

const VECTORS: &str = include_str!("../vectors/phone.jsonl");

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
            failures.push(format!("{}: {:?} gave {got}, not {}", case["id"], case["input"], case["expect"]));
        }
    }
    assert!(failures.is_empty(), "{} of {}\n{}", failures.len(), cases.len(), failures.join("\n"));
    println!("{} numbers", cases.len());
}

#[test]
fn every_error_has_a_case_and_every_case_an_id_of_its_own() {
    let cases = cases();
    let ids: BTreeSet<&str> = cases.iter().filter_map(|case| case["id"].as_str()).collect();
    assert_eq!(ids.len(), cases.len());
    let errors: BTreeSet<&str> = cases.iter().filter_map(|case| case["expect"]["error"].as_str()).collect();
    assert_eq!(errors, PhoneError::CODES.into_iter().collect());
}

#[test]
fn no_output_shows_more_than_the_mask_and_no_text_the_number() {
    for case in cases() {
        let digits: String = case["input"].as_str().unwrap().chars().filter(char::is_ascii_digit).collect();
        let national = digits.get(digits.len().saturating_sub(8)..).unwrap().to_owned();
        let options = case["policy"].clone().into();
        let policy = Policy::from_config(&mut Section::open("phone", &options).unwrap()).unwrap();
        let shown = match parse(case["input"].as_str().unwrap(), &policy) {
            Ok(phone) => {
                assert_eq!(phone.masked(), phone.to_string());
                assert_eq!(format!("{phone:?}"), format!("Phone({phone})"));
                assert!(phone.e164().starts_with(&format!("+{}", phone.calling_code())));
                assert!(phone.e164().starts_with(phone.prefix()));
                assert_eq!(phone.e164(), format!("+{}{}", phone.calling_code(), phone.national()));
                format!("{phone} {phone:?} {:#?}", Some(&phone))
            }
            Err(error) => format!("{error} {error:?} {} {}", error.text_zh(), error.text_en()),
        };
        if national.len() == 8 {
            assert!(!shown.contains(&national), "{}: {shown}", case["id"]);
        }
    }
}
