//! Keys, sets of keys, and the state machine that keeps a remote set fresh.

mod der;
mod discovery;
mod jwk;
mod max_age;
mod pem;
mod remote;

use std::fmt;

use laika_claims::ErrorCode;
use laika_claims::json::{self, DOCUMENT_LIMITS};
use laika_claims::text::quoted;
use serde_json::Value;

pub(crate) use discovery::Discovery;
pub(crate) use remote::{Aged, Arrival, Fingerprint, KeySource, RemoteKeys, fresh_for};

use crate::error::VerifyError;
use crate::jws::UntrustedToken;
use laika_signature::Algorithm;
use laika_signature::PublicKey;

/// Most keys a set may have.
pub const MAX_KEYS: usize = 64;

/// A key of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// `kid`, where it has one.
    pub kid: Option<String>,
    /// The algorithms it is used with: one, except for an RSA key that does not name its own where
    /// the options allow several.
    pub algorithms: Vec<Algorithm>,
    /// The key, or why it can't be used. An unusable key stays in the set, so that a token that
    /// names it is told so.
    pub material: Result<PublicKey, &'static str>,
}

/// The keys of one issuer (JWK Set, RFC 7517 section 5).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeySet {
    keys: Vec<Key>,
}

impl KeySet {
    /// Reads a JWK Set from JSON text; see [`KeySet::from_value`].
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn from_json(text: &[u8], rsa: &[Algorithm]) -> Result<Self, String> {
        let document = json::parse(text, DOCUMENT_LIMITS).map_err(|error| error.message)?;
        Self::from_value(&document, rsa)
    }

    /// Reads a JWK Set. Keys of a type, curve or algorithm that is not known here are skipped
    /// (RFC 7517 section 5). An RSA key without `alg` is used with the algorithms `rsa`.
    ///
    /// # Errors
    /// A sentence that says what is wrong: no `keys` array, more than 64 of them, or two with one
    /// `kid`.
    pub fn from_value(document: &Value, rsa: &[Algorithm]) -> Result<Self, String> {
        let Some(Value::Array(items)) = document.get("keys") else {
            return Err("a key set is an object with an array `keys`".to_owned());
        };
        if items.len() > MAX_KEYS {
            return Err(format!("the set has {} keys, more than {MAX_KEYS}", items.len()));
        }
        let mut keys: Vec<Key> = Vec::with_capacity(items.len());
        for key in items.iter().filter_map(|jwk| jwk::read(jwk, rsa)) {
            if key.kid.is_some() && keys.iter().any(|other| other.kid == key.kid) {
                let kid = key.kid.unwrap_or_default();
                return Err(format!("two keys have the `kid` `{}`", quoted(&kid)));
            }
            keys.push(key);
        }
        Ok(Self { keys })
    }

    /// The set, if it has a key that can be used: one that stands in options and has none is a
    /// mistake, while one that was fetched says that all keys were withdrawn.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the first of them.
    pub fn usable(self) -> Result<Self, String> {
        if self.keys.iter().any(|key| key.material.is_ok()) {
            return Ok(self);
        }
        let why = self.keys.iter().find_map(|key| key.material.as_ref().err());
        Err(format!(
            "the set has no key that can be used{}",
            why.map(|why| format!(": {why}")).unwrap_or_default()
        ))
    }

