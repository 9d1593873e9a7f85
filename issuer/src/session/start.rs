//! The beginning of a session: every way in passes here.

use uuid::Uuid;

use crate::app::App;
use crate::db::sessions::{Origin, Session};
use crate::db::{self, Connection};
use crate::problem::Problem;
use crate::random;

/// How somebody came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By the account's password.
    Password,
    /// By a log-in at a provider.
    External,
}

impl Way {
    /// As tokens and sessions write it (RFC 8176): `fed`, which that registry lacks, is what
    /// Microsoft writes for a log-in elsewhere.
    #[must_use]
    pub fn amr(self) -> Vec<String> {
        let name = match self {
            Self::Password => "pwd",
            Self::External => "fed",
        };
        vec![name.to_owned()]
    }
}

/// Goes on with the session of an anonymous holder who has just become somebody.
///
/// # Errors
/// The database failed.
pub async fn go_on(
    app: &App,
    db: &mut Connection,
    session: Session,
    way: Way,
) -> Result<Session, Problem> {
    let (now, amr) = (app.clock.now(), way.amr());
    db::sessions::authenticated(db, session.id, &amr, now).await?;
    Ok(Session { auth_time: now, amr, ..session })
}

/// Starts a session of somebody who just proved who they are. Their expired sessions are
/// forgotten, so that the table holds no more than the log-ins of one session's life.
///
/// # Errors
/// The database failed.
pub async fn start(
    app: &App,
    db: &mut Connection,
    user_id: Uuid,
    origin: Origin,
    way: Way,
) -> Result<Session, Problem> {
    let now = app.clock.now();
    let (id, expires_at) =
        (random::uuid(&*app.random)?, now.saturating_add(app.settings.main.lifetime));
    let session = Session {
        auth_time: now,
        amr: way.amr(),
        ..Session::unproved(id, user_id, now, expires_at, origin)
    };
    db::sessions::forget_expired(db, user_id, now).await?;
    db::sessions::insert(db, &session).await?;
    Ok(session)
}
