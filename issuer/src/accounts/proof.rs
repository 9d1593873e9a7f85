//! Codes of mails that prove an e-mail.
//!
//! An e-mail belongs to whoever proves it first. Everybody else who claimed it without proof loses
//! it then: registrations that wait for it, changes to it, and accounts that hold it unproved from
//! times without mail, which also lose their password, identities, factors and sessions. So nobody
//! can lie in wait for the owner of an e-mail with an account they made in advance. An account of
//! those times proves its own e-mail by a new password (`recovery.rs`), and loses the same.

use laika_claims::IssuerCode;
use serde_json::json;
use uuid::Uuid;

use super::register::{NewUser, admit, refuse_taken_name};
use super::{Email, Username};
use crate::app::App;
use crate::audit::{self, Action, Actor, Entry, Subject};
use crate::clock::UnixSeconds;
use crate::db::mail_codes::{MailCode, Purpose};
use crate::db::mails::Kind;
use crate::db::sessions::{EndReason, Origin, Session};
use crate::db::users::{User, UserStatus};
use crate::db::{self, Connection, Constraint, DbError};
use crate::events::{self, Event, UserField};
use crate::external::identities;
use crate::factors;
use crate::mail::{self, About};
use crate::one_time_code;
use crate::problem::Problem;
use crate::secret::Secret;
use crate::session;

/// What a proof led to.
#[derive(Debug)]
pub enum Proved {
    /// A registration is complete.
    Registered(Box<User>, Box<Session>),
    /// An account that exists has this e-mail from now on.
    Changed,
}

/// Uses a code that proves an e-mail.
///
/// # Errors
/// `code_invalid` where it is unknown, used or expired, or somebody else has proved the e-mail; a
/// name or invitation that was taken meanwhile.
pub async fn verify_email(app: &App, code: &Secret, origin: Origin) -> Result<Proved, Problem> {
    let (hash, now) = (one_time_code::hash(code.reveal()), app.clock.now());
    let mut tx = app.db.write().await?;
    let code = take(&mut tx, &hash, now).await?;
    let proved = match code.purpose {
        Purpose::Registration => {
            let (user, session) = complete(app, &mut tx, &code, origin).await?;
            Proved::Registered(Box::new(user), Box::new(session))
        }
        Purpose::Change => {
            change(app, &mut tx, &code, &origin).await?;
            Proved::Changed
        }
        // Not used up: the transaction is dropped.
        Purpose::Undo | Purpose::Reset => return Err(code_invalid()),
    };
    tx.commit().await?;
    Ok(proved)
}

/// Takes a change of e-mail back. Whoever asked for the change knew the password and had a session:
/// both end, with the browsers that are known, the factors, backup codes and identities that the account
/// has got since, and a mail to the old address lets a new password be chosen.
///
/// # Errors
/// `code_invalid` where the code is unknown, used or expired.
pub async fn undo_email(
    app: &App,
    code: &Secret,
    origin: Origin,
    language: Option<String>,
) -> Result<(), Problem> {
    let (hash, now) = (one_time_code::hash(code.reveal()), app.clock.now());
    let mut tx = app.db.write().await?;
    let code = take(&mut tx, &hash, now).await?;
    if code.purpose != Purpose::Undo {
        return Err(code_invalid());
    }
    let user = active(&mut tx, &code).await?;
    let email = Email::try_from(&code)?;
    // Of several changes, the first: whoever asked again gains nothing by it.
    let first = db::mail_codes::first_undo(&mut tx, user.id).await?;
    let since = first.map_or(code.created_at, |first| first.min(code.created_at));
    withdraw_requests(&mut tx, user.id).await?;
    db::mails::withdraw(&mut tx, user.id, Kind::Undo).await?;
    db::mail_codes::withdraw(&mut tx, user.id, Purpose::Undo).await?;
    claim(app, &mut tx, &email, Some(user.id)).await?;
    db::accounts::set_email(&mut tx, user.id, &email, Some(now)).await.map_err(lost)?;
    db::accounts::set_password(&mut tx, user.id, None).await?;
    db::devices::remove_all(&mut tx, user.id, None).await?;
    let address = origin.address.as_ref();
    factors::remove_since(app, &mut tx, user.id, since, address).await?;
    identities::unlink_since(app, &mut tx, user.id, since, address).await?;
    session::end_all(app, &mut tx, user.id, None, EndReason::Password).await?;
    let about = About::User(user.id);
    mail::queue(app, &mut tx, Kind::Reset, &email, about, language).await?;
    let entry = Entry::new(Actor::User(user.id), Action::EmailChangeUndone, Subject::User(user.id))
        .before(json!({ "email": user.email }))
        .after(json!({ "email": email.as_str() }))
        .from(origin.address);
    audit::record(app, &mut tx, &entry).await?;
    events::emit(app, &mut tx, &Event::updated(user.id, UserField::Email)).await?;
    events::emit(app, &mut tx, &Event::updated(user.id, UserField::Password)).await?;
    tx.commit().await?;
    app.wake_mail();
    tracing::warn!(user = %user.id, "a change of e-mail was taken back");
    Ok(())
}

