//! Every case of an outcome: kind, status and texts.

use sansms::Outcome;
use sansms::email::EmailError;
use sansms::outcome::Code;
use sansms::phone::PhoneError;
use sansms::time::Millis;
use serde_json::{Value, json};

/// Waits at the edges of their texts, in milliseconds.
const WAITS: [u64; 10] = [0, 1, 1_000, 1_001, 60_000, 119_000, 119_001, 7_199_000, 7_199_001, 86_400_000];

/// Returns the table.
pub(crate) fn all() -> Value {
    let numbers = PhoneError::CODES.map(Code::InputNumber);
    let addresses = EmailError::CODES.map(Code::InputEmail);
    let codes = Code::ALL.iter().copied().chain(numbers).chain(addresses);
    let outcomes: Vec<Value> = codes
        .map(|code| {
            let kind = code.kind();
            let own_text = matches!(code, Code::InputNumber(_) | Code::InputEmail(_));
            let text = |text: &str| if own_text { Value::Null } else { json!(text) };
            json!({
                "code": code.as_str(), "kind": kind.as_str(), "ok": kind.is_ok(), "http_status": kind.http_status(),
                "text_zh": text(code.text_zh()), "text_en": text(code.text_en()),
            })
        })
        .collect();
    let waits = WAITS.map(|wait| {
        let outcome = Outcome::new(Code::LimitCooldown).after(Millis(wait));
        json!({ "retry_after_ms": wait, "text_zh": outcome.text_zh(), "text_en": outcome.text_en() })
    });
    let tries = [0, 1, 2].map(|left| {
        let outcome = Outcome { attempts_left: Some(left), ..Outcome::new(Code::CodeWrong) };
        json!({ "attempts_left": left, "text_zh": outcome.text_zh(), "text_en": outcome.text_en() })
    });
    json!({
        "about": "`{wait}` and `{left}` are filled in; texts of input.number.* and input.email.* are made for each input, so they are null here",
        "outcomes": outcomes,
        "limit.cooldown": waits,
        "code.wrong": tries,
    })
}
