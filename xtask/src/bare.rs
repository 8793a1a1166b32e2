//! Checks that the core, built alone, asks its host for nothing.

use crate::wasm_imports::imports;
use crate::{Outcome, cargo_wasm, target};

/// Builds `core/examples/bare.rs` without features to wasm and refuses any import.
///
/// # Errors
/// Names the imports, or says what could not be built or read.
pub(crate) fn run() -> Outcome {
    crate::run(cargo_wasm().args(["-p", "sansms", "--no-default-features", "--example", "bare"]))?;
    let path = target().join("wasm32-unknown-unknown/edge/examples/bare.wasm");
    let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let list = imports(&bytes).ok_or_else(|| format!("{} is not wasm", path.display()))?;
    if !list.is_empty() {
        return Err(format!("the core imports {}", list.join(", ")));
    }
    println!("bare wasm: {} bytes, 0 imports", bytes.len());
    Ok(())
}
