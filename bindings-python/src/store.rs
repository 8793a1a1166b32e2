//! The limiter, for store adapters, and the store that keeps its records in this process.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use sansms::wire::{self, UnixMillis};
use std::sync::{Mutex, PoisonError};

/// Records in this process's memory; one call is one atomic operation.
#[pyclass(frozen, module = "sansms._core")]
pub(crate) struct MemoryStore(Mutex<wire::MemoryStore>);

#[pymethods]
impl MemoryStore {
    #[new]
    fn new() -> Self {
        Self(Mutex::new(wire::MemoryStore::new()))
    }

    /// Runs one operation on one record; returns its reply.
    fn run(&self, key: &str, op: &str, now_ms: u64) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).run(key, op, UnixMillis(now_ms))
    }

    fn __len__(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Applies one operation to a record; returns `(record to keep or None, its time to live in ms, reply)`.
#[pyfunction]
#[pyo3(signature = (record, op, now_ms))]
pub(crate) fn apply<'py>(
    py: Python<'py>,
    record: Option<&[u8]>,
    op: &str,
    now_ms: u64,
) -> (Option<Bound<'py, PyBytes>>, u64, String) {
    let wire::Applied { record, ttl, reply } = wire::apply(record, op, UnixMillis(now_ms));
    (record.map(|bytes| PyBytes::new(py, &bytes)), ttl.0, reply)
}

/// Returns the script for Redis and its SHA-1 in hex.
#[pyfunction]
pub(crate) fn redis_script() -> (&'static str, String) {
    wire::redis_script()
}
