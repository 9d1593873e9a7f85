//! The audit log: who did what, to whom, when. An entry is written in the transaction of the change
//! itself, so there is no change without its entry and no entry without its change.

mod action;

use std::fmt;

use serde_json::Value;
use uuid::Uuid;

pub use self::action::Action;
use crate::app::App;
use crate::clock::Clock;
use crate::db::{self, Connection};
use crate::problem::Problem;
use crate::random::{self, Random};

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    User(Uuid),
    /// Whoever can run commands beside the database.
    CommandLine,
    /// The issuer by itself: a schedule, a rule.
    Issuer,
}

/// What something was done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A person.
    User(Uuid),
    /// A session.
    Session(Uuid),
    /// A role, by name.
    Role(String),
    /// A service, by name.
    Service(String),
    /// A service account, by name.
    ServiceAccount(String),
    /// A client, by id.
    Client(String),
    /// A signing key, by `kid`.
    Key(String),
    /// An endpoint of events, by id.
    Hook(String),
    /// The database as a whole.
    Database,
}

/// An entry: what was done, and how the subject was before and is since. No entry holds a
/// credential. What one person does to another names them by id only, since it stays when they are
/// erased; what they do themselves, or the issuer to them, may say more, which goes then.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// To whom.
    pub subject: Subject,
    /// As it was.
    pub before: Option<Value>,
    /// As it is since.
    pub after: Option<Value>,
    /// Address the request came from.
    pub address: Option<String>,
}

impl Entry {
    /// `actor` did `action` to `subject`.
    #[must_use]
    pub fn new(actor: Actor, action: Action, subject: Subject) -> Self {
        Self { actor, action, subject, before: None, after: None, address: None }
    }

    /// With what the subject was before.
    #[must_use]
    pub fn before(self, before: Value) -> Self {
        Self { before: Some(before), ..self }
    }

    /// With what the subject is since.
    #[must_use]
    pub fn after(self, after: Value) -> Self {
        Self { after: Some(after), ..self }
    }

    /// With the address that the request came from.
    #[must_use]
    pub fn from(self, address: Option<String>) -> Self {
        Self { address, ..self }
    }
}

/// Who does something, and from where.
#[derive(Debug, Clone)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// Address the request came from.
    pub address: Option<String>,
}

impl By {
    /// The issuer by itself.
    #[must_use]
    pub fn issuer() -> Self {
        Self { actor: Actor::Issuer, address: None }
    }

    /// Whoever can run commands beside the database.
    #[must_use]
    pub fn command_line() -> Self {
        Self { actor: Actor::CommandLine, address: None }
    }

    /// An entry about what they do.
    #[must_use]
    pub fn entry(&self, action: Action, subject: Subject) -> Entry {
        Entry::new(self.actor.clone(), action, subject).from(self.address.clone())
    }
}

/// Writes an entry, in the caller's transaction.
///
/// # Errors
/// The database failed.
pub async fn record(app: &App, db: &mut Connection, entry: &Entry) -> Result<(), Problem> {
    record_by(db, entry, &*app.clock, &*app.random).await
}

/// The same where there is no issuer yet. The log is listed by second and id: so the id grows too.
///
/// # Errors
/// The database failed.
pub async fn record_by(
    db: &mut Connection,
    entry: &Entry,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<(), Problem> {
    let id = random::uuid_in_order(clock.since_epoch(), random)?;
    Ok(db::audit::insert(db, id, entry, clock.now()).await?)
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::CommandLine => f.write_str("command-line"),
            Self::Issuer => f.write_str("issuer"),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Role(name) => write!(f, "role:{name}"),
            Self::Service(name) => write!(f, "service:{name}"),
            Self::ServiceAccount(name) => write!(f, "svc:{name}"),
            Self::Client(id) => write!(f, "client:{id}"),
            Self::Key(kid) => write!(f, "key:{kid}"),
            Self::Hook(id) => write!(f, "hook:{id}"),
            Self::Database => f.write_str("database"),
        }
    }
}
