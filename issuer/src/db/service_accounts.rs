//! Service accounts: programs with an account of their own.

use std::sync::Arc;

use laika_claims::Grant;

use super::ask::{Ask, Parameter};
use super::entitlements::{self, HeldRole};
use super::row::{Row, exactly_one, get};
use super::slots::{self, HeldSlot};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// A program with an account of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Its name; `svc:<name>` is the `sub` of its tokens.
    pub name: String,
    /// The service it speaks for: it may introspect and exchange tokens of that service.
    pub service: Option<String>,
    /// Grows with every permission, role or level that it loses.
    pub epoch: i64,
    /// When it was made.
    pub created_at: UnixSeconds,
    /// When it was disabled, if it is.
    pub disabled_at: Option<UnixSeconds>,
    /// When it was deleted, if it was; its name stays reserved.
    pub deleted_at: Option<UnixSeconds>,
    /// When it last authenticated, to within a few minutes.
    pub last_used_at: Option<UnixSeconds>,
    /// The slots that its tokens carry at its epoch.
    pub slots: Vec<HeldSlot>,
    /// Its roles, by name.
    pub roles: Vec<HeldRole>,
    /// What it was granted directly, besides roles.
    pub grants: Vec<Grant>,
}

impl ServiceAccount {
    /// Whether it may be used.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none() && self.deleted_at.is_none()
    }
}

/// The columns of a [`ServiceAccount`], of a table called `a`.
macro_rules! columns {
    () => {
        concat!("a.name AS account, a.service AS account_service, a.epoch, a.created_at, a.disabled_at, \
         a.deleted_at, a.last_used_at, ",
        slots::held_slots!("'svc:' || a.name", "a.epoch"),
        " AS slots, (SELECT string_agg(g.permission, ' ') FROM grants g \
         WHERE g.holder = 'svc:' || a.name) AS granted, ",
        entitlements::held_roles!("service_account_roles", "account", "a.name"),
        " AS held")
    };
}

/// Writes a new service account.
///
/// # Errors
/// [`DbError::Conflict`] where the name is taken, also by one that was deleted, or there is no such
/// service.
pub async fn insert(
    db: &mut Connection,
    name: &str,
    service: Option<&str>,
    now: UnixSeconds,
) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO service_accounts (name, service, epoch, created_at) VALUES ($1, $2, 0, $3)",
    )
    .bind(name)
    .bind(service)
    .bind(now)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// The service account with this name, in one statement; also one that was deleted.
///
/// # Errors
/// The query failed.
pub async fn by_name(db: impl Ask, name: &str) -> Result<Option<Arc<ServiceAccount>>, DbError> {
    let sql = concat!("SELECT ", columns!(), " FROM service_accounts a WHERE a.name = $1");
    db.one(sql, &[Parameter::Text(name)], shared).await
}

/// The service account whose secret has this hash and counts at `now`, in one statement; also one
/// that is disabled.
///
/// # Errors
/// The query failed.
pub async fn by_secret(
    db: impl Ask,
    hash: &str,
    now: UnixSeconds,
) -> Result<Option<Arc<ServiceAccount>>, DbError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM service_account_secrets x JOIN service_accounts a ON a.name = x.account \
         WHERE x.hash = $1 AND (x.expires_at IS NULL OR x.expires_at > $2)"
    );
    db.one(sql, &[Parameter::Text(hash), Parameter::Number(now)], shared).await
}

/// Service accounts by name, `limit` of them after `after`; those that were deleted are not among
/// them.
///
/// # Errors
/// The query failed.
pub async fn list(
    db: &mut Connection,
    after: &str,
    limit: i64,
) -> Result<Vec<ServiceAccount>, DbError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM service_accounts a WHERE a.name > $1 AND a.deleted_at IS NULL \
         ORDER BY a.name LIMIT $2"
    ))
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| account(row)).collect()
}

