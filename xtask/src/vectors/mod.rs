//! Writes the vectors that are computed rather than collected, for all bindings to replay.
//!
//! `core/vectors/README.md` has the formats. Each file is read by a test of the core that computes its own answers;
//! `scripts/check-traces.py` does so too for `code.jsonl`, in plain Python.

mod code;
mod codes;
mod limit;
mod outcomes;

use crate::{Outcome, root};
use serde_json::Value;

/// Writes the files into `core/vectors`.
///
/// # Errors
/// Says which file could not be written.
pub(crate) fn run() -> Outcome {
    let (code, limit) = (code::all(), limit::all());
    let ops: usize = limit.iter().filter_map(|case| case["ops"].as_array()).map(Vec::len).sum();
    println!("{} codes, {ops} operations in {} sequences", code.len(), limit.len());
    for (name, text) in [
        ("code.jsonl", lines(&code)),
        ("limit.jsonl", lines(&limit)),
        ("outcomes.json", pretty(&outcomes::all())),
        ("error-codes.json", pretty(&codes::all())),
        ("wire.json", sansms::wire::schema_json()),
    ] {
        let path = root().join("core/vectors").join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn lines(cases: &[Value]) -> String {
    cases.iter().map(|case| format!("{case}\n")).collect()
}

fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
