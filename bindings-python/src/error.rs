//! Core errors as the exceptions that `sansms._errors` defines.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use sansms::wire;

const HOME: &str = "sansms._errors";

/// Maps a wrong configuration to `sansms.ConfigError(code, option, message, env)`.
pub(crate) fn config(py: Python<'_>, error: wire::ConfigError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match CLASS.import(py, HOME, "ConfigError") {
        Ok(class) => {
            PyErr::from_type(class.clone(), (error.code.as_str(), error.option, error.message, error.env))
        }
        Err(missing) => missing,
    }
}

/// Maps a bug in the driver to `sansms.DriveError(code, message)`.
pub(crate) fn drive(py: Python<'_>, error: wire::DriveError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match CLASS.import(py, HOME, "DriveError") {
        Ok(class) => PyErr::from_type(class.clone(), (error.as_str(), error.to_string())),
        Err(missing) => missing,
    }
}
