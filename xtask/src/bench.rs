//! `cargo xtask bench`: our package beside others, on this machine.

use anyhow::Result;
use clap::ValueEnum;

use crate::scene::Scene;
use crate::{build, cargo, run};

/// What `hostile.mjs` reads.
const HOSTILE: &str = "tests/vectors/hostile.json";

/// What is measured.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Subject {
    /// First-sight verification in Node: `laika-verifier`, `jose`, `fast-jwt`
    Verify,
    /// The hostile tokens of the vectors: who accepts what nobody should
    Hostile,
    /// Decisions with 10 and with 10,000 rules, natively and in Node
    Policy,
}

pub(crate) fn run(subject: Subject) -> Result<()> {
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
    let script = match subject {
        Subject::Verify => "verify.mjs",
        Subject::Hostile => "hostile.mjs",
        Subject::Policy => "policy.mjs",
    };
    let report = run::step("measure", |step| scene.node(step, script, &[HOSTILE]))?;
    println!("\n{report}");
    Ok(())
}
