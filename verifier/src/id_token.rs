//! ID tokens (OpenID Connect Core 1.0 section 3.1.3.7), for a client that has somebody log in at a
//! provider.
//!
//! Keys, algorithms and times are those of every other token here; what an ID token says besides is
//! checked on top: whom it was made for and at whose request (`azp`), for which log-in (`nonce`),
//! and with which access token (`at_hash`). Only Rust reaches this: an ID token opens no API, so no
//! option of a verifier accepts one.

use laika_claims::{ErrorCode, Timestamp};
use serde_json::{Map, Value, json};

use crate::error::{OptionsError, VerifyError};
use crate::fetch::{Fetch, Landed, Response};
use crate::options::Options;
use crate::profile::Profile;
use crate::verified::VerifiedToken;
use crate::verifier::Verifier;
use laika_signature::Algorithm;
use laika_signature::base64url;

/// Seconds since `iat`: the token was made for the very request that brought it.
const MAX_AGE: f64 = 300.0;

/// Longest `sub` (OpenID Connect Core section 2).
const MAX_SUBJECT: usize = 255;

/// Proves ID tokens of one provider for one client.
#[derive(Debug)]
pub struct IdTokens {
    verifier: Verifier,
    client_id: String,
}

/// What a log-in expects of its ID token.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The `nonce` that was sent.
    pub nonce: &'a str,
    /// The access token that came with it.
    pub access_token: Option<&'a str>,
}

impl IdTokens {
    /// For tokens that `issuer` makes for `client_id`, with the keys at `jwks_uri`. Keys are fetched
    /// by https, or by http from this machine.
    ///
    /// # Errors
    /// `issuer` or `client_id` is empty, or keys may not be fetched from `jwks_uri`.
    pub fn new(issuer: &str, client_id: &str, jwks_uri: &str) -> Result<Self, OptionsError> {
        let mut options = Options::from_value(json!({
            "issuers": {
                "issuer": issuer,
                "audience": client_id,
                "jwks_uri": jwks_uri,
                "typ": Profile::IdToken.typ(),
                "permission_claims": [],
                "role_claims": [],
                "required_claims": ["iat", "nonce"],
                "max_token_age": MAX_AGE,
                "status": "off",
            },
            "cache": false,
        }))?;
        for issuer in &mut options.issuers {
            issuer.rules.profile = Profile::IdToken;
        }
        Ok(Self { verifier: Verifier::new(options), client_id: client_id.to_owned() })
    }

    /// Proves everything about `token`: form, key, signature, issuer, audience and times as
    /// [`Verifier::verify`] does, then whose it is, at whose request, for which log-in.
    ///
    /// # Errors
    /// The first check that fails. `keys_unavailable` and `key_not_found` may be mended by a fetch.
    pub fn verify(
        &self,
        token: &str,
        expected: Expected<'_>,
        now: Timestamp,
    ) -> Result<VerifiedToken, VerifyError> {
        let token = self.verifier.verify(token, now)?;
        let claims = token.claims();
        check_subject(token.subject())?;
        self.check_party(claims)?;
        if text(claims, "nonce") != Some(expected.nonce) {
            let message = format_args!("the token was made for another log-in");
            return Err(VerifyError::claim(ErrorCode::ClaimInvalid, "nonce", message));
        }
        check_access_token(&token, expected.access_token)?;
        Ok(token)
    }

    /// What to fetch now: see [`Verifier::fetches`].
    pub fn fetches(&mut self, error: Option<&VerifyError>, now: Timestamp) -> Vec<Fetch> {
        self.verifier.fetches(error, now)
    }

    /// Takes what fetch `id` brought: see [`Verifier::fetched`].
    pub fn fetched(&mut self, id: u32, response: Response<'_>, now: Timestamp) -> Landed {
        self.verifier.fetched(id, response, now)
    }

    /// Notes that fetch `id` has failed.
    pub fn fetch_failed(&mut self, id: u32) {
        self.verifier.fetch_failed(id);
    }

