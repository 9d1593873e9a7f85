//! `jwk` and `jwks`: any JSON as a key and as a set of keys.
//!
//! A key that is taken is one that the RustCrypto types take as well, and keeps the bounds of the
//! contract; a private one never is. A set that is taken can be read in one way only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laika_verifier::Algorithm;
use laika_verifier::jws::UntrustedToken;
use laika_verifier::keys::KeySet;
use rsa::{BigUint, RsaPublicKey};
use serde_json::{Value, json};

use super::reference;

/// What an RSA key is used with that does not say it.
const RSA: [Algorithm; 2] = [Algorithm::Rs256, Algorithm::Ps512];

pub(super) fn run(data: &[u8]) {
    let set = [&b"{\"keys\":["[..], data, b"]}"].concat();
    let read = KeySet::from_json(&set, &RSA);
    let Some(jwk) = reference::json::strict(data, 62, 1_000_000) else {
        // `a],"b":[c` is no JSON, and yet it is in a set.
        return run_set(&set);
    };
    let Ok(set) = read.and_then(KeySet::usable) else { return };
    assert!(set.algorithms().count() > 0, "a set without algorithms: {jwk}");
    check_key(&jwk);
}

pub(super) fn run_set(data: &[u8]) {
    let set = match KeySet::from_json(data, &RSA) {
        Ok(set) => set,
        Err(why) => {
            assert!(!why.is_empty(), "an error says what is wrong");
            return;
        }
    };
    let document = reference::json::strict(data, 64, 1_000_000).expect("strict JSON");
    let keys = document["keys"].as_array().expect("an array of keys");
    assert!(keys.len() <= 64, "{} keys", keys.len());
    for kid in keys.iter().filter_map(|key| key["kid"].as_str()) {
        let named = keys.iter().filter(|key| key["kid"] == kid);
        let known = named.filter(|key| is_known(key)).count();
        assert!(known <= 1, "two keys are called {kid:?}: {document}");
        assert_eq!(set.has(kid), known == 1, "{kid:?} in {document}");
    }
    for algorithm in Algorithm::ALL {
        choose(&set, algorithm, None);
    }
    for key in keys.iter().filter(|key| is_known(key)) {
        let Some(kid) = key["kid"].as_str() else { continue };
        if Algorithm::ALL.into_iter().any(|algorithm| choose(&set, algorithm, Some(kid))) {
            check_key(key);
        }
    }
}

/// Whether the set has exactly one key for such a token, which then is of the right family.
fn choose(set: &KeySet, algorithm: Algorithm, kid: Option<&str>) -> bool {
    let mut header = json!({ "alg": algorithm.as_str() });
    if let Some(kid) = kid {
        header["kid"] = json!(kid);
    }
    let token = format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header.to_string()));
    // A key's `kid` may be longer than a token's may be.
    let Ok(token) = UntrustedToken::parse(&token, usize::MAX) else { return false };
    let Ok(key) = set.select(&token, algorithm) else { return false };
    assert_eq!(key.family(), algorithm.family(), "{kid:?} is used with {algorithm}");
    assert!(!key.verifies(algorithm, b"", &[]), "an empty signature holds");
    true
}

/// Whether the key is of a kind that is known, so that it takes part in the set.
fn is_known(jwk: &Value) -> bool {
    let kind = match (jwk["kty"].as_str(), jwk["crv"].as_str()) {
        (Some("RSA"), _) => true,
        (Some("EC"), crv) => matches!(crv, Some("P-256" | "P-384")),
        (Some("OKP"), crv) => crv == Some("Ed25519"),
        _ => false,
    };
    let alg = jwk.get("alg");
    kind && alg.is_none_or(|alg| alg.as_str().is_some_and(|a| Algorithm::from_name(a).is_some()))
}

/// A key that can be used is good in the eyes of other libraries, and public.
fn check_key(jwk: &Value) {
    assert!(jwk.get("use").is_none_or(|purpose| purpose == "sig"), "{jwk}");
    assert!(jwk.get("d").is_none(), "a private key: {jwk}");
    let bytes = |name: &str| -> Vec<u8> {
        let text = jwk[name].as_str().expect("a text");
        URL_SAFE_NO_PAD.decode(text).expect("canonical base64url")
    };
    match (jwk["kty"].as_str(), jwk["crv"].as_str()) {
        (Some("RSA"), _) => check_rsa(&bytes("n"), &bytes("e")),
        (Some("EC"), Some("P-256")) => {
            let point = [&[4], &bytes("x")[..], &bytes("y")].concat();
            p256::PublicKey::from_sec1_bytes(&point).expect("on P-256");
        }
        (Some("EC"), Some("P-384")) => {
            let point = [&[4], &bytes("x")[..], &bytes("y")].concat();
            p384::PublicKey::from_sec1_bytes(&point).expect("on P-384");
        }
        (Some("OKP"), Some("Ed25519")) => check_ed25519(&bytes("x")),
        _ => panic!("a key of a kind that is not known was taken: {jwk}"),
    }
}

pub(super) fn check_rsa(n: &[u8], e: &[u8]) {
    let (modulus, exponent) = (BigUint::from_bytes_be(n), BigUint::from_bytes_be(e));
    assert!((2048..=4096).contains(&modulus.bits()), "{} bits", modulus.bits());
    let (zero, two) = (BigUint::from(0_u8), BigUint::from(2_u8));
    assert!(&modulus % &two != zero && &exponent % &two != zero, "an even number");
    assert!(exponent >= BigUint::from(3_u8) && exponent.bits() <= 33, "the exponent {exponent}");
    RsaPublicKey::new_with_max_size(modulus, exponent, 4096).expect("an RSA key");
}

pub(super) fn check_ed25519(x: &[u8]) {
    let bytes = x.try_into().expect("32 bytes");
    let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).expect("a point");
    assert!(!key.is_weak(), "a key of small order");
    assert_eq!(key.to_edwards().compress().to_bytes(), bytes, "a key in another spelling");
}
