//! What a mail says at the moment it is sent, and the code it carries.

use uuid::Uuid;

use super::{Message, PROOF_LIFETIME, RESET_LIFETIME, UNDO_LIFETIME};
use crate::accounts::Email;
use crate::app::App;
use crate::db::mail_codes::{MailCode, Purpose};
use crate::db::mails::{Kind, Mail};
use crate::db::registrations::Pending;
use crate::db::users::{User, UserStatus};
use crate::db::{self, Connection};
use crate::one_time_code;
use crate::problem::Problem;

/// What a code of a mail begins with.
const CODE_PREFIX: &str = "laika_mail_";

/// A mail that is ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The address as its owner wrote it, not as somebody typed it who asked for the mail: two texts
    /// can be one address to us and two to the world.
    pub to: String,
    /// What it says.
    pub message: Message,
}

/// What a mail says now, with its code written in the caller's transaction; `None` where there is
/// nothing to say to this address.
///
/// # Errors
/// The database failed.
pub async fn compose(
    app: &App,
    db: &mut Connection,
    mail: &Mail,
) -> Result<Option<Composed>, Problem> {
    match mail.kind {
        Kind::Registration => registration(app, db, mail).await,
        Kind::Resend => resend(app, db, mail).await,
        Kind::Change => change(app, db, mail).await,
        Kind::Undo => undo(app, db, mail).await,
        Kind::Reset => reset(app, db, mail).await,
    }
}

async fn registration(
    app: &App,
    db: &mut Connection,
    mail: &Mail,
) -> Result<Option<Composed>, Problem> {
    let Some(id) = mail.registration else { return Ok(None) };
    match db::registrations::by_id(db, id).await? {
        Some(pending) if pending.expires_at > app.clock.now() => {
            confirm(app, db, mail, pending).await.map(Some)
        }
        _ => Ok(None),
    }
}

async fn confirm(
    app: &App,
    db: &mut Connection,
    mail: &Mail,
    pending: Pending,
) -> Result<Composed, Problem> {
    let now = app.clock.now();
    let to = pending.email.clone();
    if db::accounts::prover_of(db, &mail.recipient_key, now).await?.is_some() {
        return Ok(Composed { to, message: already_registered(app) });
    }
    let expires_at = now.saturating_add(PROOF_LIFETIME);
    db::registrations::prolong(db, pending.id, expires_at).await?;
    let code = MailCode {
        purpose: Purpose::Registration,
        user: None,
        registration: Some(pending.id),
        email: to.clone(),
        email_key: mail.recipient_key.clone(),
        created_at: mail.created_at,
        expires_at,
    };
    let link = link(app, db, "verify", &code).await?;
    let message = Message::ConfirmRegistration { username: pending.username, link };
    Ok(Composed { to, message })
}

/// An account that holds its e-mail unproved, from times without mail, proves it by a new password:
/// whoever made the account need not be who reads this mail.
async fn resend(app: &App, db: &mut Connection, mail: &Mail) -> Result<Option<Composed>, Problem> {
    let (key, now) = (&mail.recipient_key, app.clock.now());
    if let Some(pending) = db::registrations::youngest_by_email(db, key, now).await? {
        return confirm(app, db, mail, pending).await.map(Some);
    }
    let Some(owner) = owner(db, key).await?.filter(|owner| !owner.proved) else {
        return Ok(None);
    };
    let code = owner.code(mail, now.saturating_add(PROOF_LIFETIME));
    let link = link(app, db, "reset", &code).await?;
    let message = Message::ProveEmail { username: owner.username, link };
    Ok(Some(Composed { to: owner.email, message }))
}

