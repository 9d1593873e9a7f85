//! The cache of verified tokens, through the crate: what is kept, and what ends its stay.

use laika_tests::signing::{TestKey, jwks, micro_claims};
use laika_verifier::{Generation, Options, Response, Serials, Timestamp, Verifier};
use serde_json::{Value, json};

const ISSUER: &str = "https://id.example.com";
const NOW: u64 = 1_800_000_000;

fn verifier(cache: Value) -> Verifier {
    Verifier::new(options(cache))
}

fn options(cache: Value) -> Options {
    let options = json!({
        "issuers": {
            "issuer": ISSUER, "audience": "orders", "jwks_uri": "https://id.example.com/keys",
        },
        "cache": cache,
    });
    Options::from_value(options).unwrap()
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
fn serve<T: Generation>(verifier: &mut Verifier<T>, keys: &[&TestKey]) {
    serve_at(NOW, verifier, keys);
}

fn serve_at<T: Generation>(now: u64, verifier: &mut Verifier<T>, keys: &[&TestKey]) {
    for fetch in verifier.refresh(at(now)) {
        let body = jwks(keys).to_string();
        let cache_control = Some("max-age=3600");
        let response = Response { status: 200, cache_control, body: body.as_bytes() };
        assert_eq!(verifier.fetched(fetch.id, response, at(now)).failure, None);
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
    serve_at(NOW - 61, &mut verifier, &[&key]);
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
    // Keys that nobody has refreshed are none, and neither are their tokens, until their endpoint
    // was asked and has failed.
    let hour = TestKey::named("rsa-1").token(&{
        let mut claims = micro_claims(ISSUER, NOW);
        claims["exp"] = json!(NOW + 100_000);
        claims
    });
    assert_eq!(code(&verifier, &hour, NOW + 3599), "accepted");
    assert_eq!(code(&verifier, &hour, NOW + 3600), "keys_unavailable");
    let fetches = verifier.fetches(None, at(NOW + 3600));
    verifier.fetch_failed(fetches[0].id);
    assert_eq!(code(&verifier, &hour, NOW + 3600), "accepted");
    assert_eq!(code(&verifier, &hour, NOW + 86_400), "keys_unavailable", "for a day at most");
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
fn a_host_that_compares_texts_finds_tokens_by_their_serials() {
    let (key, other) = (TestKey::named("ed-1"), TestKey::named("rsa-1"));
    let mut verifier = Verifier::by_serial(options(json!({ "max_bytes": 60_000 })));
    serve(&mut verifier, &[&key, &other]);
    let prove = |verifier: &Verifier<Serials>, token: &str| {
        verifier.verify(token, at(NOW)).unwrap().serial()
    };
    let recall = |verifier: &Verifier<Serials>, serial, now| {
        verifier.recall(serial, at(now)).map(|token| token.serial())
    };
    let mut generations = [const { Vec::new() }; 3];
    for id in 0.. {
        let serial = prove(&verifier, &token(&key, id));
        generations[verifier.generation().unwrap() as usize].push(serial);
        if generations[2].len() == 3 {
            break;
        }
    }
    let [gone, old, young] = generations;
    for serial in gone {
        assert_eq!(recall(&verifier, serial, NOW), None, "it was let go");
    }
    // What comes from the old generation takes its place among those of the young one.
    for serial in [old[5], old[3], young[1], old[5], old[3], young[0], young[2]] {
        assert_eq!(recall(&verifier, serial, NOW), Some(serial));
    }
    let newest = young[2];
    assert_eq!(recall(&verifier, newest, NOW + 300), None, "it has expired");
    assert_eq!(recall(&verifier, newest, NOW), Some(newest));
    assert_eq!(recall(&verifier, newest + 1, NOW), None, "nobody has it yet");
    let kept = prove(&verifier, &token(&other, 1));
    assert_ne!(prove(&verifier, &token(&other, 1)), kept, "a text that comes again is a new token");
    serve(&mut verifier, &[&other]);
    let left = [newest, old[5], kept].map(|serial| recall(&verifier, serial, NOW));
    assert_eq!(left, [None, None, Some(kept)], "a key takes its tokens with it");
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
