//! What an account's owner changes, having shown the password or a fresh log-in.

use std::net::IpAddr;

use laika_claims::IssuerCode;
use serde_json::json;

use super::proof::withdraw_requests;
use super::register::{refuse_taken, refuse_taken_name, taken};
use super::{Email, NewPassword, Username, held_user, prove_anew};
use crate::app::App;
use crate::audit::{self, Action, Actor, Entry, Subject};
use crate::db::mail_codes::Purpose;
use crate::db::mails::Kind;
use crate::db::sessions::{EndReason, Session};
use crate::db::users::User;
use crate::db::{self, Connection};
use crate::events::{self, Event, UserField};
use crate::limits::{self, Key, Limited};
use crate::mail::{self, About};
use crate::one_time_code;
use crate::problem::{FieldCode, Problem};
use crate::secret::Secret;
use crate::session;

/// What an owner sends to get another e-mail.
#[derive(Debug)]
pub struct NewEmail {
    /// The e-mail.
    pub email: String,
    /// The account's password, where it has one.
    pub password: Option<Secret>,
    /// The language that the owner understands best, of those that mails are in.
    pub language: Option<String>,
}

/// What became of a change of e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailChange {
    /// The account has it; unproved, since no mail is configured.
    Done,
    /// It waits for its proof.
    Waiting,
}

/// Gives an account another e-mail, or its first, once that is proved. The old address is told, and can
/// take the change back; not so where it was not proved, or came into the account while an older one can
/// still be taken back: else a thief's address could undo the owner's undo. A fresh log-in stands in for
/// the password only where there is none.
///
/// # Errors
/// A wrong password, or an e-mail that can't be used; without mail, one that is taken; 429 where too many
/// mails were asked for.
pub async fn change_email(
    app: &App,
    user: &User,
    session: &Session,
    new: NewEmail,
    from: Option<IpAddr>,
) -> Result<EmailChange, Problem> {
    if user.is_anonymous() {
        return Err(unregistered());
    }
    let NewEmail { email, password, language } = new;
    let email =
        Email::parse(&email).map_err(|fault| Problem::field("email", fault.code, fault.detail))?;
    if password.is_none() && has_password(app, user).await? {
        return Err(Problem::field("password", FieldCode::Missing, "this account has one"));
    }
    let proved = prove_anew(app, user, session, password.as_ref()).await?;
    let old = user.email.as_deref().and_then(|old| Email::parse(old).ok());
    if old.as_ref().is_some_and(|old| old.as_str() == email.as_str()) {
        let detail = "this is the account's e-mail already";
        return Err(Problem::field("email", FieldCode::NotAllowed, detail));
    }
    if app.mail.is_some() {
        let account = user.id.to_string();
        let keys = [Key::address(from), Key::account(email.key()), Key::account(&account)];
        limits::take_now(app, &keys.map(|key| (Limited::Resend, key))).await?;
    }
    let now = app.clock.now();
    let entry = |action| {
        Entry::new(Actor::User(user.id), action, Subject::User(user.id))
            .before(json!({ "email": user.email }))
            .after(json!({ "email": email.as_str() }))
            .from(session.origin.address.clone())
    };
    let mut tx = app.db.write().await?;
    proved.hold(&mut tx).await?;
    if app.mail.is_none() {
        db::accounts::set_email(&mut tx, user.id, &email, None).await.map_err(refuse_taken)?;
        audit::record(app, &mut tx, &entry(Action::EmailChanged)).await?;
        events::emit(app, &mut tx, &Event::updated(user.id, UserField::Email)).await?;
        tx.commit().await?;
        return Ok(EmailChange::Done);
    }
    // The mail first, as in `proof::withdraw_requests`.
    db::mails::withdraw(&mut tx, user.id, Kind::Change).await?;
    db::mail_codes::withdraw(&mut tx, user.id, Purpose::Change).await?;
    if let Some(old) = old.filter(|_| user.email_verified_at.is_some())
        && !db::mail_codes::can_undo_to_another(&mut tx, user.id, old.key(), now).await?
    {
        let about = About::User(user.id);
        mail::queue(app, &mut tx, Kind::Undo, &old, about, language.clone()).await?;
    }
    let about = About::User(user.id);
    mail::queue(app, &mut tx, Kind::Change, &email, about, language).await?;
    audit::record(app, &mut tx, &entry(Action::EmailChangeRequested)).await?;
    tx.commit().await?;
    app.wake_mail();
    tracing::info!(user = %user.id, "asked for another e-mail");
    Ok(EmailChange::Waiting)
}

/// Changes the password; every other session ends, every browser but that of this `device` cookie is
/// forgotten, and what waits for a mail ends: whoever knew the old password may have asked for it.
///
/// # Errors
/// A wrong password, or a new one that is not good.
pub async fn change_password(
    app: &App,
    user: &User,
    session: &Session,
    (current, new): (&Secret, &Secret),
    device: Option<&Secret>,
) -> Result<(), Problem> {
    let (username, email) = registered(user)?;
    let new =
        NewPassword::parse(new).map_err(|fault| Problem::field("new", fault.code, fault.detail))?;
    let proved = prove_anew(app, user, session, Some(current)).await?;
    new.check_strength(&username, &email)?;
    let hash = app.passwords.hash(new.secret()).await?;
    let mut tx = app.db.write().await?;
    proved.hold(&mut tx).await?;
    db::accounts::set_password(&mut tx, user.id, Some(&hash)).await?;
    let device = device.map(|device| one_time_code::hash(device.reveal()));
    db::devices::remove_all(&mut tx, user.id, device.as_deref()).await?;
    withdraw_requests(&mut tx, user.id).await?;
    let reason = EndReason::Password;
    let ended = session::end_all(app, &mut tx, user.id, Some(session.id), reason).await?;
    let entry = Entry::new(Actor::User(user.id), Action::PasswordChanged, Subject::User(user.id))
        .after(json!({ "sessions_ended": ended }))
        .from(session.origin.address.clone());
    audit::record(app, &mut tx, &entry).await?;
    events::emit(app, &mut tx, &Event::updated(user.id, UserField::Password)).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, "changed the password");
    Ok(())
}

