//! `cargo xtask bench verify`: one step for each runtime, and all figures in the end.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::cargo::cargo;
use crate::run::{self, Program};
use crate::scene::Scene;
use crate::{build, files, tools};

/// A workspace of its own: the engine of Rego is of no use to anything else.
const REGO: &str = "tests/bench/rego/Cargo.toml";
/// Where it is built; nothing else is.
const REGO_TARGET: &str = "target/rego";

/// Where something is measured, as `--only` names it.
const RUNTIMES: [(&str, Measure); 7] = [
    ("Node", |place| place.node(Path::new("node"))),
    ("Node 24", |place| place.node(&tools::newer_node()?)),
    ("Deno", Place::deno),
    ("Bun", Place::bun),
    ("workerd", Place::workerd),
    ("Chromium", Place::chromium),
    ("native, with regorus", Place::native),
];

/// The program that measures there.
type Measure = fn(&Place) -> Result<Program>;

/// The scripts beside the packages that they import, and the folder for keys, tokens and results.
struct Place {
    scene: Scene,
    folder: tempfile::TempDir,
}

/// Measures wherever `only` is in the name, and writes every figure to `json`.
pub(crate) fn run(json: Option<&Path>, only: Option<&str>) -> Result<()> {
    let only = only.unwrap_or_default();
    let wanted: Vec<_> = RUNTIMES.iter().filter(|(name, _)| name.contains(only)).collect();
    let names = RUNTIMES.map(|(name, _)| name).join("`, `");
    ensure!(!wanted.is_empty(), "nothing is measured in `{only}`: there are `{names}`");
    build::package()?;
    tools::npm_packages(tools::NPM_RUNTIMES)?;
    let place = Place {
        scene: Scene::set("tests/bench/verify")?,
        folder: tempfile::tempdir_in("target").context("cannot make a folder in `target`")?,
    };
    // Whatever must be installed or compiled is, before anything is measured.
    let programs = wanted.iter().map(|(_, measure)| measure(&place)).collect::<Result<Vec<_>>>()?;
    run::step("keys and tokens", |step| place.script(Program::new("node"), "mint.mjs")?.run(step))?;
    for ((name, _), program) in wanted.iter().zip(programs) {
        let said = run::step(&format!("measure: {name}"), |step| program.run(step))?;
        if name.starts_with("native") {
            files::write(&place.folder.path().join("native.json"), said.as_bytes())?;
        }
    }
    let mut report =
        place.script(Program::new("node"), "report.mjs")?.args(["--commit", &commit()]);
    if let Some(file) = json {
        report = report.args(["--json", &absolute(file)?]);
    }
    let report = report.try_output().context("the figures cannot be read, or not be written")?;
    println!("\n{report}");
    Ok(())
}

impl Place {
    /// A runtime with one of the scripts, which is told where the keys and tokens are.
    fn script(&self, runtime: Program, script: &str) -> Result<Program> {
        Ok(runtime.arg(&self.scene.file(script)).arg(&absolute(self.folder.path())?))
    }

    fn node(&self, node: &Path) -> Result<Program> {
        self.script(Program::new(node), "program.mjs")
    }

    fn deno(&self) -> Result<Program> {
        let deno = tools::npm_binary(tools::NPM_RUNTIMES, "@deno", "deno")?;
        let deno = Program::new(deno)
            .words("run --no-remote --node-modules-dir=manual --no-lock --allow-all");
        let cache = self.folder.path().join("deno");
        let program = self.script(deno, "program.mjs")?;
        Ok(program.env("DENO_DIR", &absolute(&cache)?).env("DENO_NO_UPDATE_CHECK", "1"))
    }

    fn bun(&self) -> Result<Program> {
        let bun = tools::npm_binary(tools::NPM_RUNTIMES, "@oven", "bin/bun")?;
        let bun = Program::new(bun).words("run --no-install");
        Ok(self.script(bun, "program.mjs")?.env("DO_NOT_TRACK", "1"))
    }

    fn workerd(&self) -> Result<Program> {
        Ok(self
            .script(Program::new("node"), "workerd.mjs")?
            .args(["--tools", &absolute(Path::new("pkg"))?]))
    }

    fn chromium(&self) -> Result<Program> {
        let chromium = tools::chromium()?;
        Ok(self
            .script(Program::new("node"), "chromium.mjs")?
            .args(["--tools", &absolute(Path::new("pkg"))?])
            .args(["--driver", &absolute(Path::new(tools::NPM_TOOLS))?])
            .args(["--chromium", &chromium.to_string_lossy()]))
    }

    fn native(&self) -> Result<Program> {
        run::step("an engine of Rego: compile", |step| {
            let build = cargo().words("build --quiet --release --locked --manifest-path");
            build.arg(REGO).arg("--target-dir").arg(REGO_TARGET).run(step)
        })?;
        Ok(Program::new(Path::new(REGO_TARGET).join("release/laika-bench-rego")))
    }
}

fn absolute(path: &Path) -> Result<String> {
    Ok(files::absolute(path)?.to_string_lossy().into_owned())
}

/// What is measured, as git names it.
fn commit() -> String {
    let told = Program::new("git").words("describe --always --dirty --exclude *").try_output();
    told.unwrap_or_else(|| "unknown".to_owned())
}
