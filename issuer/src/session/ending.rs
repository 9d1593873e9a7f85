//! The ends of sessions, besides those that a main token brings about.

use uuid::Uuid;

use crate::app::App;
use crate::audit::{self, Action, Actor, Entry, Subject};
use crate::clock::UnixSeconds;
use crate::db::sessions::EndReason;
use crate::db::{self, Connection};
use crate::events::{self, Event};
use crate::problem::Problem;
use crate::status;

/// Sessions that one transaction ends on schedule: others write in between.
const AT_ONCE: i64 = 100;

/// Ends a session of `user`, from another one of theirs or from itself; whether there was one that
/// goes on.
///
/// # Errors
/// The database failed.
pub async fn end_own(app: &App, user: Uuid, id: Uuid, reason: EndReason) -> Result<bool, Problem> {
    let mut tx = app.db.write().await?;
    let now = app.clock.now();
    let owner = db::sessions::holder_of_open(&mut tx, id, now).await?;
    if owner != Some(user) || db::sessions::end(&mut tx, id, reason, now).await?.is_none() {
        return Ok(false);
    }
    note(app, &mut tx, id, user, reason).await?;
    tx.commit().await?;
    Ok(true)
}

/// Sets or, with `None`, takes back the end of a session that goes on, in the caller's transaction;
/// whether there is such a session. No token of it is good at that moment or later. An end that has
/// passed ends it now.
///
/// # Errors
/// The database failed.
pub async fn schedule_end(
    app: &App,
    db: &mut Connection,
    id: Uuid,
    at: Option<UnixSeconds>,
) -> Result<bool, Problem> {
    let now = app.clock.now();
    if !db::sessions::schedule_end(db, id, at, now).await? {
        return Ok(false);
    }
    if at.is_some_and(|at| at <= now) {
        let reason = EndReason::Administrator;
        if let Some(user) = db::sessions::end(db, id, reason, now).await? {
            note(app, db, id, user, reason).await?;
        }
    }
    Ok(true)
}

/// Ends the sessions whose end was set and has passed. Their main tokens are worth nothing from
/// that moment on; this revokes what was minted from them.
///
/// # Errors
/// The database failed.
pub async fn end_scheduled(app: &App) -> Result<(), Problem> {
    loop {
        let mut tx = app.db.write().await?;
        let now = app.clock.now();
        let ended = db::sessions::end_scheduled(&mut tx, now, AT_ONCE).await?;
        for (id, user) in &ended {
            note(app, &mut tx, *id, *user, EndReason::Administrator).await?;
        }
        tx.commit().await?;
        if ended.is_empty() {
            return Ok(());
        }
    }
}

/// What goes with every end, in its transaction: micro tokens are revoked, the audit log says so, and
/// whoever listens is told.
///
/// # Errors
/// The database failed.
pub(super) async fn note(
    app: &App,
    db: &mut Connection,
    id: Uuid,
    user: Uuid,
    reason: EndReason,
) -> Result<(), Problem> {
    status::session_ended(db, id).await?;
    let actor = match reason {
        EndReason::LogOut | EndReason::Holder | EndReason::Password => Actor::User(user),
        EndReason::Reuse | EndReason::Ahead | EndReason::UserGone | EndReason::Administrator => {
            Actor::Issuer
        }
    };
    let why = serde_json::json!({ "user": user.to_string(), "reason": reason.as_str() });
    let entry = Entry::new(actor, Action::SessionEnded, Subject::Session(id)).after(why);
    audit::record(app, db, &entry).await?;
    match reason {
        EndReason::LogOut | EndReason::Holder => {
            events::emit(app, db, &Event::UserLogout { user, session: id }).await?;
        }
        EndReason::Reuse
        | EndReason::Ahead
        | EndReason::UserGone
        | EndReason::Administrator
        | EndReason::Password => {}
    }
    let event = Event::SessionRevoked { user, session: id, reason: reason.as_str() };
    events::emit(app, db, &event).await?;
    tracing::info!(session = %id, ?reason, "ended a session");
    Ok(())
}
