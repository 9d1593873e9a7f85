//! `cargo xtask test`: all that CI runs, and the numbers in the end.

use std::slice;

use anyhow::Result;
use clap::ValueEnum;

use crate::run::{self, Clock, human};
use crate::tally::Tally;
use crate::{build, bundle, check, size, suites, tools};

/// One part of the whole; later ones use what earlier ones leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// What must be installed to build: wasm targets, npm packages
    Tools,
    /// What the tests start: Chromium, Envoy, PostgreSQL, servers and clients in Python
    Peers,
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

/// Parts in a row.
type Lane = &'static [Part];

/// All parts. Of two lanes of a stage both run at one time: what waits for a network or a browser beside
/// what computes.
const STAGES: [(Lane, Lane); 5] = [
    (&[Part::Tools], &[]),
    (&[Part::Build], &[Part::Peers]),
    (&[Part::Check, Part::Rust], &[]),
    (&[Part::Postgres], &[]),
    (&[Part::Npm], &[Part::Runtimes, Part::Page]),
];

/// How a part has ended.
struct Ended {
    part: Part,
    time: String,
    tally: Tally,
    result: String,
}

/// Runs all parts, or one. `true` if nothing failed.
pub(crate) fn run(only: Option<Part>) -> Result<bool> {
    let all = Clock::start();
    let mut ended = Vec::new();
    match only {
        Some(part) => ended.extend(lane(slice::from_ref(&part))),
        None => {
            for (first, second) in STAGES {
                let (first, second) = run::at_one_time(|| lane(first), || lane(second));
                ended.extend(first.into_iter().chain(second));
                // Without tools and artifacts the rest would fail for no reason of its own.
                if ended.iter().any(Ended::spoils_the_rest) {
                    break;
                }
            }
        }
    }
    println!("\nsummary");
    let mut total = Tally::default();
    for Ended { part, time, tally, result } in ended {
        run::note(&format!("{:<10} {time}", part.name()), &result);
        total += tally;
    }
    println!("  {:<10} {}\n\n{total}", "all", human(all.passed()));
    Ok(total.failed == 0)
}

fn lane(parts: &[Part]) -> Vec<Ended> {
    parts.iter().map(|part| part.end()).collect()
}

impl Ended {
    fn spoils_the_rest(&self) -> bool {
        self.tally.failed > 0 && matches!(self.part, Part::Tools | Part::Peers | Part::Build)
    }
}

impl Part {
    fn end(self) -> Ended {
        println!("{}", self.name());
        let clock = Clock::start();
        let (tally, result) = match self.run() {
            Ok(None) => (Tally::default(), "ok".to_owned()),
            Ok(Some(tally)) => (tally, tally.to_string()),
            Err(error) => {
                println!("\nerror: {error:#}\n");
                // One failure, so that the last line can't be all green.
                (Tally { passed: 0, failed: 1 }, "FAILED".to_owned())
            }
        };
        Ended { part: self, time: clock.elapsed(), tally, result }
    }

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
                Ok(None)
            }
            Self::Peers => {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_runs_once() {
        let lanes = STAGES.iter().flat_map(|(first, second)| [first, second]);
        let planned: Vec<Part> = lanes.flat_map(|lane| lane.iter().copied()).collect();
        for part in Part::value_variants() {
            assert_eq!(planned.iter().filter(|other| *other == part).count(), 1, "{part:?}");
        }
    }
}
