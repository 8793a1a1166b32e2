//! Checks that the core, built alone, asks its host for nothing.

use crate::wasm_imports::imports;
use crate::{Outcome, cargo_wasm, target};

/// Builds `xtask/bare`, the core without features, to wasm and refuses any import.
///
/// # Errors
/// Names the imports, or says what could not be built or read.
pub(crate) fn run() -> Outcome {
    crate::run(cargo_wasm().args(["-p", "sansms-bare"]))?;
    let path = target().join("wasm32-unknown-unknown/edge/sansms_bare.wasm");
    let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let list = imports(&bytes).ok_or_else(|| format!("{} is not wasm", path.display()))?;
    if !list.is_empty() {
        return Err(format!("the core imports {}", list.join(", ")));
    }
    println!("bare wasm: {} bytes, 0 imports", bytes.len());
    Ok(())
}
