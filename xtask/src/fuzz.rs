//! `cargo xtask fuzz`: the targets of `fuzz/`, each for a share of the time.
//!
//! What libFuzzer finds on the way stays in `target/fuzz/found/`, so that the next run begins where
//! this one ends; what is committed changes only where that is asked for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context as _, Result, bail};

use crate::cargo::cargo;
use crate::run::{self, Finished, Program};
use crate::{files, tools};

/// Where everything is built and found; nothing else is built there.
const TARGET: &str = "target/fuzz";
/// The committed inputs, one folder for each target.
const CORPUS: &str = "fuzz/corpus";
/// An input is kept whole by minimising if its name begins so.
const REGRESSION: &str = "regression-";
/// Targets that run at a time.
const WORKERS: u64 = 2;

/// What became of one target.
pub(crate) struct Fuzzed {
    pub(crate) target: String,
    pub(crate) executions: u64,
    /// Edges of the program that inputs have reached.
    pub(crate) coverage: u64,
    /// What was said at the end, where there was a crash.
    crash: Option<String>,
}

impl Fuzzed {
    /// Reads what libFuzzer has printed.
    fn of(target: &str, success: bool, output: &str) -> Self {
        let number = |name: &str| -> u64 {
            let found = output.rsplit_once(name).map(|(_, rest)| rest.trim_start());
            let digits = found.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
            digits.and_then(|digits| digits.parse().ok()).unwrap_or_default()
        };
        Self {
            target: target.to_owned(),
            executions: number("stat::number_of_executed_units:"),
            coverage: number(" cov: "),
            crash: (!success).then(|| run::tail(output)),
        }
    }

    /// The file with the input that led to the crash.
    fn input(&self) -> Option<&str> {
        let (_, rest) = self.crash.as_ref()?.rsplit_once("Test unit written to ")?;
        rest.lines().next()
    }

    pub(crate) fn held(&self) -> bool {
        self.crash.is_none()
    }

    pub(crate) fn result(&self) -> String {
        let crashes = if self.held() { "no crash" } else { "A CRASH" };
        format!("{} executions, {} edges, {crashes}", self.executions, self.coverage)
    }
}

/// Runs one target, or all. `true` if none crashed.
pub(crate) fn run(only: Option<&str>, seconds: u64, minimise: bool) -> Result<bool> {
    let mut targets = targets()?;
    if let Some(name) = only {
        if !targets.iter().any(|target| target == name) {
            bail!("there is no target `{name}`; there are {}", targets.join(", "));
        }
        targets.retain(|target| target == name);
    }
    let programs = build()?;
    if minimise {
        return targets.iter().try_for_each(|target| shrink(&programs, target)).map(|()| true);
    }
    let outcomes = fuzz(&programs, targets, seconds)?;
    println!();
    outcomes.iter().for_each(|outcome| run::note(&outcome.target, &outcome.result()));
    outcomes.iter().for_each(|outcome| explain(&programs, outcome));
    Ok(outcomes.iter().all(Fuzzed::held))
}

/// Builds all targets and runs them for so long together.
pub(crate) fn all(seconds: u64) -> Result<Vec<Fuzzed>> {
    let programs = build()?;
    let outcomes = fuzz(&programs, targets()?, seconds)?;
    outcomes.iter().for_each(|outcome| explain(&programs, outcome));
    Ok(outcomes)
}

/// The names of the targets.
fn targets() -> Result<Vec<String>> {
    let programs = files::tree(Path::new("fuzz/fuzz_targets"))?;
    let names = programs.iter().filter_map(|file| file.file_stem());
    Ok(names.map(|name| name.to_string_lossy().into_owned()).collect())
}

/// Builds the programs and the inputs to begin with; answers with the folder of the programs.
fn build() -> Result<PathBuf> {
    tools::nightly()?;
    let cargo_fuzz = tools::cargo_fuzz()?;
    let host = tools::rustc(&["--print", "host-tuple"])?;
    run::step("fuzz: targets, on the nightly toolchain", |step| {
        // All of Laika is safe code, so there is nothing for a sanitizer to see; arithmetic is
        // checked, and without one a run makes twice as many executions.
        Program::new("rustup")
            .words("run nightly")
            .arg(&cargo_fuzz.to_string_lossy())
            .words("build --fuzz-dir fuzz --sanitizer none --target-dir")
            .arg(TARGET)
            .env_remove("CARGO")
            .run(step)
    })?;
    run::step("fuzz: inputs made from the golden vectors", |step| {
        cargo().words("run --quiet -p laika-tests --bin seeds").run(step)
    })?;
    Ok(Path::new(TARGET).join(host).join("release"))
}

