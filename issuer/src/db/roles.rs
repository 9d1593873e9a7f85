//! Roles: named sets of permissions.

use std::collections::BTreeMap;

use sqlx::any::AnyRow;
use uuid::Uuid;

use super::row::{exactly_one, get, get_uuid};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// A named set of permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// `clerk` for a global role, `orders/clerk` for a role of a service.
    pub name: String,
    /// The service it belongs to.
    pub service: Option<String>,
    /// How strong it is; lower is stronger.
    pub level: i64,
    /// Its grants, as they are written.
    pub permissions: Vec<String>,
}

/// Writes a role, new or changed, and replaces its permissions.
///
/// # Errors
/// [`DbError::Conflict`] where its service does not exist.
pub async fn put(db: &mut Connection, role: &Role, now: UnixSeconds) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO roles (name, service, level, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (name) DO UPDATE SET level = excluded.level",
    )
    .bind(role.name.clone())
    .bind(role.service.clone())
    .bind(role.level)
    .bind(now)
    .execute(&mut *db)
    .await?;
    exactly_one(&result)?;
    sqlx::query("DELETE FROM role_permissions WHERE role = $1")
        .bind(role.name.clone())
        .execute(&mut *db)
        .await?;
    for permission in &role.permissions {
        sqlx::query(
            "INSERT INTO role_permissions (role, permission) VALUES ($1, $2) \
             ON CONFLICT DO NOTHING",
        )
        .bind(role.name.clone())
        .bind(permission.as_str())
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Writes a global role without permissions, unless one of this name exists.
///
/// # Errors
/// The query failed.
pub async fn ensure(
    db: &mut Connection,
    name: &str,
    level: i64,
    now: UnixSeconds,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO roles (name, service, level, created_at) VALUES ($1, NULL, $2, $3) \
         ON CONFLICT DO NOTHING",
    )
    .bind(name)
    .bind(level)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// The role of this name, with its permissions.
///
/// # Errors
/// The query failed.
pub async fn by_name(db: &mut Connection, name: &str) -> Result<Option<Role>, DbError> {
    let rows = sqlx::query(
        "SELECT r.name, r.service, r.level, rp.permission FROM roles r \
         LEFT JOIN role_permissions rp ON rp.role = r.name WHERE r.name = $1 \
         ORDER BY rp.permission",
    )
    .bind(name)
    .fetch_all(db)
    .await?;
    Ok(collect(&rows)?.into_values().next())
}

/// Gives a user a role; nothing happens where the user has it already.
///
/// # Errors
/// [`DbError::Conflict`] where there is no such role or user.
pub async fn assign(
    db: &mut Connection,
    user: Uuid,
    role: &str,
    now: UnixSeconds,
) -> Result<(), DbError> {
    // A role that is being weakened is given away afterwards, so that everybody who holds it is
    // known to whoever weakens it.
    lock(&mut *db, role).await?;
    sqlx::query(
        "INSERT INTO user_roles (user_id, role, granted_at) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING",
    )
    .bind(user.to_string())
    .bind(role)
    .bind(now)
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// Keeps others from changing a role or giving it away until the transaction ends.
///
/// # Errors
/// The query failed.
pub async fn lock(db: &mut Connection, role: &str) -> Result<(), DbError> {
    // A write that changes nothing is the lock that both databases have.
    sqlx::query("UPDATE roles SET level = level WHERE name = $1").bind(role).execute(db).await?;
    Ok(())
}

/// Everybody who holds a role.
///
/// # Errors
/// The query failed.
pub async fn holders(db: &mut Connection, role: &str) -> Result<Vec<Uuid>, DbError> {
    let rows = sqlx::query("SELECT user_id FROM user_roles WHERE role = $1 ORDER BY user_id")
        .bind(role)
        .fetch_all(db)
        .await?;
    rows.iter().map(|row| get_uuid(row, "user_id")).collect()
}

/// Whether an active user holds a role of this level or stronger.
///
/// # Errors
/// The query failed.
pub async fn is_held_at_level(db: &mut Connection, level: i64) -> Result<bool, DbError> {
    let holders: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM user_roles ur JOIN roles r ON r.name = ur.role \
         JOIN users u ON u.id = ur.user_id \
         WHERE r.service IS NULL AND r.level <= $1 AND u.status = 'active'",
    )
    .bind(level)
    .fetch_one(db)
    .await?;
    Ok(holders > 0)
}

/// Every role with its permissions, by name.
///
/// # Errors
/// The query failed.
pub async fn list(db: &mut Connection) -> Result<Vec<Role>, DbError> {
    let rows = sqlx::query(
        "SELECT r.name, r.service, r.level, rp.permission FROM roles r \
         LEFT JOIN role_permissions rp ON rp.role = r.name ORDER BY r.name, rp.permission",
    )
    .fetch_all(db)
    .await?;
    Ok(collect(&rows)?.into_values().collect())
}

/// The roles in rows that hold one permission each.
fn collect(rows: &[AnyRow]) -> Result<BTreeMap<String, Role>, DbError> {
    let mut roles = BTreeMap::<String, Role>::new();
    for row in rows {
        let name: String = get(row, "name")?;
        let role = Role {
            name: name.clone(),
            service: get(row, "service")?,
            level: get(row, "level")?,
            permissions: Vec::new(),
        };
        let permission: Option<String> = get(row, "permission")?;
        roles.entry(name).or_insert(role).permissions.extend(permission);
    }
    Ok(roles)
}