    /// Rules 3 to 5: nobody else is named whom we know nothing of, and the token was made at our
    /// request.
    fn check_party(&self, claims: &Map<String, Value>) -> Result<(), VerifyError> {
        let mismatch = |name: &str, message: &str| {
            Err(VerifyError::claim(ErrorCode::AudienceMismatch, name, format_args!("{message}"))
                .expecting(json!(self.client_id), claims.get(name).cloned()))
        };
        let alone = match claims.get("aud") {
            Some(Value::Array(audiences)) => audiences.len() == 1,
            _ => true,
        };
        match claims.get("azp") {
            Some(azp) if azp == &self.client_id => Ok(()),
            Some(_) => mismatch("azp", "the token was made at the request of another client"),
            None if alone => Ok(()),
            None => mismatch("aud", "the token is for others as well, and does not say for whom"),
        }
    }
}

fn check_subject(subject: &str) -> Result<(), VerifyError> {
    let good = (1..=MAX_SUBJECT).contains(&subject.len())
        && subject.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if good {
        return Ok(());
    }
    let message = format_args!("the claim `sub` is not 1 to 255 printable ASCII characters");
    Err(VerifyError::claim(ErrorCode::ClaimInvalid, "sub", message))
}

/// Section 3.1.3.8: where the token names an access token, it is the one that came with it.
fn check_access_token(token: &VerifiedToken, came: Option<&str>) -> Result<(), VerifyError> {
    let Some(named) = token.claims().get("at_hash") else {
        return Ok(());
    };
    let refuse = |message: &str| {
        Err(VerifyError::claim(ErrorCode::ClaimInvalid, "at_hash", format_args!("{message}")))
    };
    let Some(access_token) = came else {
        return refuse("the token names an access token, and none came with it");
    };
    let algorithm = text(token.header(), "alg").and_then(Algorithm::from_name);
    let hash = algorithm.map(|algorithm| half_hash(algorithm, access_token.as_bytes()));
    let named = named.as_str().and_then(base64url::decode);
    if named.is_some() && named == hash {
        return Ok(());
    }
    refuse("the access token is not the one that the token was made with")
}

