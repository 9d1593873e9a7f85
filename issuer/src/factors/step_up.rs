//! A session whose holder proves anew who they are, and more than before.

use serde_json::json;

use super::passkeys::Purpose;
use super::proof::{self, Proof};
use super::required;
use crate::accounts;
use crate::app::App;
use crate::audit::{self, Actor, Entry, Subject};
use crate::db;
use crate::db::sessions::Session;
use crate::db::users::User;
use crate::limits::{self, Key, Limited};
use crate::problem::Problem;
use crate::secret::Secret;
use crate::session;

/// What the holder shows: the one, the other, or both.
#[derive(Debug, Default)]
pub struct Shown {
    /// The password.
    pub password: Option<Secret>,
    /// A second factor.
    pub factor: Option<Proof>,
}

/// Refreshes `auth_time` and `amr` of a session. An account with a second factor shows that: by its
/// password alone, a session would pass for one whose holder has just shown both. The session since.
///
/// # Errors
/// `second_factor_required`, `credentials_invalid`, or 429 after too many failures.
pub async fn step_up(
    app: &App,
    user: &User,
    session: &Session,
    shown: &Shown,
) -> Result<Session, Problem> {
    let mut connection = app.db.read().await?;
    let held = db::factors::held(&mut connection, user.id).await?;
    drop(connection);
    if held.any() && shown.factor.is_none() {
        return Err(required());
    }
    let wanted = (Limited::SecondFactor, Key::account(&user.id.to_string()));
    limits::take_now(app, std::slice::from_ref(&wanted)).await?;
    if let Some(password) = &shown.password {
        accounts::check_password(app, user, password).await?;
    }
    let address = session.origin.address.as_ref();
    let seen = match &shown.factor {
        Some(proof) => {
            Some(proof::see(app, user.id, proof, Purpose::StepUp(session.id), address).await?)
        }
        None => None,
    };
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    session::hold(&mut tx, session).await?;
    let mut amr = session.amr.clone();
    if shown.password.is_some() && !amr.iter().any(|name| name == "pwd") {
        amr.insert(0, "pwd".to_owned());
    }
    if let Some(seen) = seen {
        amr = session::with(&amr, seen.factor(app, &mut tx, user.id, address).await?);
    }
    db::sessions::authenticated(&mut tx, session.id, &amr, now).await?;
    let (kind, key) = wanted;
    limits::give_back(app, &mut tx, kind, &key).await?;
    let entry =
        Entry::new(Actor::User(user.id), "session.stepped_up", Subject::Session(session.id))
            .before(json!({ "amr": session.amr, "auth_time": session.auth_time }))
            .after(json!({ "amr": amr, "auth_time": now }))
            .from(session.origin.address.clone());
    audit::record(app, &mut tx, &entry).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, session = %session.id, "proved anew who they are");
    Ok(Session { amr, auth_time: now, ..session.clone() })
}
