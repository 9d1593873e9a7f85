//! Signatures, and the form of a token.

use super::no_change;
use crate::jwt_authn::{Row, Signers, bearer};

pub(super) fn rows(signers: &Signers) -> Vec<Row> {
    vec![
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
    ]
}
