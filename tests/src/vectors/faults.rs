//! `verify.json`: every fault alone, and every pair of faults that follow each other in the order
//! of checks, so that the first one wins everywhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{ISSUER, NOW, key_set};
use crate::signing::{TestKey, micro_claims};

/// A token before it is signed.
#[derive(Clone)]
struct Draft {
    header: Value,
    claims: Value,
    /// Stands for the claims where no honest payload will do.
    payload: Option<String>,
    signer: TestKey,
    /// What happens to the token after it was signed.
    mangle: fn(String) -> String,
}

/// What makes a draft another one.
type Change = fn(&mut Draft);

/// Code, name, and what makes an honest draft a faulty one.
type Fault = (&'static str, &'static str, Change);

/// The faults, in the order of `docs/contract/verifier.md`; where one step has several, each
/// stands alone and the first goes into the pairs.
const FAULTS: [&[Fault]; 17] = [
    &[("token_too_large", "more than 16 KiB", |d| {
        d.claims["padding"] = json!("x".repeat(16_384));
    })],
    &[
        ("token_malformed", "two segments", |d| d.mangle = |t| cut_last_segment(&t).to_owned()),
        ("token_malformed", "four segments", |d| d.mangle = |t| format!("{t}.AAAA")),
        ("token_malformed", "an empty signature", |d| {
            d.mangle = |t| format!("{}.", cut_last_segment(&t));
        }),
        ("token_malformed", "padding", |d| d.mangle = |t| format!("{t}==")),
        ("token_malformed", "white space at the end", |d| d.mangle = |t| format!("{t}\n")),
        ("token_malformed", "bits behind the last byte", |d| d.mangle = set_trailing_bit),
        ("token_malformed", "a header that is no JSON", |d| d.header = json!("{")),
        ("token_malformed", "a header without alg", |d| remove(&mut d.header, "alg")),
        ("token_malformed", "an alg that is no text", |d| d.header["alg"] = json!(["RS256"])),
        ("token_malformed", "a kid that is no text", |d| d.header["kid"] = json!(1)),
        ("token_malformed", "a kid of 257 bytes", |d| d.header["kid"] = json!("k".repeat(257))),
    ],
    &[
        ("critical_header_unsupported", "crit", |d| d.header["crit"] = json!(["exp"])),
        ("critical_header_unsupported", "empty crit", |d| d.header["crit"] = json!([])),
        ("critical_header_unsupported", "b64", |d| d.header["b64"] = json!(false)),
    ],
    &[
        ("type_mismatch", "typ of an ID token", |d| d.header["typ"] = json!("JWT")),
        ("type_mismatch", "typ of a main token", |d| d.header["typ"] = json!("main+jwt")),
        ("type_mismatch", "no typ", |d| remove(&mut d.header, "typ")),
    ],
    &[
        ("algorithm_not_allowed", "none", |d| d.header["alg"] = json!("none")),
        ("algorithm_not_allowed", "None", |d| d.header["alg"] = json!("None")),
        ("algorithm_not_allowed", "HS256", |d| d.header["alg"] = json!("HS256")),
        ("algorithm_not_allowed", "lower case", |d| d.header["alg"] = json!("rs256")),
        ("algorithm_not_allowed", "that of another key", |d| d.header["alg"] = json!("EdDSA")),
    ],
    &[
        ("key_not_found", "an unknown kid", |d| d.header["kid"] = json!("rsa-9")),
        ("key_not_found", "a kid like a path", |d| {
            d.header["kid"] = json!("../../../dev/null");
        }),
        ("key_not_found", "a kid like a prototype", |d| d.header["kid"] = json!("__proto__")),
        ("key_not_found", "no kid and two keys that fit", |d| remove(&mut d.header, "kid")),
    ],
    &[("key_invalid", "a key for encryption", |d| d.header["kid"] = json!("enc"))],
    &[
        ("signature_invalid", "a foreign key under a known kid", |d| {
            d.signer = TestKey::named("rsa-2");
        }),
        ("signature_invalid", "its own key in the header", |d| {
            d.header["jwk"] = TestKey::named("rsa-2").public_jwk();
            d.signer = TestKey::named("rsa-2");
        }),
        ("signature_invalid", "a short signature", |d| {
            d.mangle = |t| format!("{}.AAAA", cut_last_segment(&t));
        }),
    ],
    &[
        ("token_malformed", "a payload that is no JSON", |d| d.payload = Some("{".into())),
        ("token_malformed", "a payload that is no object", |d| d.payload = Some("[]".into())),
        ("token_malformed", "a duplicate member", |d| {
            d.payload = Some(format!("{{\"exp\":9999999999,{}", &d.claims.to_string()[1..]));
        }),
        ("token_malformed", "17 levels", |d| {
            d.claims["deep"] = serde_json::from_str(&nested(16)).expect("JSON");
        }),
    ],
    &[
        ("claim_invalid", "exp as text", |d| d.claims["exp"] = json!("1800000300")),
        ("claim_invalid", "negative iat", |d| d.claims["iat"] = json!(-1)),
        ("claim_invalid", "exp above 2^53", |d| d.claims["exp"] = json!(9.1e15)),
        ("claim_invalid", "null nbf", |d| d.claims["nbf"] = Value::Null),
        ("claim_invalid", "aud with a number", |d| d.claims["aud"] = json!(["orders", 1])),
        ("claim_invalid", "permissions as text", |d| {
            d.claims["permissions"] = json!("orders:read");
        }),
        ("claim_invalid", "level as text", |d| d.claims["level"] = json!("0")),
        ("claim_invalid", "anonymous as text", |d| d.claims["anonymous"] = json!("false")),
    ],
    &[
        ("claim_missing", "no sub", |d| remove(&mut d.claims, "sub")),
        ("claim_missing", "no exp", |d| remove(&mut d.claims, "exp")),
        ("claim_missing", "no iss", |d| remove(&mut d.claims, "iss")),
        ("claim_missing", "no aud", |d| remove(&mut d.claims, "aud")),
    ],
    &[
        ("issuer_mismatch", "another issuer", |d| d.claims["iss"] = json!("https://evil.example")),
        ("issuer_mismatch", "a slash more", |d| d.claims["iss"] = json!(format!("{ISSUER}/"))),
    ],
    &[
        ("audience_mismatch", "another service", |d| d.claims["aud"] = json!(["billing"])),
        ("audience_mismatch", "nobody", |d| d.claims["aud"] = json!([])),
        ("audience_mismatch", "another case", |d| d.claims["aud"] = json!("Orders")),
    ],
    &[
        ("type_mismatch", "a main token under a micro header", |d| {
            d.claims["type"] = json!("main");
        }),
        ("type_mismatch", "no type", |d| remove(&mut d.claims, "type")),
    ],
    &[
        ("expired", "at its very second", |d| d.claims["exp"] = json!(NOW)),
        ("expired", "a fraction ago", |d| d.claims["exp"] = json!(NOW as f64 - 0.5)),
    ],
    &[("not_yet_valid", "61 s ahead", |d| d.claims["nbf"] = json!(NOW + 61))],
    &[("issued_in_future", "61 s ahead", |d| d.claims["iat"] = json!(NOW + 61))],
];

