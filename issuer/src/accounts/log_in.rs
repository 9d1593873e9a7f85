//! Log-in with name or e-mail and password.

use laika_claims::IssuerCode;

use super::login_key;
use super::strength::{is_plausible, normalise};
use crate::app::App;
use crate::db;
use crate::db::sessions::{Origin, Session};
use crate::db::users::{User, UserStatus};
use crate::limits::log_in::{Attempt, Whence};
use crate::metrics::LogInOutcome;
use crate::problem::Problem;
use crate::secret::Secret;
use crate::session::{self, Arrival, Entered, Way};

/// What somebody sends to log in.
#[derive(Debug)]
pub struct LogIn {
    /// Name or e-mail.
    pub login: String,
    /// The password.
    pub password: Secret,
}

/// Checks the password and lets them in, or asks for the second factor. Whether the user is unknown,
/// disabled or deleted or the password is wrong: one answer, after the same work (an imported hash costs
/// its own until it is replaced). Only who knows the password hears that the e-mail is not proved yet.
/// `holder` is the session of the anonymous holder who turns out to be them.
///
/// # Errors
/// The credentials are not good, the e-mail is not proved where it must be, there were too many
/// failures before, or too much is going on.
pub async fn log_in(
    app: &App,
    log_in: &LogIn,
    from: &Whence,
    holder: Option<&Session>,
    origin: Origin,
) -> Result<Entered, Problem> {
    // What can't be stored can't be looked up either: PostgreSQL's texts hold no NUL.
    if !is_plausible(&log_in.password) || log_in.login.contains('\0') {
        return Err(refused());
    }
    let password = normalise(&log_in.password);
    let key = login_key(&log_in.login);
    let now = app.clock.now();
    let mut connection = app.db.read().await?;
    let found = db::users::by_login(&mut connection, &key).await?;
    // By name alone: found by e-mail, an answer would tell whether the e-mail has an account.
    let waiting = db::registrations::by_username(&mut connection, &key, now).await?;
    drop(connection);
    let known = found.as_ref().map(|(user, _)| user.id);
    let attempt = Attempt::begin(app, &key, known, from).await.inspect_err(|_| {
        app.metrics.log_in(LogInOutcome::Limited);
    })?;
    // Nobody of that name: the same work against a hash that nothing fits.
    let (user, hash) = match (found, waiting) {
        (Some((user, hash)), _) => (Some(user), hash),
        (None, Some(waiting)) => (None, Some(waiting.password_hash)),
        (None, None) => (None, None),
    };
    let holder = holder.map(|session| session.user_id);
    let arrive = |user| Arrival { user, way: Way::Password, holder, origin };
    let done = enter(app, &password, (user, hash), &attempt, arrive).await;
    if let Err(problem) = &done {
        attempt.failed(app, problem).await;
    }
    done
}

/// Lets in whom `password` fits, of whom this was found; what was counted is given back with it.
async fn enter(
    app: &App,
    password: &Secret,
    (user, mut hash): (Option<User>, Option<String>),
    attempt: &Attempt,
    arrive: impl FnOnce(User) -> Arrival,
) -> Result<Entered, Problem> {
    let (user, mut tx) = loop {
        let fits = app.passwords.verify(password, hash.clone()).await?;
        let user = admitted(app, user.as_ref(), fits).inspect_err(|_| {
            app.metrics.log_in(LogInOutcome::Refused);
        })?;
        if let Some(old) = hash.take_if(|hash| app.passwords.should_replace(hash)) {
            hash = Some(replace_hash(app, user, password, old).await);
        }
        let mut tx = app.db.write().await?;
        // A hash takes its time: what the password was worth before that is worth nothing by now.
        let stands = db::accounts::hold_password_hash(&mut tx, user.id).await?;
        if stands == hash {
            break (user.clone(), tx);
        }
        // Another password, none, a closed account; or the same, which another log-in brought up to date.
        hash = stands;
    };
    attempt.succeeded(app, &mut tx).await?;
    let id = user.id;
    let entered = session::enter(app, &mut tx, arrive(user)).await?;
    tx.commit().await?;
    match &entered {
        Entered::In(_, session) => {
            app.metrics.log_in(LogInOutcome::Done);
            tracing::info!(user = %id, session = %session.id, "logged in");
        }
        Entered::Waits(_) => {
            app.metrics.log_in(LogInOutcome::Waits);
            tracing::info!(user = %id, "a log-in waits for its second factor");
        }
    }
    Ok(entered)
}

/// Whoever knows the password of an account that may be used, with an e-mail that is proved where it
/// must be. `None` is a registration that waits for this proof.
fn admitted<'u>(app: &App, user: Option<&'u User>, fits: bool) -> Result<&'u User, Problem> {
    if !fits {
        return Err(refused());
    }
    let user = user.ok_or_else(unverified)?;
    admissible(app, user)?;
    Ok(user)
}

/// Whoever has proved to be the owner of an account that may be used, with an e-mail that is proved
/// where it has one and must be.
///
/// # Errors
/// The account is closed, or its e-mail is not proved.
pub fn admissible(app: &App, user: &User) -> Result<(), Problem> {
    if user.status != UserStatus::Active {
        return Err(refused());
    }
    // Who came by a provider need not have an e-mail.
    if app.mail.is_some() && user.email.is_some() && user.email_verified_at.is_none() {
        return Err(unverified());
    }
    Ok(())
}

/// Puts our own hash in the place of another system's, or of one with other parameters. It can wait
/// for the next log-in, so nobody is turned away because it did not work. The hash there is now, as far
/// as this knows.
async fn replace_hash(app: &App, user: &User, password: &Secret, old: String) -> String {
    let replace = async {
        let new = app.passwords.hash(password).await?;
        let mut tx = app.db.write().await?;
        // Not where the password was changed in the meantime.
        let replaced = db::users::replace_hash(&mut tx, user.id, &old, &new).await?;
        tx.commit().await?;
        Ok::<_, Problem>(replaced.then_some(new))
    };
    match replace.await {
        Ok(Some(new)) => {
            tracing::info!(user = %user.id, "the password hash was brought up to date");
            new
        }
        Ok(None) => old,
        Err(problem) => {
            tracing::warn!(user = %user.id, %problem, "the password hash stays as it is");
            old
        }
    }
}

fn refused() -> Problem {
    Problem::issuer(IssuerCode::CredentialsInvalid, "unknown user or wrong password")
}

fn unverified() -> Problem {
    let detail = "the e-mail of this account is not verified yet; open the link that was sent to \
                  it, or ask for another at `POST /v1/email/resend`";
    Problem::issuer(IssuerCode::EmailUnverified, detail)
}
