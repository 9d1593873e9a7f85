//! Each threat of `docs/contract/threats.md` that concerns tokens, keys and requests, by name.
//!
//! The tokens are those of `tests/vectors/hostile.json`, which every face answers; here each class
//! has a test of its own, beside what no token can show: options, and what a host fetches.
//! `docs/threats.md` says which test stands for which threat, and `table.rs` that this is so.

mod keys;
mod requests;
mod table;
mod tokens;

use laika_tests::signing::TestKey;
use laika_verifier::Timestamp;
use serde_json::Value;

const ISSUER: &str = "https://id.example.com";
const NOW: u64 = 1_800_000_000;

fn now() -> Timestamp {
    Timestamp::from_seconds(NOW as f64).unwrap()
}

/// An honest token with some claims changed.
fn token(change: impl FnOnce(&mut Value)) -> String {
    let mut claims = laika_tests::signing::micro_claims(ISSUER, NOW);
    change(&mut claims);
    TestKey::named("ed-1").token(&claims)
}
