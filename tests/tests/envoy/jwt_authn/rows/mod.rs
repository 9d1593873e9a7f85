//! The requests, and what both must answer.

mod carriage;
mod claims;
mod header;
mod payload;
mod signature;

use laika_tests::http::Request;
use serde_json::Value;

use super::{Row, Signers};

/// All of them, in the order in which `docs/envoy-jwt-authn.md` has them.
pub(super) fn rows(signers: &Signers) -> Vec<Row> {
    [claims::rows, header::rows, signature::rows, payload::rows, carriage::rows]
        .into_iter()
        .flat_map(|rows| rows(signers))
        .collect()
}

fn plain(value: &str) -> Request {
    Request::new("GET", "/").header("authorization", value)
}

fn no_change(_: &mut Value) {}
