//! Who passes, who does not, and what the server behind learns of it.

use laika_tests::http::Request;
use laika_tests::signing::{TestKey, micro_claims};
use serde_json::{Value, json};

use super::{INVALID, ISSUER, Scene, assert_denied, good, now, token_of, upstream_headers};

#[test]
fn good_tokens_pass_and_their_claims_go_on() {
    let scene = Scene::new(|_| {});
    for key in ["rsa-1", "ed-1"] {
        let token = token_of(key, |claims| claims["username"] = json!("Łajka 100%"));
        let answer = scene.get("/orders?a=%2e%2e//&b=1", &token);
        let got = |name| upstream_headers(&answer, name);
        assert_eq!(answer.json()["line"], "GET /orders?a=%2e%2e//&b=1 HTTP/1.1");
        assert_eq!(got("x-user-id"), ["0b4b5d5e-8a38-4c55-9d4f-5a4c7a0d6b11"]);
        assert_eq!(got("x-user-name"), ["%C5%81ajka%20100%25"]);
        assert_eq!(got("x-user-roles"), [r#"["orders/clerk","user"]"#]);
        assert_eq!(got("authorization"), [format!("Bearer {token}")]);
        let claims: Value = serde_json::from_str(&got("x-token-claims")[0]).unwrap();
        assert_eq!(claims["username"], "Łajka 100%");
        assert_eq!(claims["permissions"], json!(["orders:read", "orders:create"]));
    }
}

#[test]
fn a_bad_token_is_refused_with_the_code_that_says_why() {
    let scene = Scene::new(|_| {});
    assert_denied(
        &scene.send(Request::new("GET", "/orders")),
        401,
        "token_missing",
        Some("Bearer realm=\"orders\""),
    );
    let claims = micro_claims(ISSUER, now());
    let key = TestKey::named("rsa-1");
    let with_header = |name: &str, value: Value| {
        let mut header = key.header();
        header[name] = value;
        key.compact(&header.to_string(), &claims.to_string())
    };
    let foreign = TestKey::named("rsa-2");
    for (token, code) in [
        (token_of("rsa-1", |claims| claims["exp"] = json!(now() - 1)), "expired"),
        (token_of("rsa-1", |claims| claims["nbf"] = json!(now() + 100)), "not_yet_valid"),
        (token_of("rsa-1", |claims| claims["iat"] = json!(now() + 100)), "issued_in_future"),
        (token_of("rsa-1", |claims| claims["aud"] = json!(["stock"])), "audience_mismatch"),
        (token_of("rsa-1", |claims| claims["iss"] = json!("https://x.example")), "issuer_mismatch"),
        (token_of("rsa-1", |claims| claims["type"] = json!("main")), "type_mismatch"),
        (with_header("typ", json!("JWT")), "type_mismatch"),
        (with_header("alg", json!("none")), "algorithm_not_allowed"),
        (with_header("alg", json!("HS256")), "algorithm_not_allowed"),
        (with_header("crit", json!(["exp"])), "critical_header_unsupported"),
        (foreign.token(&claims), "key_not_found"),
        (foreign.compact(&key.header().to_string(), &claims.to_string()), "signature_invalid"),
        ("..a.b.c".to_owned(), "token_malformed"),
        (format!("{}=", key.token(&claims)), "token_malformed"),
        (token_of("rsa-1", |claims| claims["x"] = json!("x".repeat(16_384))), "token_too_large"),
    ] {
        assert_denied(&scene.get("/orders", &token), 401, code, INVALID);
    }
    assert_eq!(scene.get("/orders", &good()).status, 200);
}

#[test]
fn what_a_good_token_does_not_reach_is_named() {
    let scene = Scene::new(|_| {});
    let cancel =
        Request::new("DELETE", "/orders/7").header("authorization", &format!("Bearer {}", good()));
    let answer = scene.send(cancel);
    let challenge =
        "Bearer realm=\"orders\", error=\"insufficient_scope\", scope=\"orders:cancel\"";
    assert_denied(&answer, 403, "permission_denied", Some(challenge));
    assert_eq!(answer.json()["missing"], json!(["orders:cancel"]));
    let answer = scene.get("/admin", &good());
    assert_eq!((answer.status, &answer.json()["missing"]), (403, &json!(["role:admin"])));
    assert_eq!(scene.get("/elsewhere", &good()).status, 403);
    let log = scene.envoy.log();
    assert!(
        log.contains("denied with 403 permission_denied by rule `cancel`: missing orders:cancel")
    );
    assert!(!log.contains(&good()[..30]), "no token in the log");
}