/// Tokens that are good, however unusual.
const GOOD: [(&str, Change); 9] = [
    ("RS256", |_| {}),
    ("EdDSA", |d| sign_with(d, "ed-1")),
    ("EdDSA under its newer name", |d| {
        sign_with(d, "ed-1");
        d.header["alg"] = json!("Ed25519");
    }),
    ("EdDSA without kid, which only one key fits", |d| {
        sign_with(d, "ed-1");
        remove(&mut d.header, "kid");
    }),
    ("typ in upper case with application/", |d| d.header["typ"] = json!("Application/AT+JWT")),
    ("aud as text", |d| d.claims["aud"] = json!("orders")),
    ("times with fractions", |d| d.claims["exp"] = json!(NOW as f64 + 0.5)),
    ("nbf and iat 60 s ahead", |d| {
        d.claims["nbf"] = json!(NOW + 60);
        d.claims["iat"] = json!(NOW + 60);
    }),
    ("a claim called __proto__", |d| d.claims["__proto__"] = json!({ "admin": true })),
];

pub(super) fn content() -> Value {
    let mut cases: Vec<_> = GOOD.iter().map(|(name, change)| good(name, *change)).collect();
    cases.push(json!({
        "name": "token_missing: an empty token", "now": NOW, "token": "",
        "expect": { "error": "token_missing" },
    }));
    for step in FAULTS {
        cases.extend(
            step.iter().map(|(code, name, fault)| bad(format!("{code}: {name}"), code, &[*fault])),
        );
    }
    for pair in FAULTS.windows(2) {
        let [[(first, _, one), ..], [(second, _, two), ..]] = pair else {
            continue;
        };
        // A token has one kid, and its payload is JSON or is not.
        if matches!(
            (*first, *second),
            ("key_not_found", "key_invalid") | ("token_malformed", "claim_invalid")
        ) {
            continue;
        }
        cases.push(bad(format!("{first} comes before {second}"), first, &[*one, *two]));
    }
    // Two steps that the pairs leave out, with the faults that can stand together.
    cases.push(bad(
        "token_malformed comes before claim_invalid".into(),
        "token_malformed",
        &[
            |d| d.claims["exp"] = json!("1800000300"),
            |d| d.payload = Some(format!("{{\"iss\":1,{}", &d.claims.to_string()[1..])),
        ],
    ));
    let mut old = draft();
    old.claims["iat"] = json!(NOW - 3601);
    cases.push(case("too_old: 3601 s", &old, json!({ "error": "too_old" })));
    old.claims["exp"] = json!(NOW);
    cases.push(case("expired comes before too_old", &old, json!({ "error": "expired" })));
    json!({
        "comment": "made by `cargo run -p laika-tests --bin vectors`",
        "options": {
            "issuers": [{
                "issuer": ISSUER, "audience": "orders", "jwks": key_set(), "max_token_age": 3600,
            }],
        },
        "cases": cases,
    })
}

