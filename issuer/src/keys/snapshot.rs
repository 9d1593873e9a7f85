//! The issuer's keys at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::master_key::MasterKey;
use super::{Algorithm, KeyError, SigningKey};
use crate::db::keys::{KeyState, StoredKey};
use crate::http::published::Document;

/// The published keys, as they were read together. Never changed; a change makes another.
#[derive(Debug)]
pub struct Keys {
    keys: Vec<Held>,
    default: Algorithm,
    jwks: Document,
    fingerprint: String,
    /// The active public keys as PEM.
    pems: BTreeMap<Algorithm, Document>,
}

#[derive(Debug, Clone)]
struct Held {
    state: KeyState,
    key: Arc<SigningKey>,
}

impl Keys {
    /// The keys that are `stored`. What `before` holds is not unwrapped again.
    pub(super) fn read(
        stored: &[StoredKey],
        default: Algorithm,
        master: &MasterKey,
        before: Option<&Self>,
    ) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for row in stored.iter().filter(|row| row.state.is_published()) {
            let known =
                before.and_then(|before| before.keys.iter().find(|k| k.key.kid() == row.kid));
            let key = match known {
                Some(known) => Arc::clone(&known.key),
                None => {
                    let pkcs8 = master.unwrap(&row.kid, &row.wrapped)?;
                    Arc::new(SigningKey::from_pkcs8(row.algorithm, &pkcs8)?)
                }
            };
            keys.push(Held { state: row.state, key });
        }
        // The same order in every replica and after every start, so that the key set keeps its
        // entity tag; what signs by default comes first.
        keys.sort_by_key(|held| {
            let other = held.key.algorithm() != default;
            (other, held.state != KeyState::Active, held.key.kid().to_owned())
        });
        let set = json!({ "keys": keys.iter().map(|held| held.key.jwk()).collect::<Vec<_>>() });
        let jwks = Document::new("application/jwk-set+json", set.to_string());
        let fingerprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, jwks.body()));
        let active = keys.iter().filter(|held| held.state == KeyState::Active);
        let pems = active
            .map(|held| {
                let pem = held.key.public_pem().to_owned();
                (held.key.algorithm(), Document::new("application/x-pem-file", pem))
            })
            .collect();
        Ok(Self { keys, default, jwks, fingerprint, pems })
    }

    /// The algorithm of everything that does not ask for another.
    #[must_use]
    pub fn default_algorithm(&self) -> Algorithm {
        self.default
    }

    /// The key that signs with `algorithm`.
    ///
    /// # Errors
    /// There is none.
    pub fn active(&self, algorithm: Algorithm) -> Result<&SigningKey, KeyError> {
        self.keys
            .iter()
            .find(|held| held.state == KeyState::Active && held.key.algorithm() == algorithm)
            .map(|held| &*held.key)
            .ok_or(KeyError::NoneActive(algorithm))
    }

    /// The published key of that name, whether it signs or not.
    #[must_use]
    pub fn by_kid(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.iter().map(|held| &*held.key).find(|key| key.kid() == kid)
    }

    /// What is published at `/.well-known/jwks.json` (RFC 7517 section 5).
    #[must_use]
    pub fn jwks(&self) -> &Document {
        &self.jwks
    }

    /// The key set as a value.
    #[must_use]
    pub fn jwks_value(&self) -> Value {
        serde_json::from_slice(self.jwks.body()).unwrap_or_default()
    }

    /// SHA-256 of the key set as it is served, base64url: `jwks_sha256` of status lists.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The key that signs with `algorithm`, as PEM.
    ///
    /// # Errors
    /// There is none.
    pub fn pem(&self, algorithm: Algorithm) -> Result<&Document, KeyError> {
        self.pems.get(&algorithm).ok_or(KeyError::NoneActive(algorithm))
    }
}
