//! A session whose holder proves anew who they are, and more than before.

use laika_claims::IssuerCode;
use serde_json::json;

use super::passkeys::Purpose;
use super::proof::{self, Proof};
use super::required;
use crate::accounts;
use crate::app::App;
use crate::audit::{self, Action, Actor, Entry, Subject};
use crate::db;
use crate::db::factors::Held;
use crate::db::sessions::Session;
use crate::db::users::User;
use crate::limits;
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
    shows_enough(held, shown)?;
    let work = prove(app, user, session, shown);
    match shown.factor {
        Some(_) => limits::try_factor(app, session, work).await,
        None => limits::try_proof(app, session, IssuerCode::CredentialsInvalid, work).await,
    }
}

async fn prove(
    app: &App,
    user: &User,
    session: &Session,
    shown: &Shown,
) -> Result<Session, Problem> {
    let hash = match &shown.password {
        Some(password) => Some(accounts::check_password(app, user, password).await?),
        None => None,
    };
    let address = session.origin.address.as_ref();
    let seen = match &shown.factor {
        Some(proof) => {
            Some(proof::see(app, user.id, proof, Purpose::StepUp(session.id), address).await?)
        }
        None => None,
    };
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    // It took its time: another password by now, or a factor that the account has got since.
    accounts::hold(&mut tx, session, hash.as_ref()).await?;
    shows_enough(db::factors::held(&mut tx, user.id).await?, shown)?;
    let mut amr = session.amr.clone();
    if shown.password.is_some() && !amr.iter().any(|name| name == "pwd") {
        amr.insert(0, "pwd".to_owned());
    }
    if let Some(seen) = seen {
        amr = session::with(&amr, seen.factor(app, &mut tx, user.id, address).await?);
    }
    db::sessions::authenticated(&mut tx, session.id, &amr, now).await?;
    let entry =
        Entry::new(Actor::User(user.id), Action::SessionSteppedUp, Subject::Session(session.id))
            .before(json!({ "amr": session.amr, "auth_time": session.auth_time }))
            .after(json!({ "amr": amr, "auth_time": now }))
            .from(session.origin.address.clone());
    audit::record(app, &mut tx, &entry).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, session = %session.id, "proved anew who they are");
    Ok(Session { amr, auth_time: now, ..session.clone() })
}

/// That a factor is shown where there is one.
fn shows_enough(held: Held, shown: &Shown) -> Result<(), Problem> {
    if held.any() && shown.factor.is_none() { Err(required()) } else { Ok(()) }
}
