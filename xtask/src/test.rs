//! `cargo xtask test`: all that CI runs, and the numbers in the end.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;

use crate::cargo;
use crate::run::{self, Clock, Finished, Program, human, tail};
use crate::tally::Tally;
use crate::{build, bundle, check, scene, tools, wasm};

/// A suite that says nothing for so long hangs.
const SILENCE: Duration = Duration::from_secs(15 * 60);

/// One part of the whole; later ones use what earlier ones leave.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// What must be installed: wasm target, npm packages, Chromium, Envoy
    Tools,
    /// `cargo xtask build`
    Build,
    /// `cargo xtask check`
    Check,
    /// Every test of every crate, the ones across parts included
    Rust,
    /// The tests of the npm package
    Npm,
}

/// Runs all parts, or one. `true` if nothing failed.
pub(crate) fn run(only: Option<Part>) -> Result<bool> {
    let all = Clock::start();
    let mut report = Vec::new();
    for part in Part::value_variants() {
        if only.is_some_and(|only| only != *part) {
            continue;
        }
        println!("{}", part.name());
        let clock = Clock::start();
        let outcome = part.run();
        let failed = outcome
            .as_ref()
            .map_or(true, |tally| tally.is_some_and(|t| t.failed > 0));
        if let Err(error) = &outcome {
            println!("\nerror: {error:#}\n");
        }
        report.push((part.name(), clock.passed(), outcome.map_err(drop)));
        // Without tools or artifacts the rest would fail for no reason of its own.
        if failed && matches!(part, Part::Tools | Part::Build) {
            break;
        }
    }
    println!("\nsummary");
    let mut total = Tally::default();
    for (name, time, outcome) in report {
        let (tally, result) = match outcome {
            Ok(None) => (Tally::default(), "ok".to_owned()),
            Ok(Some(tally)) => (
                tally,
                format!("{} passed, {} failed", tally.passed, tally.failed),
            ),
            // A part that broke off counts as one failure, so that the last line can't be all green.
            Err(()) => (
                Tally {
                    passed: 0,
                    failed: 1,
                },
                "FAILED".to_owned(),
            ),
        };
        run::note(&format!("{name:<10} {}", human(time)), &result);
        total += tally;
    }
    run::note(&format!("{:<10} {}", "all", all.elapsed()), "");
    println!("\n{} passed, {} failed", total.passed, total.failed);
    Ok(total.failed == 0)
}

impl Part {
    fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// `None` where there is nothing to count.
    fn run(self) -> Result<Option<Tally>> {
        match self {
            Self::Tools => {
                tools::wasm_target()?;
                bundle::prepare()?;
                tools::chromium()?;
                tools::envoy()?;
                Ok(None)
            }
            Self::Build => build::run().map(|()| None),
            Self::Check => check::run().map(|()| None),
            Self::Rust => rust().map(Some),
            Self::Npm => npm().map(Some),
        }
    }
}

/// One call for the whole workspace: one set of features, nothing compiled twice.
fn rust() -> Result<Tally> {
    let package = scene::pack()?;
    let features = cargo::features(true)?;
    let mut program = cargo::cargo()
        .words("test --workspace --no-fail-fast --features")
        .arg(&features)
        .silent_at_most(SILENCE);
    let artifacts = [
        ("LAIKA_BIN", PathBuf::from(build::ISSUER)),
        ("LAIKA_ORDERS_BIN", PathBuf::from(build::BACKEND)),
        ("LAIKA_FILTER_WASM", PathBuf::from(wasm::FILTER)),
        ("LAIKA_PKG_TGZ", package),
        ("LAIKA_TOOLS", PathBuf::from(tools::NPM_TOOLS)),
        ("LAIKA_ENVOY", tools::envoy()?),
        ("LAIKA_CHROMIUM", tools::chromium()?),
    ];
    for (name, path) in artifacts {
        let path = std::path::absolute(&path).context("cannot tell the current folder")?;
        if !path.exists() {
            bail!(
                "`{}` is missing; `cargo xtask build` makes it",
                path.display()
            );
        }
        program = program.env(name, &path.to_string_lossy());
    }
    suite("tests of all crates", program, Tally::of_cargo)
}

fn npm() -> Result<Tally> {
    let program = Program::new("npm")
        .arg("test")
        .folder("pkg")
        .silent_at_most(SILENCE);
    suite("tests of the npm package", program, Tally::of_node)
}

/// Runs a test runner and counts; its output is shown if anything failed.
fn suite(name: &str, program: Program, count: fn(&str) -> Tally) -> Result<Tally> {
    let mut failed = None;
    let tally = run::step(name, |step| {
        let Finished { status, output } = program.finish(|line| step.show(line))?;
        let mut tally = count(&output);
        if !status.success() {
            tally.failed = tally.failed.max(1);
            failed = Some(output);
        } else if tally.passed == 0 {
            bail!("no test ran\n\n{}", tail(&output));
        }
        Ok(tally)
    })?;
    if let Some(output) = failed {
        println!("\n{}\n", tail(&output));
    }
    Ok(tally)
}
