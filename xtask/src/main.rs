//! The project's own chores.
#![allow(clippy::print_stdout, reason = "it is a command")]

mod bare;
mod paths;
mod traces;
mod vectors;
#[cfg(feature = "wasm")]
mod wasm;
mod wasm_imports;

use std::process::{Command, ExitCode};

/// What a chore ends with; the text says what went wrong.
type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let chore = std::env::args().nth(1).unwrap_or_default();
    let outcome = match chore.as_str() {
        "bare" => bare::run(),
        "traces" => traces::run(),
        "vectors" => vectors::run(),
        #[cfg(feature = "wasm")]
        "wasm" => wasm::run(),
        #[cfg(not(feature = "wasm"))]
        "wasm" => Err("run it with `cargo run -p xtask --features wasm -- wasm`".into()),
        _ => Err("usage: xtask bare | traces | vectors | wasm".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask {chore}: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command to its end; its output goes where ours goes.
fn run(command: &mut Command) -> Outcome {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name} ended with {status}")),
        Err(error) => Err(format!("{name} did not start: {error}")),
    }
}

/// Returns the folder of the workspace: where Cargo runs this now, not where it was built, as clones share builds.
fn root() -> std::path::PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    std::path::Path::new(&package).parent().map(Into::into).unwrap_or_default()
}

/// Returns the folder that Cargo builds into.
fn target() -> std::path::PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into)
}

/// Begins `cargo build` for wasm, with the profile of the edge.
fn cargo_wasm() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()).args(["build", "--profile", "edge", "--target", "wasm32-unknown-unknown"]);
    // SHA-256 without unrolled rounds: 7 kB less, and no slower where it matters. Panic messages name files: not those
    // of the machine that built it.
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || std::path::Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".cargo"),
        Into::into,
    );
    // Where the standard library's source is installed, its files go by their places there.
    let sysroot = Command::new("rustc").current_dir(root()).args(["--print", "sysroot"]).output();
    let sysroot =
        sysroot.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default();
    let flags = format!(
        "--cfg=sha2_backend=\"soft\"\u{1f}--cfg=sha2_backend_soft=\"compact\"\u{1f}\
         --remap-path-prefix={}=cargo\u{1f}--remap-path-prefix={}=sansms\u{1f}\
         --remap-path-prefix={sysroot}/lib/rustlib/src/rust=rust",
        home.display(),
        root().display(),
    );
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags);
    cargo
}