/// Writes a secret that counts from now on, and lets those before it count until `until` at most.
///
/// # Errors
/// The query failed.
pub async fn replace_secret(
    db: &mut Connection,
    account: &str,
    hash: &str,
    until: UnixSeconds,
    now: UnixSeconds,
) -> Result<(), DbError> {
    // Two at most: whatever was on its way out is gone.
    sqlx::query(
        "DELETE FROM service_account_secrets WHERE account = $1 AND expires_at IS NOT NULL",
    )
    .bind(account)
    .execute(&mut *db)
    .await?;
    sqlx::query("UPDATE service_account_secrets SET expires_at = $2 WHERE account = $1")
        .bind(account)
        .bind(until)
        .execute(&mut *db)
        .await?;
    let result = sqlx::query(
        "INSERT INTO service_account_secrets (hash, account, created_at) VALUES ($1, $2, $3)",
    )
    .bind(hash)
    .bind(account)
    .bind(now)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Disables a service account, or enables it; whether there was one that had not been deleted.
///
/// # Errors
/// The query failed.
pub async fn set_disabled(
    db: &mut Connection,
    name: &str,
    disabled_at: Option<UnixSeconds>,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE service_accounts SET disabled_at = $2 WHERE name = $1 AND deleted_at IS NULL",
    )
    .bind(name)
    .bind(disabled_at)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Deletes a service account with its secrets and roles; its name stays reserved. Whether there was
/// one that had not been deleted.
///
/// # Errors
/// The query failed.
pub async fn delete(db: &mut Connection, name: &str, now: UnixSeconds) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE service_accounts SET deleted_at = $2, epoch = epoch + 1 \
         WHERE name = $1 AND deleted_at IS NULL",
    )
    .bind(name)
    .bind(now)
    .execute(&mut *db)
    .await?;
    sqlx::query("DELETE FROM service_account_secrets WHERE account = $1")
        .bind(name)
        .execute(&mut *db)
        .await?;
    sqlx::query("DELETE FROM service_account_roles WHERE account = $1")
        .bind(name)
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Replaces the roles of a service account.
///
/// # Errors
/// [`DbError::Conflict`] where there is no such role.
pub async fn set_roles(
    db: &mut Connection,
    name: &str,
    roles: &[String],
    now: UnixSeconds,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM service_account_roles WHERE account = $1")
        .bind(name)
        .execute(&mut *db)
        .await?;
    for role in roles {
        sqlx::query(
            "INSERT INTO service_account_roles (account, role, granted_at) VALUES ($1, $2, $3) \
             ON CONFLICT DO NOTHING",
        )
        .bind(name)
        .bind(role.as_str())
        .bind(now)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Raises the epoch of a service account that lost a permission, role or level.
///
/// # Errors
/// The query failed.
pub async fn raise_epoch(db: &mut Connection, name: &str) -> Result<Option<i64>, DbError> {
    Ok(sqlx::query_scalar(
        "UPDATE service_accounts SET epoch = epoch + 1 WHERE name = $1 RETURNING epoch",
    )
    .bind(name)
    .fetch_optional(db)
    .await?)
}

/// Keeps others from changing a service account until the transaction ends; whether it may be used
/// and is still at this epoch.
///
/// # Errors
/// The query failed.
pub async fn hold(db: &mut Connection, name: &str, epoch: i64) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE service_accounts SET epoch = epoch WHERE name = $1 AND epoch = $2 \
         AND disabled_at IS NULL AND deleted_at IS NULL",
    )
    .bind(name)
    .bind(epoch)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Every service account that holds a role, by name.
///
/// # Errors
/// The query failed.
pub async fn holders(db: &mut Connection, role: &str) -> Result<Vec<String>, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT account FROM service_account_roles WHERE role = $1 ORDER BY account",
    )
    .bind(role)
    .fetch_all(db)
    .await?)
}

/// Notes that a service account was used.
///
/// # Errors
/// The query failed.
pub async fn mark_used(db: &mut Connection, name: &str, now: UnixSeconds) -> Result<(), DbError> {
    // No row: it was deleted in between, and there is nothing left to note.
    sqlx::query("UPDATE service_accounts SET last_used_at = $2 WHERE name = $1")
        .bind(name)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes secrets that no longer count.
///
/// # Errors
/// The query failed.
pub async fn forget_expired_secrets(db: &mut Connection, now: UnixSeconds) -> Result<(), DbError> {
    sqlx::query("DELETE FROM service_account_secrets WHERE expires_at <= $1")
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Shared, because the same is found again and again until anything is committed.
fn shared(row: &dyn Row) -> Result<Arc<ServiceAccount>, DbError> {
    account(row).map(Arc::new)
}

fn account(row: &dyn Row) -> Result<ServiceAccount, DbError> {
    Ok(ServiceAccount {
        name: get(row, "account")?,
        service: get(row, "account_service")?,
        epoch: get(row, "epoch")?,
        created_at: get(row, "created_at")?,
        disabled_at: get(row, "disabled_at")?,
        deleted_at: get(row, "deleted_at")?,
        last_used_at: get(row, "last_used_at")?,
        slots: slots::of_text(get(row, "slots")?)?,
        roles: entitlements::held(row)?,
        grants: entitlements::granted(row)?,
    })
}
