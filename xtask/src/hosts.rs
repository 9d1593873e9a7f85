//! `cargo xtask hosts`: the filter in other hosts of proxy-wasm than Envoy.
//!
//! Not among the tests of every change: the host has a compiler of WebAssembly, which takes longer
//! to build than the rest of the tests together.

use anyhow::Result;

use crate::cargo::cargo;
use crate::run;
use crate::tally::Tally;
use crate::{files, tools, wasm};

/// A workspace of its own; see there.
const MANIFEST: &str = "tests/hosts/Cargo.toml";
/// Where it is built; nothing else is.
const TARGET: &str = "target/hosts";

/// Builds the filter and runs the tests. What failed and what did not.
pub(crate) fn run() -> Result<Tally> {
    tools::wasm_target()?;
    wasm::filter()?;
    let filter = files::absolute(wasm::FILTER)?;
    // The host names a newer compiler than ours as its oldest, and builds with ours.
    let tests = || {
        let test = cargo().words("test --locked --ignore-rust-version --manifest-path");
        test.arg(MANIFEST).arg("--target-dir").arg(TARGET)
    };
    run::step("another host of proxy-wasm: compile", |step| tests().arg("--no-run").run(step))?;
    let output = run::step("the filter in `proxy-wasm-host`, on Wasmtime", |step| {
        tests().env("LAIKA_FILTER_WASM", &filter.to_string_lossy()).run(step)
    })?;
    Ok(Tally::of_cargo(&output))
}
