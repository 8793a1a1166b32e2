//! The engine and its flows; steps cross as plain tuples.

use crate::error;
use crate::outcome::Outcome;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyTuple};
use sansms::secret::Secret;
use sansms::wire::{self, HttpCall, HttpReply, UnixMillis};
use std::sync::{Mutex, PoisonError};

/// A checked configuration, from which flows are made.
#[pyclass(frozen, module = "sansms._core")]
pub(crate) struct Engine(wire::Engine);

/// One send, verify or call on its way.
#[pyclass(frozen, module = "sansms._core")]
pub(crate) struct Flow(Mutex<wire::Flow>);

/// Returns the client's address as the outermost of `proxies` own proxies saw it; empty when it can't be read.
#[pyfunction]
pub(crate) fn client_ip(peer: Option<&str>, forwarded: &str, proxies: usize) -> Option<String> {
    wire::client_ip(peer, forwarded, proxies)
}

/// Tells whether a text can name a purpose, or an action.
#[pyfunction]
pub(crate) fn is_purpose(text: &str) -> bool {
    wire::is_purpose(text)
}

/// Returns the names of the environment variables that a host should read.
#[pyfunction]
pub(crate) fn env_names() -> Vec<&'static str> {
    wire::Engine::env_names().to_vec()
}

/// Reads delivery receipts of a kind of provider, as JSON; nothing for what is no list of them.
#[pyfunction]
pub(crate) fn read_receipts(kind: &str, body: &[u8]) -> Option<String> {
    wire::read_receipts(kind, body)
}

/// Returns the body that a vendor expects as the answer to its push.
#[pyfunction]
pub(crate) fn receipt_answer(kind: &str) -> &'static str {
    wire::receipt_answer(kind)
}

#[pymethods]
impl Engine {
    /// Checks a configuration, given as JSON.
    #[new]
    fn new(py: Python<'_>, config: &str) -> PyResult<Self> {
        wire::Engine::new(config).map(Self).map_err(|error| error::config(py, error))
    }

    /// Makes the flow that sends a code; `seed` is 32 fresh random bytes.
    #[pyo3(signature = (to, *, purpose, seed, ip=None, session=None, device=None, idempotency_key=None, code=None, deliver=true))]
    #[expect(clippy::too_many_arguments, reason = "Python passes them by name")]
    fn send(
        &self,
        to: String,
        purpose: String,
        seed: [u8; 32],
        ip: Option<String>,
        session: Option<String>,
        device: Option<String>,
        idempotency_key: Option<String>,
        code: Option<String>,
        deliver: bool,
    ) -> Flow {
        let request = wire::SendRequest { to, purpose, ip, session, device, idempotency_key, code, deliver };
        Flow(Mutex::new(self.0.send(request, seed)))
    }

    /// Makes the flow that checks a code; `seed` is 32 fresh random bytes.
    #[pyo3(signature = (to, code, *, purpose, seed, ip=None, session=None, ticket_for=None))]
    #[expect(clippy::too_many_arguments, reason = "Python passes them by name")]
    fn verify(
        &self,
        to: String,
        code: String,
        purpose: String,
        seed: [u8; 32],
        ip: Option<String>,
        session: Option<String>,
        ticket_for: Option<String>,
    ) -> Flow {
        let request = wire::VerifyRequest { to, code, purpose, ip, session, ticket_for };
        Flow(Mutex::new(self.0.verify(request, seed)))
    }

    /// Makes the flow that calls a vendor's action; `params` is JSON, `seed` 32 fresh random bytes.
    #[pyo3(signature = (provider, action, params, *, seed))]
    fn call(&self, provider: &str, action: &str, params: &str, seed: [u8; 32]) -> Flow {
        Flow(Mutex::new(self.0.call(provider, action, params, seed)))
    }

    /// Makes a flow of the desk: `inspect`, `reset`, `forget` or `health`.
    #[pyo3(signature = (task, to=""))]
    fn desk(&self, task: &str, to: &str) -> PyResult<Flow> {
        let flow = self.0.desk(task, to).ok_or_else(|| PyValueError::new_err("no such task"))?;
        Ok(Flow(Mutex::new(flow)))
    }

