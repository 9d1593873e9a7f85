//! `cargo xtask soak`: what only time brings out. The outcome goes to `docs/soak.md`.
//!
//! Each run is a part that can be run by itself; the page has the last outcome of each.

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use serde::Deserialize;

use crate::run::{self, Program, Step};
use crate::scene::Scene;
use crate::{build, cargo, files, fuzz, hosts, tools, wasm};

const REPORT: &str = "docs/soak.md";

/// What stands above the rows.
const HEADING: &str = "\
# Long runs

Written by `cargo xtask soak`: what came out last of each run, when, and at which commit. Those that \
take as long as they are given get a third of the `--minutes`.

| run | result | | when |
|---|---|---|---|
";

/// Powers and verifications by which each kernel is held against other libraries: thousands of
/// millions of products of limbs, and a million verifications.
const KERNELS: [&str; 2] = ["3000", "1000000"];

/// Verifications by each curve.
const CURVES: &str = "1000000";

/// A day's worth of requests to Envoy.
const REQUESTS: u64 = 1_000_000;

/// What can be run by itself.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Part {
    /// A million verifications by one verifier
    Verify,
    /// Verifiers made and dropped
    Leak,
    /// Damaged tokens through the packed npm package
    Mutate,
    /// An issuer killed under load
    Kill,
    /// Envoy while keys and sessions change
    Rotation,
    /// Envoy while issuer and server are killed
    Chaos,
    /// Envoy with a million requests
    Memory,
    /// The arithmetic of RSA beside other libraries, in WebAssembly and natively
    Kernels,
    /// The curves beside other libraries, in WebAssembly and natively
    Curves,
    /// The filter in another host than Envoy
    Hosts,
    /// Licences, bans and sources of dependencies
    Dependencies,
    /// Every fuzz target
    Fuzzing,
}

/// What came out of a run, one of several things perhaps: the last line of each script, as JSON.
#[derive(Deserialize)]
struct Outcome {
    /// The run, as it is called while it goes on.
    #[serde(skip)]
    run: String,
    what: String,
    result: String,
    ok: bool,
}

/// Runs everything, or `only` some, for about so many minutes. `true` if all of it held.
pub(crate) fn run(minutes: u32, only: &[Part]) -> Result<bool> {
    let parts = Part::value_variants().iter().filter(|part| only.is_empty() || only.contains(part));
    let parts: Vec<_> = parts.collect();
    if parts.iter().any(|part| part.needs_build()) {
        build::run()?;
    }
    // The millions of verifications take what they take; the rest of the time is shared.
    let third = u64::from(minutes) * 60 / 3;
    let mut page = Page::begin(minutes)?;
    for part in parts {
        for outcome in part.run(third)? {
            page.add(outcome)?;
        }
    }
    println!("\nwritten to {REPORT}");
    Ok(page.held)
}

impl Part {
    /// Whether it runs what is shipped.
    fn needs_build(self) -> bool {
        use Part::{Curves, Dependencies, Fuzzing, Hosts, Kernels};
        !matches!(self, Kernels | Curves | Hosts | Dependencies | Fuzzing)
    }

    /// Runs it, for so many seconds where it takes as long as it is given.
    fn run(self, seconds: u64) -> Result<Vec<Outcome>> {
        let given = seconds.to_string();
        Ok(vec![match self {
            Self::Verify => play("verify.mjs", &[])?,
            Self::Leak => play("leak.mjs", &[])?,
            Self::Mutate => play("mutate.mjs", &[&given])?,
            Self::Kill => play("kill.mjs", &[&given, &issuer()?])?,
            Self::Rotation => endurance("rotation", seconds)?,
            Self::Chaos => endurance("chaos", seconds)?,
            Self::Memory => endurance("memory", REQUESTS)?,
            Self::Kernels => {
                let wasm = last_line("kernels in WebAssembly", |s| in_wasm(s, "kernels", &KERNELS));
                let native = last_line("kernels natively", |s| natively(s, "kernels", &KERNELS));
                return Ok(vec![wasm?, native?]);
            }
            Self::Curves => {
                let wasm = curves("in WebAssembly", |step| in_wasm(step, "curves", &[CURVES]))?;
                let native = curves("natively", |step| natively(step, "curves", &[CURVES]))?;
                return Ok(wasm.into_iter().chain(native).collect());
            }
            Self::Hosts => other_hosts(),
            Self::Dependencies => dependencies(),
            Self::Fuzzing => return Ok(fuzzed(seconds)),
        }])
    }
}

