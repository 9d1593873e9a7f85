//! How a token travels.

use laika_tests::http::Request;

use super::{no_change, plain};
use crate::jwt_authn::{Row, Signers, bearer};

pub(super) fn rows(signers: &Signers) -> Vec<Row> {
    vec![
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
