//! Payloads as texts.

use serde_json::json;

use super::no_change;
use crate::jwt_authn::{Row, Signers, bearer};

pub(super) fn rows(signers: &Signers) -> Vec<Row> {
    vec![
        Row {
            what: "`exp` twice in the payload",
            request: bearer(&signers.rs256_of(|claims| claims.replacen('{', "{\"exp\":1,", 1))),
            ours: "401 token_malformed",
            theirs: "401 Jwt payload is an invalid JSON",
            why: "",
        },
        Row {
            what: "`sub` twice in the payload",
            request: bearer(&signers.rs256_of(|claims| claims.replacen('{', "{\"sub\":\"x\",", 1))),
            ours: "401 token_malformed",
            theirs: "401 Jwt payload is an invalid JSON",
            why: "",
        },
        Row {
            what: "white space in the payload",
            request: bearer(&signers.rs256_of(|claims| format!(" {claims}\n"))),
            ours: "200",
            theirs: "200",
            why: "",
        },
        Row {
            what: "something behind the payload's object",
            request: bearer(&signers.rs256_of(|claims| format!("{claims}x"))),
            ours: "401 token_malformed",
            theirs: "401 Jwt payload is an invalid JSON",
            why: "",
        },
        Row {
            what: "a comment in the payload",
            request: bearer(&signers.rs256_of(|claims| format!("/**/{claims}"))),
            ours: "401 token_malformed",
            theirs: "401 Jwt payload is an invalid JSON",
            why: "",
        },
        Row {
            what: "an array as payload",
            request: bearer(&signers.rs256_of(|claims| format!("[{claims}]"))),
            ours: "401 token_malformed",
            theirs: "401 Jwt payload is an invalid JSON",
            why: "",
        },
        Row {
            what: "a payload that is no UTF-8",
            request: bearer(&signers.not_utf8()),
            ours: "401 token_malformed",
            theirs: "401 Jwt payload is an invalid JSON",
            why: "",
        },
        Row {
            what: "a claim 100 levels deep",
            request: bearer(&signers.rs256_of(|claims| {
                let deep = format!("{{\"x\":{}{},", "[".repeat(100), "]".repeat(100));
                claims.replacen('{', &deep, 1)
            })),
            ours: "401 token_malformed",
            theirs: "401 Jwt payload is an invalid JSON",
            why: "",
        },
        Row {
            what: "a token of 20 KiB",
            request: bearer(
                &signers.rs256(no_change, |claims| claims["x"] = json!("x".repeat(15_000))),
            ),
            ours: "401 token_too_large",
            theirs: "200",
            why: "A limit of 16 KiB here; `jwt_authn` has none but that of headers.",
        },
    ]
}
