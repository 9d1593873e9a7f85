//! Tokens of every algorithm by foreign libraries, with keys that are new each time: good ones, and
//! the same ones damaged.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laika_tests::faces::Project;
use laika_tests::process::artifact;
use laika_tests::signing::micro_claims;
use laika_verifier::Algorithm;
use serde_json::{Value, json};

use crate::answers::{assert_answers, output};

const ISSUER: &str = "https://id.example.com";
const NOW: u64 = 1_800_000_000;

#[test]
fn tokens_of_npm_jose_are_verified_everywhere() {
    check("jose", Project::new().node("make-jose.mjs"));
}

#[test]
fn tokens_of_openssl_are_verified_everywhere() {
    check("openssl", Project::new().node("make-openssl.mjs"));
}

#[test]
fn tokens_of_pypi_joserfc_are_verified_everywhere() {
    let mut python = Command::new(artifact("LAIKA_JOSERFC"));
    python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/faces/make-joserfc.py"));
    check("joserfc", python);
}

fn check(maker: &str, mut command: Command) {
    let claims = micro_claims(ISSUER, NOW).to_string();
    let made: Vec<Value> = serde_json::from_str(&output(command.arg(claims))).unwrap();
    let named = |algorithm: &Algorithm| made.iter().any(|one| one["alg"] == algorithm.as_str());
    assert!(Algorithm::ALL.iter().all(named), "{maker} left an algorithm out");
    let groups: Vec<_> = made.iter().map(|one| group(maker, one)).collect();
    println!("{} tokens of {maker}", assert_answers(&json!(groups)));
}

/// One token, and what it becomes when it is damaged.
fn group(maker: &str, made: &Value) -> Value {
    let alg = made["alg"].as_str().unwrap();
    let token = made["token"].as_str().unwrap();
    let mut issuer = json!({ "issuer": ISSUER, "audience": "orders", "algorithms": [alg] });
    for (name, value) in made["keys"].as_object().unwrap() {
        issuer[name] = value.clone();
    }
    let (input, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = input.split_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let signed = |input: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut signature = signature.clone();
        change(&mut signature);
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    };
    let mut claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    claims["permissions"] = json!(["*"]);
    let claims = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let last = signature.len() - 1;
    let damaged = [
        ("the first bit changed", signed(input, &|bytes| bytes[0] ^= 0x80)),
        ("the last bit changed", signed(input, &|bytes| bytes[last] ^= 1)),
        ("the last byte cut", signed(input, &|bytes| bytes.truncate(last))),
        ("a byte more", signed(input, &|bytes| bytes.push(0))),
        ("other claims", signed(&claims, &|_| ())),
    ];
    let case = |name: &str, token: &str, expect: Value| json!({ "name": format!("{maker} {alg}: {name}"), "now": NOW, "token": token, "expect": expect });
    let damaged = damaged.iter().map(|(name, token)| case(name, token, json!("signature_invalid")));
    let cases: Vec<_> = [case("good", token, Value::Null)].into_iter().chain(damaged).collect();
    json!({ "options": { "issuers": [issuer] }, "cases": cases })
}
