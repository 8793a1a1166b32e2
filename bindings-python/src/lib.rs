//! The Python face of sansms: converts arguments, calls the core, converts the result, maps the error.
//!
//! Everything here is private to the package `sansms`; its Python half holds the driver, the stores and the transport.

mod error;
mod flow;
mod outcome;
mod store;
mod testing;

use pyo3::prelude::*;

/// The native half of the package.
#[pymodule(gil_used = false)]
mod _core {
    #[pymodule_export]
    use super::flow::{Engine, Flow, client_ip, env_names, is_purpose, read_receipts, receipt_answer};
    #[pymodule_export]
    use super::outcome::Outcome;
    #[pymodule_export]
    use super::store::{MemoryStore, apply, redis_script};
    #[pymodule_export]
    use super::testing::{Sandbox, run_vector};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
