//! Which key signs, and since when: made, published, active, retired, revoked.
//!
//! A key that is to sign is published first, for as long as a verifier may not know of it: until
//! whatever keeps the key set on the way has let go of it, the verifier has too, and its pauses
//! between two questions are over. So rotation makes no good token fail. The first key of an
//! algorithm signs at once, since otherwise nothing could be signed: a verifier that meets it asks
//! for the key set again, as it does for every `kid` that it does not know.

use laika_claims::IssuerCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::master_key::MasterKey;
use super::{Algorithm, KeyError, SigningKey};
use crate::app::App;
use crate::audit::{self, Actor, Entry, Subject};
use crate::clock::UnixSeconds;
use crate::config::Settings;
use crate::db::keys::{KeyState, StoredKey};
use crate::db::{self, Connection};
use crate::events::{self, Event};
use crate::problem::Problem;
use crate::random::Random;

/// Seconds for which a key must be published before it may sign: 300 in a cache on the way, 300 in
/// the verifier, twice its cooldown of 30, and the rest for replicas and clocks.
pub const LEAST_AHEAD: i64 = 900;

/// Seconds that a retired key stays beyond its last token, for replicas that heard of it late and
/// for verifiers that tolerate other clocks.
const LINGER: i64 = 120;

/// The longest life that a service may give its micro tokens, in seconds.
const LONGEST_MICRO: i64 = 24 * 3600;

/// A verifier takes sets of 64 keys; with fewer there is room for the ones to come.
const MOST_PUBLISHED: usize = 32;

/// What using a key costs that others may not know yet.
const COST: &str = "verifiers that asked for keys less than 30 s ago refuse its tokens for so long, \
    and those behind a cache that keeps the key set, for up to 300 s; without `--now` none does";

/// A key, without its secret.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct KeyView {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// `RS256`, `PS256`, `ES256` or `EdDSA`.
    pub algorithm: &'static str,
    /// What it is used for.
    pub state: KeyState,
    /// When it was made and published, Unix seconds.
    pub created_at: UnixSeconds,
    /// From when on it signs, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signs_from: Option<UnixSeconds>,
    /// When another took its place, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<UnixSeconds>,
    /// When its last token will have expired, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaves_at: Option<UnixSeconds>,
    /// When it was revoked, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<UnixSeconds>,
}

/// What a rotation or a revocation led to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Rotated {
    /// The key that signs now, or will.
    pub key: KeyView,
    /// What it costs that not everybody may know the key yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<&'static str>,
}

/// The longest life in seconds that any token can have under these settings.
#[must_use]
pub fn token_life(settings: &Settings) -> i64 {
    settings.main.lifetime.max(LONGEST_MICRO)
}

/// Every key, oldest first.
///
/// # Errors
/// The database failed.
pub async fn list(app: &App) -> Result<Vec<KeyView>, Problem> {
    let mut connection = app.db.read().await?;
    let stored = db::keys::list(&mut connection).await?;
    Ok(stored.iter().map(|key| view(app, key)).collect())
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
    let key = StoredKey {
        state: KeyState::Active,
        activated_at: Some(app.clock.now()),
        ..fresh(app, algorithm).await?
    };
    insert(app, db, Actor::Issuer, "key.made", &stored, &key).await?;
    Ok(true)
}

