//! What the targets share: verifiers with keys of every kind, and the tokens that were signed for
//! them. All of it comes from the golden vectors.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use laika_verifier::{Options, Timestamp, Verifier};
use serde_json::Value;

use crate::vectors;

/// A file of golden vectors, ready to be used.
pub(super) struct Golden {
    pub(super) verifier: Verifier,
    pub(super) content: Value,
}

/// The files whose verifiers the targets use. Inputs name a verifier by its place in this list, so
/// new ones go to its end.
pub(super) const FILES: [&str; 10] = [
    "verify.json",
    "algorithms.json",
    "authorize.json",
    "secret.json",
    "several.json",
    "profile-auth0.json",
    "profile-cognito.json",
    "profile-entra.json",
    "profile-keycloak.json",
    "profile-rfc9068.json",
];

pub(super) static GOLDENS: LazyLock<Vec<Golden>> = LazyLock::new(|| {
    let read = |file: &&str| {
        let text = std::fs::read_to_string(vectors::folder().join(file)).expect("golden vectors");
        let content: Value = serde_json::from_str(&text).expect("JSON");
        let options = Options::from_value(content["options"].clone()).expect("good options");
        Golden { verifier: Verifier::new(options), content }
    };
    FILES.iter().map(read).collect()
});

/// Every token that stands in the vectors. No other text is a token that somebody has signed.
pub(super) static SIGNED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let cases = GOLDENS.iter().filter_map(|golden| golden.content["cases"].as_array()).flatten();
    cases.filter_map(|case| case["token"].as_str()).map(str::to_owned).collect()
});

/// The verifier that a byte of an input names: `0` is the first.
pub(super) fn golden(choice: u8) -> &'static Golden {
    &GOLDENS[usize::from(choice.wrapping_sub(b'0')) % GOLDENS.len()]
}

/// The moment of all vectors.
pub(super) fn now() -> Timestamp {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    Timestamp::from_seconds(vectors::NOW as f64).expect("a time")
}
