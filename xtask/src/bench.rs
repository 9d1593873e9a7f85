//! `cargo xtask bench`: our package beside others, on this machine.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::ValueEnum;

use crate::postgres::{Commit, Postgres};
use crate::run::Program;
use crate::scene::Scene;
use crate::{build, cargo, run, tools, wasm};

/// What `hostile.mjs` reads.
const HOSTILE: &str = "tests/vectors/hostile.json";

/// What is measured.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Subject {
    /// First-sight verification in Node: `laika-verifier`, `jose`, `fast-jwt`
    Verify,
    /// RSA's public operation alone, in WebAssembly, beside Node's own
    Rsa,
    /// The hostile tokens of the vectors: who accepts what nobody should
    Hostile,
    /// Decisions with 10 and with 10,000 rules, natively and in Node
    Policy,
    /// The issuer beside other issuers: time per operation, memory, start
    Issuer,
}

/// What can be said about the benchmark of the issuer.
pub(crate) struct Issuer {
    pub(crate) json: Option<PathBuf>,
    pub(crate) only: Option<String>,
}

pub(crate) fn run(subject: Subject, issuer: &Issuer) -> Result<()> {
    let script = match subject {
        Subject::Issuer => return issuer.run(),
        Subject::Verify => "verify.mjs",
        Subject::Rsa => "rsa.mjs",
        Subject::Hostile => "hostile.mjs",
        Subject::Policy => "policy.mjs",
    };
    ensure!(
        issuer.json.is_none() && issuer.only.is_none(),
        "`--json` and `--only` are for `bench issuer`"
    );
    if let Subject::Rsa = subject {
        let program = wasm::kernels()?;
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

impl Issuer {
    fn run(&self) -> Result<()> {
        tools::node()?;
        tools::npm_issuers()?;
        let (python, wrk) = (tools::python_issuer()?, tools::wrk()?);
        run::step("issuer", |step| {
            cargo::cargo().words("build --release -p laika-issuer --bin laika").run(step)
        })?;
        let postgres = Postgres::start(Commit::OnDisk)?;
        let folder = tempfile::tempdir_in("target").context("cannot make a folder in `target`")?;
        let mut program = Program::new("node").arg("tests/bench/issuer/main.mjs");
        for (name, path) in [
            ("--laika", Path::new(build::ISSUER)),
            ("--python", &python),
            ("--wrk", &wrk),
            ("--folder", folder.path()),
        ] {
            let path = std::path::absolute(path).context("cannot tell the current folder")?;
            program = program.arg(name).arg(&path.to_string_lossy());
        }
        program = program
            .args(["--postgres-url", &postgres.url()])
            .args(["--postgres-pid", &postgres.pid().to_string()]);
        if let Some(file) = &self.json {
            program = program.arg("--json").arg(&file.to_string_lossy());
        }
        if let Some(text) = &self.only {
            program = program.arg("--only").arg(text);
        }
        // A case that fails is in the report, which is worth seeing all the same.
        let measured = run::step("measure", |step| program.finish(|line| step.show(line)))?;
        println!("\n{}", measured.output);
        ensure!(measured.status.success(), "the benchmark has failed ({})", measured.status);
        Ok(())
    }
}
