//! Administration: what administrators do by HTTP and operators by the command line, once for both.
//!
//! [`rules`] says who may do what to whom. Everything is done in an [`Act`]: a transaction together
//! with the right in which it is done, so that no change escapes the rules or the audit log. Acts
//! come one after the other, in all processes: they are rare, and so each one sees the levels,
//! roles and administrators that the one before has left.
//!
//! | module | what lives there |
//! |---|---|
//! | [`clients`] | applications that ask for tokens: made, renamed, removed |
//! | [`rules`] | who may do what to whom |
//! | [`users`] | accounts: disabled, enabled, deleted, erased; invitations |
//! | [`sessions`] | other people's sessions: ended, now or later |
//! | [`roles`] | roles: made, changed, removed, given, taken |
//! | [`grants`] | permissions besides roles |
//! | [`keys`] | signing keys: rotated, revoked, taken in, given away |
//! | [`service_accounts`] | programs with an account of their own |
//! | [`services`] | services: made, changed, removed |
//! | [`tokens`] | micro tokens that an operator mints for somebody else |

pub mod clients;
pub mod factors;
pub mod grants;
pub mod keys;
pub mod roles;
pub mod rules;
pub mod service_accounts;
pub mod services;
pub mod sessions;
pub mod tokens;
pub mod users;

use laika_claims::IssuerCode;
use serde_json::Value;
use uuid::Uuid;

pub use self::rules::{Administrator, Authority, is_administrator};
use crate::app::App;
use crate::audit::{self, Action, Actor, By, Entry, Subject};
use crate::clock::UnixSeconds;
use crate::db::users::UserStatus;
use crate::db::{self, Transaction};
use crate::events::{self, Event};
use crate::problem::Problem;

/// Something that is being done: a transaction, and in whose right. Dropped, it did not happen.
pub struct Act<'a> {
    app: &'a App,
    db: Transaction,
    authority: Authority,
    actor: Actor,
    address: Option<String>,
}

impl<'a> Act<'a> {
    /// Begins what an administrator does. Level and permissions are read again here, where nobody
    /// can take them away any more before it is done.
    ///
    /// # Errors
    /// The person is no administrator, or no longer.
    pub async fn of_administrator(
        app: &'a App,
        id: Uuid,
        address: Option<String>,
    ) -> Result<Self, Problem> {
        let mut db = begin(app).await?;
        db::directory::lock(&mut db, id).await?;
        let user = db::users::by_id(&mut db, id).await?;
        let level = db::roles::level_of(&mut db, id).await?;
        let level = level.filter(|_| {
            user.is_some_and(|user| user.status == UserStatus::Active)
                && is_administrator(level, app.settings.admin.level)
        });
        let Some(level) = level else { return Err(not_an_administrator()) };
        let grants = db::grants::of_person(&mut db, id).await?;
        let authority = Authority::Administrator(Administrator { id, level, grants });
        Ok(Self { app, db, authority, actor: Actor::User(id), address })
    }

    /// Begins what is done by the command line.
    ///
    /// # Errors
    /// The database failed.
    pub async fn of_operator(app: &'a App) -> Result<Self, Problem> {
        let (authority, actor) = (Authority::Operator, Actor::CommandLine);
        Ok(Self { app, db: begin(app).await?, authority, actor, address: None })
    }

    /// The state of the service.
    #[must_use]
    pub fn app(&self) -> &'a App {
        self.app
    }

    /// The transaction.
    pub fn db(&mut self) -> &mut db::Connection {
        &mut self.db
    }

    /// In whose right it is done.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Who does it, and from where.
    #[must_use]
    pub fn by(&self) -> By {
        By { actor: self.actor.clone(), address: self.address.clone() }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> UnixSeconds {
        self.app.clock.now()
    }

    /// Writes into the audit log what was done.
    ///
    /// # Errors
    /// The database failed.
    pub async fn record(
        &mut self,
        action: Action,
        subject: Subject,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Result<(), Problem> {
        let entry = Entry {
            before,
            after,
            ..Entry::new(self.actor.clone(), action, subject).from(self.address.clone())
        };
        tracing::info!(actor = %entry.actor, %action, subject = %entry.subject, "administration");
        audit::record(self.app, &mut self.db, &entry).await
    }

    /// Tells whoever listens what happened.
    ///
    /// # Errors
    /// The database failed.
    pub async fn emit(&mut self, event: &Event) -> Result<(), Problem> {
        events::emit(self.app, &mut self.db, event).await
    }

    /// Makes it happen.
    ///
    /// # Errors
    /// The database failed; it did not happen.
    pub async fn commit(self) -> Result<(), Problem> {
        Ok(self.db.commit().await?)
    }
}

/// The locks that everything here needs, always in this order: the turn, the roles of level 0.
async fn begin(app: &App) -> Result<Transaction, Problem> {
    let mut db = app.db.write_alone().await?;
    db::roles::lock_strongest(&mut db).await?;
    Ok(db)
}

/// The refusal of whoever is no administrator.
#[must_use]
pub fn not_an_administrator() -> Problem {
    Problem::issuer(IssuerCode::NotPermitted, "this is for administrators")
}

/// The refusal of what would leave nobody at level 0.
fn last_administrator() -> Problem {
    let detail = "nobody would be left at level 0; give somebody else such a role first";
    Problem::issuer(IssuerCode::Conflict, detail)
}

fn not_found(what: &str, name: &str) -> Problem {
    Problem::issuer(IssuerCode::NotFound, format!("there is no {what} `{}`", name.escape_debug()))
}

/// A text for people: at most 500 characters, no control characters but line breaks.
pub(crate) fn description(text: &str) -> Result<(), Problem> {
    use crate::problem::FieldCode;
    if text.chars().count() > 500 {
        return Err(Problem::field("description", FieldCode::TooLong, "at most 500 characters"));
    }
    if text.chars().any(|character| character.is_control() && character != '\n') {
        let detail = "no control characters but line breaks";
        return Err(Problem::field("description", FieldCode::Malformed, detail));
    }
    Ok(())
}