/// The key that signs with `algorithm`, made now where there is none yet.
///
/// # Errors
/// The database failed, or no key could be made.
pub async fn needed(app: &App, algorithm: Algorithm) -> Result<(), Problem> {
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

/// Begins a rotation: publishes the next key, which signs when everybody knows it; or lets it sign
/// `at_once`.
///
/// # Errors
/// Too many keys are published, or the database failed.
pub async fn rotate(
    app: &App,
    actor: Actor,
    algorithm: Algorithm,
    at_once: bool,
) -> Result<Rotated, Problem> {
    let mut tx = app.db.write_alone().await?;
    let stored = db::keys::list(&mut tx).await?;
    let active = find(&stored, algorithm, KeyState::Active);
    let next = find(&stored, algorithm, KeyState::Next);
    let (kid, cost) = match (active, next) {
        // Nothing is lost: there are no tokens of this algorithm yet.
        (None, _) => {
            ensure(app, &mut tx, algorithm).await?;
            let stored = db::keys::list(&mut tx).await?;
            (find(&stored, algorithm, KeyState::Active).map(|key| key.kid.clone()), None)
        }
        (Some(_), Some(next)) if !at_once => (Some(next.kid.clone()), None),
        (Some(_), None) if !at_once => {
            let key = fresh(app, algorithm).await?;
            insert(app, &mut tx, actor, "key.published", &stored, &key).await?;
            (Some(key.kid), None)
        }
        (Some(active), _) => {
            let (kid, cost) = successor(app, &mut tx, &actor, &stored, active).await?;
            retire(app, &mut tx, active).await?;
            replace(app, &mut tx, actor, active, &kid).await?;
            (Some(kid), cost)
        }
    };
    let rotated = rotated(app, &mut tx, kid, cost).await?;
    tx.commit().await?;
    app.keys.reread(&app.db, &*app.clock).await?;
    Ok(rotated)
}

/// Takes a key back: it is published no more, and whatever it signed is refused. Where it was the
/// active one, another signs at once.
///
/// # Errors
/// There is no such key, or the database failed.
pub async fn revoke(app: &App, actor: Actor, kid: &str) -> Result<Option<Rotated>, Problem> {
    let mut tx = app.db.write_alone().await?;
    let stored = db::keys::list(&mut tx).await?;
    let key = stored.iter().find(|key| key.kid == kid).ok_or_else(|| unknown(kid))?;
    let rotated = match key.state {
        KeyState::Revoked => {
            let detail = format!("the key `{kid}` was revoked before");
            return Err(Problem::issuer(IssuerCode::Conflict, detail));
        }
        KeyState::Next | KeyState::Retired => {
            record_revoked(app, &mut tx, actor, key).await?;
            None
        }
        KeyState::Active => {
            let (successor, cost) = successor(app, &mut tx, &actor, &stored, key).await?;
            record_revoked(app, &mut tx, actor.clone(), key).await?;
            replace(app, &mut tx, actor, key, &successor).await?;
            Some(rotated(app, &mut tx, Some(successor), cost).await?)
        }
    };
    tx.commit().await?;
    app.keys.reread(&app.db, &*app.clock).await?;
    Ok(rotated)
}

/// Takes a key in that was made elsewhere. It is published first and signs later, as at a rotation;
/// at once where its algorithm has none.
///
/// # Errors
/// It is here already, another waits for its turn, or no verifier would take it.
pub async fn import(app: &App, actor: Actor, key: &SigningKey) -> Result<KeyView, Problem> {
    let algorithm = key.algorithm();
    let mut tx = app.db.write_alone().await?;
    let stored = db::keys::list(&mut tx).await?;
    let conflict = |detail: String| Err(Problem::issuer(IssuerCode::Conflict, detail));
    if let Some(known) = stored.iter().find(|known| known.kid == key.kid()) {
        let state = known.state.as_str();
        return conflict(format!("the key `{}` is here already, and {state}", known.kid));
    }
    let first = find(&stored, algorithm, KeyState::Active).is_none();
    if let Some(next) = find(&stored, algorithm, KeyState::Next) {
        let detail = format!("`{}` waits for its turn; revoke it first, or let it sign", next.kid);
        return conflict(detail);
    }
    let now = app.clock.now();
    let row = StoredKey {
        state: if first { KeyState::Active } else { KeyState::Next },
        activated_at: first.then_some(now),
        ..row(key, &key.pkcs8()?, app.keys.master(), token_life(&app.settings), now, &*app.random)?
    };
    insert(app, &mut tx, actor, "key.imported", &stored, &row).await?;
    tx.commit().await?;
    app.keys.reread(&app.db, &*app.clock).await?;
    Ok(view(app, &row))
}

/// A key with its secret, to be taken elsewhere.
///
/// # Errors
/// There is no such key, or it was revoked and its secret is gone.
pub async fn export(app: &App, actor: Actor, kid: &str) -> Result<SigningKey, Problem> {
    let mut tx = app.db.write().await?;
    let stored = db::keys::list(&mut tx).await?;
    let key = stored.iter().find(|key| key.kid == kid).ok_or_else(|| unknown(kid))?;
    if key.state == KeyState::Revoked {
        let detail = format!("the key `{kid}` was revoked, and its private half with it");
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    let pkcs8 = app.keys.master().unwrap(&key.kid, &key.wrapped)?;
    let key = SigningKey::from_pkcs8(key.algorithm, &pkcs8)?;
    let entry = Entry::new(actor, "key.exported", Subject::Key(kid.to_owned()));
    audit::record(app, &mut tx, &entry).await?;
    tx.commit().await?;
    Ok(key)
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

/// Writes a new key, where there is room for one.
pub(super) async fn insert(
    app: &App,
    db: &mut Connection,
    actor: Actor,
    action: &'static str,
    stored: &[StoredKey],
    key: &StoredKey,
) -> Result<(), Problem> {
    if stored.iter().filter(|key| key.state.is_published()).count() >= MOST_PUBLISHED {
        let detail = format!(
            "{MOST_PUBLISHED} keys are published, and verifiers take no more than twice as many; \
             wait until retired ones leave, or revoke some"
        );
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    db::keys::insert(db, key).await?;
    let about = json!({ "algorithm": key.algorithm, "state": key.state });
    let entry = Entry::new(actor, action, Subject::Key(key.kid.clone())).after(about);
    audit::record(app, db, &entry).await?;
    tracing::info!(kid = key.kid, algorithm = key.algorithm.as_str(), action, "a signing key");
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
    actor: Actor,
    before: &StoredKey,
    successor: &str,
) -> Result<(), Problem> {
    let now = app.clock.now();
    db::keys::activate(db, successor, token_life(&app.settings), now).await?;
    let entry = Entry::new(actor, "key.rotated", Subject::Key(successor.to_owned()))
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

/// The key that signs next, made now where none waits; and what it costs to use it at once.
async fn successor(
    app: &App,
    db: &mut Connection,
    actor: &Actor,
    stored: &[StoredKey],
    before: &StoredKey,
) -> Result<(String, Option<&'static str>), Problem> {
    if let Some(next) = find(stored, before.algorithm, KeyState::Next) {
        let known = is_known(next, LEAST_AHEAD, app.clock.now());
        return Ok((next.kid.clone(), (!known).then_some(COST)));
    }
    let key = fresh(app, before.algorithm).await?;
    insert(app, db, actor.clone(), "key.published", stored, &key).await?;
    Ok((key.kid, Some(COST)))
}

async fn record_revoked(
    app: &App,
    db: &mut Connection,
    actor: Actor,
    key: &StoredKey,
) -> Result<(), Problem> {
    db::keys::revoke(db, &key.kid, app.clock.now()).await?;
    let entry = Entry::new(actor, "key.revoked", Subject::Key(key.kid.clone()))
        .before(json!({ "state": key.state }));
    audit::record(app, db, &entry).await?;
    events::emit(app, db, &Event::KeyRevoked { kid: key.kid.clone() }).await?;
    tracing::warn!(kid = key.kid, "a signing key was revoked, and its tokens with it");
    Ok(())
}

async fn rotated(
    app: &App,
    db: &mut Connection,
    kid: Option<String>,
    cost: Option<&'static str>,
) -> Result<Rotated, Problem> {
    let stored = db::keys::list(db).await?;
    let key = stored.iter().find(|key| Some(&key.kid) == kid.as_ref());
    let key = key.ok_or_else(|| Problem::internal("the key that was written is not there"))?;
    Ok(Rotated { key: view(app, key), cost })
}

fn row(
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

fn view(app: &App, key: &StoredKey) -> KeyView {
    let waits = (key.state == KeyState::Next)
        .then(|| key.created_at.saturating_add(app.settings.keys.publish_ahead));
    KeyView {
        kid: key.kid.clone(),
        algorithm: key.algorithm.as_str(),
        state: key.state,
        created_at: key.created_at,
        signs_from: key.activated_at.or(waits),
        retired_at: key.retired_at,
        leaves_at: key.leaves_at,
        revoked_at: key.revoked_at,
    }
}

fn unknown(kid: &str) -> Problem {
    let shown: String = kid.chars().take(64).flat_map(char::escape_debug).collect();
    let detail = format!("there is no key `{shown}`; `laika key list` names those there are");
    Problem::issuer(IssuerCode::NotFound, detail)
}
