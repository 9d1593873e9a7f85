//! What Rust and its registry bring besides compiler and standard library.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use crate::cargo::{WASI, WASM, cargo};
use crate::files;
use crate::run::{self, Program};
use crate::stamp::Stamp;

/// The `cargo-fuzz` that builds the fuzz targets.
const CARGO_FUZZ: &str = "0.13.2";

/// The `cargo-deny` that looks at licences, bans and sources of dependencies.
const CARGO_DENY: &str = "0.20.2";

/// Makes sure that Rust can compile for wasm.
pub(crate) fn wasm_target() -> Result<()> {
    target(WASM)
}

/// Makes sure that Rust can compile for WASI, where tests run.
pub(crate) fn wasi_target() -> Result<()> {
    target(WASI)
}

fn target(name: &str) -> Result<()> {
    let folder = rustc(&["--print", "target-libdir", "--target", name])?;
    if Path::new(&folder).exists() {
        return Ok(());
    }
    let otherwise = ", or the target from your distribution (Debian: `libstd-rust-dev-wasm32`)";
    rustup(&format!("Rust target {name}"), &format!("target add {name}"), otherwise)
}

/// Makes sure that there is a nightly compiler, which libFuzzer's instrumentation needs.
pub(crate) fn nightly() -> Result<()> {
    if Program::new("rustup").words("run nightly rustc --version").try_output().is_some() {
        return Ok(());
    }
    rustup("Rust's nightly toolchain", "toolchain install nightly --profile minimal", "")
}

/// What makes a profile of what a program has counted: it must be of the compiler's own LLVM.
pub(crate) fn profdata() -> Result<PathBuf> {
    let libraries = rustc(&["--print", "target-libdir"])?;
    let program = Path::new(&libraries).with_file_name("bin").join("llvm-profdata");
    if !program.exists() {
        rustup("Rust component llvm-tools", "component add llvm-tools", "")?;
    }
    ensure!(program.exists(), "Rust's `llvm-tools` have brought no `{}`", program.display());
    Ok(program)
}

/// Has rustup add what is missing; `otherwise` is how else it may be had.
fn rustup(what: &str, words: &str, otherwise: &str) -> Result<()> {
    if Program::new("rustup").arg("--version").try_output().is_none() {
        bail!(
            "the {what} is missing and there is no `rustup` to add it: install rustup from \
             https://rustup.rs{otherwise}"
        );
    }
    run::step(what, |step| {
        let added = Program::new("rustup").words(words).run(step);
        added.with_context(|| format!("cannot add the {what}, which needs Rust's download server"))
    })?;
    Ok(())
}

/// `cargo-fuzz`, which builds the fuzz targets.
pub(crate) fn cargo_fuzz() -> Result<PathBuf> {
    cargo_program("cargo-fuzz", CARGO_FUZZ)
}

/// `cargo-deny`, which holds dependencies against `deny.toml`. It takes minutes to compile.
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    cargo_program("cargo-deny", CARGO_DENY)
}

/// A program of a crate, in a folder of our own.
fn cargo_program(name: &str, version: &str) -> Result<PathBuf> {
    let (folder, package) = (format!("target/tools/{name}"), format!("{name}@{version}"));
    let program = files::absolute(Path::new(&folder).join("bin").join(name))?;
    let stamp = Stamp::new(name).text(&package).output(&program);
    if !stamp.is_fresh()? {
        run::step(&format!("{name} {version}"), |step| {
            // Not by its own lock file, whose versions a registry may no longer have.
            let install = cargo().words("install --quiet --force --root").arg(&folder);
            install.arg(&package).run(step).with_context(|| {
                format!("cannot install `{package}`, which needs the registry of crates")
            })
        })?;
        stamp.save()?;
    }
    Ok(program)
}

/// What the compiler says to these arguments.
pub(crate) fn rustc(args: &[&str]) -> Result<String> {
    Program::new("rustc").args(args.iter().copied()).try_output().with_context(|| {
        format!("`rustc {}` failed; install Rust from https://rustup.rs", args.join(" "))
    })
}
