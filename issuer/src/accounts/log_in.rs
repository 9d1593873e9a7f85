//! Log-in with name or e-mail and password.

use laika_claims::IssuerCode;

use super::login_key;
use super::strength::{is_plausible, normalise};
use crate::app::App;
use crate::db;
use crate::db::sessions::{Origin, Session};
use crate::db::users::{User, UserStatus};
use crate::problem::Problem;
use crate::secret::Secret;
use crate::session;

/// What somebody sends to log in.
#[derive(Debug)]
pub struct LogIn {
    /// Name or e-mail.
    pub login: String,
    /// The password.
    pub password: Secret,
}

/// Checks the password and starts a session. Whether the user is unknown, disabled or deleted or
/// the password is wrong: one answer, after the same work.
///
/// # Errors
/// The credentials are not good, or too much is going on.
pub async fn log_in(app: &App, log_in: &LogIn, origin: Origin) -> Result<(User, Session), Problem> {
    // What can't be stored can't be looked up either: PostgreSQL's texts hold no NUL.
    if !is_plausible(&log_in.password) || log_in.login.contains('\0') {
        return Err(refused());
    }
    let password = normalise(&log_in.password);
    let mut connection = app.db.read().await?;
    let found = db::users::by_login(&mut connection, &login_key(&log_in.login)).await?;
    drop(connection);
    // Nobody of that name: the same work against a hash that nothing fits.
    let (user, hash) = match found {
        Some((user, hash)) => (Some(user), hash),
        None => (None, None),
    };
    let fits = app.passwords.verify(&password, hash.clone()).await?;
    let user = match user {
        Some(user) if fits && user.status == UserStatus::Active => user,
        _ => return Err(refused()),
    };
    if let Some(old) = hash.filter(|hash| app.passwords.should_replace(hash)) {
        replace_hash(app, &user, &password, &old).await;
    }
    let mut tx = app.db.write().await?;
    let session = session::start(app, &mut tx, user.id, origin).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, session = %session.id, "logged in");
    Ok((user, session))
}

/// Puts our own hash in the place of another system's, or of one with other parameters. It can wait
/// for the next log-in, so nobody is turned away because it did not work.
async fn replace_hash(app: &App, user: &User, password: &Secret, old: &str) {
    let replace = async {
        let new = app.passwords.hash(password).await?;
        let mut tx = app.db.write().await?;
        // Not where the password was changed in the meantime.
        db::users::replace_hash(&mut tx, user.id, old, &new).await?;
        Ok::<_, Problem>(tx.commit().await?)
    };
    match replace.await {
        Ok(()) => tracing::info!(user = %user.id, "the password hash was brought up to date"),
        Err(problem) => {
            tracing::warn!(user = %user.id, %problem, "the password hash stays as it is")
        }
    }
}

fn refused() -> Problem {
    Problem::issuer(IssuerCode::CredentialsInvalid, "unknown user or wrong password")
}
