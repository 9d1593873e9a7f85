//! Log-ins that wait for their second factor.

use laika_claims::IssuerCode;

use super::passkeys::Purpose;
use super::proof::{self, Proof};
use super::{Method, refused};
use crate::app::App;
use crate::db;
use crate::db::Connection;
use crate::db::pending_log_ins::PendingLogIn;
use crate::db::sessions::{Origin, Session};
use crate::db::users::User;
use crate::limits::log_in::Attempt;
use crate::metrics::LogInOutcome;
use crate::one_time_code;
use crate::problem::Problem;
use crate::secret::Secret;
use crate::session::{self, Arrival};

/// Seconds for which a log-in waits.
pub const LIFETIME: i64 = 300;

/// Attempts at its second step.
pub const MOST: i64 = 5;

/// What its id begins with.
const PREFIX: &str = "laika_2nd_";

/// A log-in that waits.
#[derive(Debug)]
pub struct Waiting {
    /// What the second step names it by.
    pub id: Secret,
    /// What can be shown.
    pub methods: Vec<Method>,
    /// Seconds until it is forgotten.
    pub expires_in: i64,
}

/// The second step of a log-in.
#[derive(Debug)]
pub struct Second {
    /// The log-in.
    pub id: Secret,
    /// What is shown.
    pub proof: Proof,
    /// Where it comes from.
    pub origin: Origin,
}

/// Has a log-in wait whose first step was good, in the caller's transaction.
///
/// # Errors
/// There are no random numbers, or the database failed.
pub async fn wait(app: &App, db: &mut Connection, arrival: Arrival) -> Result<Waiting, Problem> {
    let id = Secret::from(one_time_code::generate(PREFIX, &*app.random)?);
    let methods = Method::of(db::factors::held(db, arrival.user.id).await?);
    let pending = PendingLogIn {
        user: arrival.user.id,
        way: arrival.way,
        holder: arrival.holder,
        client: arrival.origin.client,
        expires_at: app.clock.now().saturating_add(LIFETIME),
    };
    db::pending_log_ins::insert(db, &one_time_code::hash(id.reveal()), &pending).await?;
    Ok(Waiting { id, methods, expires_in: LIFETIME })
}

/// Ends a log-in that waits. Every attempt counts, for the log-in and for the account, before it is
/// looked at; what was no wrong guess is given back to the account.
///
/// # Errors
/// `code_invalid` where there is no such log-in, or it has had its attempts; `credentials_invalid`
/// where what is shown is not good; 429 after too many failures of the account.
pub async fn finish(app: &App, second: Second) -> Result<(User, Session), Problem> {
    let Second { id, proof, origin } = second;
    let (hash, now) = (one_time_code::hash(id.reveal()), app.clock.now());
    let mut tx = app.db.write().await?;
    let found = db::pending_log_ins::attempt(&mut tx, &hash, MOST, now).await?;
    let pending = found.ok_or_else(unknown)?;
    let attempt = Attempt::second_step(app, &mut tx, pending.user).await.inspect_err(|_| {
        app.metrics.log_in(LogInOutcome::Limited);
    })?;
    tx.commit().await?;
    let done = enter(app, (&hash, pending), &proof, &attempt, origin).await;
    match &done {
        Ok((user, session)) => {
            app.metrics.log_in(LogInOutcome::Done);
            tracing::info!(user = %user.id, session = %session.id, "logged in, with a second factor");
        }
        Err(problem) => attempt.failed(app, problem).await,
    }
    done
}

/// Lets in whoever shows what the log-in of this hash waits for; what was counted is given back with it.
async fn enter(
    app: &App,
    (hash, pending): (&str, PendingLogIn),
    proof: &Proof,
    attempt: &Attempt,
    origin: Origin,
) -> Result<(User, Session), Problem> {
    let address = origin.address.as_ref();
    let refuse = |_: &Problem| app.metrics.log_in(LogInOutcome::Refused);
    let purpose = Purpose::SecondFactor(hash.to_owned());
    let seen = proof::see(app, pending.user, proof, purpose, address).await.inspect_err(refuse)?;
    let mut tx = app.db.write().await?;
    // Held before the log-in that waits, as where all that a user has ends.
    if !db::users::lock(&mut tx, pending.user).await? {
        return Err(refused());
    }
    let user = db::users::by_id(&mut tx, pending.user).await?.ok_or_else(refused)?;
    let factor = seen.factor(app, &mut tx, user.id, address).await.inspect_err(refuse)?;
    // Two good proofs at once are one log-in.
    if !db::pending_log_ins::remove(&mut tx, hash).await? {
        return Err(unknown());
    }
    attempt.succeeded(app, &mut tx).await?;
    let amr = session::with(&pending.way.amr(), factor);
    let origin = Origin { client: pending.client, ..origin };
    let entered = session::admit(app, &mut tx, user, &amr, pending.holder, origin).await?;
    tx.commit().await?;
    Ok(entered)
}

/// Removes log-ins that nobody ended, and challenges that nobody signed.
///
/// # Errors
/// The database failed.
pub async fn forget_expired(app: &App) -> Result<(), Problem> {
    let mut tx = app.db.write().await?;
    let now = app.clock.now();
    db::pending_log_ins::forget_expired(&mut tx, now).await?;
    db::passkeys::forget_expired(&mut tx, now).await?;
    Ok(tx.commit().await?)
}

pub(super) fn unknown() -> Problem {
    let detail = "no log-in waits by this id: it was ended, has expired, or has had its attempts; \
                  log in again";
    Problem::issuer(IssuerCode::CodeInvalid, detail)
}
