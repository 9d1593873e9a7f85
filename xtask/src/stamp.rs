//! What has changed since last time: a step is skipped when its inputs and outputs hash to what
//! they were when it last succeeded. Cargo looks after crates; this is for everything else.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use crate::files;

/// The fingerprint of one step.
pub(crate) struct Stamp {
    file: PathBuf,
    inputs: Sha256,
    outputs: Vec<PathBuf>,
}

impl Stamp {
    pub(crate) fn new(step: &str) -> Self {
        Self {
            file: Path::new("target/xtask/stamp").join(step),
            inputs: Sha256::new(),
            outputs: Vec::new(),
        }
    }

    /// A setting that the result depends on.
    pub(crate) fn text(mut self, text: &str) -> Self {
        feed(&mut self.inputs, text.as_bytes());
        self
    }

    /// A file or folder that the result depends on; absent is a value too.
    pub(crate) fn input(mut self, path: impl AsRef<Path>) -> Result<Self> {
        hash_tree(&mut self.inputs, path.as_ref())?;
        Ok(self)
    }

    /// A file or folder that the step makes.
    pub(crate) fn output(mut self, path: impl Into<PathBuf>) -> Self {
        self.outputs.push(path.into());
        self
    }

    /// Is everything as the last success left it?
    pub(crate) fn is_fresh(&self) -> Result<bool> {
        if self.outputs.iter().any(|path| !path.exists()) {
            return Ok(false);
        }
        let now = self.fingerprint()?;
        Ok(fs::read_to_string(&self.file).is_ok_and(|before| before == now))
    }

    /// Remembers a success.
    pub(crate) fn save(&self) -> Result<()> {
        files::write(&self.file, self.fingerprint()?.as_bytes())
    }

    fn fingerprint(&self) -> Result<String> {
        let mut hash = self.inputs.clone();
        for path in &self.outputs {
            hash_tree(&mut hash, path)?;
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

fn hash_tree(hash: &mut Sha256, path: &Path) -> Result<()> {
    for file in files::tree(path)? {
        let content = files::read(&file)?;
        feed(hash, file.to_string_lossy().as_bytes());
        feed(hash, &content);
    }
    Ok(())
}

/// Length first, so that two inputs never run into each other.
fn feed(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_input_or_output_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in"), folder.path().join("out"));
        let stamp = || {
            let mut stamp = Stamp::new("test").input(&input).unwrap().output(&output);
            stamp.file = folder.path().join("stamp");
            stamp
        };
        fs::write(&input, "a").unwrap();
        assert!(!stamp().is_fresh().unwrap(), "no output yet");
        fs::write(&output, "b").unwrap();
        assert!(!stamp().is_fresh().unwrap(), "never succeeded");
        stamp().save().unwrap();
        assert!(stamp().is_fresh().unwrap());
        fs::write(&input, "c").unwrap();
        assert!(!stamp().is_fresh().unwrap(), "input changed");
        fs::write(&input, "a").unwrap();
        fs::write(&output, "damaged").unwrap();
        assert!(!stamp().is_fresh().unwrap(), "output changed");
    }
}
