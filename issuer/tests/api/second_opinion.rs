//! Micro tokens as another implementation, `jwt-compact`, reads them from the published key set.

use jwt_compact::alg::{Ed25519, Rsa, RsaPublicKey};
use jwt_compact::jwk::JsonWebKey;
use jwt_compact::{Algorithm, AlgorithmExt as _, Token, UntrustedToken};
use serde_json::{Map, Value};

use crate::support::{Issuer, claims, header};

type Claims = Map<String, Value>;

#[tokio::test]
async fn a_foreign_implementation_verifies_both_algorithms() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let rs256 = issuer.micro(&main, "orders").await.text_of("micro_token");
    let key = RsaPublicKey::try_from(&jwk(&issuer, &rs256).await).unwrap();
    verify(Rsa::rs256(), &key, &rs256).unwrap();

    let eddsa = issuer.micro(&main, "billing").await.text_of("micro_token");
    let key = jwk(&issuer, &eddsa).await;
    let key = <Ed25519 as Algorithm>::VerifyingKey::try_from(&key).unwrap();
    verify(Ed25519, &key, &eddsa).unwrap();
}

#[tokio::test]
async fn the_kid_is_the_thumbprint_as_the_foreign_implementation_computes_it() {
    use base64::Engine as _;
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    for service in ["orders", "billing"] {
        let token = issuer.micro(&main, service).await.text_of("micro_token");
        let thumbprint = jwk(&issuer, &token).await.thumbprint::<sha2::Sha256>();
        let kid = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(thumbprint);
        assert_eq!(header(&token)["kid"], kid);
    }
}

#[tokio::test]
async fn a_tampered_main_token_is_refused_wherever_it_was_changed() {
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let length = main.len();
    // Every tenth letter, so that header, payload and signature are all hit many times.
    for index in (0..length).step_by(10) {
        let mut bytes = main.clone().into_bytes();
        if bytes[index] == b'.' {
            continue;
        }
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        let answer = issuer.get("/v1/me", Some(&changed)).await;
        assert_eq!(answer.status, 401, "letter {index}: {}", answer.text);
    }
    issuer.get("/v1/me", Some(&main)).await.expect(200);
}

#[tokio::test]
async fn tokens_that_are_not_our_main_tokens_are_named_for_what_they_are() {
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let issuer = Issuer::start().await;
    let main = issuer.log_in().await;
    let parts: Vec<&str> = main.split('.').collect();
    let kid = header(&main)["kid"].as_str().unwrap().to_owned();
    let with = |header: &str| format!("{}.{}.{}", encode(header), parts[1], parts[2]);
    let other = Issuer::stranger().await.log_in().await;
    for (token, code) in [
        (String::new(), "token_malformed"),
        ("x".repeat(20_000), "token_too_large"),
        (format!("{}.{}", parts[0], parts[1]), "token_malformed"),
        (format!("{main}."), "token_malformed"),
        (format!("{main}="), "token_malformed"),
        (format!("{}.{}.", parts[0], parts[1]), "signature_invalid"),
        (with("{}"), "type_mismatch"),
        (with(r#"{"typ":"main+jwt","typ":"main+jwt"}"#), "token_malformed"),
        (with(r#"{"alg":"none","typ":"main+jwt"}"#), "key_not_found"),
        (
            with(&format!(r#"{{"alg":"none","typ":"main+jwt","kid":"{kid}"}}"#)),
            "algorithm_not_allowed",
        ),
        (
            with(&format!(r#"{{"alg":"HS256","typ":"main+jwt","kid":"{kid}"}}"#)),
            "algorithm_not_allowed",
        ),
        (
            with(&format!(r#"{{"alg":"EdDSA","typ":"main+jwt","kid":"{kid}"}}"#)),
            "algorithm_not_allowed",
        ),
        (with(r#"{"alg":"RS256","typ":"main+jwt","kid":"../../etc/passwd"}"#), "key_not_found"),
        (
            with(&format!(r#"{{"alg":"RS256","typ":"main+jwt","kid":"{kid}","crit":["b64"]}}"#)),
            "critical_header_unsupported",
        ),
        (other, "key_not_found"),
    ] {
        let answer = issuer.get("/v1/me", Some(&token)).await;
        answer.problem(401, code);
    }
    issuer.get("/v1/me", None).await.problem(401, "token_missing");
}

async fn jwk(issuer: &Issuer, token: &str) -> JsonWebKey<'static> {
    let set = issuer.get("/.well-known/jwks.json", None).await.expect(200);
    let key = set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header(token)["kid"]);
    serde_json::from_value(key.unwrap().clone()).unwrap()
}

fn verify<A: Algorithm>(
    algorithm: A,
    key: &A::VerifyingKey,
    token: &str,
) -> Result<(), jwt_compact::ValidationError> {
    let untrusted = UntrustedToken::new(token).unwrap();
    let verified: Token<Claims> = algorithm.validator(key).validate(&untrusted)?;
    let ours = claims(token);
    assert_eq!(verified.claims().custom["permissions"], ours["permissions"]);
    assert_eq!(verified.claims().expiration.unwrap().timestamp(), ours["exp"].as_i64().unwrap());
    Ok(())
}
