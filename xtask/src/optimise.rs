//! The issuer, laid out by what it does under load (profile-guided optimisation, *The rustc book*).
//!
//! A request goes through a little of each of many functions, none of which is worth changing. A
//! profile of the benchmark's load tells the compiler which parts of them belong together.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::cargo::{PAGE, cargo};
use crate::postgres::{Commit, Postgres};
use crate::run::Program;
use crate::stamp::Stamp;
use crate::{bench, build, files, run, tools};

/// The optimised issuer, with the page inside.
pub(crate) const ISSUER: &str = "target/optimised/laika";

/// It lies alone there: a container is built from that folder.
const OPTIMISED: &str = "target/optimised";

/// Where programs that count what they do are compiled, and what they have counted.
const COUNTING: &str = "target/profile/counting";

/// Where the optimised program is compiled.
const GUIDED: &str = "target/profile/guided";

/// What is asked of ours under load.
const LOAD: &str = "tests/bench/issuer/contenders/laika.mjs";

/// Builds the optimised issuer.
pub(crate) fn run() -> Result<()> {
    build::web()?;
    issuer()
}

/// The same, where npm package and page are there.
pub(crate) fn issuer() -> Result<()> {
    let host = tools::rustc(&["--print", "host-tuple"])?;
    let profile = profile(&host)?;
    run::step("issuer, optimised by its profile", |step| {
        let flags = format!("-Cprofile-use={}", profile.display());
        compile(&host, GUIDED, &flags).run(step)?;
        fs::create_dir_all(OPTIMISED).with_context(|| format!("cannot make `{OPTIMISED}`"))?;
        // With its permission to run.
        fs::copy(program(GUIDED, &host), ISSUER)
            .with_context(|| format!("cannot write `{ISSUER}`"))?;
        Ok(())
    })
}

/// Compiles the issuer that counts, and has it count what it does under the benchmark's load.
fn profile(host: &str) -> Result<PathBuf> {
    let merge = tools::profdata()?;
    let folder = files::absolute(COUNTING)?;
    let (counts, profile) = (folder.join("counts"), folder.join("laika.profdata"));
    run::step("issuer that counts what it does", |step| {
        let flags = format!("-Cprofile-generate={}", counts.display());
        compile(host, COUNTING, &flags)
            // What is counted is the same, and it is compiled in half the time.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .run(step)
    })?;
    let (name, counting) = ("issuer under load", program(COUNTING, host));
    // Cargo knows of what the program is made.
    let stamp = Stamp::new("profile").input(&counting)?.input(LOAD)?.output(&profile);
    if stamp.is_fresh()? {
        run::unchanged(name);
        return Ok(profile);
    }
    let (wrk, postgres) = (tools::wrk()?, Postgres::start(Commit::OnDisk)?);
    // What an older program has counted would be told of this one.
    if counts.exists() {
        fs::remove_dir_all(&counts)
            .with_context(|| format!("cannot remove `{}`", counts.display()))?;
    }
    run::step(name, |step| {
        let scratch = tempfile::tempdir_in("target").context("cannot make a folder in `target`")?;
        bench::issuer_load(&counting, &wrk, scratch.path(), &postgres)?
            .words("--only Laika --rounds 2")
            .run(step)?;
        Program::new(&merge)
            .args(["merge", "-o", &profile.to_string_lossy(), &counts.to_string_lossy()])
            .run(step)
    })?;
    stamp.save()?;
    Ok(profile)
}

/// A target that is named keeps the flags from build scripts and macros.
fn compile(host: &str, folder: &str, flags: &str) -> Program {
    cargo()
        .words("build --release -p laika-issuer --bin laika --features")
        .args([PAGE, "--target", host])
        .env("CARGO_TARGET_DIR", folder)
        .env("RUSTFLAGS", flags)
}

fn program(folder: &str, host: &str) -> PathBuf {
    Path::new(folder).join(host).join("release/laika")
}