fn issuer() -> Result<String> {
    Ok(files::absolute(build::ISSUER)?.to_string_lossy().into_owned())
}

/// The program `name` that holds arithmetic against other libraries, in WebAssembly.
fn in_wasm(step: &Step, name: &str, args: &[&str]) -> Result<String> {
    let program = wasm::arithmetic(name)?;
    Program::new("node")
        .words("--no-warnings tests/conformance/wasi.mjs")
        .arg(&program.to_string_lossy())
        .args(args.iter().copied())
        .run(step)
}

/// The same natively.
fn natively(step: &Step, name: &str, args: &[&str]) -> Result<String> {
    cargo::cargo()
        .words("run --quiet --release -p laika-conformance --bin")
        .args([name, "--"])
        .args(args.iter().copied())
        .run(step)
}

/// What came out last of each run: in the file, which is written anew each time. All of it takes more
/// than an hour, and a run that is ended early, or is one of many, has not been for nothing.
struct Page {
    /// Of now.
    moment: String,
    /// Lines of the table, each of which begins with what was run.
    rows: Vec<String>,
    /// Whether all held that was run now.
    held: bool,
}

impl Page {
    /// The page as it is, to be changed by runs of now.
    fn begin(minutes: u32) -> Result<Self> {
        let ask = |program: &str, args: &[&str]| {
            let asked = Program::new(program).args(args.iter().copied()).try_output();
            asked.with_context(|| format!("`{program} {}` failed", args.join(" ")))
        };
        let date = ask("date", &["-u", "+%Y-%m-%d"])?;
        let commit = ask("git", &["rev-parse", "--short=12", "HEAD"])?;
        let changes =
            ["status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/soak.md"];
        let changes = if ask("git", &changes)?.is_empty() { "" } else { " with changes" };
        let page = String::from_utf8(files::read(Path::new(REPORT))?)
            .with_context(|| format!("`{REPORT}` is not UTF-8"))?;
        let rows = page.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
        let rows = rows.map(str::to_owned).collect();
        let moment = format!("{date}, {commit}{changes}, `--minutes {minutes}`");
        Ok(Self { moment, rows, held: true })
    }

    fn add(&mut self, outcome: Outcome) -> Result<()> {
        let Outcome { run, what, result, ok } = outcome;
        // That it broke off before is over.
        let broken = format!("| {} |", broken(&run));
        self.rows.retain(|row| !row.starts_with(&broken));
        let verdict = if ok { "held" } else { "FAILED" };
        run::note(&what, &format!("{verdict}: {result}"));
        self.held &= ok;
        let new = format!("| {what} | {result} | {verdict} | {} |", self.moment);
        let begins = format!("| {what} |");
        match self.rows.iter_mut().find(|row| row.starts_with(&begins)) {
            Some(row) => *row = new,
            None => self.rows.push(new),
        }
        let text = format!("{HEADING}{}\n", self.rows.join("\n"));
        files::write(Path::new(REPORT), text.as_bytes())
    }
}

/// Plays a script, whose last line is its outcome.
fn play(script: &str, args: &[&str]) -> Result<Outcome> {
    let scene = Scene::set("tests/soak")?;
    last_line(script, |step| scene.node(step, script, args))
}

