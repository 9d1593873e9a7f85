//! `cargo xtask build`: everything that is shipped; and what the tests run in its place.

use anyhow::Result;

use crate::cargo::{self, PAGE};
use crate::{bundle, run, tools, wasm};

/// The issuer, with the page inside.
pub(crate) const ISSUER: &str = "target/release/laika";

/// The example backend.
pub(crate) const BACKEND: &str = "target/release/examples/orders";

pub(crate) fn run() -> Result<()> {
    web()?;
    native()
}

/// The page, and the package that it is made with.
pub(crate) fn page() -> Result<()> {
    package()?;
    bundle::page()
}

/// What runs elsewhere than on the machine itself: both wasm modules, npm package and page.
pub(crate) fn web() -> Result<()> {
    // First, since it installs what all of them are made with.
    package()?;
    wasm::filter()?;
    bundle::page()
}

/// The npm package alone.
pub(crate) fn package() -> Result<()> {
    tools::wasm_target()?;
    bundle::prepare()?;
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
