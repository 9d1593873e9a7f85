//! What somebody's account is linked with, and how that ends.

use laika_claims::IssuerCode;
use serde_json::json;
use uuid::Uuid;

use crate::accounts::{self, WaysIn};
use crate::app::App;
use crate::audit::{self, Actor, Entry, Subject};
use crate::db;
use crate::db::sessions::Session;
use crate::db::users::User;
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
    accounts::prove_anew(app, user, session, password).await?;
    let mut tx = app.db.write().await?;
    // Two that are removed at once must not both count on the other.
    if !db::users::hold(&mut tx, user.id, user.epoch).await? {
        return Err(Problem::overloaded("the account has changed meanwhile"));
    }
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
    db::identities::remove(&mut tx, user.id, id).await?;
    let entry = Entry::new(Actor::User(user.id), "identity.unlinked", Subject::User(user.id))
        .before(json!({ "identity": id.to_string(), "provider": identity.provider }))
        .from(session.origin.address.clone());
    audit::record(app, &mut tx, &entry).await?;
    events::emit(app, &mut tx, &Event::updated(user.id, UserField::Identities)).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, provider = identity.provider, "unlinked an identity");
    Ok(())
}