/// Changes the name, once; the old one stays reserved. The user as they are since.
///
/// # Errors
/// A name that can't be had, the name was changed before, an anonymous holder, or the session has ended
/// meanwhile.
pub async fn change_username(
    app: &App,
    session: &Session,
    username: &str,
) -> Result<User, Problem> {
    let username = Username::parse(username)
        .map_err(|fault| Problem::field("username", fault.code, fault.detail))?;
    if username.is_reserved(&app.settings.reserved_names) {
        return Err(taken("username"));
    }
    let mut tx = app.db.write().await?;
    let user = hold_owner(&mut tx, session).await?;
    // A name that differs in case alone is the user's own.
    let own = user.username.as_deref().and_then(|name| Username::parse(name).ok());
    if own.is_none_or(|own| own.key() != username.key()) {
        refuse_taken_name(app, &mut tx, &username).await?;
    }
    let now = app.clock.now();
    if !db::accounts::rename(&mut tx, user.id, &username, now).await.map_err(refuse_taken)? {
        let detail = "the name was changed before; it can be changed once";
        return Err(Problem::issuer(IssuerCode::UsernameAlreadyChanged, detail));
    }
    let entry = Entry::new(Actor::User(user.id), Action::UsernameChanged, Subject::User(user.id))
        .before(json!({ "username": user.username }))
        .after(json!({ "username": username.as_str() }))
        .from(session.origin.address.clone());
    audit::record(app, &mut tx, &entry).await?;
    events::emit(app, &mut tx, &Event::updated(user.id, UserField::Username)).await?;
    tx.commit().await?;
    Ok(User { username: Some(username.as_str().to_owned()), ..user })
}

/// Deletes an account softly: name and e-mail stay reserved, every session ends. An anonymous holder is
/// whoever has the session, and has nothing else to prove.
///
/// # Errors
/// Neither the password nor a fresh log-in, or the account is the last that administers everything; an
/// anonymous holder who registered meanwhile.
pub async fn delete_account(
    app: &App,
    user: &User,
    session: &Session,
    password: Option<&Secret>,
) -> Result<(), Problem> {
    let proved = match user.is_anonymous() {
        true => None,
        false => Some(prove_anew(app, user, session, password).await?),
    };
    let mut tx = app.db.write().await?;
    if db::roles::would_remove_last_administrator(&mut tx, user.id, None).await? {
        let detail = "the last administrator; give somebody else the role `administrator` first";
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    match proved {
        Some(proved) => proved.hold(&mut tx).await?,
        None if hold_user(&mut tx, session).await?.is_anonymous() => {}
        None => {
            let detail = "this session has an account by now; ask again to delete that";
            return Err(Problem::issuer(IssuerCode::Conflict, detail));
        }
    }
    db::accounts::delete(&mut tx, user.id, app.clock.now()).await?;
    mail::remove_all(&mut tx, user.id).await?;
    session::end_all(app, &mut tx, user.id, None, EndReason::UserGone).await?;
    let entry = Entry::new(Actor::User(user.id), Action::UserDeleted, Subject::User(user.id))
        .from(session.origin.address.clone());
    audit::record(app, &mut tx, &entry).await?;
    events::emit(app, &mut tx, &Event::UserDeleted { user: user.id }).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, "deleted their account");
    Ok(())
}

/// The user of a session as they are now, whom nobody changes until the transaction ends.
///
/// # Errors
/// `session_ended`.
async fn hold_user(db: &mut Connection, session: &Session) -> Result<User, Problem> {
    session::hold(db, session).await?;
    held_user(db, session.user_id).await
}

/// The same of a session of an account.
///
/// # Errors
/// `session_ended`, or an anonymous holder.
pub(super) async fn hold_owner(db: &mut Connection, session: &Session) -> Result<User, Problem> {
    let user = hold_user(db, session).await?;
    if user.is_anonymous() { Err(unregistered()) } else { Ok(user) }
}

/// Name and e-mail of somebody who registered.
///
/// # Errors
/// An anonymous holder, or an account that has no e-mail: it lost it to whoever proved it, or came by a
/// provider without one.
fn registered(user: &User) -> Result<(Username, Email), Problem> {
    let username = user.username.as_deref().and_then(|name| Username::parse(name).ok());
    let email = user.email.as_deref().and_then(|email| Email::parse(email).ok());
    username.zip(email).ok_or_else(unregistered)
}

fn unregistered() -> Problem {
    let detail = "this needs an account with a name and an e-mail; register first";
    Problem::issuer(IssuerCode::NotPermitted, detail)
}

async fn has_password(app: &App, user: &User) -> Result<bool, Problem> {
    let mut connection = app.db.read().await?;
    Ok(db::accounts::password_hash(&mut connection, user.id).await?.is_some())
}
