//! The beginning of a session: every way in passes here.
//!
//! [`enter`] is the one door for whoever has an account: it asks for the second factor where there is
//! one and none was shown. [`admit`] is behind it, for whoever has shown everything.

use laika_claims::IssuerCode;
use uuid::Uuid;

use super::Way;
use crate::accounts;
use crate::app::App;
use crate::db::sessions::{Origin, Session};
use crate::db::users::User;
use crate::db::{self, Connection};
use crate::events::{self, Event};
use crate::factors::{self, Waiting};
use crate::problem::Problem;
use crate::random;

/// Somebody whose first step was good.
#[derive(Debug)]
pub struct Arrival {
    /// Who.
    pub user: User,
    /// How they came.
    pub way: Way,
    /// The anonymous holder whom they turn out to be.
    pub holder: Option<Uuid>,
    /// Where they came from.
    pub origin: Origin,
}

/// What became of an arrival.
#[derive(Debug)]
pub enum Entered {
    /// They are in.
    In(Box<User>, Box<Session>),
    /// They are to show a second factor.
    Waits(Waiting),
}

/// Lets somebody in whose first step was good, or asks them for the second, where their account has
/// one; in the caller's transaction.
///
/// # Errors
/// The database failed.
pub async fn enter(app: &App, db: &mut Connection, arrival: Arrival) -> Result<Entered, Problem> {
    let asked = db::factors::held(db, arrival.user.id).await?.any();
    if asked && !arrival.way.is_several() {
        return Ok(Entered::Waits(factors::wait(app, db, arrival).await?));
    }
    let Arrival { user, way, holder, origin } = arrival;
    let (user, session) = admit(app, db, user, &way.amr(), holder, origin).await?;
    Ok(Entered::In(Box::new(user), Box::new(session)))
}

/// Starts a session of somebody who has shown everything that their account asks for; an anonymous
/// holder whom they turn out to be is merged into it.
///
/// # Errors
/// The account is closed, or the database failed.
pub(crate) async fn admit(
    app: &App,
    db: &mut Connection,
    user: User,
    amr: &[String],
    holder: Option<Uuid>,
    origin: Origin,
) -> Result<(User, Session), Problem> {
    // Also one that was closed since it was looked at.
    if !db::users::lock(db, user.id).await? {
        return Err(Problem::issuer(IssuerCode::NotPermitted, "this account is closed"));
    }
    let now = app.clock.now();
    db::accounts::logged_in(db, user.id, now).await?;
    if let Some(holder) = holder {
        accounts::merge(app, db, holder, user.id, origin.address.clone()).await?;
    }
    let session = start(app, db, user.id, origin, amr).await?;
    Ok((User { last_login_at: Some(now), ..user }, session))
}

/// The first session of somebody who has just registered.
///
/// # Errors
/// The database failed, or they have a second factor, which nobody who is new can have.
pub async fn first(
    app: &App,
    db: &mut Connection,
    user: Uuid,
    origin: Origin,
    way: Way,
) -> Result<Session, Problem> {
    none_held(db, user).await?;
    start(app, db, user, origin, &way.amr()).await
}

/// Goes on with the session of an anonymous holder who has just become somebody.
///
/// # Errors
/// As [`first`].
pub async fn go_on(
    app: &App,
    db: &mut Connection,
    session: Session,
    way: Way,
) -> Result<Session, Problem> {
    none_held(db, session.user_id).await?;
    let (now, amr) = (app.clock.now(), way.amr());
    db::sessions::authenticated(db, session.id, &amr, now).await?;
    let event = Event::UserLogin { user: session.user_id, session: session.id, amr: amr.clone() };
    events::emit(app, db, &event).await?;
    Ok(Session { auth_time: now, amr, ..session })
}

async fn none_held(db: &mut Connection, user: Uuid) -> Result<(), Problem> {
    if db::factors::held(db, user).await?.any() {
        return Err(Problem::internal("somebody new has a second factor"));
    }
    Ok(())
}

/// Starts a session of somebody who just proved who they are. Their expired sessions are
/// forgotten, so that the table holds no more than the log-ins of one session's life.
async fn start(
    app: &App,
    db: &mut Connection,
    user_id: Uuid,
    origin: Origin,
    amr: &[String],
) -> Result<Session, Problem> {
    let now = app.clock.now();
    let (id, expires_at) =
        (random::uuid(&*app.random)?, now.saturating_add(app.settings.main.lifetime));
    let session = Session {
        auth_time: now,
        amr: amr.to_vec(),
        ..Session::unproved(id, user_id, now, expires_at, origin)
    };
    db::sessions::forget_expired(db, user_id, now).await?;
    db::sessions::insert(db, &session).await?;
    let (user, amr) = (user_id, session.amr.clone());
    events::emit(app, db, &Event::UserLogin { user, session: session.id, amr }).await?;
    Ok(session)
}
