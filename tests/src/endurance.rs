//! The filter in Envoy under traffic that does not end, while keys change, sessions end, and what
//! it depends on falls and rises. Short in the tests, long in `cargo xtask soak`.

mod chaos;
mod memory;
mod rotation;

use std::time::Duration;

use serde_json::{Value, json};

pub use chaos::chaos;
pub use memory::memory;
pub use rotation::rotation;

/// What a run has brought.
#[derive(Debug)]
pub struct Run {
    /// How many requests there were, and what was done meanwhile.
    pub result: String,
    /// What was wrong; of much, the first.
    pub wrong: Vec<String>,
}

/// Seconds after which a token that was taken back is nobody's (`docs/contract/tokens.md`).
const PROMISED: u64 = 10;

/// Between two requests of a client: what is changed meanwhile needs its part of the machine.
const PACE: Duration = Duration::from_millis(1);

/// The plugin configuration for the tokens of a real issuer, behind the cluster `issuer`.
fn plugin(issuer: &str) -> Value {
    json!({
        "issuers": {
            "issuer": issuer, "audience": "orders", "cluster": "issuer", "discover": true,
        },
        "policy": { "version": 1, "rules": [
            { "id": "list", "methods": ["GET"], "path": "/orders", "require": "orders:read" },
        ]},
    })
}
