//! What a flow ends with.

use pyo3::prelude::*;
use sansms::wire::{self, Millis};

/// What a flow ended with; true when `ok`, and its repr masks the number.
#[pyclass(frozen, get_all, module = "sansms._core")]
pub(crate) struct Outcome {
    /// Which outcome: `sent`, `limited`, `verified`, `wrong_code` …
    kind: &'static str,
    /// Whether it went well: true for `sent` and `verified` only.
    ok: bool,
    /// A stable dotted code, e.g. `limit.number_cooldown`.
    code: &'static str,
    /// The number in E.164, for keeping; not for a log.
    to: Option<String>,
    /// The number as it may be shown.
    masked: Option<String>,
    /// Seconds until asking again makes sense, rounded up.
    retry_after: Option<u64>,
    /// Seconds until the code may be sent again, rounded up.
    resend_in: Option<u64>,
    /// Seconds for which the code is good, rounded up.
    expires_in: Option<u64>,
    /// Tries left on this code.
    attempts_left: Option<u32>,
    /// Whether an earlier request with this idempotency key was answered again.
    replayed: bool,
    /// An opaque token that stands for the session, for clients without one.
    challenge: Option<String>,
    /// A signed token that says this number was verified.
    ticket: Option<String>,
    /// The provider that was asked last.
    provider: Option<String>,
    /// The blind name of this send, which the provider's receipts repeat.
    send_id: Option<String>,
    /// The provider's id of the message.
    message_id: Option<String>,
    /// The provider's id of the request.
    request_id: Option<String>,
    /// The status that an HTTP handler would answer with.
    http_status: u16,
    /// A sentence for the user, in Chinese.
    text_zh: String,
    /// A sentence for the user, in English.
    text_en: String,
    /// What an operator may want to hear of, e.g. `budget.80`.
    events: Vec<String>,
}

#[pymethods]
impl Outcome {
    fn __bool__(&self) -> bool {
        self.ok
    }

    fn __repr__(&self) -> String {
        let Self { kind, code, masked, .. } = self;
        let masked = masked.as_deref().unwrap_or("-");
        format!("<Outcome {kind} {code} {masked}>")
    }
}

impl From<wire::Outcome> for Outcome {
    fn from(from: wire::Outcome) -> Self {
        let seconds = |ms: u64| Millis(ms).seconds_up();
        Self {
            kind: from.kind,
            ok: from.ok,
            code: from.code,
            to: from.to,
            masked: from.masked,
            retry_after: from.retry_after_ms.map(seconds),
            resend_in: from.resend_in_ms.map(seconds),
            expires_in: from.expires_in_ms.map(seconds),
            attempts_left: from.attempts_left,
            replayed: from.replayed,
            challenge: from.challenge,
            ticket: from.ticket,
            provider: from.provider,
            send_id: from.send_id,
            message_id: from.message_id,
            request_id: from.request_id,
            http_status: from.http_status,
            text_zh: from.text_zh,
            text_en: from.text_en,
            events: from.events,
        }
    }
}
