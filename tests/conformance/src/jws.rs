//! Wycheproof's `json_web_signature_test.json` through `verify`.
//!
//! Its payloads are no claims, so the code tells whether the signature held: the form of the token
//! is right and `verify` says `token_malformed`, which then speaks of the payload.

use std::fmt;

use laika_verifier::jws::UntrustedToken;
use laika_verifier::{ErrorCode, Options, Timestamp, Verifier};
use serde_json::{Value, json};

use crate::key::text;

const EMPTY: &str = "an empty payload, which no JWT has: refused for its form";
const PS384: &str = "signed with PS384, and the key says that it is for PS256";
const ES512: &str = "signed with ES512, which is not supported, and the key is for an `ES521`";
const SAME: &str =
    "the very token of case 357, which is valid; the name speaks of padding it lacks";
const INVALID: &str = "an invalid character, says the name and is true; valid, says the result";

/// Cases in which a strict verifier says otherwise than the file: (case, reason).
pub const DEVIATIONS: [(u64, &str); 14] = [
    (259, EMPTY),
    (264, EMPTY),
    (268, EMPTY),
    (272, EMPTY),
    (320, EMPTY),
    (325, EMPTY),
    (346, PS384),
    (347, ES512),
    (350, PS384),
    (351, ES512),
    (367, SAME),
    (370, SAME),
    (372, INVALID),
    (373, INVALID),
];

/// What came of the file.
#[derive(Debug, PartialEq)]
pub struct Jws {
    /// How many cases it has.
    pub cases: usize,
    /// The cases that were answered otherwise than it says.
    pub deviations: Vec<u64>,
}

impl Jws {
    /// Reads and runs the file.
    ///
    /// # Errors
    /// When it is not that file.
    pub fn run(file: &str) -> Result<Self, serde_json::Error> {
        let file: Value = serde_json::from_str(file)?;
        let (mut cases, mut deviations) = (0, Vec::new());
        for group in file["testGroups"].as_array().into_iter().flatten() {
            let verifier = verifier(group);
            for test in group["tests"].as_array().into_iter().flatten() {
                cases += 1;
                let held = verifier.as_ref().is_some_and(|with| holds(with, text(test, "jws")));
                if held != (test["result"] == "valid") {
                    deviations.push(test["tcId"].as_u64().unwrap_or_default());
                }
            }
        }
        Ok(Self { cases, deviations })
    }

    /// Whether the deviations are those that are explained, and no others.
    #[must_use]
    pub fn is_explained(&self) -> bool {
        self.cases > 0 && self.deviations == DEVIATIONS.map(|(case, _)| case)
    }
}

/// A verifier with the group's key; `None` where no verifier takes that key.
fn verifier(group: &Value) -> Option<Verifier> {
    let mut issuer = json!({ "issuer": "x", "audience": "x", "typ": [null, "JWT"] });
    match group.get("public") {
        Some(key) => issuer["jwks"] = json!({ "keys": [key] }),
        None => {
            issuer["secret"] = group["private"]["k"].clone();
            issuer["algorithms"] = json!([group["private"]["alg"]]);
        }
    }
    Options::from_value(json!({ "issuers": issuer })).ok().map(Verifier::new)
}

fn holds(verifier: &Verifier, token: &str) -> bool {
    let code = verifier.verify(token, Timestamp::EPOCH).err().map(|error| error.code());
    UntrustedToken::parse(token, usize::MAX).is_ok() && code == Some(ErrorCode::TokenMalformed)
}

impl fmt::Display for Jws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.deviations {
            let reason = DEVIATIONS.iter().find(|(known, _)| known == case);
            writeln!(f, "case {case}: {}", reason.map_or("WRONG", |(_, reason)| reason))?;
        }
        writeln!(
            f,
            "json_web_signature_test: {} cases run, {} as the file says",
            self.cases,
            self.cases - self.deviations.len()
        )
    }
}
