//! The keys of a running issuer: an immutable snapshot, replaced when the database holds others.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;

use super::master_key::MasterKey;
use super::{Algorithm, KeyError, Keys, new_key};
use crate::clock::Clock;
use crate::db::{self, Db};
use crate::random::Random;

/// How often a replica looks whether others have changed the keys.
pub const REREAD_EVERY: Duration = Duration::from_secs(2);

/// How old a snapshot may be that is published. Shorter than [`REREAD_EVERY`]: of several replicas,
/// one signs with a key and another is asked for it.
const PUBLISHED_AT_MOST: Duration = Duration::from_millis(250);

/// The issuer's keys.
#[derive(Debug)]
pub struct KeyRing {
    current: RwLock<Arc<Keys>>,
    /// When the snapshot was read, in milliseconds of the monotonic clock.
    read_at: AtomicU64,
    /// Held while the snapshot is read again, so that many who wait cause one read.
    gate: Mutex<()>,
    master: MasterKey,
}

impl KeyRing {
    /// Loads the keys, and makes one for the default algorithm where it has none. The others get
    /// theirs when something needs them: four at once would make the first start slow.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub async fn load(
        db: &Db,
        master_key_file: &Path,
        default: Algorithm,
        token_life: i64,
        clock: &dyn Clock,
        random: &dyn Random,
    ) -> Result<Self, KeyError> {
        let read_at = millis(clock.monotonic());
        // Alone from look to insert: two processes that start at once make one set.
        let mut tx = db.write_alone().await?;
        let mut stored = db::keys::list(&mut tx).await?;
        let master = MasterKey::open(master_key_file, stored.is_empty(), random)?;
        let active = |key: &db::keys::StoredKey| {
            key.algorithm == default && key.state == db::keys::KeyState::Active
        };
        if !stored.iter().any(active) {
            let row = new_key(default, &master, token_life, clock.now(), random).await?;
            db::keys::insert(&mut tx, &row).await?;
            tracing::info!(kid = row.kid, algorithm = default.as_str(), "made a signing key");
            stored.push(row);
        }
        db::keys::lengthen(&mut tx, token_life).await?;
        // Before anything is committed: a key that another master key wraps would open in no replica.
        let keys = Keys::read(&stored, default, &master, None)?;
        tx.commit().await?;
        Ok(Self {
            current: RwLock::new(Arc::new(keys)),
            read_at: AtomicU64::new(read_at),
            gate: Mutex::new(()),
            master,
        })
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
        // Nothing is left of the private half of a key that was revoked.
        let mut wrapped = stored.iter().filter(|key| key.state.is_published()).peekable();
        if wrapped.peek().is_none() {
            return Ok(());
        }
        let master = MasterKey::open(master_key_file, false, random)?;
        wrapped.try_for_each(|key| master.unwrap(&key.kid, &key.wrapped).map(drop))
    }

    /// The keys as they were read last: what tokens are signed and main tokens are proved with.
    #[must_use]
    pub fn current(&self) -> Arc<Keys> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The keys as others are to see them: read at most a quarter of a second ago.
    ///
    /// # Errors
    /// The database failed, or a key does not open.
    pub async fn published(&self, db: &Db, clock: &dyn Clock) -> Result<Arc<Keys>, KeyError> {
        let fresh = || {
            let age = millis(clock.monotonic()).saturating_sub(self.read_at.load(Ordering::SeqCst));
            Duration::from_millis(age) <= PUBLISHED_AT_MOST
        };
        if !fresh() {
            let _gate = self.gate.lock().await;
            if !fresh() {
                self.read(db, clock).await?;
            }
        }
        Ok(self.current())
    }

    /// Reads the keys again: after a change, and every few seconds because others make changes too.
    ///
    /// # Errors
    /// The database failed, or a key does not open.
    pub async fn reread(&self, db: &Db, clock: &dyn Clock) -> Result<Arc<Keys>, KeyError> {
        let _gate = self.gate.lock().await;
        self.read(db, clock).await?;
        Ok(self.current())
    }

    /// What wraps the keys, and other secrets in the database.
    #[must_use]
    pub fn master(&self) -> &MasterKey {
        &self.master
    }

    async fn read(&self, db: &Db, clock: &dyn Clock) -> Result<(), KeyError> {
        let read_at = millis(clock.monotonic());
        let mut connection = db.read().await?;
        let stored = db::keys::list(&mut connection).await?;
        drop(connection);
        let before = self.current();
        let keys = Keys::read(&stored, before.default_algorithm(), &self.master, Some(&before))?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        self.read_at.store(read_at, Ordering::SeqCst);
        Ok(())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::random::SystemRandom;

    async fn load(db: &Db, file: &Path) -> Result<KeyRing, KeyError> {
        let clock = ManualClock::at(1_800_000_000);
        KeyRing::load(db, file, Algorithm::Es256, 300, &clock, &SystemRandom).await
    }

    #[tokio::test]
    async fn keys_are_made_once_and_a_lost_master_key_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/k.db?mode=rwc", folder.path().display());
        let file = folder.path().join("master.key");
        let db = Db::open(&url).await.unwrap();
        let first = load(&db, &file).await.unwrap().current();
        let second = load(&db, &file).await.unwrap().current();
        assert_eq!(first.jwks(), second.jwks());
        assert_eq!(first.jwks_value()["keys"].as_array().unwrap().len(), 1);
        assert_eq!(first.active(Algorithm::Es256).unwrap().algorithm(), Algorithm::Es256);
        assert!(matches!(
            first.active(Algorithm::Rs256),
            Err(KeyError::NoneActive(Algorithm::Rs256))
        ));

        let stranger = folder.path().join("stranger.key");
        MasterKey::open(&stranger, true, &SystemRandom).unwrap();
        let clock = ManualClock::at(1_800_000_000);
        let other =
            KeyRing::load(&db, &stranger, Algorithm::EdDsa, 300, &clock, &SystemRandom).await;
        assert!(matches!(other.unwrap_err(), KeyError::Unwrap(_)));
        let third = load(&db, &file).await.unwrap().current();
        assert_eq!(third.jwks(), first.jwks(), "what another master key wraps is not written");

        std::fs::remove_file(&file).unwrap();
        let error = load(&db, &file).await.unwrap_err();
        assert!(matches!(error, KeyError::MasterKeyFile { .. }), "{error}");
    }
}
