//! Which key signs, and since when: made, published, active, retired, revoked.
//!
//! A key that is to sign is published first, for as long as a verifier may not know of it: until
//! whatever keeps the key set on the way has let go of it, the verifier has too, and its pauses
//! between two questions are over. So rotation makes no good token fail. The first key of an
//! algorithm signs at once, since otherwise nothing could be signed: a verifier that meets it asks
//! for the key set again, as it does for every `kid` that it does not know.
//!
//! These functions run in the caller's transaction, in which nobody else may change keys
//! ([`crate::db::Db::write_alone`]), and write the audit log. Whoever commits it lets
//! [`super::KeyRing`] read again. Whether the actor may do it is decided before:
//! [`crate::admin::keys`].

use laika_claims::IssuerCode;

use super::steps::{
    check_room, ensure, find, fresh, insert, is_known, replace, retire, row, token_life,
};
use super::view::tokens_of;
use super::{Algorithm, KeyView, Revoked, Rotated, SigningKey};
use crate::app::App;
use crate::audit::{self, Action, By, Subject};
use crate::db::keys::{KeyState, StoredKey};
use crate::db::{self, Connection};
use crate::events::{self, Event};
use crate::problem::Problem;

/// Seconds for which a key must be published before it may sign: 300 in a cache on the way, 300 in
/// the verifier, twice its cooldown of 30, and the rest for replicas and clocks.
pub const LEAST_AHEAD: i64 = 900;

/// What using a key costs that others may not know yet.
const COST: &str = "verifiers that asked for keys less than 30 s ago refuse its tokens for so long, \
    and those behind a cache that keeps the key set, for up to 300 s; a rotation that is not at once \
    costs nothing";

/// Begins a rotation: publishes the next key, which signs when everybody knows it; or lets it sign
/// `at_once`.
///
/// # Errors
/// Too many keys are published, or the database failed.
pub async fn rotate(
    app: &App,
    db: &mut Connection,
    by: &By,
    algorithm: Algorithm,
    at_once: bool,
) -> Result<Rotated, Problem> {
    let stored = db::keys::list(db).await?;
    let active = find(&stored, algorithm, KeyState::Active);
    let next = find(&stored, algorithm, KeyState::Next);
    let (kid, cost) = match (active, next) {
        // Nothing is lost: there are no tokens of this algorithm yet.
        (None, _) => {
            ensure(app, db, algorithm).await?;
            let stored = db::keys::list(db).await?;
            (find(&stored, algorithm, KeyState::Active).map(|key| key.kid.clone()), None)
        }
        (Some(_), Some(next)) if !at_once => (Some(next.kid.clone()), None),
        (Some(_), None) if !at_once => {
            check_room(&stored)?;
            let key = fresh(app, algorithm).await?;
            insert(app, db, by, Action::KeyPublished, &key).await?;
            (Some(key.kid), None)
        }
        (Some(active), next) => {
            if next.is_none() {
                check_room(&stored)?;
            }
            let (kid, cost) = successor(app, db, by, &stored, active).await?;
            retire(app, db, active).await?;
            replace(app, db, by, active, &kid).await?;
            (Some(kid), cost)
        }
    };
    let kid = kid.ok_or_else(|| Problem::internal("the key that was written is not there"))?;
    Ok(Rotated { key: shown(app, db, &kid).await?, cost })
}

/// Takes a key back: it is published no more, and whatever it signed is refused. Where it was the
/// active one, another signs at once, however many are published: it takes the place of this one.
///
/// # Errors
/// There is no such key, it was revoked before, or the database failed.
pub async fn revoke(
    app: &App,
    db: &mut Connection,
    by: &By,
    kid: &str,
) -> Result<Revoked, Problem> {
    let stored = db::keys::list(db).await?;
    let key = stored.iter().find(|key| key.kid == kid).ok_or_else(|| unknown(kid))?;
    let (successor, cost) = match key.state {
        KeyState::Revoked => {
            let detail = format!("the key `{kid}` was revoked before");
            return Err(Problem::issuer(IssuerCode::Conflict, detail));
        }
        KeyState::Next | KeyState::Retired => {
            record_revoked(app, db, by, key).await?;
            (None, None)
        }
        KeyState::Active => {
            let (successor, cost) = successor(app, db, by, &stored, key).await?;
            record_revoked(app, db, by, key).await?;
            replace(app, db, by, key, &successor).await?;
            (Some(shown(app, db, &successor).await?), cost)
        }
    };
    Ok(Revoked { key: shown(app, db, kid).await?, successor, tokens: tokens_of(app, key), cost })
}

