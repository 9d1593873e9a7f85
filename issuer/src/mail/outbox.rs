//! Putting a mail into the outbox.

use uuid::Uuid;

use crate::accounts::Email;
use crate::app::App;
use crate::db::mails::{Kind, Mail};
use crate::db::{self, Connection};
use crate::problem::Problem;
use crate::random;

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Whatever there is about the address when the mail is sent; maybe nothing.
    Address,
    /// A registration that waits.
    Registration(Uuid),
    /// An account.
    User(Uuid),
}

/// Removes the mails of an account that nobody will enter again, and their codes: an address that it
/// could take back is free then.
///
/// # Errors
/// The database failed.
pub async fn remove_all(db: &mut Connection, user: Uuid) -> Result<(), Problem> {
    // The codes say which addresses the account had, so they go last.
    db::mails::remove_all(db, user).await?;
    Ok(db::mail_codes::remove_all(db, user).await?)
}

/// Puts a mail into the outbox, in the caller's transaction. After its commit,
/// [`App::wake_mail`] gets it sent at once. `language` is what whoever asks for it understands best;
/// absent: the one that is set.
///
/// # Errors
/// The database failed.
pub async fn queue(
    app: &App,
    db: &mut Connection,
    kind: Kind,
    to: &Email,
    about: About,
    language: Option<String>,
) -> Result<(), Problem> {
    let (user, registration) = match about {
        About::Address => (None, None),
        About::Registration(id) => (None, Some(id)),
        About::User(id) => (Some(id), None),
    };
    let mail = Mail {
        id: random::uuid(&*app.random)?,
        kind,
        recipient: to.as_str().to_owned(),
        recipient_key: to.key().to_owned(),
        user,
        registration,
        attempts: 0,
        language,
        created_at: app.clock.now(),
    };
    Ok(db::mails::insert(db, &mail).await?)
}