    /// Returns what the policy lets an attacker do, as JSON.
    fn audit_json(&self) -> String {
        self.0.audit_json()
    }

    /// Returns what the policy lets an attacker do, for people to read.
    fn audit_text(&self) -> String {
        self.0.audit_text()
    }

    /// Returns the secret part of the path that takes delivery receipts.
    fn receipt_key(&self) -> String {
        self.0.receipt_key()
    }

    /// Tells, in constant time, whether a path has the right secret part.
    fn is_receipt_key(&self, given: &str) -> bool {
        self.0.is_receipt_key(given)
    }

    /// Tells whether a ticket is genuine, fresh, and bound to just this.
    fn redeem(&self, ticket: &str, to: &str, purpose: &str, bound: &str, now_ms: u64) -> bool {
        self.0.redeem(ticket, to, purpose, bound, UnixMillis(now_ms))
    }
}

#[pymethods]
impl Flow {
    /// Begins; returns the first step.
    fn start<'py>(&self, py: Python<'py>, now_ms: u64) -> PyResult<Bound<'py, PyTuple>> {
        let mut flow = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        step(py, flow.start(UnixMillis(now_ms)))
    }

    /// Hands in the reply to the step `id`; returns the next step.
    fn resume<'py>(
        &self,
        py: Python<'py>,
        id: u32,
        reply: Reply,
        now_ms: u64,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let mut flow = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        step(py, flow.resume(id, reply.0, UnixMillis(now_ms)))
    }
}

/// A reply tuple: `("http", status, headers, body)`, `("http_fault", sent)`, `("credentials", id, secret, token)`,
/// `("credentials_fault",)`, `("store", replies)` or `("store_fault",)`.
pub(crate) struct Reply(wire::Reply);

impl<'py> FromPyObject<'_, 'py> for Reply {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let kind: PyBackedStr = object.get_item(0)?.extract()?;
        Ok(Self(match &*kind {
            "http" => {
                let (_, status, headers, body): (PyBackedStr, u16, _, PyBackedBytes) = object.extract()?;
                wire::Reply::Http(HttpReply { status, headers, body: body.to_vec() })
            }
            "http_fault" => wire::Reply::HttpFault { sent: object.get_item(1)?.extract()? },
            "credentials" => {
                let (_, id, secret, token): (PyBackedStr, String, String, Option<String>) =
                    object.extract()?;
                let (secret, token) = (Secret::new(secret), token.map(Secret::new));
                wire::Reply::Credentials(Some(wire::Credentials { id, secret, token }))
            }
            "credentials_fault" => wire::Reply::Credentials(None),
            "store" => wire::Reply::Store(object.get_item(1)?.extract()?),
            "store_fault" => wire::Reply::StoreFault,
            _ => return Err(PyValueError::new_err("no such kind of reply")),
        }))
    }
}

/// Converts a step to `("http", id, method, url, headers, body, timeout_ms, max_reply)`, `("credentials", id,
/// provider)`, `("store", id, ops)` or `("done", outcome)`.
fn step(py: Python<'_>, step: Result<wire::Step, wire::DriveError>) -> PyResult<Bound<'_, PyTuple>> {
    match step.map_err(|error| error::drive(py, error))? {
        wire::Step::Http { id, call } => {
            let HttpCall { method, url, headers, body, timeout, max_reply } = call;
            let body = PyBytes::new(py, &body);
            ("http", id, method.as_str(), url, headers, body, timeout.0, max_reply).into_pyobject(py)
        }
        wire::Step::Credentials { id, provider } => ("credentials", id, provider).into_pyobject(py),
        wire::Step::Store { id, ops } => {
            let ops: Vec<_> = ops.into_iter().map(|wire::StoreOp { key, op }| (key, op)).collect();
            ("store", id, ops).into_pyobject(py)
        }
        wire::Step::Done(outcome) => ("done", Outcome::from(outcome)).into_pyobject(py),
    }
}
