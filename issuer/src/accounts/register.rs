//! Registration.

use laika_claims::IssuerCode;
use uuid::Uuid;

use super::{Email, Fault, NewPassword, Username};
use crate::app::{ADMINISTRATOR, App};
use crate::db::sessions::{Origin, Session};
use crate::db::users::User;
use crate::db::{self, Connection, Constraint, DbError};
use crate::one_time_code;
use crate::problem::{FieldCode, FieldProblem, Problem};
use crate::random;
use crate::secret::Secret;
use crate::session;

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

/// Makes an account and its first session.
///
/// # Errors
/// Fields that are not acceptable, a weak password, a name or e-mail that is taken, an invitation
/// that is not valid.
pub async fn register(
    app: &App,
    registration: &Registration,
    origin: Origin,
) -> Result<(User, Session), Problem> {
    let (username, email, password) = check(registration)?;
    password.check_strength(&username, &email)?;
    let invitation =
        registration.invitation.as_ref().map(|code| one_time_code::hash(code.reveal()));
    // What can be refused cheaply is refused before any hashing; the transaction checks again.
    let mut connection = app.db.read().await?;
    refuse_taken(&mut connection, &username, &email).await?;
    if let Some(code) = &invitation {
        db::invitations::role_of_unused(&mut connection, code, app.clock.now())
            .await?
            .ok_or_else(bad_invitation)?;
    }
    drop(connection);
    let password_hash = app.passwords.hash(password.secret()).await?;

    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let user = add_user(app, &mut tx, &NewUser { username, email, password_hash }).await?;
    if let Some(code) = &invitation {
        let role = db::invitations::role_of_unused(&mut tx, code, now)
            .await?
            .ok_or_else(bad_invitation)?;
        if !db::invitations::redeem(&mut tx, code, user.id, now).await? {
            return Err(bad_invitation());
        }
        db::roles::assign(&mut tx, user.id, &role, now).await?;
        if role == ADMINISTRATOR {
            // The first one is here: what was printed for them opens nothing any more.
            db::invitations::withdraw_unused(&mut tx, ADMINISTRATOR).await?;
        }
        tracing::info!(user = %user.id, role, "an invitation was used");
    }
    let session = session::start(app, &mut tx, user.id, origin).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, session = %session.id, "registered");
    Ok((user, session))
}

/// Writes a checked user with the default role.
///
/// # Errors
/// The name or e-mail is taken.
pub async fn add_user(app: &App, db: &mut Connection, new: &NewUser) -> Result<User, Problem> {
    let id: Uuid = random::uuid(&*app.random)?;
    let now = app.clock.now();
    let user = db::users::insert(db, id, &new.username, &new.email, &new.password_hash, now)
        .await
        .map_err(|error| match error {
            DbError::Conflict(Constraint::Username) => taken("username"),
            DbError::Conflict(Constraint::Email) => taken("email"),
            other => other.into(),
        })?;
    db::roles::assign(db, user.id, &app.settings.default_role.name, now).await?;
    Ok(user)
}

fn check(registration: &Registration) -> Result<(Username, Email, NewPassword), Problem> {
    let username = Username::parse(&registration.username);
    let email = Email::parse(&registration.email);
    let password = NewPassword::parse(&registration.password);
    match (username, email, password) {
        (Ok(username), Ok(_), Ok(_)) if username.is_reserved() => Err(taken("username")),
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

async fn refuse_taken(
    db: &mut Connection,
    username: &Username,
    email: &Email,
) -> Result<(), Problem> {
    if db::users::by_username(db, username.key()).await?.is_some() {
        return Err(taken("username"));
    }
    if db::users::by_email(db, email.key()).await?.is_some() {
        return Err(taken("email"));
    }
    Ok(())
}

fn taken(field: &'static str) -> Problem {
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
