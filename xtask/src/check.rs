//! `cargo xtask check`: everything that can be said without running the code.

use std::path::Path;

use anyhow::Result;

use crate::cargo::{self, WASM};
use crate::run::{self, Program};
use crate::{bundle, hygiene, tools};

pub(crate) fn run() -> Result<()> {
    let with_page = Path::new(bundle::PAGE).join("index.html").exists();
    let features = cargo::features(with_page)?;
    let page = if with_page {
        ""
    } else {
        ", without the page (not built yet)"
    };

    run::step("format", |step| {
        cargo::cargo().args(["fmt", "--all", "--check"]).run(step)
    })?;
    for file in run::step("hygiene of files", |_| hygiene::check())? {
        run::note(&file, "warning: long, look for a seam");
    }
    run::step(&format!("clippy{page}"), |step| {
        cargo::cargo()
            .args([
                "clippy",
                "--workspace",
                "--all-targets",
                "--features",
                &features,
            ])
            .args(["--", "-D", "warnings"])
            .run(step)
    })?;
    tools::wasm_target()?;
    run::step("clippy of the wasm modules", |step| {
        cargo::cargo()
            .args([
                "clippy",
                "-p",
                "laika-verifier-wasm",
                "-p",
                "laika-edge-filter",
                "--lib",
            ])
            .args(["--target", WASM, "--", "-D", "warnings"])
            .run(step)
    })?;
    run::step(&format!("documentation{page}"), |step| {
        cargo::cargo()
            .args(["doc", "--workspace", "--no-deps", "--features", &features])
            .env("RUSTDOCFLAGS", "-D warnings")
            .run(step)
    })?;
    dependencies()
}

fn dependencies() -> Result<()> {
    let name = "licences, bans and sources of dependencies";
    if Program::new("cargo-deny")
        .arg("--version")
        .try_output()
        .is_none()
    {
        run::note(
            name,
            "skipped: `cargo install --locked cargo-deny` adds the tool",
        );
        return Ok(());
    }
    run::step(name, |step| {
        cargo::cargo()
            .args(["deny", "check", "licenses", "bans", "sources"])
            .run(step)
    })?;
    Ok(())
}
