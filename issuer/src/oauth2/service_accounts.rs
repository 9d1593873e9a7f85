//! Service accounts: programs with an account of their own. What they may do comes strictly from
//! their roles; they have no session and never administer.
//!
//! These functions run in the caller's transaction and write the audit log. Whether the actor may
//! do it is decided before.

use std::sync::Arc;

use serde_json::json;

use super::secret::{self, Kind};
use crate::accounts::service_name;
use crate::app::App;
use crate::audit::{self, Action, By, Subject};
use crate::db::grants::Holder;
use crate::db::service_accounts::ServiceAccount;
use crate::db::{self, Connection, Constraint, DbError};
use crate::problem::{FieldCode, Problem};
use crate::secret::Secret;
use crate::status;

/// Seconds that a replaced secret still counts, unless it is said otherwise: time to bring the new
/// one to every place.
pub const OVERLAP: i64 = 24 * 3600;

/// Longest overlap in seconds.
pub const MAX_OVERLAP: i64 = 30 * 24 * 3600;

/// A service account to be made.
#[derive(Debug, Clone)]
pub struct New {
    /// Its name; `svc:<name>` is the `sub` of its tokens.
    pub name: String,
    /// The service it speaks for, if any.
    pub service: Option<String>,
    /// Its roles: `name` or `service/name`.
    pub roles: Vec<String>,
}

/// Makes a service account; its secret, which is shown once.
///
/// # Errors
/// A name that can't be used or is taken, also by an account that was deleted; a service or role
/// that does not exist.
pub async fn create(app: &App, db: &mut Connection, by: &By, new: &New) -> Result<Secret, Problem> {
    let now = app.clock.now();
    let name = service_name(&new.name).ok_or_else(|| {
        let detail = "write it like `orders-backend`, in the letters `a-z 0-9 . _ -`";
        Problem::field("name", FieldCode::Malformed, detail)
    })?;
    if let Some(service) = &new.service {
        // What is no name reaches no query.
        let found = match service_name(service) {
            Some(service) => db::services::by_name(db, service).await?,
            None => None,
        };
        found.ok_or_else(|| {
            let detail = format!("there is no service `{}`; make it first", service.escape_debug());
            Problem::field("service", FieldCode::NotAllowed, detail)
        })?;
    }
    let inserted = db::service_accounts::insert(db, name, new.service.as_deref(), now).await;
    inserted.map_err(|error| match error {
        DbError::Conflict(Constraint::Other) => {
            let detail = "there is or was a service account of this name; choose another";
            Problem::field("name", FieldCode::Taken, detail)
        }
        other => other.into(),
    })?;
    write_roles(app, db, name, &new.roles).await?;
    let (secret, hash) = secret::generate(Kind::ServiceAccount, &*app.random)?;
    db::service_accounts::replace_secret(db, name, &hash, now, now).await?;
    let after = json!({ "service": new.service, "roles": new.roles });
    let entry = by.entry(Action::ServiceAccountCreated, subject(name)).after(after);
    audit::record(app, db, &entry).await?;
    Ok(secret)
}

/// Makes a new secret; the one before it counts for `overlap` seconds more. With 0, at once only
/// the new one counts.
///
/// # Errors
/// There is no such account, or the overlap is out of range.
pub async fn rotate_secret(
    app: &App,
    db: &mut Connection,
    by: &By,
    name: &str,
    overlap: i64,
) -> Result<Secret, Problem> {
    if !(0..=MAX_OVERLAP).contains(&overlap) {
        let detail = format!("`{overlap}` is out of range; choose 0 to {MAX_OVERLAP} seconds");
        return Err(Problem::field("overlap", FieldCode::NotAllowed, detail));
    }
    find(db, name).await?;
    let now = app.clock.now();
    let (secret, hash) = secret::generate(Kind::ServiceAccount, &*app.random)?;
    db::service_accounts::replace_secret(db, name, &hash, now + overlap, now).await?;
    let after = json!({ "old_secret_counts_until": now + overlap });
    let entry = by.entry(Action::ServiceAccountSecretRotated, subject(name)).after(after);
    audit::record(app, db, &entry).await?;
    Ok(secret)
}

/// Replaces the roles.
///
/// # Errors
/// There is no such account or role.
pub async fn set_roles(
    app: &App,
    db: &mut Connection,
    by: &By,
    name: &str,
    roles: &[String],
) -> Result<(), Problem> {
    let account = find(db, name).await?;
    let before: Vec<_> = account.roles.iter().map(|role| role.name.clone()).collect();
    write_roles(app, db, name, roles).await?;
    if before.iter().any(|role| !roles.contains(role)) {
        status::service_account_lost(db, name).await?;
    }
    let entry = by.entry(Action::ServiceAccountRolesChanged, subject(name));
    let entry = entry.before(json!({ "roles": before })).after(json!({ "roles": roles }));
    audit::record(app, db, &entry).await
}

/// Disables the account, or enables it again. While it is disabled no secret of it counts.
///
/// # Errors
/// There is no such account.
pub async fn set_disabled(
    app: &App,
    db: &mut Connection,
    by: &By,
    name: &str,
    disabled: bool,
) -> Result<(), Problem> {
    let at = disabled.then(|| app.clock.now());
    if !db::service_accounts::set_disabled(db, name, at).await? {
        return Err(unknown(name));
    }
    if disabled {
        status::service_account_ended(db, name).await?;
    }
    let action =
        if disabled { Action::ServiceAccountDisabled } else { Action::ServiceAccountEnabled };
    audit::record(app, db, &by.entry(action, subject(name))).await
}

/// Deletes the account with its secrets, roles and direct grants; its name stays reserved.
///
/// # Errors
/// There is no such account.
pub async fn delete(app: &App, db: &mut Connection, by: &By, name: &str) -> Result<(), Problem> {
    let account = find(db, name).await?;
    let roles: Vec<_> = account.roles.iter().map(|role| &role.name).collect();
    if !db::service_accounts::delete(db, name, app.clock.now()).await? {
        return Err(unknown(name));
    }
    db::grants::remove_all(db, &Holder::ServiceAccount(name.to_owned())).await?;
    status::service_account_ended(db, name).await?;
    let before = json!({ "service": account.service, "roles": roles });
    let entry = by.entry(Action::ServiceAccountDeleted, subject(name)).before(before);
    audit::record(app, db, &entry).await
}

/// The account of this name.
///
/// # Errors
/// There is none of this name, or it was deleted.
pub async fn find(db: &mut Connection, name: &str) -> Result<Arc<ServiceAccount>, Problem> {
    let found = db::service_accounts::by_name(db, name).await?;
    found.filter(|account| account.deleted_at.is_none()).ok_or_else(|| unknown(name))
}

async fn write_roles(
    app: &App,
    db: &mut Connection,
    name: &str,
    roles: &[String],
) -> Result<(), Problem> {
    let written = db::service_accounts::set_roles(db, name, roles, app.clock.now()).await;
    written.map_err(|error| match error {
        DbError::Conflict(Constraint::Reference) => {
            let detail = format!("not every one of `{}` exists", roles.join("`, `"));
            Problem::field("roles", FieldCode::NotAllowed, detail)
        }
        other => other.into(),
    })
}

fn subject(name: &str) -> Subject {
    Subject::ServiceAccount(name.to_owned())
}

fn unknown(name: &str) -> Problem {
    let detail = format!("there is no service account `{}`", name.escape_debug());
    Problem::issuer(laika_claims::IssuerCode::NotFound, detail)
}
