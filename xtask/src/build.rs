//! `cargo xtask build`: everything that is shipped.

use anyhow::Result;

use crate::cargo::{self, PAGE};
use crate::{bundle, run, tools, wasm};

/// The issuer, with the page inside.
pub(crate) const ISSUER: &str = "target/release/laika";

/// The example backend.
pub(crate) const BACKEND: &str = "target/release/examples/orders";

pub(crate) fn run() -> Result<()> {
    package()?;
    wasm::filter()?;
    bundle::page()?;
    native()
}

/// The npm package alone.
pub(crate) fn package() -> Result<()> {
    tools::wasm_target()?;
    bundle::prepare()?;
    wasm::compile()?;
    wasm::bind()?;
    bundle::package()
}

/// One call for both programs: two would compile what they share twice, with other features.
fn native() -> Result<()> {
    run::step("issuer and example backend", |step| {
        cargo::cargo()
            .words("build --release -p laika-issuer -p laika-verifier")
            .words("--bin laika --example orders")
            .args(["--features", &format!("{PAGE},laika-verifier/tower")])
            .run(step)
    })?;
    Ok(())
}
