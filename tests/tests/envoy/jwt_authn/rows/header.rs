//! Their headers: kind, algorithm, key.

use serde_json::json;

use super::no_change;
use crate::jwt_authn::{Row, Signers, bearer};

pub(super) fn rows(signers: &Signers) -> Vec<Row> {
    vec![
        Row {
            what: "`typ` of a main token",
            request: bearer(&signers.rs256(|header| header["typ"] = json!("main+jwt"), no_change)),
            ours: "401 type_mismatch",
            theirs: "200",
            why: "RFC 8725 section 3.11: tokens of different kinds are told apart by `typ`, which `jwt_authn` ignores.",
        },
        Row {
            what: "`typ` `JWT`",
            request: bearer(&signers.rs256(|header| header["typ"] = json!("JWT"), no_change)),
            ours: "401 type_mismatch",
            theirs: "200",
            why: "RFC 9068 section 4: an access token says `at+jwt`. Other issuers' habits are a profile of the configuration.",
        },
        Row {
            what: "no `typ`",
            request: bearer(
                &signers
                    .rs256(|header| drop(header.as_object_mut().unwrap().remove("typ")), no_change),
            ),
            ours: "401 type_mismatch",
            theirs: "200",
            why: "The same.",
        },
        Row {
            what: "`crit` with a name that nobody knows",
            request: bearer(&signers.rs256(|header| header["crit"] = json!(["x"]), no_change)),
            ours: "401 critical_header_unsupported",
            theirs: "200",
            why: "RFC 7515 section 4.1.11: who does not understand what is critical must refuse the token; `jwt_authn` ignores `crit`.",
        },
        Row {
            what: "`crit` with `b64`",
            request: bearer(&signers.rs256(
                |header| {
                    header["crit"] = json!(["b64"]);
                    header["b64"] = json!(false);
                },
                no_change,
            )),
            ours: "401 critical_header_unsupported",
            theirs: "200",
            why: "The same; with `b64` the signature is one of other bytes (RFC 7797).",
        },
        Row {
            what: "`alg` `none`, no signature",
            request: bearer(&signers.unsigned("none")),
            ours: "401 token_malformed",
            theirs: "401 Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
            why: "",
        },
        Row {
            what: "`alg` `None`, no signature",
            request: bearer(&signers.unsigned("None")),
            ours: "401 token_malformed",
            theirs: "401 Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
            why: "",
        },
        Row {
            what: "`alg` `none`, a signature",
            request: bearer(&signers.rs256(|header| header["alg"] = json!("none"), no_change)),
            ours: "401 algorithm_not_allowed",
            theirs: "401 Jwt header [alg] is not supported",
            why: "",
        },
        Row {
            what: "`alg` `HS256`, the public key as secret",
            request: bearer(&signers.confused()),
            ours: "401 algorithm_not_allowed",
            theirs: "401 Jwks doesn't have key to match kid or alg from Jwt",
            why: "",
        },
        Row {
            what: "`alg` `RS512`, signed with RS256",
            request: bearer(&signers.rs256(|header| header["alg"] = json!("RS512"), no_change)),
            ours: "401 algorithm_not_allowed",
            theirs: "401 Jwks doesn't have key to match kid or alg from Jwt",
            why: "",
        },
        Row {
            what: "`alg` `ES256` with the `kid` of an RSA key",
            request: bearer(&signers.rs256(|header| header["alg"] = json!("ES256"), no_change)),
            ours: "401 algorithm_not_allowed",
            theirs: "401 Jwks doesn't have key to match kid or alg from Jwt",
            why: "",
        },
        Row {
            what: "no `alg`",
            request: bearer(
                &signers
                    .rs256(|header| drop(header.as_object_mut().unwrap().remove("alg")), no_change),
            ),
            ours: "401 token_malformed",
            theirs: "401 Jwt header [alg] field is required and must be a string",
            why: "",
        },
        Row {
            what: "no `kid`",
            request: bearer(
                &signers
                    .rs256(|header| drop(header.as_object_mut().unwrap().remove("kid")), no_change),
            ),
            ours: "200",
            theirs: "200",
            why: "",
        },
        Row {
            what: "an unknown `kid`",
            request: bearer(&signers.rs256(|header| header["kid"] = json!("unknown"), no_change)),
            ours: "401 key_not_found",
            theirs: "401 Jwks doesn't have key to match kid or alg from Jwt",
            why: "",
        },
        Row {
            what: "the `kid` of another key",
            request: bearer(&signers.rs256(|header| header["kid"] = json!("ed-1"), no_change)),
            ours: "401 algorithm_not_allowed",
            theirs: "401 Jwks doesn't have key to match kid or alg from Jwt",
            why: "",
        },
        Row {
            what: "`kid` a number",
            request: bearer(&signers.rs256(|header| header["kid"] = json!(1), no_change)),
            ours: "401 token_malformed",
            theirs: "401 Jwt header [kid] field is not a string",
            why: "",
        },
        Row {
            what: "a key of its own in `jwk`",
            request: bearer(&signers.with_own_key()),
            ours: "401 key_not_found",
            theirs: "401 Jwks doesn't have key to match kid or alg from Jwt",
            why: "",
        },
    ]
}