/// The left half of the hash that goes with the signature's algorithm.
fn half_hash(algorithm: Algorithm, bytes: &[u8]) -> Vec<u8> {
    let mut hash = algorithm.hash().of(&[bytes]).to_vec();
    hash.truncate(hash.len() / 2);
    hash
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;

    const NOW: f64 = 1_800_000_000.0;
    const ACCESS: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";

    fn now() -> Timestamp {
        Timestamp::from_seconds(NOW).unwrap()
    }

    fn good() -> Value {
        json!({
            "iss": "https://id.example.com", "aud": "laika", "sub": "248289761001",
            "exp": NOW + 300.0, "iat": NOW, "nonce": "n-0S6_WzA2Mj",
            "at_hash": URL_SAFE_NO_PAD.encode(half_hash(Algorithm::EdDsa, ACCESS.as_bytes())),
        })
    }

    fn tokens() -> IdTokens {
        let uri = "https://id.example.com/keys";
        let mut tokens = IdTokens::new("https://id.example.com", "laika", uri).unwrap();
        let key = SigningKey::from_bytes(&[7; 32]);
        let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        let set = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "1", "x": x }] });
        let body = set.to_string();
        let fetches = tokens.fetches(None, now());
        let response = Response { status: 200, cache_control: None, body: body.as_bytes() };
        assert_eq!(tokens.fetched(fetches[0].id, response, now()).failure, None);
        tokens
    }

    fn sign(header: &Value, claims: &Value) -> String {
        let input = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature = SigningKey::from_bytes(&[7; 32]).sign(input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// The code and the claim of the refusal, if there is one.
    fn verdict(claims: &Value, access_token: Option<&str>) -> Option<(ErrorCode, String)> {
        let token = sign(&json!({ "alg": "EdDSA", "kid": "1" }), claims);
        let expected = Expected { nonce: "n-0S6_WzA2Mj", access_token };
        let error = tokens().verify(&token, expected, now()).err()?;
        Some((error.code(), error.claim_name().unwrap_or_default().to_owned()))
    }

    #[test]
    fn what_was_made_for_this_log_in_is_accepted() {
        assert_eq!(verdict(&good(), Some(ACCESS)), None);
        for (name, value) in [
            ("aud", json!(["laika"])),
            ("azp", json!("laika")),
            ("exp", json!(NOW + 1.0)),
            ("iat", json!(NOW - 299.0)),
        ] {
            let mut claims = good();
            claims[name] = value;
            assert_eq!(verdict(&claims, Some(ACCESS)), None, "{claims}");
        }
        let mut both = good();
        both["aud"] = json!(["laika", "other"]);
        both["azp"] = json!("laika");
        assert_eq!(verdict(&both, Some(ACCESS)), None);
        let mut bare = good();
        bare.as_object_mut().unwrap().remove("at_hash");
        assert_eq!(verdict(&bare, None), None);
    }

    #[test]
    fn what_was_made_for_anything_else_is_refused() {
        use ErrorCode::{
            AudienceMismatch, ClaimInvalid, ClaimMissing, Expired, IssuedInFuture, IssuerMismatch,
            TooOld, TypeMismatch,
        };
        for (name, value, code, claim) in [
            ("iss", json!("https://id.example.com/"), IssuerMismatch, "iss"),
            ("aud", json!("other"), AudienceMismatch, "aud"),
            ("aud", json!(["laika", "other"]), AudienceMismatch, "aud"),
            ("azp", json!("other"), AudienceMismatch, "azp"),
            ("azp", json!(["laika"]), AudienceMismatch, "azp"),
            ("nonce", json!("another"), ClaimInvalid, "nonce"),
            ("nonce", json!(1), ClaimInvalid, "nonce"),
            ("nonce", Value::Null, ClaimMissing, "nonce"),
            ("iat", Value::Null, ClaimMissing, "iat"),
            ("exp", Value::Null, ClaimMissing, "exp"),
            ("exp", json!(NOW), Expired, "exp"),
            ("iat", json!(NOW - 301.0), TooOld, "iat"),
            ("iat", json!(NOW + 61.0), IssuedInFuture, "iat"),
            ("at_hash", json!("AAAA"), ClaimInvalid, "at_hash"),
            ("at_hash", json!(1), ClaimInvalid, "at_hash"),
            ("sub", json!(""), ClaimInvalid, "sub"),
            ("sub", json!("x".repeat(256)), ClaimInvalid, "sub"),
            ("sub", json!("l\u{e4}ika"), ClaimInvalid, "sub"),
            ("sub", Value::Null, ClaimMissing, "sub"),
            ("events", json!({}), TypeMismatch, "events"),
        ] {
            let mut claims = good();
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value,
            }
            assert_eq!(verdict(&claims, Some(ACCESS)), Some((code, claim.to_owned())), "{claims}");
        }
        assert_eq!(verdict(&good(), None), Some((ClaimInvalid, "at_hash".to_owned())));
        assert_eq!(verdict(&good(), Some("x")), Some((ClaimInvalid, "at_hash".to_owned())));
    }

    #[test]
    fn the_header_chooses_nothing() {
        for (header, code) in [
            (json!({ "alg": "none", "kid": "1" }), ErrorCode::AlgorithmNotAllowed),
            (json!({ "alg": "HS256", "kid": "1" }), ErrorCode::AlgorithmNotAllowed),
            (json!({ "alg": "RS256", "kid": "1" }), ErrorCode::AlgorithmNotAllowed),
            (json!({ "alg": "EdDSA", "kid": "2" }), ErrorCode::KeyNotFound),
            (json!({ "alg": "EdDSA", "kid": "1", "typ": "at+jwt" }), ErrorCode::TypeMismatch),
        ] {
            let expected = Expected { nonce: "n-0S6_WzA2Mj", access_token: Some(ACCESS) };
            let error = tokens().verify(&sign(&header, &good()), expected, now()).unwrap_err();
            assert_eq!(error.code(), code, "{header}");
        }
    }

    #[test]
    fn keys_come_by_https_or_from_this_machine() {
        for (uri, good) in [
            ("https://id.example.com/keys", true),
            ("http://127.0.0.1:9/keys", true),
            ("http://id.example.com/keys", false),
            ("keys", false),
        ] {
            assert_eq!(IdTokens::new("https://i", "laika", uri).is_ok(), good, "{uri}");
        }
    }
}
