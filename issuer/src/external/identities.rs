//! What somebody's account is linked with, and how that ends.

use laika_claims::IssuerCode;
use serde_json::json;
use uuid::Uuid;

use crate::accounts::{self, WaysIn};
use crate::app::App;
use crate::audit::{self, Action, Actor, Entry, Subject};
use crate::clock::UnixSeconds;
use crate::db::identities::Identity;
use crate::db::sessions::Session;
use crate::db::users::User;
use crate::db::{self, Connection};
use crate::events::{self, Event, UserField};
use crate::problem::Problem;
use crate::secret::Secret;

/// Identities that are looked at; nobody has so many.
const MOST: i64 = 1000;

/// Takes an identity off an account. What is left must let its owner in: a password, a passkey, or
/// another identity of a provider that is still configured.
///
/// # Errors
/// Neither the password nor a fresh log-in; there is no such identity; it is the last way in.
pub async fn unlink(
    app: &App,
    user: &User,
    session: &Session,
    id: Uuid,
    password: Option<&Secret>,
) -> Result<(), Problem> {
    let proved = accounts::prove_anew(app, user, session, password).await?;
    let mut tx = app.db.write().await?;
    // Two that are removed at once must not both count on the other.
    proved.hold(&mut tx).await?;
    let all = db::identities::page(&mut tx, user.id, "", MOST).await?;
    let Some(identity) = all.iter().find(|identity| identity.id == id) else {
        let detail = "there is no such identity; `GET /v1/me/identities` lists those there are";
        return Err(Problem::issuer(IssuerCode::NotFound, detail));
    };
    if !WaysIn::of(app, &mut tx, user.id).await?.is_open_without(id) {
        let detail = "the last way in; set a password first, by `POST /v1/password/forgot`, enrol a \
                      passkey, or link another provider";
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    remove(app, &mut tx, identity, session.origin.address.as_ref()).await?;
    Ok(tx.commit().await?)
}

/// Takes off an account every identity that was linked with it since this moment, in the caller's
/// transaction.
///
/// # Errors
/// The database failed.
pub async fn unlink_since(
    app: &App,
    db: &mut Connection,
    user: Uuid,
    since: UnixSeconds,
    address: Option<&String>,
) -> Result<(), Problem> {
    for identity in db::identities::page(db, user, "", MOST).await? {
        if identity.created_at >= since {
            remove(app, db, &identity, address).await?;
        }
    }
    Ok(())
}

async fn remove(
    app: &App,
    db: &mut Connection,
    identity: &Identity,
    address: Option<&String>,
) -> Result<(), Problem> {
    let (user, id, provider) = (identity.user_id, identity.id, &identity.provider);
    db::identities::remove(db, user, id).await?;
    let entry = Entry::new(Actor::User(user), Action::IdentityUnlinked, Subject::User(user))
        .before(json!({ "identity": id.to_string(), "provider": provider }))
        .from(address.cloned());
    audit::record(app, db, &entry).await?;
    events::emit(app, db, &Event::updated(user, UserField::Identities)).await?;
    tracing::info!(%user, provider, "unlinked an identity");
    Ok(())
}
