//! `cargo xtask bench`: our package beside others, on this machine.

mod verify;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::ValueEnum;

use crate::postgres::{Commit, Postgres};
use crate::run::Program;
use crate::scene::Scene;
use crate::{build, bundle, cargo, files, optimise, run, tools, wasm};

/// What `hostile.mjs` reads.
const HOSTILE: &str = "tests/vectors/hostile.json";

/// What is measured.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Subject {
    /// Verification and decisions in Node, Deno, Bun, `workerd` and Chromium, beside what else there is
    Verify,
    /// RSA's public operation alone, in WebAssembly, beside Node's own
    Rsa,
    /// The hostile tokens of the vectors: who accepts what nobody should
    Hostile,
    /// Decisions with 10 and with 10,000 rules, natively and in Node
    Policy,
    /// The issuer beside other issuers: time per operation, memory, start
    Issuer,
    /// The filter in Envoy beside no filter, the least filter, and Envoy's own `jwt_authn`
    Edge,
    /// The same with a known token, by instructions in place of time, which no other load disturbs
    EdgeInstructions,
}

/// What can be said about a benchmark.
pub(crate) struct Wishes {
    pub(crate) json: Option<PathBuf>,
    pub(crate) only: Option<String>,
    pub(crate) beside: Option<PathBuf>,
}

pub(crate) fn run(subject: Subject, wishes: &Wishes) -> Result<()> {
    ensure!(
        wishes.beside.is_none() || matches!(subject, Subject::Issuer),
        "`--beside` is for `bench issuer`"
    );
    let script = match subject {
        Subject::Issuer => return wishes.issuer(),
        Subject::Edge => return wishes.edge("main.mjs", "--wrk", &tools::wrk()?),
        Subject::EdgeInstructions => {
            return wishes.edge("instructions.mjs", "--valgrind", &tools::valgrind()?);
        }
        Subject::Verify => {
            return verify::run(wishes.json.as_deref(), wishes.only.as_deref());
        }
        Subject::Rsa => "rsa.mjs",
        Subject::Hostile => "hostile.mjs",
        Subject::Policy => "policy.mjs",
    };
    ensure!(
        wishes.json.is_none() && wishes.only.is_none(),
        "`--json` and `--only` are for `bench verify`, `bench issuer`, `bench edge` and `bench edge-instructions`"
    );
    if let Subject::Rsa = subject {
        let program = wasm::arithmetic("kernels")?;
        let report = run::step("measure", |step| {
            let script = format!("tests/bench/{script}");
            Program::new("node")
                // Optimised before the first call: on a busy machine that may else take long.
                .words("--no-warnings --no-liftoff --no-wasm-tier-up")
                .arg(&script)
                .arg(&program.to_string_lossy())
                .run(step)
        })?;
        println!("\n{report}");
        return Ok(());
    }
    if let Subject::Policy = subject {
        let report = run::step("measure the crate", |step| {
            cargo::cargo()
                .words("run --quiet --release -p laika-claims --example policy_cost")
                .run(step)
        })?;
        println!("\n{report}");
    }
    build::package()?;
    let scene = Scene::set("tests/bench")?;
    let report = run::step("measure", |step| scene.node(step, script, &[HOSTILE]))?;
    println!("\n{report}");
    Ok(())
}

impl Wishes {
    /// Measures the filter in Envoy by a script that needs one tool besides.
    fn edge(&self, name: &str, tool: &str, program: &Path) -> Result<()> {
        tools::node()?;
        tools::wasm_target()?;
        bundle::prepare()?;
        wasm::filter()?;
        let ([floor, least], envoy) = (wasm::floors()?, tools::envoy()?);
        let folder = tempfile::tempdir_in("target").context("cannot make a folder in `target`")?;
        let places = [
            ("--envoy", envoy.as_path()),
            ("--filter", Path::new(wasm::FILTER)),
            ("--floor", &floor),
            ("--least", &least),
            (tool, program),
            ("--folder", folder.path()),
        ];
        let program = self.told(script(&format!("edge/{name}"), &places)?);
        let report = run::step("measure", |step| program.run(step))?;
        println!("\n{report}");
        Ok(())
    }

    fn issuer(&self) -> Result<()> {
        tools::node()?;
        tools::npm_issuers()?;
        // Run in a folder of its own.
        let (python, wrk) = (files::absolute(tools::python_issuer()?)?, tools::wrk()?);
        build::page()?;
        optimise::issuer()?;
        let postgres = Postgres::start(Commit::OnDisk)?;
        let folder = tempfile::tempdir_in("target").context("cannot make a folder in `target`")?;
        let program = issuer_load(Path::new(optimise::ISSUER), &wrk, folder.path(), &postgres)?;
        let mut program = self.told(program).args(["--python", &python.to_string_lossy()]);
        if let Some(other) = &self.beside {
            program = program.args(["--beside", &files::absolute(other)?.to_string_lossy()]);
        }
        // A case that fails is in the report, which is worth seeing all the same.
        let measured = run::step("measure", |step| program.finish(|line| step.show(line)))?;
        println!("\n{}", measured.output);
        ensure!(measured.status.success(), "the benchmark has failed ({})", measured.status);
        Ok(())
    }

    /// A script that is told what to write and what to measure.
    fn told(&self, mut program: Program) -> Program {
        if let Some(file) = &self.json {
            program = program.args(["--json", &file.to_string_lossy()]);
        }
        if let Some(text) = &self.only {
            program = program.args(["--only", text]);
        }
        program
    }
}

/// The load of `bench issuer`, for this program of ours.
pub(crate) fn issuer_load(
    laika: &Path,
    wrk: &Path,
    folder: &Path,
    postgres: &Postgres,
) -> Result<Program> {
    let program =
        script("issuer/main.mjs", &[("--laika", laika), ("--wrk", wrk), ("--folder", folder)])?;
    Ok(program
        .args(["--postgres-url", &postgres.url()])
        .args(["--postgres-pid", &postgres.pid().to_string()]))
}

/// The script of a benchmark, which is told where everything is.
fn script(name: &str, places: &[(&str, &Path)]) -> Result<Program> {
    let program = Program::new("node").arg(&format!("tests/bench/{name}"));
    places.iter().try_fold(program, |program, (name, path)| {
        Ok(program.args([name, &*files::absolute(path)?.to_string_lossy()]))
    })
}
