//! `cargo xtask test`: all that CI runs, and the numbers in the end.

use anyhow::Result;
use clap::ValueEnum;

use crate::run::{self, Clock, human};
use crate::tally::Tally;
use crate::{build, bundle, check, size, suites, tools};

/// One part of the whole; later ones use what earlier ones leave.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Part {
    /// What must be installed: wasm target, npm packages, Chromium, Envoy, PostgreSQL
    Tools,
    /// Wasm modules, npm package, page, and every test with the programs that it starts
    Build,
    /// `cargo xtask check`
    Check,
    /// Every test of every crate, the ones across parts included
    Rust,
    /// The tests of the issuer once more, on PostgreSQL
    Postgres,
    /// The tests of the npm package
    Npm,
    /// The npm package, packed, in every runtime and bundler
    Runtimes,
    /// The tests of the page, in Chromium
    Page,
}

/// Runs all parts, or one. `true` if nothing failed.
pub(crate) fn run(only: Option<Part>) -> Result<bool> {
    let all = Clock::start();
    let (mut report, mut total) = (Vec::new(), Tally::default());
    let parts = only.as_ref().map_or(Part::value_variants(), std::slice::from_ref);
    for part in parts {
        println!("{}", part.name());
        let clock = Clock::start();
        let (tally, result) = match part.run() {
            Ok(None) => (Tally::default(), "ok".to_owned()),
            Ok(Some(tally)) => (tally, tally.to_string()),
            Err(error) => {
                println!("\nerror: {error:#}\n");
                // One failure, so that the last line can't be all green.
                (Tally { passed: 0, failed: 1 }, "FAILED".to_owned())
            }
        };
        report.push((format!("{:<10} {}", part.name(), clock.elapsed()), result));
        total += tally;
        // Without tools and artifacts the rest would fail for no reason of its own.
        if tally.failed > 0 && matches!(part, Part::Tools | Part::Build) {
            break;
        }
    }
    println!("\nsummary");
    for (line, result) in report {
        run::note(&line, &result);
    }
    println!("  {:<10} {}\n\n{total}", "all", human(all.passed()));
    Ok(total.failed == 0)
}

impl Part {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// `None` where there is nothing to count.
    fn run(self) -> Result<Option<Tally>> {
        match self {
            Self::Tools => {
                tools::wasm_target()?;
                tools::wasi_target()?;
                bundle::prepare()?;
                tools::npm_packages(tools::NPM_RUNTIMES)?;
                tools::chromium()?;
                tools::envoy()?;
                tools::joserfc()?;
                tools::aiosmtpd()?;
                tools::authlib()?;
                tools::schemathesis()?;
                tools::deployment()?;
                tools::buildah()?;
                tools::systemd_analyze()?;
                tools::postgres()?;
                Ok(None)
            }
            Self::Build => {
                build::web()?;
                size::check()?;
                suites::compile()?;
                Ok(None)
            }
            Self::Check => check::run().map(|()| None),
            Self::Rust => suites::rust().map(Some),
            Self::Postgres => suites::postgres().map(Some),
            Self::Npm => suites::npm().map(Some),
            Self::Runtimes => suites::runtimes().map(Some),
            Self::Page => suites::page().map(Some),
        }
    }
}
