//! `cargo xtask check`: everything that can be said without running the code.

use std::path::Path;

use anyhow::{Result, bail};

use crate::cargo::{self, WASM, cargo};
use crate::run::{self, Program};
use crate::{bundle, hygiene, tools};

/// Makes every check, also after one that failed.
pub(crate) fn run() -> Result<()> {
    tools::wasm_target()?;
    let failed = [format, files, clippy, clippy_of_wasm, documentation, dependencies]
        .into_iter()
        .filter_map(|check| check().err())
        .inspect(|error| println!("\nerror: {error:#}\n"))
        .count();
    if failed > 0 {
        bail!("checks that failed: {failed}");
    }
    Ok(())
}

fn format() -> Result<()> {
    run::step("format", |step| cargo().words("fmt --all -- --check --color never").run(step))?;
    Ok(())
}

fn files() -> Result<()> {
    for file in run::step("hygiene of files", |_| hygiene::check())? {
        run::note(&file, "warning: long, look for a seam");
    }
    Ok(())
}

fn clippy() -> Result<()> {
    let (features, remark) = features()?;
    run::step(&format!("clippy{remark}"), |step| {
        cargo()
            .words("clippy --workspace --all-targets --features")
            .arg(&features)
            .words("-- -D warnings")
            .run(step)
    })?;
    Ok(())
}

fn clippy_of_wasm() -> Result<()> {
    for package in ["laika-verifier-wasm", "laika-proxy-abi", "laika-edge-filter"] {
        run::step(&format!("clippy of `{package}` for wasm"), |step| {
            cargo()
                .words("clippy --lib --target")
                .args([WASM, "-p", package])
                .words("-- -D warnings")
                .run(step)
        })?;
    }
    Ok(())
}

fn documentation() -> Result<()> {
    let (features, remark) = features()?;
    run::step(&format!("documentation{remark}"), |step| {
        cargo()
            .words("doc --workspace --no-deps --features")
            .arg(&features)
            .env("RUSTDOCFLAGS", "-D warnings")
            .run(step)
    })?;
    Ok(())
}

fn dependencies() -> Result<()> {
    let name = "licences, bans and sources of dependencies";
    if Program::new("cargo-deny").arg("--version").try_output().is_none() {
        run::note(name, "left to `cargo xtask soak`, or install `cargo-deny`");
        return Ok(());
    }
    run::step(name, |step| cargo().words("deny check licenses bans sources").run(step))?;
    Ok(())
}

/// All features, and a remark where the page can't be among them.
fn features() -> Result<(String, &'static str)> {
    let with_page = Path::new(bundle::PAGE).join("index.html").exists();
    let remark = if with_page { "" } else { " (without the page, which is not built yet)" };
    Ok((cargo::features(with_page)?, remark))
}