fn draft() -> Draft {
    let signer = TestKey::named("rsa-1");
    Draft {
        header: signer.header(),
        claims: micro_claims(ISSUER, NOW),
        payload: None,
        signer,
        mangle: |token| token,
    }
}

fn good(name: &str, change: Change) -> Value {
    let mut draft = draft();
    change(&mut draft);
    let expect = json!({ "ok": {
        "issuer": draft.claims["iss"], "subject": draft.claims["sub"],
        "permissions": draft.claims["permissions"], "roles": draft.claims["roles"],
        "expires_at": draft.claims["exp"], "claims": draft.claims, "header": draft.header,
    }});
    case(&format!("good: {name}"), &draft, expect)
}

fn bad(name: String, code: &str, faults: &[Change]) -> Value {
    let mut draft = draft();
    for fault in faults {
        fault(&mut draft);
    }
    case(&name, &draft, json!({ "error": code }))
}

fn case(name: &str, draft: &Draft, expect: Value) -> Value {
    // A header that is a text stands for itself: it is the one that is no JSON.
    let header = draft.header.as_str().map_or_else(|| draft.header.to_string(), str::to_owned);
    let payload = draft.payload.clone().unwrap_or_else(|| draft.claims.to_string());
    let token = (draft.mangle)(draft.signer.compact(&header, &payload));
    json!({ "name": name, "now": NOW, "token": token, "expect": expect })
}

fn sign_with(draft: &mut Draft, key: &'static str) {
    draft.signer = TestKey::named(key);
    draft.header = draft.signer.header();
}

fn remove(object: &mut Value, name: &str) {
    object.as_object_mut().expect("an object").remove(name);
}

fn cut_last_segment(token: &str) -> &str {
    token.rsplit_once('.').expect("a token has dots").0
}

/// Sets a bit that the last character of the signature has to spare: 256 bytes leave four of them.
fn set_trailing_bit(token: String) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = token.split_at(token.len() - 1);
    let value = ALPHABET.iter().position(|c| *c == last.as_bytes()[0]).expect("base64url");
    let changed = format!("{rest}{}", char::from(ALPHABET[value ^ 1]));
    let signature = changed.rsplit('.').next().expect("a signature");
    assert!(URL_SAFE_NO_PAD.decode(signature).is_err(), "the bit was not a spare one");
    changed
}

fn nested(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}
