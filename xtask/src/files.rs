//! Files and folders.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Every file at or under `path`, sorted, without `node_modules`; empty if there is nothing.
pub(crate) fn tree(path: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    collect(path, &mut files).with_context(|| format!("cannot read `{}`", path.display()))?;
    files.sort();
    Ok(files)
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
    } else if path.is_dir() && !path.ends_with("node_modules") {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    }
    Ok(())
}

/// The same path from the root, for who may run elsewhere.
pub(crate) fn absolute(path: impl AsRef<Path>) -> Result<PathBuf> {
    std::path::absolute(path).context("cannot tell the current folder")
}

/// A file's bytes.
pub(crate) fn read(path: impl AsRef<Path>) -> Result<Vec<u8>> {
    let path = path.as_ref();
    fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// Writes a file and the folders above it.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, content))
        .with_context(|| format!("cannot write `{}`", path.display()))
}

/// Makes `folder` hold exactly these files. One that is already right is not touched, so that
/// nothing which embeds it is built anew.
pub(crate) fn mirror(folder: &Path, wanted: &BTreeMap<PathBuf, Vec<u8>>) -> Result<()> {
    for file in tree(folder)? {
        let kept = file.strip_prefix(folder).is_ok_and(|name| wanted.contains_key(name));
        if !kept {
            fs::remove_file(&file)
                .with_context(|| format!("cannot remove `{}`", file.display()))?;
        }
    }
    for (name, content) in wanted {
        let path = folder.join(name);
        if fs::read(&path).ok().as_ref() != Some(content) {
            write(&path, content)?;
        }
    }
    Ok(())
}

/// Adds every file under `from` to `files`, named below `into`, if `keep` says so.
pub(crate) fn gather(
    files: &mut BTreeMap<PathBuf, Vec<u8>>,
    from: &Path,
    into: &Path,
    keep: impl Fn(&Path) -> bool,
) -> Result<()> {
    for file in tree(from)? {
        let name = file.strip_prefix(from).unwrap_or(&file);
        if keep(name) {
            files.insert(into.join(name), read(&file)?);
        }
    }
    Ok(())
}

/// Whether there is a file system at `folder` with so many bytes left.
pub(crate) fn has_room(folder: &Path, bytes: u64) -> bool {
    rustix::fs::statvfs(folder).is_ok_and(|found| found.f_bavail * found.f_frsize >= bytes)
}
