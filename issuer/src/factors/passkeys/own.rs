//! What owners do with their passkeys.

use laika_claims::IssuerCode;
use serde_json::json;
use uuid::Uuid;

use super::enrol::described;
use super::none_such;
use crate::accounts::{self, WaysIn};
use crate::app::App;
use crate::audit::{self, Action, Actor, Entry, Subject};
use crate::db;
use crate::db::passkeys::Passkey;
use crate::db::sessions::Session;
use crate::db::users::User;
use crate::factors::removed;
use crate::problem::{FieldCode, Problem};
use crate::secret::Secret;
use crate::session;

/// Longest name of a passkey, in characters.
const MAX_NAME: usize = 64;

/// What somebody calls a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Reads one.
    ///
    /// # Errors
    /// It is empty, too long, or holds control characters.
    pub fn parse(written: &str) -> Result<Self, Problem> {
        let name = written.trim();
        let refused = |code, detail| Err(Problem::field("name", code, detail));
        if name.is_empty() {
            return refused(FieldCode::TooShort, "at least a character".to_owned());
        }
        if name.chars().count() > MAX_NAME {
            return refused(FieldCode::TooLong, format!("at most {MAX_NAME} characters"));
        }
        if name.chars().any(char::is_control) {
            return refused(FieldCode::Malformed, "no control characters".to_owned());
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Name {
    fn default() -> Self {
        Self("passkey".to_owned())
    }
}

/// Gives a passkey another name. It opens nothing, so it needs no proof.
///
/// # Errors
/// There is no such passkey.
pub async fn rename(
    app: &App,
    session: &Session,
    id: Uuid,
    name: &Name,
) -> Result<Passkey, Problem> {
    let mut tx = app.db.write().await?;
    session::hold(&mut tx, session).await?;
    let passkey = find(&mut tx, session.user_id, id).await?;
    db::passkeys::rename(&mut tx, session.user_id, id, name.as_str()).await?;
    let renamed = Passkey { name: name.as_str().to_owned(), ..passkey.clone() };
    let user = session.user_id;
    let entry = Entry::new(Actor::User(user), Action::PasskeyRenamed, Subject::User(user))
        .before(described(&passkey))
        .after(described(&renamed))
        .from(session.origin.address.clone());
    audit::record(app, &mut tx, &entry).await?;
    tx.commit().await?;
    Ok(renamed)
}

/// Takes a passkey off an account. What is left must let its owner in.
///
/// # Errors
/// Neither the password nor a fresh log-in, a factor that was not shown; there is no such passkey; it
/// is the last way in.
pub async fn remove(
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
    let passkey = find(&mut tx, user.id, id).await?;
    if !WaysIn::of(app, &mut tx, user.id).await?.is_open_without(id) {
        let detail = "the last way in; set a password first, by `POST /v1/password/forgot`, or enrol \
                      another passkey";
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    db::passkeys::remove(&mut tx, user.id, id).await?;
    let mut about = described(&passkey);
    if let Some(about) = about.as_object_mut() {
        about.insert("last_used_at".to_owned(), json!(passkey.last_used_at));
    }
    removed(app, &mut tx, session, Action::PasskeyRemoved, about).await?;
    Ok(tx.commit().await?)
}

async fn find(db: &mut db::Connection, user: Uuid, id: Uuid) -> Result<Passkey, Problem> {
    db::passkeys::by_id(db, user, id).await?.ok_or_else(none_such)
}
