//! The bodies of the fuzz targets, on stable Rust.
//!
//! `fuzz/` hands each of them to libFuzzer; `tests/corpus.rs` replays the committed inputs through
//! the very same functions. A target takes any bytes and panics where something is wrong. What is
//! right is said by [`mod@reference`]: naive implementations of the contract, and other libraries.

mod decide;
mod differential;
mod json;
mod jwk;
mod options;
mod path;
mod pem;
mod policy;
pub mod reference;
pub mod seeds;
mod status_list;
mod token;
mod world;

use std::path::{Path, PathBuf};

/// One target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, which is that of its libFuzzer program and of its corpus.
    pub name: &'static str,
    /// Panics when `data` brings out a defect.
    pub run: fn(&[u8]),
}

/// Every target, in the order of the alphabet.
pub const TARGETS: [Target; 11] = [
    Target { name: "decide", run: decide::run },
    Target { name: "differential", run: differential::run },
    Target { name: "json", run: json::run },
    Target { name: "jwk", run: jwk::run },
    Target { name: "jwks", run: jwk::run_set },
    Target { name: "options", run: options::run },
    Target { name: "path", run: path::run },
    Target { name: "pem", run: pem::run },
    Target { name: "policy", run: policy::run },
    Target { name: "status_list", run: status_list::run },
    Target { name: "token", run: token::run },
];

/// Runs the target of that name.
///
/// # Panics
/// When `data` brings out a defect, or there is no such target.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("a target of that name").run)(data);
}

/// The folder of the committed inputs, with one folder for each target.
#[must_use]
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus")
}

/// `data` cut at its zero bytes into `N` fields; the last one keeps the zero bytes it has. Fields
/// that are not there are empty.
fn fields<const N: usize>(data: &[u8]) -> [&[u8]; N] {
    let mut parts = data.splitn(N, |byte| *byte == 0);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}
