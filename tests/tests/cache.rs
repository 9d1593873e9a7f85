//! The cache of verified tokens, through the crate: what is kept, and what ends its stay.

use laika_tests::signing::{TestKey, jwks, micro_claims};
use laika_verifier::{Options, Response, Timestamp, Verifier};
use serde_json::{Value, json};

const ISSUER: &str = "https://id.example.com";
const NOW: u64 = 1_800_000_000;

fn verifier(cache: Value) -> Verifier {
    let options = json!({
        "issuers": {
            "issuer": ISSUER, "audience": "orders", "jwks_uri": "https://id.example.com/keys",
        },
        "cache": cache,
    });
    Verifier::new(Options::from_value(options).unwrap())
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds as f64).unwrap()
}

fn token(key: &TestKey, id: usize) -> String {
    let mut claims = micro_claims(ISSUER, NOW);
    claims["jti"] = json!(id.to_string());
    key.token(&claims)
}

/// Has the key set fetched, which is these keys now.
fn serve(verifier: &mut Verifier, keys: &[&TestKey]) {
    for fetch in verifier.refresh(at(NOW)) {
        let body = jwks(keys).to_string();
        let response = Response { status: 200, cache_control: None, body: body.as_bytes() };
        assert_eq!(verifier.fetched(fetch.id, response, at(NOW)).failure, None);
    }
}

fn code(verifier: &Verifier, token: &str, now: u64) -> &'static str {
    verifier.verify(token, at(now)).map_or_else(|error| error.code().as_str(), |_| "accepted")
}

#[test]
fn a_token_is_proved_once_and_known_by_its_serial() {
    let key = TestKey::named("ed-1");
    let mut verifier = verifier(json!({}));
    serve(&mut verifier, &[&key]);
    let (one, two) = (token(&key, 1), token(&key, 2));
    let serial = |token: &str| verifier.verify(token, at(NOW)).unwrap().serial();
    assert_eq!(serial(&one), serial(&one));
    assert_ne!(serial(&one), serial(&two));
    let counts = verifier.stats().cache;
    assert_eq!((counts.hits, counts.misses), (2, 2));
}

#[test]
fn times_are_looked_at_every_time() {
    let key = TestKey::named("ed-1");
    let mut verifier = verifier(json!({}));
    serve(&mut verifier, &[&key]);
    let token = token(&key, 1);
    assert_eq!(code(&verifier, &token, NOW), "accepted");
    assert_eq!(code(&verifier, &token, NOW + 299), "accepted");
    assert_eq!(code(&verifier, &token, NOW + 300), "expired");
    assert_eq!(code(&verifier, &token, NOW - 61), "issued_in_future");
    assert_eq!(code(&verifier, &token, NOW), "accepted", "and again when the clock is right");
}

#[test]
fn a_key_takes_its_tokens_with_it_and_leaves_those_of_others() {
    let (first, second) = (TestKey::named("ed-1"), TestKey::named("rsa-1"));
    let mut verifier = verifier(json!({}));
    serve(&mut verifier, &[&first, &second]);
    let (one, two) = (token(&first, 1), token(&second, 2));
    let kept = verifier.verify(&two, at(NOW)).unwrap().serial();
    assert_eq!(code(&verifier, &one, NOW), "accepted");
    serve(&mut verifier, &[&second]);
    assert_eq!(code(&verifier, &one, NOW), "key_not_found");
    assert_eq!(verifier.verify(&two, at(NOW)).unwrap().serial(), kept);
    // Keys that can't be refreshed for a day are none, and neither are their tokens.
    assert_eq!(code(&verifier, &two, NOW + 86_400), "keys_unavailable");
}

#[test]
fn no_more_is_kept_than_was_asked_for() {
    let key = TestKey::named("ed-1");
    let mut small = verifier(json!({ "max_bytes": 20_000 }));
    serve(&mut small, &[&key]);
    let tokens: Vec<_> = (0..30).map(|id| token(&key, id)).collect();
    for token in tokens.iter().chain(&tokens) {
        assert_eq!(code(&small, token, NOW), "accepted");
    }
    let counts = small.stats().cache;
    assert_eq!((counts.hits, counts.misses), (0, 60), "each was gone when it came again");
    assert!(counts.generations > 5);
    let mut tiny = verifier(json!({ "max_bytes": 1 }));
    serve(&mut tiny, &[&key]);
    assert_eq!(code(&tiny, &tokens[0], NOW), "accepted");
    assert_eq!(code(&tiny, &tokens[0], NOW), "accepted");
    assert_eq!(tiny.stats().cache.hits, 0);
    let mut off = verifier(json!(false));
    serve(&mut off, &[&key]);
    assert_eq!(code(&off, &tokens[0], NOW), "accepted");
    assert_eq!((off.generation(), off.stats().cache.misses), (None, 0));
}

#[test]
fn what_was_refused_is_not_kept() {
    let key = TestKey::named("ed-1");
    let mut verifier = verifier(json!({}));
    serve(&mut verifier, &[&key]);
    let good = token(&key, 1);
    let forged = format!("{}AAAA", good.strip_suffix(&good[good.len() - 4..]).unwrap());
    assert_eq!(code(&verifier, &forged, NOW), "signature_invalid");
    assert_eq!(code(&verifier, &good, NOW), "accepted");
    assert_eq!(code(&verifier, &forged, NOW), "signature_invalid");
    assert_eq!(verifier.stats().cache.hits, 0);
}
