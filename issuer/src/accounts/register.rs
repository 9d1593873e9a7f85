//! Registration.
//!
//! Without mail an account is made at once. With mail it waits until its e-mail is proved, and the
//! answer says nothing about the e-mail: whether it is new or has an account, one hash is computed,
//! one registration and one mail are written. What the mail says is decided when it is sent.

use laika_claims::IssuerCode;
use uuid::Uuid;

use super::{Email, Fault, NewPassword, Username, held_user};
use crate::app::{ADMINISTRATOR, App};
use crate::audit::{self, Action, Actor, Entry, Subject};
use crate::db::mails::Kind;
use crate::db::registrations::Pending;
use crate::db::sessions::{Origin, Session};
use crate::db::users::User;
use crate::db::{self, Connection, Constraint, DbError};
use crate::events::{self, Event};
use crate::limits::{self, Key, Limited};
use crate::mail::{self, About, PROOF_LIFETIME};
use crate::one_time_code;
use crate::problem::{FieldCode, FieldProblem, Problem};
use crate::random;
use crate::secret::Secret;
use crate::{session, status};

/// What somebody sends to get an account.
#[derive(Debug)]
pub struct Registration {
    /// The name that is wanted.
    pub username: String,
    /// The e-mail of the account.
    pub email: String,
    /// The password that is wanted.
    pub password: Secret,
    /// A single-use code that gives a role.
    pub invitation: Option<Secret>,
    /// The language that they understand best, of those that mails are in.
    pub language: Option<String>,
}

/// A user whose fields were checked.
#[derive(Debug)]
pub struct NewUser {
    /// Name of the account.
    pub username: Username,
    /// E-mail of the account.
    pub email: Email,
    /// Hash of the password, as PHC string.
    pub password_hash: String,
}

/// What became of a registration.
#[derive(Debug)]
pub enum Registered {
    /// There is an account, and a session of it.
    Now(Box<User>, Box<Session>),
    /// There will be one when the e-mail is proved.
    Waiting,
}

/// Makes an account and its first session, or has its e-mail proved first. `holder` is the session
/// of the anonymous holder who registers: the account keeps their id, and the session goes on.
///
/// # Errors
/// Fields that are not acceptable, a weak password, a name that is taken, without mail also an
/// e-mail that is; an invitation that is not valid; with mail, 429 where too many were asked for.
pub async fn register(
    app: &App,
    registration: &Registration,
    holder: Option<Session>,
    origin: Origin,
) -> Result<Registered, Problem> {
    let (username, email, password) = check(app, registration)?;
    password.check_strength(&username, &email)?;
    let invitation =
        registration.invitation.as_ref().map(|code| one_time_code::hash(code.reveal()));
    // What can be refused cheaply is refused before any hashing; the transaction checks again.
    let mut connection = app.db.read().await?;
    refuse_taken_name(app, &mut connection, &username).await?;
    if app.mail.is_none() && db::users::by_email(&mut connection, email.key()).await?.is_some() {
        return Err(taken("email"));
    }
    if let Some(code) = &invitation {
        db::invitations::role_of_unused(&mut connection, code, app.clock.now())
            .await?
            .ok_or_else(bad_invitation)?;
    }
    drop(connection);
    if app.mail.is_some() {
        // Whatever there is about the address, a mail goes to it.
        limits::take_now(app, &[(Limited::Resend, Key::account(email.key()))]).await?;
    }
    let password_hash = app.passwords.hash(password.secret()).await?;
    let new = NewUser { username, email, password_hash };
    if app.mail.is_some() {
        let (holder, language) = (holder.map(|session| session.user_id), &registration.language);
        wait(app, new, invitation, holder, language.clone()).await?;
        return Ok(Registered::Waiting);
    }
    let mut tx = app.db.write().await?;
    refuse_taken_name(app, &mut tx, &new.username).await?;
    let id = holder.as_ref().map(|session| session.user_id);
    let user = admit(app, &mut tx, &new, id, invitation.as_deref(), &origin).await?;
    let session = match holder {
        Some(session) if user.id == session.user_id => {
            session::go_on(app, &mut tx, session, session::Way::Password).await?
        }
        _ => session::first(app, &mut tx, user.id, origin, session::Way::Password).await?,
    };
    tx.commit().await?;
    tracing::info!(user = %user.id, session = %session.id, "registered");
    Ok(Registered::Now(Box::new(user), Box::new(session)))
}

/// Writes a registration that waits, and the mail about it.
async fn wait(
    app: &App,
    new: NewUser,
    invitation_hash: Option<String>,
    holder: Option<Uuid>,
    language: Option<String>,
) -> Result<(), Problem> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    db::registrations::drop_expired_name(&mut tx, new.username.key(), now).await?;
    refuse_taken_name(app, &mut tx, &new.username).await?;
    let pending = Pending {
        id: random::uuid(&*app.random)?,
        username: new.username.as_str().to_owned(),
        email: new.email.as_str().to_owned(),
        password_hash: new.password_hash,
        invitation_hash,
        holder,
        expires_at: now.saturating_add(PROOF_LIFETIME),
    };
    let (name, email) = (new.username.key(), new.email.key());
    db::registrations::insert(&mut tx, &pending, name, email, now).await.map_err(refuse_taken)?;
    let about = About::Registration(pending.id);
    mail::queue(app, &mut tx, Kind::Registration, &new.email, about, language).await?;
    tx.commit().await?;
    app.wake_mail();
    tracing::info!(registration = %pending.id, "a registration waits for the proof of its e-mail");
    Ok(())
}

