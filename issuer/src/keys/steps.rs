//! What rotation by command and by schedule have in common: making a key, and moving one from state
//! to state, each in the caller's transaction and with its entry in the audit log.

use laika_claims::IssuerCode;
use serde_json::json;

use super::master_key::MasterKey;
use super::{Algorithm, Family, KeyError, SigningKey};
use crate::app::App;
use crate::audit::{self, Action, By, Subject};
use crate::clock::UnixSeconds;
use crate::config::Settings;
use crate::db::keys::{KeyState, StoredKey};
use crate::db::{self, Connection};
use crate::events::{self, Event};
use crate::problem::Problem;
use crate::random::Random;

/// Seconds that a retired key stays beyond its last token, for replicas that heard of it late and
/// for verifiers that tolerate other clocks.
const LINGER: i64 = 120;

/// The longest life that a service may give its micro tokens, in seconds.
const LONGEST_MICRO: i64 = 24 * 3600;

/// A verifier takes sets of 64 keys; with fewer there is room for the ones to come.
pub const MOST_PUBLISHED: usize = 32;

/// The longest life in seconds that any token can have under these settings.
#[must_use]
pub fn token_life(settings: &Settings) -> i64 {
    settings.main.lifetime.max(LONGEST_MICRO)
}

/// Makes the first key of an algorithm, in the transaction of what needs it; whether there was none.
/// It signs once that transaction is committed.
///
/// # Errors
/// The database failed, or no key could be made.
pub async fn ensure(app: &App, db: &mut Connection, algorithm: Algorithm) -> Result<bool, Problem> {
    let stored = db::keys::list(db).await?;
    if find(&stored, algorithm, KeyState::Active).is_some() {
        return Ok(false);
    }
    check_room(&stored)?;
    let key = StoredKey {
        state: KeyState::Active,
        activated_at: Some(app.clock.now()),
        ..fresh(app, algorithm).await?
    };
    insert(app, db, &By::issuer(), Action::KeyMade, &key).await?;
    Ok(true)
}

/// Makes the key of a family now, where there is none yet.
///
/// # Errors
/// The database failed, or no key could be made.
pub async fn needed(app: &App, family: Family) -> Result<(), Problem> {
    let algorithm = match family {
        Family::Pair(algorithm) => algorithm,
        // There is one, or there is no such service: see `crate::serve`.
        Family::Secret => return Ok(()),
    };
    if app.keys.current().active(algorithm).is_ok() {
        return Ok(());
    }
    // Another replica or the transaction that wrote a service may have made it just now.
    if app.keys.reread(&app.db, &*app.clock).await?.active(algorithm).is_ok() {
        return Ok(());
    }
    let mut tx = app.db.write_alone().await?;
    ensure(app, &mut tx, algorithm).await?;
    tx.commit().await?;
    app.keys.reread(&app.db, &*app.clock).await?;
    Ok(())
}

/// A new key, made on a thread that may block.
pub(super) async fn new_key(
    algorithm: Algorithm,
    master: &MasterKey,
    token_life: i64,
    now: UnixSeconds,
    random: &dyn Random,
) -> Result<StoredKey, KeyError> {
    let made = tokio::task::spawn_blocking(move || SigningKey::generate(algorithm)).await;
    let (key, pkcs8) = made.map_err(|error| KeyError::Unusable(error.to_string()))??;
    let row = row(&key, &pkcs8, master, token_life, now, random)?;
    Ok(StoredKey { state: KeyState::Active, activated_at: Some(now), ..row })
}

/// The key of an algorithm in one of the states that only one may have.
pub(super) fn find(
    stored: &[StoredKey],
    algorithm: Algorithm,
    state: KeyState,
) -> Option<&StoredKey> {
    stored.iter().find(|key| key.algorithm == algorithm && key.state == state)
}

/// A new key that waits for its turn.
pub(super) async fn fresh(app: &App, algorithm: Algorithm) -> Result<StoredKey, KeyError> {
    let life = token_life(&app.settings);
    let key = new_key(algorithm, app.keys.master(), life, app.clock.now(), &*app.random).await?;
    Ok(StoredKey { state: KeyState::Next, activated_at: None, ..key })
}

/// That there is room for one more key.
pub(super) fn check_room(stored: &[StoredKey]) -> Result<(), Problem> {
    if stored.iter().filter(|key| key.state.is_published()).count() >= MOST_PUBLISHED {
        let detail = format!(
            "{MOST_PUBLISHED} keys are published, and verifiers take no more than twice as many; \
             wait until retired ones leave, or revoke some"
        );
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    Ok(())
}

/// Writes a new key.
pub(super) async fn insert(
    app: &App,
    db: &mut Connection,
    by: &By,
    action: Action,
    key: &StoredKey,
) -> Result<(), Problem> {
    db::keys::insert(db, key).await?;
    let about = json!({ "algorithm": key.algorithm, "state": key.state });
    let entry = by.entry(action, Subject::Key(key.kid.clone())).after(about);
    audit::record(app, db, &entry).await?;
    tracing::info!(kid = key.kid, algorithm = key.algorithm.as_str(), %action, "a signing key");
    Ok(())
}

/// Lets an active key sign no more; it stays until its last token has expired.
pub(super) async fn retire(app: &App, db: &mut Connection, key: &StoredKey) -> Result<(), Problem> {
    let now = app.clock.now();
    let life = key.token_life.max(token_life(&app.settings));
    Ok(db::keys::retire(db, &key.kid, now.saturating_add(life).saturating_add(LINGER), now).await?)
}

/// Lets `successor` sign in the place of `before`, which has made room.
pub(super) async fn replace(
    app: &App,
    db: &mut Connection,
    by: &By,
    before: &StoredKey,
    successor: &str,
) -> Result<(), Problem> {
    let now = app.clock.now();
    db::keys::activate(db, successor, token_life(&app.settings), now).await?;
    let entry = by
        .entry(Action::KeyRotated, Subject::Key(successor.to_owned()))
        .before(json!({ "kid": before.kid }))
        .after(json!({ "kid": successor }));
    audit::record(app, db, &entry).await?;
    let algorithm = before.algorithm.as_str();
    let event = Event::KeyRotated {
        kid: successor.to_owned(),
        before: before.kid.clone(),
        algorithm: algorithm.to_owned(),
    };
    events::emit(app, db, &event).await?;
    tracing::info!(kid = successor, algorithm, "a signing key has taken its turn");
    Ok(())
}

/// Whether everybody knows a key that waits for its turn.
pub(super) fn is_known(key: &StoredKey, ahead: i64, now: UnixSeconds) -> bool {
    key.created_at.saturating_add(ahead) <= now
}

/// A key as it lies in the database, waiting for its turn.
pub(super) fn row(
    key: &SigningKey,
    pkcs8: &[u8],
    master: &MasterKey,
    token_life: i64,
    now: UnixSeconds,
    random: &dyn Random,
) -> Result<StoredKey, KeyError> {
    Ok(StoredKey {
        kid: key.kid().to_owned(),
        algorithm: key.algorithm(),
        state: KeyState::Next,
        wrapped: master.wrap(key.kid(), pkcs8, random)?,
        created_at: now,
        activated_at: None,
        retired_at: None,
        leaves_at: None,
        revoked_at: None,
        token_life,
    })
}
