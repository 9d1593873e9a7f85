//! What must not be in a tracked file: paths of one machine, hosts of package registries. And what
//! should not: a file too long to live in.

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::run::Program;

/// Split in two, so that this file does not find itself.
const HOSTS: [&str; 4] = [
    concat!("registry.", "npmjs.org"),
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("files.", "pythonhosted.org"),
];

/// Folders that exist on the machine of whoever wrote the file, and nowhere else.
const FOLDERS: [&str; 3] = [concat!("/wo", "rk/main"), concat!("/ro", "ot/"), concat!("/tmp", "/")];

/// Above this a file has a seam somewhere.
const LONG: usize = 500;

/// Written by people, and so read by people.
const SOURCES: [&str; 10] = ["rs", "ts", "mts", "js", "mjs", "css", "html", "sql", "md", "toml"];

/// Fails with every line at fault; answers with the files that are too long.
pub(crate) fn check() -> Result<Vec<String>> {
    let mut forbidden: Vec<String> = HOSTS.iter().chain(&FOLDERS).map(|s| s.to_string()).collect();
    let here = std::env::current_dir().context("cannot tell the current folder")?;
    let home = std::env::home_dir().filter(|home| home.components().count() > 1);
    forbidden.extend([Some(here), home].into_iter().flatten().map(|p| format!("{}/", p.display())));

    let (mut faults, mut too_long) = (Vec::new(), Vec::new());
    for file in tracked()? {
        // Removed, but not committed yet.
        let Ok(content) = fs::read(&file) else {
            continue;
        };
        let content = String::from_utf8_lossy(&content);
        for (number, line) in (1..).zip(content.lines()) {
            if let Some(found) = forbidden.iter().find(|text| line.contains(text.as_str())) {
                faults.push(format!("{file}:{number}: contains `{found}`"));
            }
        }
        if file.ends_with("package-lock.json") && content.contains("\"resolved\": \"http") {
            faults.push(format!(
                "{file}: names its registry; set `omit-lockfile-registry-resolved=true` in the \
                 `.npmrc` beside it and write the lock file anew"
            ));
        }
        let long = content.lines().count() > LONG;
        let source = file.rsplit_once('.').is_some_and(|(_, kind)| SOURCES.contains(&kind));
        if long && source {
            too_long.push(file);
        }
    }
    if faults.is_empty() {
        return Ok(too_long);
    }
    bail!("these files say where they were written:\n{}", faults.join("\n"))
}

/// The files that git knows.
fn tracked() -> Result<Vec<String>> {
    let list = Program::new("git")
        .words("-c core.quotePath=off ls-files")
        .try_output()
        .context("`git ls-files` failed; this check needs git and a clone")?;
    Ok(list.lines().map(str::to_owned).collect())
}
