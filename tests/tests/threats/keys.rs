//! Keys that come from a distance.

use laika_tests::signing::{TestKey, jwks, micro_claims};
use laika_verifier::fetch::MAX_BODY;
use laika_verifier::{ErrorCode, Options, Request, Response, Timestamp, Verifier};
use serde_json::{Value, json};

use super::{ISSUER, NOW, now, token};

const JWKS_URI: &str = "https://id.example.com/jwks.json";

/// A verifier whose keys are behind a URL.
fn remote() -> Verifier {
    let options = json!({
        "issuers": { "issuer": ISSUER, "audience": "orders", "jwks_uri": JWKS_URI, "status": "off" },
        "policy": { "version": 1, "rules": [], "otherwise": "any_token" },
    });
    Verifier::new(Options::from_value(options).unwrap())
}

fn answer(body: &[u8]) -> Response<'_> {
    Response { status: 200, cache_control: None, body }
}

/// One that has fetched its keys.
fn ready() -> Verifier {
    let mut verifier = remote();
    let fetch = verifier.fetches(None, now()).remove(0);
    let keys = jwks(&[&TestKey::named("ed-1")]).to_string();
    assert!(verifier.fetched(fetch.id, answer(keys.as_bytes()), now()).failure.is_none());
    verifier
}

/// A verifier that lets nobody pass, because it has no keys.
#[track_caller]
fn assert_closed(verifier: &Verifier) {
    let good = token(|_| {});
    assert_eq!(verifier.verify(&good, now()).unwrap_err().code(), ErrorCode::KeysUnavailable);
    let request = Request { method: "GET", target: "/", host: None };
    let decision = verifier.authorize(Some(&good), &request, now()).decision;
    assert!(!decision.allowed);
    assert_eq!((decision.status, decision.code), (503, Some(ErrorCode::KeysUnavailable)));
}

#[test]
fn two_keys_with_one_kid_are_refused_when_the_set_is_read() {
    let mut other = TestKey::named("ed-2").public_jwk();
    other["kid"] = json!("ed-1");
    let set = json!({ "keys": [TestKey::named("ed-1").public_jwk(), other] });
    let issuer = json!({ "issuer": ISSUER, "audience": "orders", "jwks": set });
    let error = Options::from_value(json!({ "issuers": issuer })).unwrap_err();
    assert!(error.to_string().contains("two keys have the `kid` `ed-1`"), "{error}");
    let mut verifier = remote();
    let fetch = verifier.fetches(None, now()).remove(0);
    let landed = verifier.fetched(fetch.id, answer(set.to_string().as_bytes()), now());
    assert!(landed.failure.is_some());
    assert_closed(&verifier);
}

#[test]
fn a_flood_of_unknown_kids_is_no_flood_of_fetches() {
    let mut verifier = ready();
    let key = TestKey::named("ed-2");
    let claims = micro_claims(ISSUER, NOW).to_string();
    let mut fetches = 0;
    for (second, number) in (0..3000).map(|number| (number / 100, number)) {
        let now = Timestamp::from_seconds((NOW + second) as f64).unwrap();
        let header = json!({ "alg": "EdDSA", "kid": format!("unknown {number}"), "typ": "at+jwt" });
        let error = verifier.verify(&key.compact(&header.to_string(), &claims), now).unwrap_err();
        assert_eq!(error.code(), ErrorCode::KeyNotFound);
        for fetch in verifier.fetches(Some(&error), now) {
            fetches += 1;
            let keys = jwks(&[&TestKey::named("ed-1")]).to_string();
            verifier.fetched(fetch.id, answer(keys.as_bytes()), now);
        }
    }
    assert!(fetches <= 1, "{fetches} fetches in 30 seconds");
    assert!(verifier.verify(&token(|_| {}), now()).is_ok());
}

