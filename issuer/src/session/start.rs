//! The beginning of a session.

use uuid::Uuid;

use crate::app::App;
use crate::db::sessions::{Origin, Session};
use crate::db::{self, Connection};
use crate::events::{self, Event};
use crate::problem::Problem;
use crate::random;

/// Starts a session of somebody who just proved their password. Their expired sessions are
/// forgotten, so that the table holds no more than the log-ins of one session's life.
///
/// # Errors
/// The database failed.
pub async fn start(
    app: &App,
    db: &mut Connection,
    user_id: Uuid,
    origin: Origin,
) -> Result<Session, Problem> {
    let now = app.clock.now();
    let (id, expires_at) =
        (random::uuid(&*app.random)?, now.saturating_add(app.settings.main.lifetime));
    let session = Session {
        auth_time: now,
        amr: vec!["pwd".to_owned()],
        ..Session::unproved(id, user_id, now, expires_at, origin)
    };
    db::sessions::forget_expired(db, user_id, now).await?;
    db::sessions::insert(db, &session).await?;
    let (user, amr) = (user_id, session.amr.clone());
    events::emit(app, db, &Event::UserLogin { user, session: session.id, amr }).await?;
    Ok(session)
}