    /// The algorithms its keys are used with.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.keys.iter().flat_map(|key| key.algorithms.iter().copied())
    }

    /// The key with this `kid`.
    #[must_use]
    pub fn get(&self, kid: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.kid.as_deref() == Some(kid))
    }

    /// Whether it has a key with this `kid`.
    #[must_use]
    pub fn has(&self, kid: &str) -> bool {
        self.get(kid).is_some()
    }

    /// The key that `token` names, for `algorithm`. A token without `kid` is accepted only where
    /// exactly one key fits.
    ///
    /// # Errors
    /// `key_not_found`; `algorithm_not_allowed` when the key is for another algorithm;
    /// `key_invalid` when it can't be used.
    pub fn select(
        &self,
        token: &UntrustedToken<'_>,
        algorithm: Algorithm,
    ) -> Result<&PublicKey, VerifyError> {
        let not_found =
            |message: fmt::Arguments<'_>| VerifyError::new(ErrorCode::KeyNotFound, message);
        if let Some(kid) = token.header.kid.as_deref() {
            let key = self
                .get(kid)
                .ok_or_else(|| not_found(format_args!("the issuer has no key `{}`", quoted(kid))));
            return key?.material_for(algorithm);
        }
        let fits = |key: &&Key| key.material.is_ok() && key.algorithms.contains(&algorithm);
        let mut fitting = self.keys.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => key.material_for(algorithm),
            (None, _) => Err(not_found(format_args!("the issuer has no key for {algorithm}"))),
            (Some(_), Some(_)) => {
                Err(not_found(format_args!("the token has no `kid` and more than one key fits")))
            }
        }
    }
}

impl Key {
    /// Reads one public key from PEM; see [`KeySet::from_value`] for `rsa`.
    ///
    /// # Errors
    /// What it is instead.
    pub fn from_pem(text: &str, rsa: &[Algorithm]) -> Result<Self, &'static str> {
        pem::read(text, rsa)
    }

    /// The key, if it may be used with `algorithm`.
    ///
    /// # Errors
    /// `algorithm_not_allowed` or `key_invalid`.
    pub fn material_for(&self, algorithm: Algorithm) -> Result<&PublicKey, VerifyError> {
        if !self.algorithms.contains(&algorithm) {
            return Err(VerifyError::new(
                ErrorCode::AlgorithmNotAllowed,
                format_args!("the key is not for {algorithm}"),
            ));
        }
        self.material
            .as_ref()
            .map_err(|why| VerifyError::new(ErrorCode::KeyInvalid, format_args!("{why}")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ed25519(kid: &str) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid,
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
    }

    #[test]
    fn a_set_is_refused_where_it_can_be_read_two_ways() {
        for (set, words) in [
            (json!([]), "array `keys`"),
            (json!({ "keys": {} }), "array `keys`"),
            (json!({ "keys": [] }), "no key that can be used"),
            (json!({ "keys": [ed25519("a"), ed25519("a")] }), "two keys have the `kid` `a`"),
            (json!({ "keys": vec![ed25519("a"); 65] }), "more than 64"),
            (json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] }), "no key that can be used"),
        ] {
            let set = KeySet::from_value(&set, &[Algorithm::Rs256]);
            let error = set.and_then(KeySet::usable).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        let twice = br#"{"keys":[],"keys":[]}"#;
        assert!(KeySet::from_json(twice, &[]).unwrap_err().contains("duplicate member"));
    }

    #[test]
    fn unknown_keys_are_skipped_and_unusable_ones_stay() {
        let mut encryption = ed25519("enc");
        encryption["use"] = json!("enc");
        let set = KeySet::from_value(&json!({ "keys": [
            { "kty": "AKP", "kid": "a" }, { "kty": "OKP", "crv": "X25519", "kid": "a", "x": "" },
            { "kty": "RSA", "alg": "RSA-OAEP", "kid": "a" }, "nonsense", ed25519("a"), encryption,
        ]}), &[])
        .unwrap();
        assert!(set.has("a") && set.has("enc") && !set.has("b"));
        let select = |header: &str| {
            use base64::Engine as _;
            let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header);
            let token = format!("{header}.e30.AA");
            let token = UntrustedToken::parse(&token, 1000).unwrap();
            set.select(&token, Algorithm::EdDsa).map(|_| ()).map_err(|error| error.code())
        };
        assert_eq!(select(r#"{"alg":"EdDSA","kid":"a"}"#), Ok(()));
        assert_eq!(select(r#"{"alg":"EdDSA","kid":"enc"}"#), Err(ErrorCode::KeyInvalid));
        assert_eq!(select(r#"{"alg":"EdDSA","kid":"b"}"#), Err(ErrorCode::KeyNotFound));
        assert_eq!(select(r#"{"alg":"EdDSA"}"#), Ok(()), "one is for encryption");
    }
}
