//! The golden vectors: tokens and requests with their one right answer, read by the crate, the npm
//! package and the filter alike.
//!
//! A file of `tests/vectors/` is `{comment, options, cases}`. `options` are those of a verifier in
//! snake_case. A case has a `name`, `now` in Unix seconds, perhaps a `token`, and either `expect`
//! (`{"ok": {…}}` or `{"error": code}`) or `request` and `decision`; members that a vector does not
//! name are not compared. Where something is fetched, `served` has the answers by URL, each with
//! `status` and `body`. `cargo run -p laika-tests --bin vectors` writes the files; a test compares
//! them with what it would write.

mod faults;
mod hostile;
mod profiles;
mod requests;
mod several;
mod status;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::signing::TestKey;

/// The moment of all vectors, Unix seconds.
pub const NOW: u64 = 1_800_000_000;
/// The issuer of all vectors.
pub const ISSUER: &str = "https://id.example.com";

/// A file of vectors that this crate makes.
#[derive(Debug)]
pub struct File {
    /// Its name.
    pub name: &'static str,
    /// What stands in it.
    pub content: Value,
}

/// Every file this crate makes.
#[must_use]
pub fn files() -> Vec<File> {
    let mut files = vec![
        File { name: "verify.json", content: faults::content() },
        File { name: "authorize.json", content: requests::content() },
        File { name: "several.json", content: several::content() },
        File { name: "status.json", content: status::content() },
        File { name: "hostile.json", content: hostile::content() },
    ];
    files.extend(profiles::files());
    files
}

/// The folder of the vectors.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// The text of a file as it is committed.
#[must_use]
pub fn text(content: &Value) -> String {
    format!("{content:#}\n")
}

/// The key set of the vectors: good keys for each algorithm, two of them for RS256, and one that may
/// not sign.
fn key_set() -> Value {
    let mut encryption = TestKey::named("rsa-2").public_jwk();
    encryption["kid"] = json!("enc");
    encryption["use"] = json!("enc");
    let mut second = TestKey::named("rsa-1").public_jwk();
    second["kid"] = json!("rsa-1 again");
    json!({ "keys": [
        TestKey::named("rsa-1").public_jwk(), second, TestKey::named("ed-1").public_jwk(), encryption,
    ]})
}
