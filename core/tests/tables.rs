//! Holds the tables in `vectors` to the source: outcomes, error codes, and the types that bindings expose.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test reads files and may panic"
)]

use sansms::Outcome;
use sansms::code::{CodeError, Shape};
use sansms::email::EmailError;
use sansms::error::{ConfigCode, DriveError};
use sansms::outcome::{Code, Kind};
use sansms::phone::PhoneError;
use sansms::policy::audit::Weakness;
use sansms::provider::BuildError;
use sansms::time::Millis;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const OUTCOMES: &str = include_str!("../vectors/outcomes.json");
const CODES: &str = include_str!("../vectors/error-codes.json");
const WIRE: &str = include_str!("../vectors/wire.json");

fn file(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Returns the codes of a family, or of all.
fn codes(family: Option<&str>) -> BTreeSet<String> {
    let table = file(CODES);
    let rows = table["codes"].as_array().unwrap().iter();
    let rows = rows.filter(|row| family.is_none_or(|family| row["family"] == family));
    rows.map(|row| row["code"].as_str().unwrap().to_owned()).collect()
}

fn set<'a>(codes: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    codes.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_outcome_is_as_written() {
    let table = file(OUTCOMES);
    let numbers = PhoneError::CODES.map(Code::InputNumber);
    let addresses = EmailError::CODES.map(Code::InputEmail);
    let all = Code::ALL.iter().copied().chain(numbers).chain(addresses).map(|code| {
        let outcome = Outcome::new(code);
        let number = matches!(code, Code::InputNumber(_) | Code::InputEmail(_));
        json!({
            "code": code.as_str(), "kind": outcome.kind.as_str(), "ok": outcome.ok(),
            "http_status": outcome.kind.http_status(),
            "text_zh": (!number).then(|| code.text_zh()), "text_en": (!number).then(|| code.text_en()),
        })
    });
    assert_eq!(json!(all.collect::<Vec<_>>()), table["outcomes"]);
    let kinds: BTreeSet<_> =
        table["outcomes"].as_array().unwrap().iter().map(|row| row["kind"].as_str()).collect();
    assert_eq!(kinds, Kind::ALL.map(|kind| Some(kind.as_str())).into());
    for row in table["limit.cooldown"].as_array().unwrap() {
        let outcome =
            Outcome::new(Code::LimitCooldown).after(Millis(row["retry_after_ms"].as_u64().unwrap()));
        assert_eq!(
            (json!(outcome.text_zh()), json!(outcome.text_en())),
            (row["text_zh"].clone(), row["text_en"].clone())
        );
    }
    for row in table["code.wrong"].as_array().unwrap() {
        let left = row["attempts_left"].as_u64().and_then(|left| left.try_into().ok());
        let outcome = Outcome { attempts_left: left, ..Outcome::new(Code::CodeWrong) };
        assert_eq!(
            (json!(outcome.text_zh()), json!(outcome.text_en())),
            (row["text_zh"].clone(), row["text_en"].clone())
        );
    }
}

#[test]
fn every_family_is_whole() {
    let config = [ConfigCode::Missing, ConfigCode::Type, ConfigCode::Value, ConfigCode::Unknown];
    let drive = [
        DriveError::AlreadyStarted,
        DriveError::NotStarted,
        DriveError::Finished,
        DriveError::WrongId,
        DriveError::WrongKind,
    ];
    let build: [BuildError; 5] = [
        BuildError::NoTemplate,
        BuildError::Code,
        BuildError::Recipient,
        BuildError::SendId,
        BuildError::Credentials,
    ];
    assert_eq!(codes(Some("outcome")), set(Code::ALL.iter().map(|code| code.as_str())));
    assert_eq!(codes(Some("number")), set(PhoneError::CODES));
    assert_eq!(codes(Some("email")), set(EmailError::CODES));
    assert_eq!(codes(Some("config")), set(config.map(ConfigCode::as_str)));
    assert_eq!(codes(Some("drive")), set(drive.map(DriveError::as_str)));
    assert_eq!(codes(Some("build")), set(build.map(BuildError::as_str)));
    assert_eq!(codes(Some("audit")), set(Weakness::ALL.iter().map(|weakness| weakness.as_str())));
    let typed = ["", "1", "x"].map(|typed| Shape::DEFAULT.read(typed).unwrap_err());
    assert!(set(typed.map(CodeError::code)).is_subset(&codes(Some("outcome"))));
    let table = file(CODES);
    let rows = table["codes"].as_array().unwrap();
    assert_eq!(rows.len(), codes(None).len(), "a code that is there twice");
    for row in rows {
        assert!(table["families"][row["family"].as_str().unwrap()].is_string(), "{row}");
        let meaning = row["meaning"].as_str().unwrap();
        assert!((8..=80).contains(&meaning.len()) && !meaning.ends_with('.'), "{row}");
    }
}

