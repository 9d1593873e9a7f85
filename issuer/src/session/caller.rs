//! Every use of a main token, checked against its session row.

use std::ops::Deref;
use std::sync::Arc;

use laika_claims::token::MainClaims;
use laika_claims::{ErrorCode, IssuerCode};
use uuid::Uuid;

use super::ending::note;
use super::{Refusal, Standing, standing};
use crate::app::App;
use crate::db::entitlements::Entitlements;
use crate::db::sessions::{EndReason, Session};
use crate::db::{self, Connection};
use crate::problem::Problem;

/// `last_used_at` is written at most this often, in seconds.
const LAST_USED_EVERY: i64 = 300;

/// Somebody who showed a main token that holds.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Their session, who they are, and what they may do.
    pub held: Arc<Entitlements>,
    /// Whether they still hold the token before the current one.
    pub holds_previous: bool,
}

impl Deref for Caller {
    type Target = Entitlements;

    fn deref(&self) -> &Entitlements {
        &self.held
    }
}

/// Checks a proved main token against its row, and notes the use.
///
/// # Errors
/// The session has ended, or must end now.
pub async fn check(app: &App, claims: &MainClaims) -> Result<Caller, Problem> {
    let (id, user_id, ctr) = identify(claims)?;
    let found = db::entitlements::of_session(&app.db, id).await?;
    let Some(held) = found.filter(|held| held.user.id == user_id) else {
        return Err(over());
    };
    let now = app.clock.now();
    let session = &held.session;
    let holds_previous = match standing(session, held.user.status, ctr, now) {
        Standing::Current => false,
        Standing::Previous => true,
        Standing::Refused(refusal) => return Err(refuse(app, id, refusal).await),
    };
    let first_use = !holds_previous && !session.current_used;
    if first_use || now - session.last_used_at >= LAST_USED_EVERY {
        let mut tx = app.db.write().await?;
        db::sessions::mark_used(&mut tx, id, ctr, now).await?;
        tx.commit().await?;
    }
    Ok(Caller { held, holds_previous })
}

/// Keeps others until the transaction ends from ending a session and from changing its holder. What
/// somebody proved before that counts only where this holds: the session may have ended meanwhile.
///
/// # Errors
/// `session_ended`.
pub async fn hold(db: &mut Connection, session: &Session) -> Result<(), Problem> {
    // The holder first, as where all of their sessions end: else two could wait for each other.
    let holds = db::users::lock(&mut *db, session.user_id).await?
        && db::sessions::hold(db, session.id).await?;
    if holds { Ok(()) } else { Err(over()) }
}

/// Ends a session for its holder.
///
/// # Errors
/// The database failed.
pub async fn end(app: &App, id: Uuid, reason: EndReason) -> Result<(), Problem> {
    let mut tx = app.db.write().await?;
    if let Some(user) = db::sessions::end(&mut tx, id, reason, app.clock.now()).await? {
        note(app, &mut tx, id, user, reason).await?;
    }
    Ok(tx.commit().await?)
}

/// Ends every session of a user but `except`, in the caller's transaction; how many there were. A
/// log-in that waits for its second factor ends as well.
///
/// # Errors
/// The database failed.
pub async fn end_all(
    app: &App,
    db: &mut Connection,
    user: Uuid,
    except: Option<Uuid>,
    reason: EndReason,
) -> Result<usize, Problem> {
    let ended = db::sessions::end_all(db, user, except, reason, app.clock.now()).await?;
    db::pending_log_ins::remove_of(db, user).await?;
    for id in &ended {
        note(app, db, *id, user, reason).await?;
    }
    Ok(ended.len())
}

/// Session, user and counter that a main token names.
pub(super) fn identify(claims: &MainClaims) -> Result<(Uuid, Uuid, i64), Problem> {
    let parsed =
        (Uuid::parse_str(&claims.sid), Uuid::parse_str(&claims.sub), i64::try_from(claims.ctr));
    let (Ok(id), Ok(user), Ok(ctr)) = parsed else {
        let detail = "the main token names no session of this issuer";
        return Err(Problem::token(ErrorCode::ClaimInvalid, detail));
    };
    Ok((id, user, ctr))
}

/// The answer to a token that is worth nothing, after what must be done about it was done.
pub(super) async fn refuse(app: &App, id: Uuid, refusal: Refusal) -> Problem {
    let Refusal::End(reason) = refusal else {
        return over();
    };
    if let Err(problem) = end(app, id, reason).await {
        return problem;
    }
    match reason {
        EndReason::Reuse => {
            tracing::warn!(session = %id, "a replaced main token was used again");
            let detail = "this main token was replaced before; the session has been ended";
            Problem::issuer(IssuerCode::TokenReused, detail)
        }
        EndReason::Ahead
        | EndReason::LogOut
        | EndReason::UserGone
        | EndReason::Holder
        | EndReason::Administrator
        | EndReason::Password => over(),
    }
}

pub(super) fn over() -> Problem {
    Problem::issuer(IssuerCode::SessionEnded, "the session has ended; log in again")
}
