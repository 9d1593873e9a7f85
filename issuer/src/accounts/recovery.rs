//! Mails on request, and a new password by mail. A request does the same whatever there is about the
//! address: it writes one row into the outbox.

use std::net::IpAddr;

use laika_claims::IssuerCode;
use serde_json::json;

use super::proof::{active, claim, code_invalid, drop_unproved_ways, take, withdraw_requests};
use super::{Email, NewPassword, Username};
use crate::app::App;
use crate::audit::{self, Action, Actor, Entry, Subject};
use crate::db;
use crate::db::mail_codes::Purpose;
use crate::db::mails::Kind;
use crate::db::sessions::{EndReason, Origin};
use crate::events::{self, Event, UserField};
use crate::limits::{self, Key, Limited};
use crate::mail::{self, About};
use crate::one_time_code;
use crate::problem::Problem;
use crate::secret::Secret;
use crate::session;

/// Has a mail sent that lets a new password be chosen, if there is an account with this e-mail.
///
/// # Errors
/// It is no e-mail, no mail is configured, or too many were asked for.
pub async fn forgot_password(
    app: &App,
    email: &str,
    from: Option<IpAddr>,
    language: Option<String>,
) -> Result<(), Problem> {
    request(app, (Kind::Reset, Limited::Reset), email, from, language).await
}

/// Has the mail sent again that proves this e-mail, if there is something to prove.
///
/// # Errors
/// It is no e-mail, no mail is configured, or too many were asked for.
pub async fn resend_proof(
    app: &App,
    email: &str,
    from: Option<IpAddr>,
    language: Option<String>,
) -> Result<(), Problem> {
    request(app, (Kind::Resend, Limited::Resend), email, from, language).await
}

async fn request(
    app: &App,
    (kind, limited): (Kind, Limited),
    email: &str,
    from: Option<IpAddr>,
    language: Option<String>,
) -> Result<(), Problem> {
    need_mail(app)?;
    let email =
        Email::parse(email).map_err(|fault| Problem::field("email", fault.code, fault.detail))?;
    // By what was written, so that a known address is refused exactly when an unknown one is.
    let keys = [(limited, Key::address(from)), (limited, Key::account(email.key()))];
    limits::take_now(app, &keys).await?;
    let mut tx = app.db.write().await?;
    mail::queue(app, &mut tx, kind, &email, About::Address, language).await?;
    tx.commit().await?;
    app.wake_mail();
    Ok(())
}

/// Sets a new password by the code of a mail. Every session ends, every browser is forgotten, and a
/// change of e-mail that waits ends too: whoever knew the old password may have asked for it. Where
/// this is the first proof of the e-mail, identities and factors go as well.
///
/// # Errors
/// The code is not good, or the password is not.
pub async fn reset_password(
    app: &App,
    code: &Secret,
    password: &Secret,
    origin: Origin,
) -> Result<(), Problem> {
    let password = NewPassword::parse(password)
        .map_err(|fault| Problem::field("password", fault.code, fault.detail))?;
    let hash = one_time_code::hash(code.reveal());
    let mut connection = app.db.read().await?;
    let found = db::mail_codes::find(&mut connection, &hash, app.clock.now()).await?;
    let code = found.filter(|code| code.purpose == Purpose::Reset).ok_or_else(code_invalid)?;
    let user = active(&mut connection, &code).await?;
    drop(connection);
    let email = Email::try_from(&code)?;
    let username = Username::parse(user.username.as_deref().unwrap_or_default())
        .map_err(|fault| Problem::internal(fault.detail))?;
    password.check_strength(&username, &email)?;
    let password_hash = app.passwords.hash(password.secret()).await?;

    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    // Of two with the same code, one gets it.
    take(&mut tx, &hash, now).await?;
    let was_proved = active(&mut tx, &code).await?.email_verified_at.is_some();
    if !db::accounts::prove_email(&mut tx, user.id, email.key(), now).await? {
        // The account has another e-mail by now.
        return Err(code_invalid());
    }
    if !was_proved {
        drop_unproved_ways(&mut tx, user.id).await?;
    }
    claim(app, &mut tx, &email, Some(user.id)).await?;
    db::accounts::set_password(&mut tx, user.id, Some(&password_hash)).await?;
    db::devices::remove_all(&mut tx, user.id, None).await?;
    withdraw_requests(&mut tx, user.id).await?;
    let ended = session::end_all(app, &mut tx, user.id, None, EndReason::Password).await?;
    let entry = Entry::new(Actor::User(user.id), Action::PasswordReset, Subject::User(user.id))
        .after(json!({ "sessions_ended": ended }))
        .from(origin.address);
    audit::record(app, &mut tx, &entry).await?;
    events::emit(app, &mut tx, &Event::updated(user.id, UserField::Password)).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, "chose a new password by mail");
    Ok(())
}

fn need_mail(app: &App) -> Result<(), Problem> {
    if app.mail.is_some() {
        return Ok(());
    }
    let detail = "this issuer sends no mail; whoever runs it can configure it by `mail.url`";
    Err(Problem::issuer(IssuerCode::NotFound, detail))
}
