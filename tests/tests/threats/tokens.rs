//! Tokens and signatures.

use laika_tests::vectors;
use laika_verifier::{Options, Verifier};
use serde_json::{Value, json};

use super::{now, token};

/// Asserts that tokens are refused, each with its code, whose class is `class` and whose name has
/// `part`; there are at least `least` of them.
#[track_caller]
fn refused(class: &str, part: &str, least: usize) {
    let path = vectors::folder().join("hostile.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let verifier = Verifier::new(Options::from_value(file["options"].clone()).unwrap());
    let mut found = 0;
    for case in file["cases"].as_array().unwrap() {
        let (of, name) = case["name"].as_str().unwrap().split_once(": ").unwrap();
        let verify = || verifier.verify(case["token"].as_str().unwrap(), now());
        if of == "good" {
            assert!(verify().is_ok(), "{name}");
        } else if of == class && name.contains(part) {
            let code = verify().map(drop).map_err(|error| json!(error.code()));
            assert_eq!(code, Err(case["expect"]["error"].clone()), "{class}: {name}");
            found += 1;
        }
    }
    assert!(found >= least, "only {found} tokens of `{class}` with `{part}`");
}

/// What a verifier with one key for EdDSA says to a token.
fn verify(token: &str) -> Result<(), String> {
    let issuer = json!({
        "issuer": super::ISSUER, "audience": "orders",
        "jwks": laika_tests::signing::jwks(&[&laika_tests::signing::TestKey::named("ed-1")]),
    });
    let options = Options::from_value(json!({ "issuers": issuer })).unwrap();
    let answer = Verifier::new(options).verify(token, now());
    answer.map(drop).map_err(|error| error.code().to_string())
}

#[test]
fn alg_none_in_any_spelling() {
    refused("alg none", "", 15);
    refused("serialisation", "no signature", 1);
}

#[test]
fn hmac_over_a_public_key() {
    refused("HMAC over a public key", "", 36);
}

#[test]
fn a_key_of_the_wrong_type_for_the_algorithm() {
    refused("key of another type", "", 12);
    refused("alg unknown", "", 20);
}

#[test]
fn a_key_in_the_header_is_not_looked_at() {
    for name in ["jwk", "jwks", "jku", "x5u", "x5c", "x5t"] {
        refused("key in the header", name, 3);
    }
}

#[test]
fn a_kid_that_is_a_path_or_a_query_or_huge() {
    refused("kid", "", 40);
    refused("header", "kid", 6);
}

#[test]
fn crit_is_refused_whatever_it_names() {
    refused("crit", "crit", 13);
}

#[test]
fn b64_is_refused_whatever_it_says() {
    refused("crit", "b64", 5);
}

#[test]
fn duplicate_members_are_refused_in_any_spelling() {
    refused("header", "twice", 9);
    refused("payload", "twice", 12);
}

#[test]
fn base64_has_one_spelling() {
    refused("base64url", "", 15);
    refused("characters", "", 16);
}

#[test]
fn a_token_has_three_segments() {
    refused("segments", "", 16);
    refused("serialisation", "", 4);
}

#[test]
fn no_segment_is_empty() {
    refused("segments", "empty", 6);
}

#[test]
fn times_are_numbers_within_bounds() {
    refused("number forms", "", 50);
    refused("times", "", 15);
    assert_eq!(verify(&token(|claims| claims["exp"] = json!(super::NOW as f64 + 0.5))), Ok(()));
}

#[test]
fn aud_may_be_a_text_or_an_array_and_is_compared_whole() {
    refused("audience", "", 20);
    refused("claim types", "aud", 6);
    for aud in [json!("orders"), json!(["orders"]), json!(["billing", "orders"])] {
        assert_eq!(verify(&token(|claims| claims["aud"] = aud)), Ok(()));
    }
}

#[test]
fn another_kind_of_token_is_no_micro_token() {
    refused("type confusion", "", 30);
}

#[test]
fn what_is_deep_or_large_is_refused() {
    refused("size", "", 4);
    refused("header", "levels", 2);
    refused("payload", "levels", 2);
    refused("payload", "members", 1);
}

#[test]
fn ecdsa_with_numbers_out_of_range_or_in_another_form() {
    refused("ECDSA", "", 25);
}

#[test]
fn rsa_with_a_weak_key_or_another_form_of_signature() {
    refused("RSA", "", 25);
    refused("unusable key", "RSA", 16);
}

#[test]
fn ed25519_of_small_order_or_in_a_second_spelling() {
    refused("Ed25519", "", 17);
    refused("unusable key", "Ed25519", 6);
}

#[test]
fn pss_with_a_salt_of_another_length() {
    refused("PSS", "salt", 5);
}

#[test]
fn proto_is_a_name_like_any_other() {
    refused("__proto__", "", 4);
    refused("kid", "__proto__", 1);
    refused("alg unknown", "__proto__", 1);
    let polluting = token(|claims| claims["__proto__"] = json!({ "permissions": ["*"] }));
    assert_eq!(verify(&polluting), Ok(()));
}
