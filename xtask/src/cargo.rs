//! The cargo that started us, for the crates of the workspace.

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::run::Program;

/// The target of both wasm modules.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The target of programs that tests run in WebAssembly.
pub(crate) const WASI: &str = "wasm32-wasip1";

/// The optional feature that embeds `target/www/`, and so needs it at compile time.
pub(crate) const PAGE: &str = "laika-issuer/page";

/// The same cargo, as if called from a shell: what `cargo run` adds to the environment would make
/// build scripts that watch it run anew at every change between the two.
pub(crate) fn cargo() -> Program {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut program = Program::new(cargo).named("cargo").env("CARGO_TARGET_DIR", "target");
    for (name, _) in std::env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        let ours = name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        if ours || matches!(name, "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE") {
            program = program.env_remove(name);
        }
    }
    program
}

/// Every feature of every crate of the workspace as `crate/feature`, for cargo's `--features`.
pub(crate) fn features(with_page: bool) -> Result<String> {
    let text = cargo()
        .words("metadata --no-deps --format-version 1 --quiet")
        .try_output()
        .context("`cargo metadata` failed; run it by hand to see why")?;
    let metadata: Value = serde_json::from_str(&text).context("cannot read `cargo metadata`")?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    let mut features: Vec<String> = packages
        .into_iter()
        .flatten()
        .filter_map(|package| {
            let name = package.get("name")?.as_str()?;
            let features = package.get("features")?.as_object()?;
            Some(features.keys().map(move |feature| format!("{name}/{feature}")))
        })
        .flatten()
        .filter(|feature| with_page || feature != PAGE)
        .collect();
    features.sort();
    Ok(features.join(","))
}
