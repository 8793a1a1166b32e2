//! The pretend providers, and the runner of sign vectors.

use crate::error;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use sansms::wire::{self, Answer, Delivery, Fault, HttpCall, Method, Millis, UnixMillis, Vendor};
use std::sync::{Mutex, PoisonError};

/// The pretend providers: a function from a request to a reply, with an inbox.
#[pyclass(frozen, module = "sansms._core")]
pub(crate) struct Sandbox(Mutex<wire::Sandbox>);

#[pymethods]
impl Sandbox {
    /// Checks a configuration, given as JSON.
    #[new]
    fn new(py: Python<'_>, config: &str) -> PyResult<Self> {
        wire::Sandbox::new(config).map(|it| Self(Mutex::new(it))).map_err(|error| error::config(py, error))
    }

    /// Answers one request with `("http", status, headers, body)` or `("http_fault", sent)`.
    fn handle<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        url: String,
        headers: Vec<(String, String)>,
        body: &[u8],
        now_ms: u64,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let method = match method {
            "GET" => Method::Get,
            "POST" => Method::Post,
            _ => return Err(PyValueError::new_err("the method must be GET or POST")),
        };
        let call = HttpCall { method, url, headers, body: body.to_vec(), timeout: Millis(0), max_reply: 0 };
        let mut sandbox = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match sandbox.handle(&call, UnixMillis(now_ms)) {
            Answer::Reply(reply) => {
                let body = PyBytes::new(py, &reply.body);
                ("http", reply.status, reply.headers, body).into_pyobject(py)
            }
            Answer::Fault { sent } => ("http_fault", sent).into_pyobject(py),
        }
    }

    /// Lets the next `times` calls of a vendor, or of any, fail in a certain way.
    #[pyo3(signature = (fault, times, vendor=None))]
    fn fault(&self, fault: &str, times: u32, vendor: Option<&str>) -> PyResult<()> {
        let unknown = || PyValueError::new_err("no such fault or vendor");
        let fault = Fault::named(fault).ok_or_else(unknown)?;
        let vendor = vendor.map(|name| Vendor::named(name).ok_or_else(unknown)).transpose()?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fault(vendor, fault, times);
        Ok(())
    }

    /// Settles what becomes of a message; returns what its provider pushes, as JSON, or nothing.
    fn receipt(&self, message_id: &str, to: &str, status: &str) -> PyResult<Option<String>> {
        let unknown = || PyValueError::new_err("the status must be delivered or failed");
        let delivery = Delivery::named(status).ok_or_else(unknown)?;
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).receipt_json(message_id, to, delivery))
    }

    /// Returns the messages that were delivered, oldest first, as JSON.
    fn inbox(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).inbox_json()
    }
}

/// Runs one vector's inputs, given as JSON; returns what came out, as JSON.
#[pyfunction]
pub(crate) fn run_vector(input: &str) -> PyResult<String> {
    wire::run_vector(input).map_err(PyValueError::new_err)
}
