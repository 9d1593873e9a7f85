//! The npm package and the page: everything that is not compiled by cargo.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::run::{self, Program};
use crate::stamp::Stamp;
use crate::{files, tools, wasm};

/// The page as the issuer embeds it.
pub(crate) const PAGE: &str = "target/www";

/// The package as a browser loads it: one module with everything inside.
const BROWSER_ENTRY: &str = "pkg/dist/index.js";

/// The schema of policies, which the package has a copy of.
const SCHEMA: &str = "docs/schema/policy.json";

/// Parts of `www/` that are not served.
const NOT_SERVED: [&str; 3] = ["demo", "test", "README.md"];

/// Builds the npm package round the wasm module: `pkg/dist/`.
pub(crate) fn package() -> Result<()> {
    let name = "npm package";
    let mut stamp = Stamp::new("package").input(wasm::PACKAGE_WASM)?.output("pkg/dist");
    stamp = stamp.input(SCHEMA)?;
    for entry in sources("pkg", &["dist", "node_modules"])? {
        stamp = stamp.input(entry)?;
    }
    if stamp.is_fresh()? {
        run::unchanged(name);
        return Ok(());
    }
    run::step(name, |step| {
        Program::new("npm").words("run build").folder("pkg").run(step)?;
        let module = Path::new(wasm::PACKAGE_WASM).join("laika_verifier_wasm_bg.wasm");
        ensure!(module.exists(), "the build of `pkg` removed `{}`", module.display());
        Ok(())
    })?;
    stamp.save()
}

/// Lays out the page: `www/` as it is, and the built package under `laika-verifier/`.
pub(crate) fn page() -> Result<()> {
    run::step("page", |_| {
        let mut page = BTreeMap::new();
        for entry in sources("www", &NOT_SERVED)? {
            let from = Path::new(&entry);
            let into = from.strip_prefix("www").context("a file of the page outside of `www`")?;
            if from.is_file() {
                page.insert(into.to_owned(), files::read(from)?);
            } else {
                files::gather(&mut page, from, into, |_| true)?;
            }
        }
        page.insert(PathBuf::from("laika-verifier/index.js"), files::read(BROWSER_ENTRY)?);
        files::mirror(Path::new(PAGE), &page)
    })
}

/// What lies directly in `folder`, without the names in `but`.
fn sources(folder: &str, but: &[&str]) -> Result<Vec<String>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read the folder `{folder}`"))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.with_context(|| format!("cannot read the folder `{folder}`"))?.file_name();
        let name = name.to_string_lossy();
        if !but.contains(&name.as_ref()) {
            names.push(format!("{folder}/{name}"));
        }
    }
    names.sort();
    Ok(names)
}

/// Makes sure of everything that building the package needs.
pub(crate) fn prepare() -> Result<()> {
    tools::node()?;
    tools::npm_packages(tools::NPM_TOOLS)?;
    tools::npm_packages("pkg")
}
