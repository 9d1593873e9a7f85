//! What tokens claim.

use laika_tests::http::Request;
use laika_tests::issuer::now;
use laika_tests::signing::micro_claims;
use serde_json::json;

use super::no_change;
use crate::jwt_authn::{ISSUER, Row, Signers, bearer};

pub(super) fn rows(signers: &Signers) -> Vec<Row> {
    vec![
        Row {
            what: "a good token, RS256",
            request: bearer(&signers.rs256(no_change, no_change)),
            ours: "200",
            theirs: "200",
            why: "",
        },
        Row {
            what: "a good token, ES256",
            request: bearer(&signers.es256(|signature| signature)),
            ours: "200",
            theirs: "200",
            why: "",
        },
        Row {
            what: "a good token, EdDSA",
            request: bearer(&signers.ed.token(&micro_claims(ISSUER, now()))),
            ours: "200",
            theirs: "200",
            why: "",
        },
        Row {
            what: "no token",
            request: Request::new("GET", "/"),
            ours: "401 token_missing",
            theirs: "401 Jwt is missing",
            why: "",
        },
        Row {
            what: "`exp` 30 s ago",
            request: bearer(&signers.rs256(no_change, |claims| claims["exp"] = json!(now() - 30))),
            ours: "401 expired",
            theirs: "200",
            why: "`jwt_authn` grants 60 s by default to every clock. Here only `nbf` and `iat` get 60 s: a token has ended when it says so.",
        },
        Row {
            what: "`exp` 100 s ago",
            request: bearer(&signers.rs256(no_change, |claims| claims["exp"] = json!(now() - 100))),
            ours: "401 expired",
            theirs: "401 Jwt is expired",
            why: "",
        },
        Row {
            what: "no `exp`",
            request: bearer(
                &signers
                    .rs256(no_change, |claims| drop(claims.as_object_mut().unwrap().remove("exp"))),
            ),
            ours: "401 claim_missing",
            theirs: "401 Jwt verification fails",
            why: "",
        },
        Row {
            what: "`exp` a text",
            request: bearer(
                &signers
                    .rs256(no_change, |claims| claims["exp"] = json!((now() + 300).to_string())),
            ),
            ours: "401 claim_invalid",
            theirs: "401 Jwt payload [exp] field is not an integer",
            why: "",
        },
        Row {
            what: "`exp` with a fraction",
            request: bearer(
                &signers.rs256(no_change, |claims| claims["exp"] = json!(now() as f64 + 300.5)),
            ),
            ours: "200",
            theirs: "200",
            why: "",
        },
        Row {
            what: "`exp` of 1e300",
            request: bearer(&signers.rs256(no_change, |claims| claims["exp"] = json!(1e300))),
            ours: "401 claim_invalid",
            theirs: "401 Jwt payload [exp] field is not a positive 64 bit integer",
            why: "",
        },
        Row {
            what: "`exp` below zero",
            request: bearer(&signers.rs256(no_change, |claims| claims["exp"] = json!(-1))),
            ours: "401 claim_invalid",
            theirs: "401 Jwt payload [exp] field is not a positive 64 bit integer",
            why: "",
        },
        Row {
            what: "`nbf` in 30 s",
            request: bearer(&signers.rs256(no_change, |claims| claims["nbf"] = json!(now() + 30))),
            ours: "200",
            theirs: "200",
            why: "",
        },
        Row {
            what: "`nbf` in 100 s",
            request: bearer(&signers.rs256(no_change, |claims| claims["nbf"] = json!(now() + 100))),
            ours: "401 not_yet_valid",
            theirs: "401 Jwt not yet valid",
            why: "",
        },
        Row {
            what: "`iat` in 1,000 s",
            request: bearer(
                &signers.rs256(no_change, |claims| claims["iat"] = json!(now() + 1000)),
            ),
            ours: "401 issued_in_future",
            theirs: "200",
            why: "A token from the future is the mistake of a clock or of an issuer; `jwt_authn` does not look at `iat`.",
        },
        Row {
            what: "`aud` a text",
            request: bearer(&signers.rs256(no_change, |claims| claims["aud"] = json!("orders"))),
            ours: "200",
            theirs: "200",
            why: "",
        },
        Row {
            what: "`aud` an array with another before",
            request: bearer(
                &signers.rs256(no_change, |claims| claims["aud"] = json!(["stock", "orders"])),
            ),
            ours: "200",
            theirs: "200",
            why: "",
        },
        Row {
            what: "`aud` of another service",
            request: bearer(&signers.rs256(no_change, |claims| claims["aud"] = json!(["stock"]))),
            ours: "401 audience_mismatch",
            theirs: "403 Audiences in Jwt are not allowed",
            why: "",
        },
        Row {
            what: "no `aud`",
            request: bearer(
                &signers
                    .rs256(no_change, |claims| drop(claims.as_object_mut().unwrap().remove("aud"))),
            ),
            ours: "401 claim_missing",
            theirs: "403 Audiences in Jwt are not allowed",
            why: "",
        },
        Row {
            what: "`aud` a number",
            request: bearer(&signers.rs256(no_change, |claims| claims["aud"] = json!(1))),
            ours: "401 claim_invalid",
            theirs: "401 Jwt payload [aud] field is not a string or string list",
            why: "",
        },
        Row {
            what: "`iss` of another",
            request: bearer(
                &signers.rs256(no_change, |claims| claims["iss"] = json!("https://other.example")),
            ),
            ours: "401 issuer_mismatch",
            theirs: "401 Jwt issuer is not configured",
            why: "",
        },
        Row {
            what: "no `iss`",
            request: bearer(
                &signers
                    .rs256(no_change, |claims| drop(claims.as_object_mut().unwrap().remove("iss"))),
            ),
            ours: "401 claim_missing",
            theirs: "401 Jwt issuer is not configured",
            why: "",
        },
        Row {
            what: "`sub` a number",
            request: bearer(&signers.rs256(no_change, |claims| claims["sub"] = json!(7))),
            ours: "401 claim_invalid",
            theirs: "401 Jwt payload [sub] field is not a string",
            why: "",
        },
        Row {
            what: "`permissions` a text",
            request: bearer(
                &signers.rs256(no_change, |claims| claims["permissions"] = json!("orders:read")),
            ),
            ours: "401 claim_invalid",
            theirs: "200",
            why: "What a token grants has one form; a text in its place would be guessed at.",
        },
        Row {
            what: "`type` of a main token",
            request: bearer(&signers.rs256(no_change, |claims| claims["type"] = json!("main"))),
            ours: "401 type_mismatch",
            theirs: "200",
            why: "Main tokens are for the issuer alone. `jwt_authn` knows no kinds of tokens.",
        },
    ]
}