/// Every text of the source that looks like one of our codes is in the file, and the other way round.
#[test]
fn the_source_and_the_file_know_the_same_codes() {
    let mut found = set(["sent", "verified"]);
    let families = [
        "sent",
        "code",
        "check",
        "limit",
        "gate",
        "provider",
        "store",
        "input",
        "config",
        "drive",
        "reply",
        "transport",
        "audit",
        "action",
        "recipient",
    ];
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (at, _) in text.match_indices('"') {
            let (_, rest) = text.split_at(at + 1);
            let word: String = rest
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || "._".contains(*c) || c.is_ascii_digit())
                .collect();
            let ours = word
                .split_once('.')
                .is_some_and(|(family, rest)| families.contains(&family) && !rest.is_empty());
            if ours && rest.get(word.len()..).is_some_and(|rest| rest.starts_with('"')) {
                found.insert(word);
            }
        }
    }
    // Those are put together from a number; the golden traces have them.
    found.extend(["budget.50", "budget.80"].map(str::to_owned));
    assert_eq!(found.symmetric_difference(&codes(None)).collect::<Vec<_>>(), Vec::<&String>::new());
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    files
        .filter(|path| path.extension().is_some_and(|it| it == "rs"))
        .filter(|path| {
            !path.ends_with("tests.rs") && !path.components().any(|part| part.as_os_str() == "tests")
        })
        .collect()
}

/// What the golden traces say is in the tables too: codes with their kinds, and events.
#[test]
fn the_traces_use_known_codes_only() {
    let known = codes(None);
    let rows = file(OUTCOMES)["outcomes"].as_array().unwrap().clone();
    let (mut seen, mut budget) = (BTreeSet::new(), BTreeSet::new());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/traces");
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let trace: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for outcome in trace["flows"].as_array().unwrap().iter().map(|flow| &flow["outcome"]) {
            let row = rows.iter().find(|row| row["code"] == outcome["code"]).unwrap();
            for name in ["kind", "ok", "http_status"] {
                assert_eq!(row[name], outcome[name], "{} {name}", row["code"]);
            }
            seen.insert(row["code"].to_string());
            for event in outcome["events"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                let mut words = event.split(' ');
                let first = words.next().unwrap();
                let class =
                    ["provider.rejected", "provider.account", "provider.throttled", "provider.unavailable"];
                if first.starts_with("budget.") {
                    budget.insert(first.to_owned());
                }
                assert!(known.contains(first) || class.contains(&first), "{event}");
                let code = words.nth(1).unwrap_or_default();
                let ours = code.starts_with("reply.")
                    || code.starts_with("transport.")
                    || code.starts_with("provider.");
                assert!(!ours || known.contains(code), "{event}");
            }
        }
    }
    assert_eq!(budget, codes(Some("event")));
    assert!(seen.len() >= 25, "{} {seen:?}", seen.len());
}

#[test]
fn the_types_of_bindings_are_as_written() {
    assert_eq!(WIRE, sansms::wire::schema_json());
    let types = file(WIRE)["types"].clone();
    assert_eq!(types["SendRequest"]["ip"], "string?");
    assert_eq!(types["Outcome"]["events"], "string[]");
    assert_eq!(types["Outcome"].as_object().unwrap().len(), 21);
}
