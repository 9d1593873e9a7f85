//! `cargo xtask`: the only build script of Laika.
//!
//! Every subcommand is one module. They share `run` (other programs, with time and captured
//! output), `tools` (what must be installed, and what to say when it can't be) and `stamp` (what
//! has changed since last time). All paths are relative to the root of the workspace, which
//! becomes the current folder at start.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a build script speaks to whoever runs it")]

mod bench;
mod build;
mod bundle;
mod cargo;
mod check;
mod demo;
mod files;
mod fuzz;
mod hosts;
mod hygiene;
mod optimise;
mod order;
mod postgres;
mod run;
mod scene;
mod service;
mod silence;
mod size;
mod soak;
mod stamp;
mod suites;
mod tally;
mod test;
mod tools;
mod wasm;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

const NEEDS: &str = "\
Needs Rust (with rustup, which adds the wasm target), a C compiler, and Node.js 20 or newer.
`test` also needs Python 3, which brings Envoy, and Chromium and PostgreSQL, which root gets by `apt-get`.";

/// Builds, tests and shows Laika.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100, after_help = NEEDS)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything that is shipped
    ///
    /// Leaves `target/release/laika` with the page inside, `pkg/` ready for `npm pack`, and
    /// `target/wasm/laika_edge_filter.wasm`. What has not changed is not built again.
    Build,
    /// Build the issuer once more, faster by what it does under load
    ///
    /// Leaves `target/optimised/laika`: the same program, compiled with a profile of a run under the
    /// load of `bench issuer`, which takes some 20 minutes. It is what `bench issuer` measures, and
    /// what is best to deploy.
    Optimise,
    /// Run issuer and example backend until Ctrl-C, and say what to try
    Demo,
    /// Check format, lints, documentation, file hygiene, licences
    Check,
    /// Run all that CI runs; the numbers come last
    Test {
        /// Run this part alone, on what is there
        #[arg(long, value_name = "PART")]
        only: Option<test::Part>,
    },
    /// Measure on this machine, beside other libraries
    Bench {
        /// What to measure
        subject: bench::Subject,
        /// Also write every figure to this file, as JSON (`verify`, `issuer`, `edge` and
        /// `edge-instructions`)
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Only what contains this text: a runtime of `verify`, a pair of contender and operation of
        /// `issuer`, a contender of `edge` and `edge-instructions`
        #[arg(long, value_name = "TEXT")]
        only: Option<String>,
        /// Another build of `laika`, to be measured in turns with ours (`issuer`)
        #[arg(long, value_name = "FILE")]
        beside: Option<PathBuf>,
    },
    /// Say what each part of the npm package costs to download, and hold it against its budget
    Size,
    /// Fuzz the verifier, on the nightly toolchain
    ///
    /// What it finds besides crashes stays in `target/fuzz/`, and the next run begins there. See
    /// `fuzz/README.md`.
    Fuzz {
        /// One target, such as `token`; all of them if left out
        target: Option<String>,
        /// How long, all targets together
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Make the committed corpus the smallest that reaches what is known, in place of fuzzing
        #[arg(long)]
        minimise: bool,
    },
    /// Run the filter in another host of proxy-wasm than Envoy
    ///
    /// `edge-filter/README.md` says which. Building it takes minutes.
    Hosts,
    /// Run for long, and write `docs/soak.md`
    ///
    /// A million verifications by one verifier and a million by many, damaged tokens through the
    /// packed npm package, an issuer killed under load again and again, Envoy with a million
    /// requests, the arithmetic beside other libraries, the filter in another host than Envoy, and
    /// every fuzz target. Over an hour on two cores; the page is written after every run, and keeps what
    /// others have found before.
    Soak {
        /// Three times what each run takes that takes as long as it is given
        #[arg(long, default_value_t = 10)]
        minutes: u32,
        /// Run this part alone; may be given several times
        #[arg(long, value_name = "PART")]
        only: Vec<soak::Part>,
    },
}

fn main() -> ExitCode {
    match start(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            println!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> Result<ExitCode> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = manifest.parent().context("the build script has no folder above it")?;
    std::env::set_current_dir(root)
        .with_context(|| format!("cannot enter the workspace `{}`", root.display()))?;
    let good = match arguments.task {
        Task::Build => build::run().map(|()| true),
        Task::Optimise => optimise::run().map(|()| true),
        Task::Demo => demo::run().map(|()| true),
        Task::Check => check::run().map(|()| true),
        Task::Test { only } => test::run(only),
        Task::Bench { subject, json, only, beside } => {
            bench::run(subject, &bench::Wishes { json, only, beside }).map(|()| true)
        }
        Task::Size => {
            build::package()?;
            println!("\n{}", size::check()?);
            Ok(true)
        }
        Task::Fuzz { target, seconds, minimise } => fuzz::run(target.as_deref(), seconds, minimise),
        Task::Hosts => hosts::run().map(|tally| {
            println!("\n{tally}");
            tally.failed == 0
        }),
        Task::Soak { minutes, only } => soak::run(minutes, &only),
    }?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
