//! Runs files of sign vectors: `cargo run --example vectors -- FILE…`.
//!
//! Follows the protocol that `sansms::sign::vector` describes. Exits with 1 if a vector failed.
#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a tool: it reads files, and may stop at a broken one"
)]

use sansms::sign::{encode, vector};
use serde_json::Value;
use std::process::ExitCode;

/// What a vector showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// Built from parameters alone.
    EndToEnd,
    /// Signed as captured.
    Signer,
}

/// Runs one vector, with the answers taken out, and compares.
///
/// # Errors
/// What differs, or what the vector lacks.
pub(crate) fn check(line: &str) -> Result<Passed, String> {
    let whole: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let answer = vector::run(&without_answers(line)?)?;
    let answer: Value = serde_json::from_str(&answer).map_err(|error| error.to_string())?;
    let (from, signature) =
        if whole["expect"].is_object() { (&whole["expect"], "signature") } else { (&whole, "published") };
    if !from[signature].is_string() {
        return Err("the vector has no signature to compare with".into());
    }
    for (stage, name) in [("signature", signature)].into_iter().chain(STAGES.map(|stage| (stage, stage))) {
        if !from[name].is_null() && from[name] != answer[stage] {
            return Err(format!("{stage} differs: {} and not {}", answer[stage], from[name]));
        }
    }
    if answer["kind"] != "end to end" {
        return Ok(Passed::Signer);
    }
    compare_requests(from, &answer).map(|()| Passed::EndToEnd)
}

fn compare_requests(expect: &Value, answer: &Value) -> Result<(), String> {
    let text = |from: &Value, part: &str| from[part].as_str().unwrap_or_default().to_owned();
    if answer["method"] != expect["method"] {
        return Err("method differs".into());
    }
    for part in ["query", "body"] {
        let (ours, theirs) = (text(answer, part), text(expect, part));
        let json = |text: &str| serde_json::from_str::<Value>(text).ok();
        let same = if theirs.starts_with('{') {
            json(&ours) == json(&theirs)
        } else {
            sorted(&ours) == sorted(&theirs)
        };
        if !same {
            return Err(format!("{part} differs: {ours} and not {theirs}"));
        }
    }
    let headers = expect["headers"].as_object().ok_or("no headers to compare with")?;
    match headers.iter().find(|(name, value)| answer["headers"][name.to_ascii_lowercase()] != **value) {
        Some((name, value)) => Err(format!("header {name} is not {value}")),
        None => Ok(()),
    }
}

fn sorted(wire: &str) -> Vec<(String, String)> {
    let mut pairs = encode::pairs(wire);
    pairs.sort();
    pairs
}

/// Takes the answers out of a vector without touching the order of what remains.
fn without_answers(line: &str) -> Result<String, String> {
    let mut kept: Vec<(String, Box<str>)> = Vec::new();
    for (name, value) in members(line)? {
        match name.as_str() {
            "published" | "recomputed" | "verified" => {}
            name if STAGES.contains(&name) => {}
            "expect" => {
                let inner = members(&value)?
                    .into_iter()
                    .filter(|(name, _)| name != "signature" && !STAGES.contains(&name.as_str()));
                kept.push((name, object(inner).into()));
            }
            _ => kept.push((name, value)),
        }
    }
    Ok(object(kept.into_iter()))
}

fn object(members: impl Iterator<Item = (String, Box<str>)>) -> String {
    let members: Vec<String> =
        members.map(|(name, value)| format!("{}:{value}", Value::from(name))).collect();
    format!("{{{}}}", members.join(","))
}

/// Splits an object of valid JSON into its members, values as they are written.
fn members(text: &str) -> Result<Vec<(String, Box<str>)>, String> {
    let body = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or("no object")?;
    let (mut out, mut depth, mut quoted, mut escaped) = (Vec::new(), 0_i32, false, false);
    let (mut start, mut colon) = (0, None);
    let mut close = |start: usize, colon: Option<usize>, end: usize| -> Result<(), String> {
        let colon = colon.ok_or("a member without a colon")?;
        let name = serde_json::from_str(body[start..colon].trim()).map_err(|error| error.to_string())?;
        out.push((name, body[colon + 1..end].trim().into()));
        Ok(())
    };
    for (index, byte) in body.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b':' if depth == 0 && colon.is_none() => colon = Some(index),
            b',' if depth == 0 => {
                close(start, colon, index)?;
                (start, colon) = (index + 1, None);
            }
            _ => {}
        }
    }
    if colon.is_some() {
        close(start, colon, body.len())?;
    }
    Ok(out)
}

fn main() -> ExitCode {
    let (mut end_to_end, mut signer, mut failed) = (0, 0, 0);
    for file in std::env::args().skip(1) {
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("{file}: {error}");
                return ExitCode::from(2);
            }
        };
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match check(line) {
                Ok(Passed::EndToEnd) => end_to_end += 1,
                Ok(Passed::Signer) => signer += 1,
                Err(reason) => {
                    failed += 1;
                    let id = serde_json::from_str::<Value>(line).map(|vector| vector["id"].to_string());
                    eprintln!("{}: {reason}", id.unwrap_or_else(|_| "a line".into()));
                }
            }
        }
    }
    println!("rust {}: {end_to_end} end to end passed, {signer} signer passed, {failed} failed", version());
    if failed == 0 && end_to_end + signer > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns the compiler's version: the one stated at build time, or the one that is installed.
fn version() -> String {
    let stated = option_env!("RUSTC_VERSION").map(str::to_owned);
    let asked = || {
        let output = std::process::Command::new("rustc").arg("--version").output().ok()?;
        String::from_utf8(output.stdout).ok()
    };
    let text = stated.or_else(asked).unwrap_or_default();
    text.trim().trim_start_matches("rustc ").split(' ').next().unwrap_or_default().to_owned()
}

const STAGES: [&str; 2] = ["string_to_sign", "canonical_request"];