/// Gives an e-mail that is being proved to `owner`: whoever else claims it without proof loses it.
///
/// # Errors
/// `code_invalid` where somebody else has proved it.
pub(crate) async fn claim(
    app: &App,
    db: &mut Connection,
    email: &Email,
    owner: Option<Uuid>,
) -> Result<(), Problem> {
    let prover = db::accounts::prover_of(db, email.key(), app.clock.now()).await?;
    if prover.is_some_and(|prover| Some(prover) != owner) {
        return Err(code_invalid());
    }
    for loser in db::accounts::drop_unproved(db, email.key(), owner).await? {
        session::end_all(app, db, loser, None, EndReason::Password).await?;
        drop_unproved_ways(db, loser).await?;
        // Without the address: it is somebody else's, and erasing them would leave it here.
        let entry = Entry::new(Actor::Issuer, Action::EmailDropped, Subject::User(loser));
        audit::record(app, db, &entry).await?;
        events::emit(app, db, &Event::updated(loser, UserField::Email)).await?;
        tracing::warn!(user = %loser, "lost an e-mail that somebody else has proved");
    }
    db::registrations::drop_by_email(db, email.key()).await?;
    Ok(db::mail_codes::withdraw_proofs(db, email.key()).await?)
}

/// Takes off an account what somebody added who never proved its e-mail, and who may have lain in wait
/// for its owner.
pub(super) async fn drop_unproved_ways(db: &mut Connection, user: Uuid) -> Result<(), Problem> {
    db::identities::remove_all(db, user).await?;
    db::devices::remove_all(db, user, None).await?;
    Ok(db::factors::remove_all(db, user).await?)
}

/// Withdraws what waits for the answer to a mail and was asked for while an account had the password
/// that it has no more: another e-mail, a new password.
pub(super) async fn withdraw_requests(db: &mut Connection, user: Uuid) -> Result<(), Problem> {
    // Mails first: one that is being written is waited for, and then its code is there to be seen.
    db::mails::withdraw(db, user, Kind::Change).await?;
    db::mails::withdraw_resets(db, user).await?;
    for purpose in [Purpose::Change, Purpose::Reset] {
        db::mail_codes::withdraw(db, user, purpose).await?;
    }
    Ok(())
}

/// Uses a code up. The account that it is about is held before, as wherever codes are withdrawn: else
/// two could wait for each other.
pub(super) async fn take(
    db: &mut Connection,
    hash: &str,
    now: UnixSeconds,
) -> Result<MailCode, Problem> {
    let found = db::mail_codes::find(db, hash, now).await?.ok_or_else(code_invalid)?;
    if let Some(user) = found.user {
        db::users::lock(db, user).await?;
    }
    db::mail_codes::take(db, hash, now).await?.ok_or_else(code_invalid)
}

pub(super) fn code_invalid() -> Problem {
    let detail = "not a code, or one that was used or has expired; ask for another";
    Problem::issuer(IssuerCode::CodeInvalid, detail)
}

/// The active account that a code is about.
pub(super) async fn active(db: &mut Connection, code: &MailCode) -> Result<User, Problem> {
    let id = code.user.ok_or_else(code_invalid)?;
    let user = db::users::by_id(db, id).await?;
    user.filter(|user| user.status == UserStatus::Active).ok_or_else(code_invalid)
}

async fn complete(
    app: &App,
    db: &mut Connection,
    code: &MailCode,
    origin: Origin,
) -> Result<(User, Session), Problem> {
    let id = code.registration.ok_or_else(code_invalid)?;
    let pending = db::registrations::by_id(db, id).await?.ok_or_else(code_invalid)?;
    let (email, now) = (Email::try_from(code)?, app.clock.now());
    let username =
        Username::parse(&pending.username).map_err(|fault| Problem::internal(fault.detail))?;
    // The registration goes with the others of its e-mail, and its name is free for the user.
    claim(app, db, &email, None).await?;
    refuse_taken_name(app, db, &username).await?;
    let new = NewUser { username, email, password_hash: pending.password_hash };
    let (holder, invitation) = (pending.holder, pending.invitation_hash.as_deref());
    let user = admit(app, db, &new, holder, invitation, &origin).await?;
    db::accounts::prove_email(db, user.id, new.email.key(), now).await?;
    let session = session::first(app, db, user.id, origin, session::Way::Password).await?;
    tracing::info!(user = %user.id, session = %session.id, "registered, with a proved e-mail");
    Ok((User { email_verified_at: Some(now), ..user }, session))
}

async fn change(
    app: &App,
    db: &mut Connection,
    code: &MailCode,
    origin: &Origin,
) -> Result<(), Problem> {
    let user = active(db, code).await?;
    let (email, now) = (Email::try_from(code)?, app.clock.now());
    claim(app, db, &email, Some(user.id)).await?;
    db::accounts::set_email(db, user.id, &email, Some(now)).await.map_err(lost)?;
    db::mail_codes::withdraw(db, user.id, Purpose::Change).await?;
    let entry = Entry::new(Actor::User(user.id), Action::EmailChanged, Subject::User(user.id))
        .before(json!({ "email": user.email }))
        .after(json!({ "email": email.as_str() }))
        .from(origin.address.clone());
    audit::record(app, db, &entry).await?;
    events::emit(app, db, &Event::updated(user.id, UserField::Email)).await?;
    tracing::info!(user = %user.id, "has proved another e-mail");
    Ok(())
}

/// Somebody else was quicker.
fn lost(error: DbError) -> Problem {
    match error {
        DbError::Conflict(Constraint::Email) => code_invalid(),
        other => other.into(),
    }
}
