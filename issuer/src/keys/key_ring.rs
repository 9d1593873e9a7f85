//! All keys of the issuer.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::master_key::MasterKey;
use super::{Algorithm, SigningKey};
use crate::clock::Clock;
use crate::db::{self, Db, DbError};
use crate::problem::Problem;
use crate::random::{Random, RandomError};

/// The issuer's keys: one active key for each algorithm.
#[derive(Debug)]
pub struct KeyRing {
    keys: Vec<SigningKey>,
    default: Algorithm,
}

/// Keys can't be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The master key's file can't be read or made.
    #[error("the master key `{}` can't be read: {source}; put the file back, or start with an empty database", file.display())]
    MasterKeyFile {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The master key's file holds something else.
    #[error("the master key is not 32 bytes in base64url; put the right file back")]
    MasterKeyForm,
    /// A wrapped key does not open.
    #[error(
        "the key `{0}` does not open with this master key; put the master key back that belongs to this database"
    )]
    Unwrap(String),
    /// A key is not what it should be.
    #[error("a key can't be used: {0}")]
    Unusable(String),
    /// The cryptographic library refused.
    #[error("the cryptographic library refused")]
    Refused,
    /// There is no active key of an algorithm.
    #[error("there is no active key for {}", .0.as_str())]
    NoneActive(Algorithm),
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl KeyRing {
    /// Loads the keys, and makes one for each algorithm that has none.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub async fn load(
        db: &Db,
        master_key_file: &Path,
        default: Algorithm,
        clock: &dyn Clock,
        random: &dyn Random,
    ) -> Result<Self, KeyError> {
        // Alone from look to insert: two processes that start at once make one set.
        let mut tx = db.write_alone().await?;
        let stored = db::keys::list(&mut tx).await?;
        let master = MasterKey::open(master_key_file, stored.is_empty(), random)?;
        let mut keys = Vec::new();
        for key in stored.iter().filter(|key| key.state == "active") {
            let pkcs8 = master.unwrap(&key.kid, &key.wrapped)?;
            keys.push(SigningKey::from_pkcs8(key.algorithm, &pkcs8)?);
        }
        for algorithm in Algorithm::ALL {
            if keys.iter().any(|key| key.algorithm() == algorithm) {
                continue;
            }
            let (key, pkcs8) = SigningKey::generate(algorithm)?;
            let row = db::keys::StoredKey {
                kid: key.kid().to_owned(),
                algorithm,
                state: "active".to_owned(),
                wrapped: master.wrap(key.kid(), &pkcs8, random)?,
                created_at: clock.now(),
            };
            db::keys::insert(&mut tx, &row).await?;
            tracing::info!(kid = row.kid, algorithm = algorithm.as_str(), "made a signing key");
            keys.push(key);
        }
        tx.commit().await.map_err(DbError::from)?;
        // The same order after every start, so that the key set keeps its entity tag; what signs
        // by default comes first.
        keys.sort_by_key(|key| (key.algorithm() != default, key.kid().to_owned()));
        Ok(Self { keys, default })
    }

    /// That the master key in this file opens these keys.
    ///
    /// # Errors
    /// There is no such file, or it holds another key.
    pub fn check_master_key(
        stored: &[db::keys::StoredKey],
        master_key_file: &Path,
        random: &dyn Random,
    ) -> Result<(), KeyError> {
        if stored.is_empty() {
            return Ok(());
        }
        let master = MasterKey::open(master_key_file, false, random)?;
        stored.iter().try_for_each(|key| master.unwrap(&key.kid, &key.wrapped).map(drop))
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
            .find(|key| key.algorithm() == algorithm)
            .ok_or(KeyError::NoneActive(algorithm))
    }

    /// The key of that name.
    #[must_use]
    pub fn by_kid(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.kid() == kid)
    }

    /// What is published at `/.well-known/jwks.json` (RFC 7517 section 5).
    #[must_use]
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.keys.iter().map(SigningKey::jwk).collect::<Vec<_>>() })
    }
}

impl From<aws_lc_rs::error::Unspecified> for KeyError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Refused
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        Self::internal(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::random::SystemRandom;

    async fn load(db: &Db, file: &Path) -> Result<KeyRing, KeyError> {
        let clock = ManualClock::at(1_800_000_000);
        KeyRing::load(db, file, Algorithm::Rs256, &clock, &SystemRandom).await
    }

    #[tokio::test]
    async fn keys_are_made_once_and_a_lost_master_key_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/k.db?mode=rwc", folder.path().display());
        let file = folder.path().join("master.key");
        let db = Db::open(&url).await.unwrap();
        let first = load(&db, &file).await.unwrap();
        let second = load(&db, &file).await.unwrap();
        assert_eq!(first.jwks(), second.jwks());
        assert_eq!(first.jwks()["keys"].as_array().unwrap().len(), 2);

        std::fs::remove_file(&file).unwrap();
        let error = load(&db, &file).await.unwrap_err();
        assert!(matches!(error, KeyError::MasterKeyFile { .. }), "{error}");
    }
}
