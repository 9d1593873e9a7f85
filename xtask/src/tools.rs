//! What must be installed: found, or fetched by its ordinary client, or named with the way to get it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::cargo::WASM;
use crate::run::{self, Program};
use crate::stamp::Stamp;

/// The oldest Node.js whose WebAssembly and test runner do what is needed.
const NODE_MAJOR: u32 = 20;

/// The folder of the foreign npm packages: `wasm-opt`, `jose`, `workerd`, ...
pub(crate) const NPM_TOOLS: &str = "tests/tools";

/// Makes sure that Rust can compile for wasm.
pub(crate) fn wasm_target() -> Result<()> {
    let folder = rustc(&["--print", "target-libdir", "--target", WASM])?;
    if Path::new(&folder).exists() {
        return Ok(());
    }
    if Program::new("rustup").arg("--version").try_output().is_none() {
        bail!(
            "the Rust target `{WASM}` is missing and there is no `rustup` to add it: install \
             rustup from https://rustup.rs, or the target from your distribution (Debian: \
             `libstd-rust-dev-wasm32`)"
        );
    }
    run::step(&format!("Rust target {WASM}"), |step| {
        Program::new("rustup")
            .args(["target", "add", WASM])
            .run(step)
            .with_context(|| format!("cannot add the Rust target `{WASM}`; are you offline?"))
    })?;
    Ok(())
}

/// What the compiler says to these arguments.
pub(crate) fn rustc(args: &[&str]) -> Result<String> {
    Program::new("rustc")
        .args(args.iter().copied())
        .try_output()
        .with_context(|| format!("`rustc {}` failed; install Rust from https://rustup.rs", args.join(" ")))
}

/// Makes sure that Node.js and npm are there and new enough.
pub(crate) fn node() -> Result<()> {
    let advice = format!("install Node.js {NODE_MAJOR} or newer from https://nodejs.org or your distribution");
    let version = Program::new("node").arg("--version").try_output();
    let version = version.with_context(|| format!("there is no `node`: {advice}"))?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|n| n.parse().ok());
    if major.is_none_or(|major: u32| major < NODE_MAJOR) {
        bail!("`node` is {version}, which is too old: {advice}");
    }
    Program::new("npm")
        .arg("--version")
        .try_output()
        .with_context(|| format!("there is no `npm` beside `node`: {advice}"))?;
    Ok(())
}

/// Installs the locked npm packages of a folder, if they have changed.
pub(crate) fn npm_packages(folder: &str) -> Result<()> {
    let name = format!("npm packages of {folder}");
    let stamp = Stamp::new(&format!("npm-{}", folder.replace('/', "-")))
        .input(format!("{folder}/package.json"))?
        .input(format!("{folder}/package-lock.json"))?
        .output(format!("{folder}/node_modules/.package-lock.json"));
    if stamp.is_fresh()? {
        run::unchanged(&name);
        return Ok(());
    }
    run::step(&name, |step| {
        Program::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .folder(folder)
            .run(step)
            .with_context(|| format!("cannot install the npm packages of `{folder}`; are you offline?"))
    })?;
    stamp.save()
}

/// A program of the foreign npm packages.
pub(crate) fn npm_tool(name: &str) -> PathBuf {
    Path::new(NPM_TOOLS).join("node_modules/.bin").join(name)
}
