//! The test suites, each by its own runner, with its passes and failures counted.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::postgres::{Commit, Postgres};
use crate::run::{self, Finished, Program};
use crate::tally::Tally;
use crate::{cargo, files, scene, tools, wasm};

/// A suite that says nothing for so long hangs.
const SILENCE: Duration = Duration::from_secs(15 * 60);

/// Tests at one time for each core: half of their time they wait for servers and browsers.
const TESTS_PER_CORE: usize = 2;

/// The issuer that tests start, made with them: unoptimised, its overflow and debug checks at work.
const ISSUER: &str = "target/debug/laika";

/// The example backend that tests start, made with them.
const BACKEND: &str = "target/debug/examples/orders";

/// Those of the issuer's test binaries, and of their modules, whose answers may depend on the
/// database; no module: all of them.
const ON_BOTH_DATABASES: [(&str, &[&str]); 3] = [
    ("api", &[]),
    ("mail", &[]),
    ("serving", &["crash::", "log::", "migration::", "schemathesis::"]),
];

/// Every test of every crate, compiled by one call: one set of features, so nothing is compiled
/// twice. Answers with where the binary of each test target is.
pub(crate) fn compile() -> Result<BTreeMap<String, PathBuf>> {
    let messages = run::step("tests and the programs they start: compile", |step| {
        tests()?.words("--no-run --message-format json-render-diagnostics").run(step)
    })?;
    let binaries = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let name = message.pointer("/target/name")?.as_str()?;
        let tested = message.pointer("/profile/test")?.as_bool()?;
        let path = message.get("executable")?.as_str()?;
        tested.then(|| (name.to_owned(), PathBuf::from(path)))
    });
    Ok(binaries.collect())
}

pub(crate) fn rust() -> Result<Tally> {
    let package = scene::pack()?;
    let program = with(tests()?, "LAIKA_PKG_TGZ", &package)?;
    let program = with(program, "LAIKA_CONFORMANCE_WASM", &wasm::conformance()?)?;
    let program = with(program, "LAIKA_KERNELS_WASM", &wasm::arithmetic("kernels")?)?;
    suite("tests of all crates", side_by_side(with_artifacts(program)?), Tally::of_cargo)
}

/// The issuer once more, on PostgreSQL. The binaries themselves are run: a `cargo test` of fewer
/// targets chooses other features for what they share, and compiles it anew.
pub(crate) fn postgres() -> Result<Tally> {
    let binaries = compile()?;
    let postgres = Postgres::start(Commit::InMemory)?;
    let mut all = Tally::default();
    for (name, modules) in ON_BOTH_DATABASES {
        let binary = binaries.get(name).with_context(|| format!("no test target `{name}`"))?;
        let program = Program::new(binary).args(modules.iter().copied());
        let program = program.folder("issuer").env("TEST_POSTGRES", &postgres.url());
        all += suite(
            &format!("`{name}` of the issuer on PostgreSQL"),
            side_by_side(with_artifacts(program)?),
            Tally::of_cargo,
        )?;
    }
    Ok(all)
}

/// `cargo test` of everything, with every feature.
fn tests() -> Result<Program> {
    Ok(cargo::cargo()
        .words("test --workspace --no-fail-fast --features")
        .arg(&cargo::features(true)?))
}

pub(crate) fn npm() -> Result<Tally> {
    // An example runs in Deno, which is among them.
    tools::npm_packages(tools::NPM_RUNTIMES)?;
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

/// More tests at one time than the runner would take.
fn side_by_side(program: Program) -> Program {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    program.env("RUST_TEST_THREADS", &(TESTS_PER_CORE * cores).to_string())
}

/// Tells the tests across parts, by `LAIKA_*`, where everything is.
fn with_artifacts(program: Program) -> Result<Program> {
    let artifacts = [
        ("LAIKA_BIN", PathBuf::from(ISSUER)),
        ("LAIKA_ORDERS_BIN", PathBuf::from(BACKEND)),
        ("LAIKA_FILTER_WASM", PathBuf::from(wasm::FILTER)),
        ("LAIKA_TOOLS", PathBuf::from(tools::NPM_TOOLS)),
        ("LAIKA_AIOSMTPD", tools::aiosmtpd()?),
        ("LAIKA_ENVOY", tools::envoy()?),
        ("LAIKA_JOSERFC", tools::joserfc()?),
        ("LAIKA_AUTHLIB", tools::authlib()?),
        ("LAIKA_RABBITMQ", tools::rabbitmq()?),
        ("LAIKA_SCHEMATHESIS", tools::schemathesis()?),
        ("LAIKA_CHROMIUM", tools::chromium()?),
        ("LAIKA_DEPLOYMENT", tools::deployment()?),
        ("LAIKA_BUILDAH", tools::buildah()?),
        ("LAIKA_SYSTEMD_ANALYZE", tools::systemd_analyze()?),
    ];
    artifacts.iter().try_fold(program, |program, (name, path)| with(program, name, path))
}

fn with(program: Program, name: &str, path: &Path) -> Result<Program> {
    let path = files::absolute(path)?;
    ensure!(
        path.exists(),
        "`{}` is missing; `cargo xtask test --only build` makes it",
        path.display()
    );
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
        // In one piece, where another suite runs beside it.
        let shown: Vec<_> = output.lines().filter(|line| !is_success(line)).collect();
        println!("\n{}\n", shown.join("\n"));
    }
    ensure!(tally != Tally::default(), "no test ran");
    Ok(tally)
}

fn is_success(line: &str) -> bool {
    let line = line.trim_start();
    line.ends_with("... ok")
        || ["✔ ", "ok ", "Compiling ", "Downloaded "].iter().any(|start| line.starts_with(start))
}