async fn change(app: &App, db: &mut Connection, mail: &Mail) -> Result<Option<Composed>, Problem> {
    let now = app.clock.now();
    let Some(user) = active(db, mail.user).await? else { return Ok(None) };
    let Some(username) = user.username else { return Ok(None) };
    let to = mail.recipient.clone();
    let prover = db::accounts::prover_of(db, &mail.recipient_key, now).await?;
    if prover.is_some_and(|prover| prover != user.id) {
        return Ok(Some(Composed { to, message: already_registered(app) }));
    }
    let code = MailCode {
        purpose: Purpose::Change,
        user: Some(user.id),
        registration: None,
        email: to.clone(),
        email_key: mail.recipient_key.clone(),
        created_at: mail.created_at,
        expires_at: now.saturating_add(PROOF_LIFETIME),
    };
    let link = link(app, db, "verify", &code).await?;
    Ok(Some(Composed { to, message: Message::ConfirmChange { username, link } }))
}

async fn undo(app: &App, db: &mut Connection, mail: &Mail) -> Result<Option<Composed>, Problem> {
    let Some(user) = active(db, mail.user).await? else { return Ok(None) };
    let Some(username) = user.username else { return Ok(None) };
    let to = mail.recipient.clone();
    let code = MailCode {
        purpose: Purpose::Undo,
        user: Some(user.id),
        registration: None,
        email: to.clone(),
        email_key: mail.recipient_key.clone(),
        created_at: mail.created_at,
        expires_at: app.clock.now().saturating_add(UNDO_LIFETIME),
    };
    let link = link(app, db, "undo", &code).await?;
    Ok(Some(Composed { to, message: Message::ChangeRequested { username, link } }))
}

async fn reset(app: &App, db: &mut Connection, mail: &Mail) -> Result<Option<Composed>, Problem> {
    let Some(owner) = owner(db, &mail.recipient_key).await? else { return Ok(None) };
    let expires_at = app.clock.now().saturating_add(RESET_LIFETIME);
    let code = owner.code(mail, expires_at);
    let link = link(app, db, "reset", &code).await?;
    let message = Message::ResetPassword { username: owner.username, link };
    Ok(Some(Composed { to: owner.email, message }))
}

/// Whoever has an account with an e-mail.
struct Owner {
    id: Uuid,
    username: String,
    email: String,
    proved: bool,
}

impl Owner {
    /// One that lets a new password be chosen.
    fn code(&self, mail: &Mail, expires_at: i64) -> MailCode {
        MailCode {
            purpose: Purpose::Reset,
            user: Some(self.id),
            registration: None,
            email: self.email.clone(),
            email_key: mail.recipient_key.clone(),
            created_at: mail.created_at,
            expires_at,
        }
    }
}

async fn owner(db: &mut Connection, email_key: &str) -> Result<Option<Owner>, Problem> {
    let user = db::users::by_email(db, email_key).await?;
    Ok(user.filter(|user| user.status == UserStatus::Active).and_then(|user| {
        Some(Owner {
            id: user.id,
            username: user.username?,
            email: user.email?,
            proved: user.email_verified_at.is_some(),
        })
    }))
}

async fn active(db: &mut Connection, id: Option<Uuid>) -> Result<Option<User>, Problem> {
    let Some(id) = id else { return Ok(None) };
    let user = db::users::by_id(db, id).await?;
    Ok(user.filter(|user| user.status == UserStatus::Active))
}

/// A link with a fresh code, of which the hash is written down.
async fn link(
    app: &App,
    db: &mut Connection,
    page: &str,
    code: &MailCode,
) -> Result<String, Problem> {
    let text = one_time_code::generate(CODE_PREFIX, &*app.random)?;
    db::mail_codes::insert(db, &one_time_code::hash(&text), code).await?;
    Ok(format!("{}/#{page}={text}", app.issuer.as_str()))
}

fn already_registered(app: &App) -> Message {
    Message::AlreadyRegistered { link: format!("{}/", app.issuer.as_str()) }
}

/// A stored address, read again.
///
/// # Errors
/// It can't be read, which no version of this program writes.
impl TryFrom<&MailCode> for Email {
    type Error = Problem;

    fn try_from(code: &MailCode) -> Result<Self, Problem> {
        Self::parse(&code.email).map_err(|fault| Problem::internal(fault.detail))
    }
}