/// Runs targets side by side, so that together they take so many seconds.
fn fuzz(programs: &Path, targets: Vec<String>, seconds: u64) -> Result<Vec<Fuzzed>> {
    let count = targets.len() as u64;
    let workers = WORKERS.min(count);
    let share = (seconds * workers / count.max(1)).max(1);
    let name = format!("fuzz: {count} targets, {workers} at a time, {share} s each");
    let (queue, outcomes) = (Mutex::new(targets), Mutex::new(Vec::new()));
    let lost = "a worker has panicked";
    run::step(&name, |_| {
        thread::scope(|scope| {
            let work = || -> Result<()> {
                loop {
                    let next = queue.lock().ok().context(lost)?.pop();
                    let Some(target) = next else { return Ok(()) };
                    let outcome = play(programs, &target, share)?;
                    outcomes.lock().ok().context(lost)?.push(outcome);
                }
            };
            let started: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            let ended = started.into_iter().map(|worker| worker.join().ok().context(lost)?);
            ended.collect::<Result<()>>()
        })
    })?;
    let mut outcomes = outcomes.into_inner().ok().context(lost)?;
    outcomes.sort_by(|one, two| one.target.cmp(&two.target));
    Ok(outcomes)
}

fn play(programs: &Path, target: &str, seconds: u64) -> Result<Fuzzed> {
    let found = folder("found", target)?;
    let crashes = folder("crashes", target)?;
    let Finished { status, output } = Program::new(programs.join(target))
        .arg(&found)
        .arg(&format!("{CORPUS}/{target}"))
        .arg(&format!("{TARGET}/seeds/{target}"))
        .arg(&format!("-dict=fuzz/dictionaries/{target}.dict"))
        .arg(&format!("-artifact_prefix={crashes}/"))
        .arg(&format!("-max_total_time={seconds}"))
        // Longer than the longest token that is accepted.
        .words("-max_len=20000 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1")
        .finish(|_| ())?;
    let outcome = Fuzzed::of(target, status.success(), &output);
    // A program that could not even begin has found nothing.
    if outcome.executions == 0 && outcome.input().is_none() {
        bail!("`{target}` executed nothing:\n\n{}", run::tail(&output));
    }
    Ok(outcome)
}

/// Says what was found, and what to do about it.
fn explain(programs: &Path, outcome: &Fuzzed) {
    let (Fuzzed { target, crash: Some(crash), .. }, Some(input)) = (outcome, outcome.input())
    else {
        return;
    };
    println!(
        "\n{crash}\n\n`{target}` crashed. The input is in `{input}`.\n\
         again:  {} {input}\n\
         keep:   cp {input} {CORPUS}/{target}/{REGRESSION}WHAT\n\
         and then `cargo test -p laika-tests --test corpus` fails until it is mended.\n",
        programs.join(target).display()
    );
}

/// Makes the committed corpus of a target the smallest that reaches what all known inputs reach.
fn shrink(programs: &Path, target: &str) -> Result<()> {
    run::step(&format!("fuzz: smallest corpus of {target}"), |step| {
        let corpus = Path::new(CORPUS).join(target);
        let merged = folder("merged", target)?;
        files::mirror(Path::new(&merged), &BTreeMap::new())?;
        // Edges alone: how often each is taken would make the corpus ten times as large.
        Program::new(programs.join(target))
            .words("-set_cover_merge=1 -use_counters=0 -max_len=20000")
            .arg(&merged)
            .arg(&corpus.to_string_lossy())
            .arg(&format!("{TARGET}/seeds/{target}"))
            .arg(&folder("found", target)?)
            .run(step)?;
        let mut wanted = BTreeMap::new();
        files::gather(&mut wanted, Path::new(&merged), Path::new(""), |_| true)?;
        files::gather(&mut wanted, &corpus, Path::new(""), |name| {
            name.to_string_lossy().starts_with(REGRESSION)
        })?;
        files::mirror(&corpus, &wanted)
    })
}

/// A folder below `target/fuzz/`, made if it is not there.
fn folder(kind: &str, target: &str) -> Result<String> {
    let folder = format!("{TARGET}/{kind}/{target}");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{folder}`"))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_libfuzzer_are_understood() {
        let good = "#2\tINITED cov: 1020 ft: 1500 corp: 99/1Kb\n#9 NEW    cov: 1024 ft: 1600\n\
            Done 734656 runs in 21 second(s)\nstat::number_of_executed_units: 734656\n\
            stat::average_exec_per_sec:     34983\n";
        let outcome = Fuzzed::of("pem", true, good);
        assert_eq!(outcome.result(), "734656 executions, 1024 edges, no crash");
        assert!(outcome.held() && outcome.input().is_none());
        let bad = "#7\tNEW    cov: 9 ft: 9\n==1304== ERROR: libFuzzer: deadly signal\n\
            artifact_prefix='c/'; Test unit written to c/crash-049c3102\nBase64: LS0=\n\
            stat::number_of_executed_units: 8\n";
        let outcome = Fuzzed::of("pem", false, bad);
        assert_eq!(outcome.result(), "8 executions, 9 edges, A CRASH");
        assert_eq!(outcome.input(), Some("c/crash-049c3102"));
        assert!(!outcome.held());
    }
}