/// Takes a key in that was made elsewhere. It is published first and signs later, as at a rotation;
/// at once where its algorithm has none.
///
/// # Errors
/// It is here already, another waits for its turn, or no verifier would take it.
pub async fn import(
    app: &App,
    db: &mut Connection,
    by: &By,
    key: &SigningKey,
) -> Result<KeyView, Problem> {
    let algorithm = key.algorithm();
    let stored = db::keys::list(db).await?;
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
    check_room(&stored)?;
    insert(app, db, by, Action::KeyImported, &row).await?;
    Ok(KeyView::of(app, &row))
}

/// A key with its secret, to be taken elsewhere.
///
/// # Errors
/// There is no such key, or it was revoked and its secret is gone.
pub async fn export(
    app: &App,
    db: &mut Connection,
    by: &By,
    kid: &str,
) -> Result<SigningKey, Problem> {
    let stored = db::keys::list(db).await?;
    let key = stored.iter().find(|key| key.kid == kid).ok_or_else(|| unknown(kid))?;
    if key.state == KeyState::Revoked {
        let detail = format!("the key `{kid}` was revoked, and its private half with it");
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    let pkcs8 = app.keys.master().unwrap(&key.kid, &key.wrapped)?;
    let key = SigningKey::from_pkcs8(key.algorithm, &pkcs8)?;
    let entry = by.entry(Action::KeyExported, Subject::Key(kid.to_owned()));
    audit::record(app, db, &entry).await?;
    Ok(key)
}

/// The key that signs next, made now where none waits; and what it costs to use it at once.
async fn successor(
    app: &App,
    db: &mut Connection,
    by: &By,
    stored: &[StoredKey],
    before: &StoredKey,
) -> Result<(String, Option<&'static str>), Problem> {
    if let Some(next) = find(stored, before.algorithm, KeyState::Next) {
        let known = is_known(next, LEAST_AHEAD, app.clock.now());
        return Ok((next.kid.clone(), (!known).then_some(COST)));
    }
    let key = fresh(app, before.algorithm).await?;
    insert(app, db, by, Action::KeyPublished, &key).await?;
    Ok((key.kid, Some(COST)))
}

async fn record_revoked(
    app: &App,
    db: &mut Connection,
    by: &By,
    key: &StoredKey,
) -> Result<(), Problem> {
    db::keys::revoke(db, &key.kid, app.clock.now()).await?;
    let before = serde_json::json!({ "state": key.state });
    let entry = by.entry(Action::KeyRevoked, Subject::Key(key.kid.clone())).before(before);
    audit::record(app, db, &entry).await?;
    events::emit(app, db, &Event::KeyRevoked { kid: key.kid.clone() }).await?;
    tracing::warn!(kid = key.kid, "a signing key was revoked, and its tokens with it");
    Ok(())
}

/// A key as it is since.
async fn shown(app: &App, db: &mut Connection, kid: &str) -> Result<KeyView, Problem> {
    let stored = db::keys::list(db).await?;
    let key = stored.iter().find(|key| key.kid == kid);
    let key = key.ok_or_else(|| Problem::internal("the key that was written is not there"))?;
    Ok(KeyView::of(app, key))
}

fn unknown(kid: &str) -> Problem {
    let shown: String = kid.chars().take(64).flat_map(char::escape_debug).collect();
    let detail = format!("there is no key `{shown}`; a list of keys names those there are");
    Problem::issuer(IssuerCode::NotFound, detail)
}
