//! Proofs that somebody is here now who may change how an account is entered.

use laika_claims::IssuerCode;
use uuid::Uuid;

use super::strength::{is_plausible, normalise};
use crate::app::App;
use crate::clock::is_recent;
use crate::db::sessions::Session;
use crate::db::users::User;
use crate::db::{self, Connection};
use crate::factors;
use crate::limits;
use crate::problem::Problem;
use crate::secret::Secret;
use crate::session;

/// Seconds during which a log-in counts like the password itself.
pub const FRESH: i64 = 15 * 60;

/// What was proved anew. It took its time, so it counts in the transaction alone that [holds](Self::hold)
/// it.
#[derive(Debug)]
#[must_use = "it counts in the transaction that holds it"]
pub struct ProvedAnew<'s> {
    session: &'s Session,
    /// The hash that the password fitted, where that was shown.
    hash: Option<Secret>,
}

impl ProvedAnew<'_> {
    /// The session in which it was.
    #[must_use]
    pub fn session(&self) -> Uuid {
        self.session.id
    }

    /// Keeps others until the transaction ends from taking back what was proved: the session goes on,
    /// and its account has the password that was shown, and no second factor that was not.
    ///
    /// # Errors
    /// `session_ended`, `credentials_invalid` where the password is another by now, or
    /// `second_factor_required`.
    pub async fn hold(self, db: &mut Connection) -> Result<(), Problem> {
        hold(db, self.session, self.hash.as_ref()).await?;
        factors::must_have_shown(db, self.session).await
    }
}

/// Keeps others until the transaction ends from ending a session, and from changing the password that
/// fitted this hash, where one was shown.
///
/// # Errors
/// `session_ended`, or `credentials_invalid` where the password is another by now.
pub async fn hold(
    db: &mut Connection,
    session: &Session,
    shown: Option<&Secret>,
) -> Result<(), Problem> {
    session::hold(db, session).await?;
    let Some(shown) = shown else { return Ok(()) };
    let stands = db::accounts::password_hash(db, session.user_id).await?;
    if stands.is_some_and(|hash| hash == shown.reveal()) { Ok(()) } else { Err(wrong()) }
}

/// That somebody is here now who may change how the account is entered: by its password, or by a
/// fresh log-in, and by a second factor where it has one. Passwords that are wrong are limited.
///
/// # Errors
/// Neither, or this session has not shown the factor; 429 after too many wrong passwords.
pub async fn prove_anew<'s>(
    app: &App,
    user: &User,
    session: &'s Session,
    password: Option<&Secret>,
) -> Result<ProvedAnew<'s>, Problem> {
    let hash = match password {
        Some(password) => {
            let wrong = IssuerCode::CredentialsInvalid;
            let work = check_password(app, user, password);
            Some(limits::try_proof(app, session, wrong, work).await?)
        }
        None => {
            fresh(app, session)?;
            None
        }
    };
    factors::must_be_shown(app, session).await?;
    Ok(ProvedAnew { session, hash })
}

fn fresh(app: &App, session: &Session) -> Result<(), Problem> {
    if is_recent(session.auth_time, app.clock.now(), FRESH) {
        return Ok(());
    }
    let detail = "this needs the password, or a log-in within the last 15 minutes";
    Err(Problem::issuer(IssuerCode::AuthenticationTooOld, detail))
}

/// That this is the account's password; the hash that it fits.
///
/// # Errors
/// `credentials_invalid`.
pub async fn check_password(app: &App, user: &User, password: &Secret) -> Result<Secret, Problem> {
    if !is_plausible(password) {
        return Err(wrong());
    }
    let mut connection = app.db.read().await?;
    let hash = db::accounts::password_hash(&mut connection, user.id).await?;
    drop(connection);
    let fits = app.passwords.verify(&normalise(password), hash.clone()).await?;
    hash.filter(|_| fits).map(Secret::from).ok_or_else(wrong)
}

fn wrong() -> Problem {
    Problem::issuer(IssuerCode::CredentialsInvalid, "wrong password")
}
