//! Commands that run in a folder, and what they answer.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A folder with files, in which commands run.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            std::fs::write(folder.0.path().join(name), text).unwrap();
        }
        folder
    }

    /// Runs `laika` with these words and this standard input.
    pub(crate) fn run(&self, arguments: &str, input: &str) -> Answer {
        let mut child = Command::new(env!("CARGO_BIN_EXE_laika"))
            .args(arguments.split(' '))
            .current_dir(self.0.path())
            // Unknown settings stop every command that reads them; these commands read none.
            .env_clear()
            .env("LAIKA_NO_SUCH_SETTING", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads nothing may be gone before it is written to.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Answer::from(child.wait_with_output().unwrap())
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code().unwrap(),
            output: text(&output.stdout),
            errors: text(&output.stderr),
        }
    }
}

impl Answer {
    /// Ended with `code`, and says all of `parts` somewhere.
    #[track_caller]
    pub(crate) fn says(&self, code: i32, parts: &[&str]) -> &Self {
        assert_eq!(self.code, code, "{self:?}");
        for part in parts {
            let said = self.output.contains(part) || self.errors.contains(part);
            assert!(said, "lacks `{part}`: {self:?}");
        }
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.output).unwrap()
    }
}

/// Options, a good token and the time it is good at, from the golden vectors.
pub(crate) struct Vector {
    pub(crate) file: Value,
    pub(crate) token: String,
    pub(crate) now: u64,
}

impl Vector {
    pub(crate) fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/verify.json");
        let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let cases = file["cases"].as_array().unwrap();
        let good = cases.iter().find(|case| case["expect"]["ok"].is_object()).unwrap();
        let (token, now) =
            (good["token"].as_str().unwrap().to_owned(), good["now"].as_u64().unwrap());
        Self { file, token, now }
    }

    pub(crate) fn issuer(&self) -> &Value {
        match &self.file["options"]["issuers"] {
            Value::Array(several) => &several[0],
            one => one,
        }
    }

    /// `--issuer`, `--audience` and `--at`.
    pub(crate) fn arguments(&self) -> String {
        let issuer = self.issuer();
        let audience = issuer["audience"].as_str().or(issuer["audience"][0].as_str()).unwrap();
        let iss = issuer["issuer"].as_str().unwrap();
        format!("--issuer {iss} --audience {audience} --at {}", self.now)
    }
}
