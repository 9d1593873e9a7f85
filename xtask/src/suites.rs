//! The test suites, each by its own runner, with its passes and failures counted.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::postgres::{Commit, Postgres};
use crate::run::{self, Finished, Program};
use crate::tally::Tally;
use crate::{build, cargo, files, scene, tools, wasm};

/// A suite that says nothing for so long hangs.
const SILENCE: Duration = Duration::from_secs(15 * 60);

/// Every test of every crate in one call: one set of features, so nothing is compiled twice.
pub(crate) fn rust() -> Result<Tally> {
    let package = scene::pack()?;
    let features = cargo::features(true)?;
    let program = cargo::cargo().words("test --workspace --no-fail-fast --features").arg(&features);
    let program = with(program, "LAIKA_PKG_TGZ", &package)?;
    let program = with(program, "LAIKA_CONFORMANCE_WASM", &wasm::conformance()?)?;
    suite("tests of all crates", with_artifacts(program)?, Tally::of_cargo)
}

/// The issuer's API once more, on PostgreSQL. The same features as before: nothing is compiled anew.
pub(crate) fn postgres() -> Result<Tally> {
    let postgres = Postgres::start(Commit::InMemory)?;
    let program = cargo::cargo()
        .words("test --workspace --no-fail-fast --test api --test mail --features")
        .arg(&cargo::features(true)?)
        .env("TEST_POSTGRES", &postgres.url());
    let program = with(program, "LAIKA_AIOSMTPD", &tools::aiosmtpd()?)?;
    suite("tests of the issuer on PostgreSQL", program, Tally::of_cargo)
}

pub(crate) fn npm() -> Result<Tally> {
    let program = Program::new("npm").arg("test").folder("pkg");
    suite("tests of the npm package", with_artifacts(program)?, Tally::of_node)
}

/// A fresh project for each runtime and bundler, with the tarball installed.
pub(crate) fn runtimes() -> Result<Tally> {
    tools::npm_packages(tools::NPM_RUNTIMES)?;
    let program = Program::new("npm").arg("test").folder(tools::NPM_RUNTIMES);
    let program = with(program, "LAIKA_PKG_TGZ", &scene::pack()?)?;
    let program = with(program, "LAIKA_TOOLS", Path::new(tools::NPM_TOOLS))?;
    let program = with(program, "LAIKA_CHROMIUM", &tools::chromium()?)?;
    suite("the npm package in every runtime and bundler", program, Tally::of_node)
}

pub(crate) fn page() -> Result<Tally> {
    let tests = files::tree(Path::new("www/test"))?;
    let tests = tests.iter().map(|file| file.to_string_lossy());
    let program = tests
        .filter(|file| file.ends_with(".test.mjs"))
        .fold(Program::new("node").arg("--test"), |program, file| program.arg(&file));
    suite("tests of the page", with_artifacts(program)?, Tally::of_node)
}

/// Tells the tests across parts, by `LAIKA_*`, where everything is.
fn with_artifacts(program: Program) -> Result<Program> {
    let artifacts = [
        ("LAIKA_BIN", PathBuf::from(build::ISSUER)),
        ("LAIKA_ORDERS_BIN", PathBuf::from(build::BACKEND)),
        ("LAIKA_FILTER_WASM", PathBuf::from(wasm::FILTER)),
        ("LAIKA_TOOLS", PathBuf::from(tools::NPM_TOOLS)),
        ("LAIKA_AIOSMTPD", tools::aiosmtpd()?),
        ("LAIKA_ENVOY", tools::envoy()?),
        ("LAIKA_JOSERFC", tools::joserfc()?),
        ("LAIKA_AUTHLIB", tools::authlib()?),
        ("LAIKA_SCHEMATHESIS", tools::schemathesis()?),
        ("LAIKA_CHROMIUM", tools::chromium()?),
    ];
    artifacts.iter().try_fold(program, |program, (name, path)| with(program, name, path))
}

fn with(program: Program, name: &str, path: &Path) -> Result<Program> {
    let path = std::path::absolute(path).context("cannot tell the current folder")?;
    ensure!(path.exists(), "`{}` is missing; `cargo xtask build` makes it", path.display());
    Ok(program.env(name, &path.to_string_lossy()))
}

/// Runs a test runner and counts. Of one that failed, everything but its successes is shown.
fn suite(name: &str, program: Program, count: fn(&str) -> Tally) -> Result<Tally> {
    let run = |step: &run::Step| program.silent_at_most(SILENCE).finish(|line| step.show(line));
    let Finished { status, output } = run::step(name, run)?;
    let mut tally = count(&output);
    if !status.success() {
        tally.failed = tally.failed.max(1);
    }
    if tally.failed > 0 {
        println!();
        for line in output.lines().filter(|line| !is_success(line)) {
            println!("{line}");
        }
        println!();
    }
    ensure!(tally != Tally::default(), "no test ran");
    Ok(tally)
}

fn is_success(line: &str) -> bool {
    let line = line.trim_start();
    line.ends_with("... ok")
        || ["✔ ", "ok ", "Compiling ", "Downloaded "].iter().any(|start| line.starts_with(start))
}