/// A long run of the filter in Envoy.
fn endurance(name: &str, amount: u64) -> Result<Outcome> {
    let (filter, envoy) = (files::absolute(wasm::FILTER)?, files::absolute(tools::envoy()?)?);
    last_line(&format!("Envoy: {name}"), |step| {
        cargo::cargo()
            .words("run --quiet -p laika-tests --bin endurance --")
            .args([name, &amount.to_string()])
            .env("LAIKA_BIN", &issuer()?)
            .env("LAIKA_ENVOY", &envoy.to_string_lossy())
            .env("LAIKA_FILTER_WASM", &filter.to_string_lossy())
            .run(step)
    })
}

/// Runs something whose last line is its outcome.
fn last_line(name: &str, run: impl FnOnce(&Step) -> Result<String>) -> Result<Outcome> {
    match run::step(name, run) {
        Ok(output) => {
            let last = output.lines().last().unwrap_or_default();
            let outcome: Outcome = serde_json::from_str(last)
                .with_context(|| format!("`{name}` ended with `{last}`, not its outcome"))?;
            Ok(Outcome { run: name.to_owned(), ..outcome })
        }
        Err(error) => Ok(broke_off(name, &error)),
    }
}

/// Verifications by each curve beside the reference: a line for each, its outcome.
fn curves(place: &str, run: impl FnOnce(&Step) -> Result<String>) -> Result<Vec<Outcome>> {
    let name = format!("curves {place}");
    match run::step(&name, run) {
        // The others say how far it was.
        Ok(output) => output
            .lines()
            .filter(|line| line.starts_with('{'))
            .map(|line| {
                let outcome: Outcome = serde_json::from_str(line)
                    .with_context(|| format!("`{name}` said `{line}`, not an outcome"))?;
                let what = format!("{}, {place}", outcome.what);
                Ok(Outcome { run: name.clone(), what, ..outcome })
            })
            .collect(),
        Err(error) => Ok(vec![broke_off(&name, &error)]),
    }
}

/// The golden vectors through the filter in another host than Envoy.
fn other_hosts() -> Outcome {
    let ran = hosts::run();
    let told = ran.map(|tally| (tally.to_string(), tally.failed == 0 && tally.passed > 0));
    outcome("the filter in `proxy-wasm-host`", told)
}

/// Licences, bans and sources of dependencies, by a program that takes minutes to compile.
fn dependencies() -> Outcome {
    let what = "licences, bans and sources of dependencies";
    let held = tools::cargo_deny().and_then(|program| {
        run::step(what, |step| Program::new(program).words("check licenses bans sources").run(step))
    });
    outcome(what, held.map(|_| ("all allowed".to_owned(), true)))
}

/// Every fuzz target, for so many seconds together.
fn fuzzed(seconds: u64) -> Vec<Outcome> {
    match fuzz::all(seconds) {
        Ok(fuzzed) => fuzzed
            .iter()
            .map(|fuzzed| Outcome {
                run: "fuzzing".to_owned(),
                what: format!("fuzzing: {}", fuzzed.target),
                result: fuzzed.result(),
                ok: fuzzed.held(),
            })
            .collect(),
        Err(error) => vec![broke_off("fuzzing", &error)],
    }
}

/// Of what was told, with whether it held.
fn outcome(what: &str, told: Result<(String, bool)>) -> Outcome {
    match told {
        Ok((result, ok)) => Outcome { run: what.to_owned(), what: what.to_owned(), result, ok },
        Err(error) => broke_off(what, &error),
    }
}

/// What breaks off is a result as well, and a bad one, until the same run comes to its end.
fn broke_off(run: &str, error: &anyhow::Error) -> Outcome {
    println!("\nerror: {error:#}\n");
    let result = "its output is on the terminal only".to_owned();
    Outcome { run: run.to_owned(), what: broken(run), result, ok: false }
}

/// What a run that broke off is called.
fn broken(run: &str) -> String {
    format!("{run}, which broke off")
}