#[test]
fn a_key_that_a_header_names_is_never_fetched() {
    let mut verifier = ready();
    let key = TestKey::named("ed-2");
    for name in ["jku", "x5u"] {
        let header = json!({
            "alg": "EdDSA", "kid": "evil", "typ": "at+jwt", name: "https://evil.example/keys",
        });
        let claims = micro_claims(ISSUER, NOW).to_string();
        let error = verifier.verify(&key.compact(&header.to_string(), &claims), now()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::KeyNotFound);
        let fetches = verifier.fetches(Some(&error), now());
        assert!(fetches.iter().all(|fetch| fetch.uri == JWKS_URI), "{fetches:?}");
    }
}

#[test]
fn without_keys_nobody_passes() {
    let mut verifier = remote();
    assert_closed(&verifier);
    let fetch = verifier.fetches(None, now()).remove(0);
    assert_closed(&verifier);
    verifier.fetch_failed(fetch.id);
    assert_closed(&verifier);
}

#[test]
fn a_key_set_that_redirects_or_is_huge_or_none_is_not_taken() {
    let keys = jwks(&[&TestKey::named("ed-1")]).to_string();
    let huge = format!("{}{keys}", " ".repeat(MAX_BODY));
    let twice = format!("{},\"keys\":[]}}", &keys[..keys.len() - 1]);
    let many: Vec<Value> = (0..65)
        .map(|kid| {
            let mut key = TestKey::named("ed-1").public_jwk();
            key["kid"] = json!(kid.to_string());
            key
        })
        .collect();
    let many = json!({ "keys": many }).to_string();
    for (status, body) in [
        (301, keys.as_str()),
        (302, &keys),
        (307, &keys),
        (204, ""),
        (404, &keys),
        (500, &keys),
        (200, &huge),
        (200, ""),
        (200, "<html>"),
        (200, "{}"),
        (200, &twice),
        (200, &many),
    ] {
        let mut verifier = remote();
        let fetch = verifier.fetches(None, now()).remove(0);
        let response = Response { status, cache_control: None, body: body.as_bytes() };
        let failure = verifier.fetched(fetch.id, response, now()).failure;
        assert!(failure.is_some(), "{status} {}", &body[..body.len().min(80)]);
        assert_closed(&verifier);
    }
}

#[test]
fn a_token_ends_with_its_key_also_where_no_other_key_is_left() {
    let mut for_encryption = TestKey::named("ed-1").public_jwk();
    for_encryption["use"] = json!("enc");
    for (left, code) in [
        (json!([]), ErrorCode::KeyNotFound),
        (json!([{ "kty": "oct", "kid": "ed-1", "k": "AAAA" }]), ErrorCode::KeyNotFound),
        (json!([for_encryption]), ErrorCode::KeyInvalid),
    ] {
        let mut verifier = ready();
        let good = token(|_| {});
        assert!(verifier.verify(&good, now()).is_ok());
        let fetch = verifier.refresh(now()).remove(0);
        let body = json!({ "keys": left }).to_string();
        assert_eq!(verifier.fetched(fetch.id, answer(body.as_bytes()), now()).failure, None);
        assert_eq!(verifier.verify(&good, now()).unwrap_err().code(), code, "{body}");
        // The same for whoever starts with it.
        let mut verifier = remote();
        let fetch = verifier.fetches(None, now()).remove(0);
        verifier.fetched(fetch.id, answer(body.as_bytes()), now());
        assert_eq!(verifier.verify(&good, now()).unwrap_err().code(), code, "{body}");
    }
}

#[test]
fn a_key_set_is_fetched_by_https_or_from_this_machine() {
    for uri in [
        "http://id.example.com/keys",
        "http://10.0.0.1/keys",
        "http://169.254.169.254/latest",
        "ftp://x/keys",
        "file:///etc/passwd",
        "https://user@id.example.com/keys",
        "http://127.0.0.1.example.com/",
        "",
    ] {
        let issuer = json!({ "issuer": ISSUER, "audience": "orders", "jwks_uri": uri });
        let error = Options::from_value(json!({ "issuers": issuer })).map(drop).unwrap_err();
        assert!(error.to_string().contains("https"), "{uri}: {error}");
    }
}
