//! What a flow ends with.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use sansms::wire::{self, Millis};

/// What a flow ended with; true when `ok`, and its repr masks the number.
#[pyclass(frozen, module = "sansms._core")]
pub(crate) struct Outcome {
    /// Which outcome: `sent`, `limited`, `verified`, `wrong_code` …
    #[pyo3(get)]
    kind: &'static str,
    /// Whether it went well: true for `sent`, `verified` and `answered` only.
    #[pyo3(get)]
    ok: bool,
    /// A stable dotted code, e.g. `limit.cooldown`.
    #[pyo3(get)]
    code: &'static str,
    /// The number in E.164, for keeping; not for a log.
    #[pyo3(get)]
    to: Option<String>,
    /// The number as it may be shown.
    #[pyo3(get)]
    masked: Option<String>,
    /// Seconds until asking again makes sense, rounded up.
    #[pyo3(get)]
    retry_after: Option<u64>,
    /// Seconds until the code may be sent again, rounded up.
    #[pyo3(get)]
    resend_in: Option<u64>,
    /// Seconds for which the code is good, rounded up.
    #[pyo3(get)]
    expires_in: Option<u64>,
    /// Tries left on this code.
    #[pyo3(get)]
    attempts_left: Option<u32>,
    /// Whether an earlier request with this idempotency key was let through; nothing was sent again.
    #[pyo3(get)]
    replayed: bool,
    /// An opaque token that stands for the session, for clients without one.
    #[pyo3(get)]
    challenge: Option<String>,
    /// A signed token that says this number was verified.
    #[pyo3(get)]
    ticket: Option<String>,
    /// The provider that was asked last.
    #[pyo3(get)]
    provider: Option<String>,
    /// The blind name of this send, which the provider's receipts repeat.
    #[pyo3(get)]
    send_id: Option<String>,
    /// The provider's id of the message.
    #[pyo3(get)]
    message_id: Option<String>,
    /// The provider's id of the request.
    #[pyo3(get)]
    request_id: Option<String>,
    answer: Answer,
    /// The status that an HTTP handler would answer with.
    #[pyo3(get)]
    http_status: u16,
    /// A sentence for the user, in Chinese.
    #[pyo3(get)]
    text_zh: String,
    /// A sentence for the user, in English.
    #[pyo3(get)]
    text_en: String,
    /// What an operator may want to hear of, e.g. `budget.80`.
    #[pyo3(get)]
    events: Vec<String>,
}

/// A vendor's JSON, read at the first look.
struct Answer {
    json: Option<String>,
    read: PyOnceLock<Py<PyAny>>,
}

impl Answer {
    fn read<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(json) = &self.json else { return Ok(None) };
        let loads = || Ok::<_, PyErr>(py.import("json")?.call_method1("loads", (json,))?.unbind());
        Ok(Some(self.read.get_or_try_init(py, loads)?.bind(py).clone()))
    }
}

#[pymethods]
impl Outcome {
    /// What the vendor said to a `call`, as it documents it; it may hold numbers and texts. Or what `inspect` found.
    #[getter]
    fn answer<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.answer.read(py)
    }

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
            answer: Answer { json: from.answer, read: PyOnceLock::new() },
            http_status: from.http_status,
            text_zh: from.text_zh,
            text_en: from.text_en,
            events: from.events,
        }
    }
}