/// Makes a user of a registration, in the caller's transaction: an anonymous holder becomes them, or
/// a new one is written; the default role is given and the invitation used up.
///
/// # Errors
/// The name or e-mail is taken, or the invitation was used meanwhile.
pub(super) async fn admit(
    app: &App,
    db: &mut Connection,
    new: &NewUser,
    holder: Option<Uuid>,
    invitation: Option<&str>,
    origin: &Origin,
) -> Result<User, Problem> {
    let now = app.clock.now();
    let NewUser { username, email, password_hash } = new;
    let kept = match holder {
        Some(id) => db::accounts::register_holder(db, id, username, email, password_hash)
            .await
            .map_err(refuse_taken)?
            .then_some(id),
        None => None,
    };
    let user = match kept {
        Some(id) => {
            db::roles::assign(db, id, &app.settings.default_role.name, now).await?;
            status::user_lost(db, id).await?;
            held_user(db, id).await?
        }
        None => add_user(app, db, random::uuid(&*app.random)?, new).await?,
    };
    if let Some(code) = invitation {
        let role =
            db::invitations::role_of_unused(db, code, now).await?.ok_or_else(bad_invitation)?;
        if !db::invitations::redeem(db, code, user.id, now).await? {
            return Err(bad_invitation());
        }
        db::roles::assign(db, user.id, &role, now).await?;
        if role == ADMINISTRATOR {
            // The first one is here: what was printed for them opens nothing any more.
            db::invitations::withdraw_to_the_first(db).await?;
        }
        tracing::info!(user = %user.id, role, "an invitation was used");
    }
    let entry = Entry::new(Actor::User(user.id), Action::UserRegistered, Subject::User(user.id))
        .after(serde_json::json!({ "username": user.username }))
        .from(origin.address.clone());
    audit::record(app, db, &entry).await?;
    db::accounts::logged_in(db, user.id, now).await?;
    events::emit(app, db, &Event::created(&user)).await?;
    Ok(User { last_login_at: Some(now), ..user })
}

/// Writes a checked user with the default role.
///
/// # Errors
/// The name or e-mail is taken.
pub async fn add_user(
    app: &App,
    db: &mut Connection,
    id: Uuid,
    new: &NewUser,
) -> Result<User, Problem> {
    let now = app.clock.now();
    let user = db::users::insert(db, id, &new.username, &new.email, &new.password_hash, now)
        .await
        .map_err(refuse_taken)?;
    db::roles::assign(db, user.id, &app.settings.default_role.name, now).await?;
    Ok(user)
}

fn check(
    app: &App,
    registration: &Registration,
) -> Result<(Username, Email, NewPassword), Problem> {
    let username = Username::parse(&registration.username);
    let email = Email::parse(&registration.email);
    let password = NewPassword::parse(&registration.password);
    match (username, email, password) {
        (Ok(username), Ok(_), Ok(_)) if username.is_reserved(&app.settings.reserved_names) => {
            Err(taken("username"))
        }
        (Ok(username), Ok(email), Ok(password)) => Ok((username, email, password)),
        (username, email, password) => {
            let fault = |name: &str, fault: Option<Fault>| {
                fault.map(|fault| FieldProblem::new(name, fault.code, fault.detail))
            };
            let faults = [
                fault("username", username.err()),
                fault("email", email.err()),
                fault("password", password.err()),
            ];
            Err(Problem::fields(faults.into_iter().flatten().collect()))
        }
    }
}

/// Refuses a name that somebody has, waits for, or gave up.
///
/// # Errors
/// It is taken.
pub(crate) async fn refuse_taken_name(
    app: &App,
    db: &mut Connection,
    username: &Username,
) -> Result<(), Problem> {
    if is_free_name(app, db, username).await? { Ok(()) } else { Err(taken("username")) }
}

/// Whether nobody has a name, waits for it, or gave it up.
///
/// # Errors
/// The database failed.
pub async fn is_free_name(
    app: &App,
    db: &mut Connection,
    username: &Username,
) -> Result<bool, Problem> {
    let (key, now) = (username.key(), app.clock.now());
    Ok(db::users::by_username(db, key).await?.is_none()
        && db::registrations::by_username(db, key, now).await?.is_none()
        && !db::accounts::is_given_up(db, key).await?)
}

/// A write that met a name or e-mail of somebody else.
pub(super) fn refuse_taken(error: DbError) -> Problem {
    match error {
        DbError::Conflict(Constraint::Username) => taken("username"),
        DbError::Conflict(Constraint::Email) => taken("email"),
        other => other.into(),
    }
}

pub(crate) fn taken(field: &'static str) -> Problem {
    let detail = match field {
        "username" => "this name is taken or reserved; choose another",
        _ => "there is an account with this e-mail; log in instead",
    };
    Problem {
        fields: vec![FieldProblem::new(field, FieldCode::Taken, detail)],
        ..Problem::issuer(IssuerCode::AlreadyRegistered, detail)
    }
}

fn bad_invitation() -> Problem {
    let detail = "not an invitation, or one that was used or withdrawn";
    Problem::field("invitation", FieldCode::NotAllowed, detail)
}
