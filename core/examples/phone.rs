//! Reads numbers, a line each, and prints what the core makes of them, a JSON object a line.
//!
//! `cargo run --release --example phone -- '{"countries": ["CN", "HK"]}' < numbers.txt`; the argument holds the options
//! of a phone policy and may be left out. Line breaks within a number are written `\n`. The differential test drives it.

use sansms::config::Section;
use sansms::json::parse as parse_json;
use sansms::phone::{Policy, parse};
use serde_json::json;
use std::io::{BufRead as _, BufWriter, Write as _};

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let options = parse_json(std::env::args().nth(1).unwrap_or_else(|| "{}".into()).as_bytes())?;
    let mut section = Section::open("phone", &options)?;
    let policy = Policy::from_config(&mut section)?;
    section.finish()?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let verdict = match parse(&line?.replace("\\n", "\n"), &policy) {
            Ok(phone) => json!({
                "e164": phone.e164(),
                "country": phone.country(),
                "class": phone.class().as_str(),
                "prefix": phone.prefix(),
            }),
            Err(error) => json!({"error": error.code(), "zh": error.text_zh(), "en": error.text_en()}),
        };
        writeln!(out, "{verdict}")?;
    }
    Ok(())
}
