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
    let session = Session {
        id: random::uuid(&*app.random)?,
        user_id,
        ctr: 0,
        rotated_at: now,
        current_used: false,
        created_at: now,
        auth_time: now,
        amr: vec!["pwd".to_owned()],
        expires_at: now.saturating_add(app.settings.main.lifetime),
        ends_at: None,
        last_used_at: now,
        ended_at: None,
        origin,
    };
    db::sessions::forget_expired(db, user_id, now).await?;
    db::sessions::insert(db, &session).await?;
    let (user, amr) = (user_id, session.amr.clone());
    events::emit(app, db, &Event::UserLogin { user, session: session.id, amr }).await?;
    Ok(session)
}
