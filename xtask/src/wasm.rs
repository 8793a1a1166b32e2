//! Builds the wasm modules of the npm package, and their JavaScript glue.

use crate::{Outcome, cargo_wasm, root, target};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use wasm_bindgen_cli_support::Bindgen;

/// Builds the modules into `bindings-node/dist/wasm` and prints their sizes.
///
/// One wasm serves every runtime: `<name>_bg.js` is the glue for bundlers, workerd and Deno, `<name>.cjs` for Node.
/// Node takes none that leaves something out, so there those have no glue.
///
/// # Errors
/// Says which tool failed.
pub(crate) fn run() -> Outcome {
    let out = root().join("bindings-node/dist/wasm");
    for Module { name, features, on_node } in MODULES {
        crate::run(cargo_wasm().args([
            "-p",
            "sansms-wasm",
            "--no-default-features",
            "--features",
            features,
        ]))?;
        glue(name, &target().join("wasm32-unknown-unknown/edge/sansms_wasm.wasm"), &out)?;
        if !on_node {
            fs::remove_file(out.join(format!("{name}.cjs"))).map_err(text)?;
        }
        let wasm = out.join(format!("{name}_bg.wasm"));
        shrink(&wasm)?;
        println!("{name}_bg.wasm: {} bytes, {} gzipped", size(&wasm)?, gzipped(&wasm)?);
    }
    Ok(())
}

/// Makes the glue for Node and for bundlers; the wasm is the same for both, as the name is baked into it.
fn glue(name: &str, input: &Path, out: &Path) -> Outcome {
    let mut node = Bindgen::new();
    let mut bundler = Bindgen::new();
    for (bindgen, folder) in [
        (node.nodejs(true).map_err(text)?, out.join("node")),
        (bundler.bundler(true).map_err(text)?, out.into()),
    ] {
        let bindgen = bindgen.input_path(input).out_name(name).typescript(false);
        bindgen.remove_name_section(true).remove_producers_section(true).generate(folder).map_err(text)?;
    }
    let made = |file: String| out.join("node").join(file);
    let same = read(&made(format!("{name}_bg.wasm")))? == read(&out.join(format!("{name}_bg.wasm")))?;
    if !same {
        return Err(format!("{name}: the glue for Node wants another wasm than that for bundlers"));
    }
    fs::rename(made(format!("{name}.js")), out.join(format!("{name}.cjs"))).map_err(text)?;
    fs::remove_file(out.join(format!("{name}.js"))).map_err(text)?;
    fs::remove_dir_all(out.join("node")).map_err(text)
}

/// Runs `wasm-opt` over the module, where npm has put one.
fn shrink(wasm: &Path) -> Outcome {
    let tool = root().join("bindings-node/node_modules/binaryen/bin/wasm-opt");
    if !tool.exists() {
        println!(
            "no wasm-opt at bindings-node/node_modules/binaryen: the module stays as the compiler made it"
        );
        return Ok(());
    }
    crate::run(Command::new(tool).args(WASM_OPT).arg(wasm).arg("-o").arg(wasm))
}

fn gzipped(path: &Path) -> Result<usize, String> {
    let output = Command::new("gzip").args(["-9", "-n", "-c"]).arg(path).stderr(Stdio::inherit()).output();
    output.map(|output| output.stdout.len()).map_err(text)
}

fn size(path: &Path) -> Result<usize, String> {
    read(path).map(|bytes| bytes.len())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

struct Module {
    name: &'static str,
    features: &'static str,
    /// Whether Node loads it, too.
    on_node: bool,
}

/// What is deployed, from the largest on, and what only tests load.
const MODULES: [Module; 4] = [
    Module { name: "sansms_full", features: "every-provider,operations", on_node: true },
    Module { name: "sansms", features: "every-provider", on_node: false },
    Module { name: "sansms_sms", features: "aliyun,tencent", on_node: false },
    Module { name: "sansms_testing", features: "every-provider,operations,testing", on_node: true },
];

const WASM_OPT: [&str; 16] = [
    // Nothing lies below 1024: the stack, a megabyte, grows down to 0 and traps there. So no small offset can wrap.
    "--low-memory-unused",
    "-Oz",
    // Anew from flat code: 0.4 kB less.
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--converge",
    // What is called from one place stays a function: 0.3 to 0.7 kB less.
    "--one-caller-inline-max-function-size=0",
    "--strip-debug",
    "--strip-producers",
    "--strip-target-features",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-reference-types",
    "--enable-multivalue",
];
