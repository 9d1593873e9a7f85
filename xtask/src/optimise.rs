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
use crate::{build, run, tools};

/// The optimised issuer, with the page inside.
pub(crate) const ISSUER: &str = "target/optimised/laika";

/// It lies alone there: a container is built from that folder.
const OPTIMISED: &str = "target/optimised";

/// Where programs that count what they do are compiled, and what they have counted.
const COUNTING: &str = "target/profile/counting";

/// Where the optimised program is compiled.
const GUIDED: &str = "target/profile/guided";

/// What it is made of, besides what the lock file names.
const SOURCES: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "claims/src",
    "signature/src",
    "verifier/src",
    "issuer/src",
    "issuer/assets",
    "issuer/migrations",
];

/// Builds the optimised issuer.
pub(crate) fn run() -> Result<()> {
    build::web()?;
    issuer()
}

/// The same, where npm package and page are there.
pub(crate) fn issuer() -> Result<()> {
    let name = "issuer, optimised by a profile";
    let host = tools::rustc(&["--print", "host-tuple"])?;
    let stamp = Stamp::new("optimise").text(&tools::rustc(&["--version"])?).input("target/www")?;
    let stamp = SOURCES.iter().try_fold(stamp, |stamp, path| stamp.input(path))?.output(ISSUER);
    if stamp.is_fresh()? {
        run::unchanged(name);
        return Ok(());
    }
    let profile = profile(&host)?;
    run::step(name, |step| {
        let flags = format!("-Cprofile-use={}", profile.display());
        compile(&host, GUIDED, &flags).run(step)?;
        fs::create_dir_all(OPTIMISED).with_context(|| format!("cannot make `{OPTIMISED}`"))?;
        // With its permission to run.
        fs::copy(program(GUIDED, &host), ISSUER)
            .with_context(|| format!("cannot write `{ISSUER}`"))?;
        Ok(())
    })?;
    stamp.save()
}

/// Compiles the issuer that counts, and has it count what it does under the benchmark's load.
fn profile(host: &str) -> Result<PathBuf> {
    let merge = tools::profdata()?;
    let folder = std::path::absolute(COUNTING).context("cannot tell the current folder")?;
    let (counts, profile) = (folder.join("counts"), folder.join("laika.profdata"));
    run::step("issuer that counts what it does", |step| {
        let flags = format!("-Cprofile-generate={}", counts.display());
        compile(host, COUNTING, &flags)
            // What is counted is the same, and it is compiled in half the time.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .run(step)
    })?;
    let (wrk, postgres) = (tools::wrk()?, Postgres::start(Commit::OnDisk)?);
    // What an older program has counted would be told of this one.
    if counts.exists() {
        fs::remove_dir_all(&counts)
            .with_context(|| format!("cannot remove `{}`", counts.display()))?;
    }
    run::step("issuer under load", |step| {
        let scratch = tempfile::tempdir_in("target").context("cannot make a folder in `target`")?;
        let scratch = std::path::absolute(scratch.path())?;
        Program::new("node")
            .words("tests/bench/issuer/main.mjs --only Laika --rounds 2 --laika")
            .arg(&std::path::absolute(program(COUNTING, host))?.to_string_lossy())
            .args(["--wrk", &wrk.to_string_lossy(), "--folder", &scratch.to_string_lossy()])
            .args(["--postgres-url", &postgres.url()])
            .args(["--postgres-pid", &postgres.pid().to_string()])
            .run(step)
    })?;
    run::step("profile", |step| {
        Program::new(&merge)
            .args(["merge", "-o", &profile.to_string_lossy(), &counts.to_string_lossy()])
            .run(step)
    })?;
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
