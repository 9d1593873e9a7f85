//! Other people's sessions: ended, now or later.

use serde_json::json;
use uuid::Uuid;

use super::users::target;
use super::{Act, not_found};
use crate::audit::{Action, Subject};
use crate::clock::UnixSeconds;
use crate::db;
use crate::db::sessions::{EndReason, Session};
use crate::events::Event;
use crate::problem::{FieldCode, Problem};
use crate::{session, status};

/// Ends a session of a user.
///
/// # Errors
/// There is no such user or session, or the user is not weaker.
pub async fn end(act: &mut Act<'_>, user: Uuid, id: Uuid) -> Result<(), Problem> {
    let session = going_on(act, user, id).await?;
    let now = act.now();
    if db::sessions::end(act.db(), session.id, EndReason::Administrator, now).await?.is_some() {
        status::session_ended(act.db(), session.id).await?;
        let reason = EndReason::Administrator.as_str();
        act.emit(&Event::SessionRevoked { user, session: session.id, reason }).await?;
    }
    let owner = json!({ "user": user.to_string() });
    act.record(Action::SessionEnded, Subject::Session(id), Some(owner), None).await
}

/// Ends every session of a user; how many there were.
///
/// # Errors
/// There is no such user, or they are not weaker.
pub async fn end_all(act: &mut Act<'_>, user: Uuid) -> Result<usize, Problem> {
    target(act, user).await?;
    let app = act.app();
    let ended = session::end_all(app, act.db(), user, None, EndReason::Administrator).await?;
    let count = json!({ "sessions": ended });
    act.record(Action::UserSessionsEnded, Subject::User(user), Some(count), None).await?;
    Ok(ended)
}

/// Sets when a session of a user will end, or that it will not; the session since.
///
/// # Errors
/// There is no such user or session, the user is not weaker, or the moment has passed.
pub async fn schedule_end(
    act: &mut Act<'_>,
    user: Uuid,
    id: Uuid,
    ends_at: Option<UnixSeconds>,
) -> Result<Session, Problem> {
    let session = going_on(act, user, id).await?;
    if ends_at.is_some_and(|end| end <= act.now()) {
        let detail = "a moment to come, in Unix seconds; to end the session now, delete it";
        return Err(Problem::field("ends_at", FieldCode::NotAllowed, detail));
    }
    if !db::sessions::set_end(act.db(), id, ends_at).await? {
        return Err(no_session(id));
    }
    let (before, after) = (json!({ "ends_at": session.ends_at }), json!({ "ends_at": ends_at }));
    act.record(Action::SessionEndScheduled, Subject::Session(id), Some(before), Some(after))
        .await?;
    Ok(Session { ends_at, ..session })
}

async fn going_on(act: &mut Act<'_>, user: Uuid, id: Uuid) -> Result<Session, Problem> {
    target(act, user).await?;
    let now = act.now();
    db::sessions::one_of_user(act.db(), user, id, now).await?.ok_or_else(|| no_session(id))
}

fn no_session(id: Uuid) -> Problem {
    not_found("session", &id.to_string())
}
