//! A folder where a script imports the packed npm package by name, as its users do, beside the
//! foreign packages of `tests/tools`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::run::{self, Program, Step};
use crate::{files, tools};

/// Where `npm pack` leaves the package.
const PACKED: &str = "target/npm";

/// Packs `pkg/` as it would be published, and answers with the tarball.
pub(crate) fn pack() -> Result<PathBuf> {
    let folder = Path::new(PACKED);
    files::mirror(folder, &BTreeMap::new())?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{PACKED}`"))?;
    run::step("npm package: pack", |step| {
        Program::new("npm")
            .words("pack --ignore-scripts --pack-destination ../target/npm")
            .folder("pkg")
            .run(step)
    })?;
    let packed = files::tree(folder)?;
    packed.into_iter().next().with_context(|| format!("`npm pack` left nothing in `{PACKED}`"))
}

/// The foreign packages.
const PEERS: [&str; 6] =
    ["@cedar-policy", "aws-jwt-verify", "fast-jwt", "hono", "jose", "jsonwebtoken"];

/// A folder with a copy of `scripts` and a `node_modules/` for them.
pub(crate) struct Scene(tempfile::TempDir);

impl Scene {
    pub(crate) fn set(scripts: &str) -> Result<Self> {
        let package = pack()?;
        let folder = tempfile::tempdir_in("target").context("cannot make a folder in `target`")?;
        let modules = folder.path().join("node_modules");
        let ours = modules.join("laika-verifier");
        fs::create_dir_all(&ours).context("cannot make a `node_modules` folder")?;
        run::step("npm package: unpack", |step| {
            Program::new("tar")
                .args(["-xzf", &package.to_string_lossy(), "--strip-components", "1"])
                .args(["-C", &ours.to_string_lossy()])
                .run(step)
        })?;
        let tools = files::absolute(Path::new(tools::NPM_TOOLS).join("node_modules"))?;
        for name in PEERS {
            symlink(tools.join(name), modules.join(name))
                .with_context(|| format!("cannot link the npm package `{name}`"))?;
        }
        let mut copies = BTreeMap::new();
        files::gather(&mut copies, Path::new(scripts), Path::new(""), |_| true)?;
        for (name, content) in &copies {
            files::write(&folder.path().join(name), content)?;
        }
        Ok(Self(folder))
    }

    /// The path of one of the scripts.
    pub(crate) fn file(&self, script: &str) -> String {
        let path = self.0.path().join(script);
        std::path::absolute(&path).unwrap_or(path).to_string_lossy().into_owned()
    }

    /// Runs one of the scripts to its end.
    pub(crate) fn node(&self, step: &Step, script: &str, args: &[&str]) -> Result<String> {
        Program::new("node")
            .arg("--expose-gc")
            .arg(&self.file(script))
            .args(args.iter().copied())
            .run(step)
    }
}
