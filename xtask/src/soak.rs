//! `cargo xtask soak`: what only time brings out. The outcome goes to `docs/soak.md`.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::run::{self, Program, Step};
use crate::scene::Scene;
use crate::{build, cargo, files, fuzz, hosts, tools, wasm};

const REPORT: &str = "docs/soak.md";

/// Powers and verifications by which each kernel is held against other libraries: thousands of
/// millions of products of limbs, and a million verifications.
const KERNELS: [&str; 2] = ["3000", "1000000"];

/// A day's worth of requests to Envoy.
const REQUESTS: u64 = 1_000_000;

/// The last line of each script, as JSON.
#[derive(Deserialize)]
struct Outcome {
    what: String,
    result: String,
    ok: bool,
}

/// Runs everything for about so many minutes. `true` if all of it held.
pub(crate) fn run(minutes: u32) -> Result<bool> {
    build::run()?;
    let scene = Scene::set("tests/soak")?;
    let issuer = files::absolute(build::ISSUER)?;
    let issuer = issuer.to_string_lossy();
    // The millions of verifications take what they take; the rest of the time is shared.
    let third = u64::from(minutes) * 60 / 3;
    let seconds = third.to_string();
    let mut page = Page::begin(minutes)?;
    page.add(play(&scene, "verify.mjs", &[])?)?;
    page.add(play(&scene, "leak.mjs", &[])?)?;
    page.add(play(&scene, "mutate.mjs", &[&seconds])?)?;
    page.add(play(&scene, "kill.mjs", &[&seconds, &issuer])?)?;
    for (name, amount) in [("rotation", third), ("chaos", third), ("memory", REQUESTS)] {
        page.add(endurance(name, amount, &issuer)?)?;
    }
    page.add(last_line("kernels in WebAssembly", |step| {
        let program = wasm::kernels()?;
        Program::new("node")
            .words("--no-warnings tests/conformance/wasi.mjs")
            .arg(&program.to_string_lossy())
            .args(KERNELS)
            .run(step)
    })?)?;
    page.add(last_line("kernels natively", |step| {
        cargo::cargo()
            .words("run --quiet --release -p laika-conformance --bin kernels --")
            .args(KERNELS)
            .run(step)
    })?)?;
    curves()?.into_iter().try_for_each(|outcome| page.add(outcome))?;
    page.add(other_hosts())?;
    page.add(dependencies())?;
    fuzzed(third).into_iter().try_for_each(|outcome| page.add(outcome))?;
    page.end()
}

/// What came out so far: on the terminal, and in the file, which is written anew each time. A run
/// takes more than an hour, and one that is ended early has not been for nothing.
struct Page {
    heading: String,
    outcomes: Vec<Outcome>,
}

impl Page {
    /// The page of a run of now.
    fn begin(minutes: u32) -> Result<Self> {
        let ask = |program: &str, args: &[&str]| {
            let asked = Program::new(program).args(args.iter().copied()).try_output();
            asked.with_context(|| format!("`{program} {}` failed", args.join(" ")))
        };
        let date = ask("date", &["-u", "+%Y-%m-%d %H:%M UTC"])?;
        let commit = ask("git", &["rev-parse", "--short=12", "HEAD"])?;
        let changes = ask("git", &["status", "--porcelain", "--untracked-files=no"])?;
        let changes = if changes.is_empty() { "" } else { " with uncommitted changes" };
        let heading = format!(
            "# Long runs\n\nWritten by `cargo xtask soak --minutes {minutes}`, begun on {date}, at \
             commit {commit}{changes}."
        );
        Ok(Self { heading, outcomes: Vec::new() })
    }

    fn add(&mut self, outcome: Outcome) -> Result<()> {
        run::note(&outcome.what, &format!("{}: {}", outcome.verdict(), outcome.result));
        self.outcomes.push(outcome);
        self.write(" The run is not over.")
    }

    /// Writes the whole; `true` if all of it held.
    fn end(self) -> Result<bool> {
        self.write("")?;
        println!("\nwritten to {REPORT}");
        Ok(self.outcomes.iter().all(|outcome| outcome.ok))
    }

    fn write(&self, remark: &str) -> Result<()> {
        let mut text = format!("{}{remark}\n\n| run | result | |\n|---|---|---|\n", self.heading);
        for outcome in &self.outcomes {
            let Outcome { what, result, .. } = outcome;
            text.push_str(&format!("| {what} | {result} | {} |\n", outcome.verdict()));
        }
        files::write(Path::new(REPORT), text.as_bytes())
    }
}

impl Outcome {
    fn verdict(&self) -> &'static str {
        if self.ok { "held" } else { "FAILED" }
    }
}

/// Plays a script, whose last line is its outcome.
fn play(scene: &Scene, script: &str, args: &[&str]) -> Result<Outcome> {
    last_line(script, |step| scene.node(step, script, args))
}

/// A long run of the filter in Envoy.
fn endurance(name: &str, amount: u64, issuer: &str) -> Result<Outcome> {
    let (filter, envoy) = (files::absolute(wasm::FILTER)?, files::absolute(tools::envoy()?)?);
    last_line(&format!("Envoy: {name}"), |step| {
        cargo::cargo()
            .words("run --quiet -p laika-tests --bin endurance --")
            .args([name, &amount.to_string()])
            .env("LAIKA_BIN", issuer)
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
            serde_json::from_str(last)
                .with_context(|| format!("`{name}` ended with `{last}`, not its outcome"))
        }
        Err(error) => Ok(broke_off(name, &error)),
    }
}

/// A million verifications by each curve beside the reference: a line for each, its outcome.
fn curves() -> Result<Vec<Outcome>> {
    let words = "run --quiet --release -p laika-signature --example curves -- 1000000";
    let ran = run::step("curves", |step| cargo::cargo().words(words).run(step));
    match ran {
        Ok(output) => output
            .lines()
            .map(|line| {
                serde_json::from_str(line)
                    .with_context(|| format!("`curves` said `{line}`, not an outcome"))
            })
            .collect(),
        Err(error) => Ok(vec![broke_off("curves", &error)]),
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
        Ok((result, ok)) => Outcome { what: what.to_owned(), result, ok },
        Err(error) => broke_off(what, &error),
    }
}

/// What breaks off is a result as well, and a bad one.
fn broke_off(what: &str, error: &anyhow::Error) -> Outcome {
    println!("\nerror: {error:#}\n");
    let result = "broke off; its output is on the terminal only".to_owned();
    Outcome { what: what.to_owned(), result, ok: false }
}
