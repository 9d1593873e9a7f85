//! The examples in `deploy/`, as they stand: run where a machine has what runs them, and held
//! against the schema of who reads them where it has not. `docs/deployment.md` says which is which.

mod container;
mod envoy;
mod istio;
mod kubernetes;
mod systemd;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use laika_tests::process::artifact;
use serde_json::Value;

/// Prints the documents of a YAML file as a JSON array.
const TO_JSON: &str = "import json, sys, yaml
print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";

/// A file in `deploy/`.
fn example(path: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(path);
    assert!(file.is_file(), "there is no `{}`", file.display());
    file
}

fn text(path: &str) -> String {
    std::fs::read_to_string(example(path)).expect("an example is text")
}

/// The documents of a YAML file, as PyYAML reads it.
fn documents(path: &str) -> Vec<Value> {
    let output = run(Command::new(python()).args(["-c", TO_JSON]).arg(example(path)));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The Python with the tools for these examples.
fn python() -> PathBuf {
    artifact("LAIKA_DEPLOYMENT")
}

/// The issuer's program, without the settings that stand for these tests in the environment.
fn laika() -> Command {
    let mut command = Command::new(artifact("LAIKA_BIN"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LAIKA_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command that must succeed.
fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?} failed: {}", said(&output));
    output
}

/// Runs a command that must fail; what it says.
fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(!output.status.success(), "{command:?} found nothing: {}", said(&output));
    said(&output)
}

fn said(output: &Output) -> String {
    let (out, error) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(error))
}
