//! `cargo xtask bench`: our package beside others, on this machine.

use anyhow::Result;
use clap::ValueEnum;

use crate::scene::Scene;
use crate::{build, run};

/// What is measured.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Subject {
    /// First-sight verification in Node: `laika-verifier`, `jose`, `fast-jwt`
    Verify,
}

pub(crate) fn run(subject: Subject) -> Result<()> {
    build::package()?;
    let scene = Scene::set("tests/bench")?;
    let script = match subject {
        Subject::Verify => "verify.mjs",
    };
    let report = run::step("measure", |step| scene.node(step, script, &[]))?;
    println!("\n{report}");
    Ok(())
}
