//! The requests, and what both must answer.

use laika_tests::http::Request;
use laika_tests::issuer::now;
use laika_tests::signing::micro_claims;
use serde_json::{Value, json};

use super::{ISSUER, Row, Signers, bearer};

fn plain(value: &str) -> Request {
    Request::new("GET", "/").header("authorization", value)
}

fn no_change(_: &mut Value) {}

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
        Row {
            what: "a signature of a stranger",
            request: bearer(&signers.forged()),
            ours: "401 signature_invalid",
            theirs: "401 Jwt verification fails",
            why: "",
        },
        Row {
            what: "no signature",
            request: bearer(signers.rs256(no_change, no_change).rsplit_once('.').unwrap().0),
            ours: "401 token_malformed",
            theirs: "401 Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
            why: "",
        },
        Row {
            what: "an empty signature",
            request: bearer(&format!(
                "{}.",
                signers.rs256(no_change, no_change).rsplit_once('.').unwrap().0
            )),
            ours: "401 token_malformed",
            theirs: "401 Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
            why: "",
        },
        Row {
            what: "ES256, a signature of 63 bytes",
            request: bearer(&signers.es256(|signature| signature[..63].to_vec())),
            ours: "401 signature_invalid",
            theirs: "401 Jwt verification fails",
            why: "",
        },
        Row {
            what: "ES256, two bytes behind the signature",
            request: bearer(&signers.es256(|signature| [signature, vec![0, 0]].concat())),
            ours: "401 signature_invalid",
            theirs: "401 Jwt verification fails",
            why: "",
        },
        Row {
            what: "ES256, a signature of 66 bytes, a zero before each half",
            request: bearer(
                &signers
                    .es256(|signature| [&[0], &signature[..32], &[0], &signature[32..]].concat()),
            ),
            ours: "401 signature_invalid",
            theirs: "200",
            why: "RFC 7518 section 3.4: exactly 64 bytes. `jwt_authn` takes two halves of any length, so one token has many spellings.",
        },
        Row {
            what: "ES256, the signature as DER",
            request: bearer(&signers.es256_der()),
            ours: "401 signature_invalid",
            theirs: "401 Jwt verification fails",
            why: "",
        },
        Row {
            what: "ES256, a signature of zeros",
            request: bearer(&signers.es256(|_| vec![0; 64])),
            ours: "401 signature_invalid",
            theirs: "401 Jwt verification fails",
            why: "",
        },
        Row {
            what: "`..a.b.c`",
            request: bearer("..a.b.c"),
            ours: "401 token_malformed",
            theirs: "401 Jwt header is an invalid Base64url encoded",
            why: "",
        },
        Row {
            what: "two dots before a good token",
            request: bearer(&format!("..{}", signers.rs256(no_change, no_change))),
            ours: "401 token_malformed",
            theirs: "200",
            why: "`jwt_authn` leaves out empty parts, so one token has many spellings, and a list of refused ones has holes.",
        },
        Row {
            what: "a dot behind a good token",
            request: bearer(&format!("{}.", signers.rs256(no_change, no_change))),
            ours: "401 token_malformed",
            theirs: "200",
            why: "The same.",
        },
        Row {
            what: "padding behind the signature",
            request: bearer(&format!("{}==", signers.rs256(no_change, no_change))),
            ours: "401 token_malformed",
            theirs: "200",
            why: "RFC 7515 section 2: base64url without padding. The same.",
        },
        Row {
            what: "`+` and `/` in the signature",
            request: bearer(&signers.other_alphabet()),
            ours: "401 token_malformed",
            theirs: "401 Jwt signature is an invalid Base64url encoded",
            why: "",
        },
        Row {
            what: "bits behind the last byte of the signature",
            request: bearer(&signers.loose_bits()),
            ours: "401 token_malformed",
            theirs: "200",
            why: "The same: bits that say nothing must be zero.",
        },
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
        Row {
            what: "`bearer` in small letters",
            request: plain(&format!("bearer {}", signers.rs256(no_change, no_change))),
            ours: "200",
            theirs: "401 Jwt is missing",
            why: "RFC 9110 section 11.1: the name of a scheme is the same in capitals and small letters.",
        },
        Row {
            what: "`BEARER` in capitals",
            request: plain(&format!("BEARER {}", signers.rs256(no_change, no_change))),
            ours: "200",
            theirs: "401 Jwt is missing",
            why: "The same.",
        },
        Row {
            what: "two spaces before the token",
            request: plain(&format!("Bearer  {}", signers.rs256(no_change, no_change))),
            ours: "200",
            theirs: "200",
            why: "",
        },
        Row {
            what: "a tab before the token",
            request: plain(&format!("Bearer\t{}", signers.rs256(no_change, no_change))),
            ours: "401 token_missing",
            theirs: "401 Jwt is missing",
            why: "",
        },
        Row {
            what: "something behind the token",
            request: plain(&format!("Bearer {} x", signers.rs256(no_change, no_change))),
            ours: "401 token_malformed",
            theirs: "401 Jwt verification fails",
            why: "",
        },
        Row {
            what: "a comma and more behind the token",
            request: plain(&format!("Bearer {}, Basic YTpi", signers.rs256(no_change, no_change))),
            ours: "401 token_malformed",
            theirs: "401 Jwt signature is an invalid Base64url encoded",
            why: "",
        },
        Row {
            what: "a word before the scheme",
            request: plain(&format!("x Bearer {}", signers.rs256(no_change, no_change))),
            ours: "401 token_missing",
            theirs: "200",
            why: "The scheme is the first word. `jwt_authn` looks for `Bearer ` anywhere in the value.",
        },
        Row {
            what: "the token without a scheme",
            request: plain(&signers.rs256(no_change, no_change)),
            ours: "401 token_missing",
            theirs: "401 Jwt is missing",
            why: "",
        },
        Row {
            what: "another scheme",
            request: plain("Basic YTpi"),
            ours: "401 token_missing",
            theirs: "401 Jwt is missing",
            why: "",
        },
        Row {
            what: "a byte that is no UTF-8 in the token",
            request: Request::new("GET", "/").raw_header(b"authorization", b"Bearer \xff.b.c"),
            ours: "401 token_malformed",
            theirs: "401 Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
            why: "",
        },
        Row {
            what: "the same token twice",
            request: {
                let token = signers.rs256(no_change, no_change);
                bearer(&token).header("authorization", &format!("Bearer {token}"))
            },
            ours: "200",
            theirs: "401 Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
            why: "One token that stands twice is one token; `jwt_authn` reads the joined header as one.",
        },
        Row {
            what: "two tokens, the second of a stranger",
            request: bearer(&signers.rs256(no_change, no_change))
                .header("authorization", &format!("Bearer {}", signers.forged())),
            ours: "400 request_invalid",
            theirs: "401 Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
            why: "",
        },
        Row {
            what: "two tokens, the first of a stranger",
            request: bearer(&signers.forged()).header(
                "authorization",
                &format!("Bearer {}", signers.rs256(no_change, no_change)),
            ),
            ours: "400 request_invalid",
            theirs: "401 Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
            why: "",
        },
        Row {
            what: "`Basic` beside the token",
            request: bearer(&signers.rs256(no_change, no_change))
                .header("authorization", "Basic YTpi"),
            ours: "401 token_malformed",
            theirs: "401 Jwt signature is an invalid Base64url encoded",
            why: "",
        },
        Row {
            what: "the token in the query alone",
            request: Request::new(
                "GET",
                &format!("/?access_token={}", signers.rs256(no_change, no_change)),
            ),
            ours: "401 token_missing",
            theirs: "200",
            why: "RFC 9700 section 4.3.2: no tokens in URLs, which end in logs. `jwt_authn` reads `access_token` unless `from_headers` is set.",
        },
    ]
}
