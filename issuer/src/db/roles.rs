//! Roles: named sets of permissions.

use sqlx::any::AnyRow;
use uuid::Uuid;

use super::grants::permissions_of;
use super::row::{exactly_one, get, get_uuid};
use super::{Connection, Constraint, DbError};
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
    /// What it is for, in words.
    pub description: Option<String>,
    /// Its grants, as they are written.
    pub permissions: Vec<String>,
}

/// The level whose holders may do everything; one of them must always be there.
pub const STRONGEST: i64 = 0;

/// Writes a role, new or changed, and replaces its permissions.
///
/// # Errors
/// [`DbError::Conflict`] where its service does not exist.
pub async fn put(db: &mut Connection, role: &Role, now: UnixSeconds) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO roles (name, service, level, description, created_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO UPDATE SET level = excluded.level, \
         description = excluded.description",
    )
    .bind(role.name.clone())
    .bind(role.service.clone())
    .bind(role.level)
    .bind(role.description.clone())
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

/// Locks a role until the transaction ends; whether there is one. Whoever gives a role and whoever
/// takes something from it wait for each other here, so that no new holder is missed by what tells
/// the holders of a loss. (`SELECT FOR UPDATE` is not SQL that both databases read.)
///
/// # Errors
/// The query failed.
pub async fn lock(db: &mut Connection, name: &str) -> Result<bool, DbError> {
    let result = sqlx::query("UPDATE roles SET level = level WHERE name = $1")
        .bind(name)
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Gives a user a role; whether the user did not have it already.
///
/// # Errors
/// [`DbError::Conflict`] where there is no such role or user.
pub async fn assign(
    db: &mut Connection,
    user: Uuid,
    role: &str,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    if !lock(&mut *db, role).await? {
        return Err(DbError::Conflict(Constraint::Reference));
    }
    let result = sqlx::query(
        "INSERT INTO user_roles (user_id, role, granted_at) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING",
    )
    .bind(user.to_string())
    .bind(role)
    .bind(now)
    .execute(&mut *db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Takes a role from a user; whether the user had it.
///
/// # Errors
/// The query failed.
pub async fn unassign(db: &mut Connection, user: Uuid, role: &str) -> Result<bool, DbError> {
    let result = sqlx::query("DELETE FROM user_roles WHERE user_id = $1 AND role = $2")
        .bind(user.to_string())
        .bind(role)
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Takes every role from a user.
///
/// # Errors
/// The query failed.
pub async fn unassign_all(db: &mut Connection, user: Uuid) -> Result<(), DbError> {
    sqlx::query("DELETE FROM user_roles WHERE user_id = $1")
        .bind(user.to_string())
        .execute(db)
        .await?;
    Ok(())
}

/// Removes a role with everything that refers to it; whether there was one.
///
/// # Errors
/// The query failed.
pub async fn delete(db: &mut Connection, name: &str) -> Result<bool, DbError> {
    let result = sqlx::query("DELETE FROM roles WHERE name = $1").bind(name).execute(db).await?;
    Ok(result.rows_affected() == 1)
}

/// The role of that name.
///
/// # Errors
/// The query failed.
pub async fn by_name(db: &mut Connection, name: &str) -> Result<Option<Role>, DbError> {
    let rows = sqlx::query(
        "SELECT r.name, r.service, r.level, r.description, rp.permission FROM roles r \
         LEFT JOIN role_permissions rp ON rp.role = r.name WHERE r.name = $1 \
         ORDER BY rp.permission",
    )
    .bind(name)
    .fetch_all(db)
    .await?;
    Ok(roles(&rows)?.pop())
}

/// The roles of a user, by name.
///
/// # Errors
/// The query failed.
pub async fn of_user(db: &mut Connection, user: Uuid) -> Result<Vec<Role>, DbError> {
    let rows = sqlx::query(
        "SELECT r.name, r.service, r.level, r.description, rp.permission FROM user_roles ur \
         JOIN roles r ON r.name = ur.role \
         LEFT JOIN role_permissions rp ON rp.role = r.name WHERE ur.user_id = $1 \
         ORDER BY r.name, rp.permission",
    )
    .bind(user.to_string())
    .fetch_all(db)
    .await?;
    roles(&rows)
}

/// How many roles belong to a service.
///
/// # Errors
/// The query failed.
pub async fn count_of_service(db: &mut Connection, service: &str) -> Result<i64, DbError> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM roles WHERE service = $1")
        .bind(service)
        .fetch_one(db)
        .await?)
}

/// The first few roles that do not belong to a service and grant something of it, by name.
///
/// # Errors
/// The query failed.
pub async fn others_naming(db: &mut Connection, service: &str) -> Result<Vec<String>, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT DISTINCT r.name FROM roles r JOIN role_permissions rp ON rp.role = r.name \
         WHERE rp.permission LIKE $1 ESCAPE '!' AND (r.service IS NULL OR r.service <> $2) \
         ORDER BY r.name LIMIT 10",
    )
    .bind(permissions_of(service))
    .bind(service)
    .fetch_all(db)
    .await?)
}

/// How strong a person is: the lowest level among their global roles; `None` where they have none.
///
/// # Errors
/// The query failed.
pub async fn level_of(db: &mut Connection, user: Uuid) -> Result<Option<i64>, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT MIN(r.level) FROM user_roles ur JOIN roles r ON r.name = ur.role \
         WHERE ur.user_id = $1 AND r.service IS NULL",
    )
    .bind(user.to_string())
    .fetch_one(db)
    .await?)
}

/// Locks the global roles of level 0 until the transaction ends. Of two transactions that may each
/// take an administrator away the second waits here, and then sees what the first has done.
///
/// # Errors
/// The query failed.
pub async fn lock_strongest(db: &mut Connection) -> Result<(), DbError> {
    sqlx::query("UPDATE roles SET level = level WHERE service IS NULL AND level = $1")
        .bind(STRONGEST)
        .execute(db)
        .await?;
    Ok(())
}

/// Whether nobody active would be at level 0 any more without this user, or without this user's
/// `role` alone. Comes first in its transaction, and locks; `false` where the user is no active
/// administrator of level 0, whose loss changes nothing.
///
/// # Errors
/// The query failed.
pub async fn would_remove_last_administrator(
    db: &mut Connection,
    user: Uuid,
    role: Option<&str>,
) -> Result<bool, DbError> {
    lock_strongest(&mut *db).await?;
    // What the user holds of what would be taken, and what would be left.
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN ur.user_id = $1 AND ($2 = '' OR ur.role = $2) THEN 1 END) \
         AS theirs, COUNT(CASE WHEN ur.user_id <> $1 OR ($2 <> '' AND ur.role <> $2) THEN 1 END) \
         AS others FROM user_roles ur JOIN roles r ON r.name = ur.role \
         JOIN users u ON u.id = ur.user_id \
         WHERE r.service IS NULL AND r.level = $3 AND u.status = 'active'",
    )
    .bind(user.to_string())
    .bind(role.unwrap_or_default())
    .bind(STRONGEST)
    .fetch_one(db)
    .await?;
    Ok(get::<i64>(&row, "theirs")? > 0 && get::<i64>(&row, "others")? == 0)
}

/// Whether nobody active would be at level 0 any more without this role. Comes first in its
/// transaction, and locks; `false` where the role is not what makes anybody an administrator.
///
/// # Errors
/// The query failed.
pub async fn is_last_of_administrators(db: &mut Connection, role: &str) -> Result<bool, DbError> {
    lock_strongest(&mut *db).await?;
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN ur.role = $1 THEN 1 END) AS theirs, \
         COUNT(CASE WHEN ur.role <> $1 THEN 1 END) AS others \
         FROM user_roles ur JOIN roles r ON r.name = ur.role JOIN users u ON u.id = ur.user_id \
         WHERE r.service IS NULL AND r.level = $2 AND u.status = 'active'",
    )
    .bind(role)
    .bind(STRONGEST)
    .fetch_one(db)
    .await?;
    Ok(get::<i64>(&row, "theirs")? > 0 && get::<i64>(&row, "others")? == 0)
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

/// Roles by name, `limit` of them after `after`; only those of `service` where one is named, and
/// only global ones where it is named by an empty text.
///
/// # Errors
/// The query failed.
pub async fn page(
    db: &mut Connection,
    service: Option<&str>,
    after: &str,
    limit: i64,
) -> Result<Vec<Role>, DbError> {
    // `*` names no service.
    let rows = sqlx::query(
        "SELECT r.name, r.service, r.level, r.description, rp.permission FROM roles r \
         LEFT JOIN role_permissions rp ON rp.role = r.name \
         WHERE r.name IN (SELECT name FROM roles WHERE name > $1 \
         AND ($2 = '*' OR COALESCE(service, '') = $2) ORDER BY name LIMIT $3) \
         ORDER BY r.name, rp.permission",
    )
    .bind(after)
    .bind(service.unwrap_or("*"))
    .bind(limit)
    .fetch_all(db)
    .await?;
    roles(&rows)
}

/// Every role with its permissions, by name.
///
/// # Errors
/// The query failed.
pub async fn list(db: &mut Connection) -> Result<Vec<Role>, DbError> {
    let rows = sqlx::query(
        "SELECT r.name, r.service, r.level, r.description, rp.permission FROM roles r \
         LEFT JOIN role_permissions rp ON rp.role = r.name ORDER BY r.name, rp.permission",
    )
    .fetch_all(db)
    .await?;
    roles(&rows)
}

/// Roles of rows in the order of their names, one row for each permission.
fn roles(rows: &[AnyRow]) -> Result<Vec<Role>, DbError> {
    let mut roles = Vec::<Role>::new();
    for row in rows {
        let name: String = get(row, "name")?;
        let permission: Option<String> = get(row, "permission")?;
        match roles.last_mut() {
            Some(role) if role.name == name => role.permissions.extend(permission),
            _ => roles.push(Role {
                name,
                service: get(row, "service")?,
                level: get(row, "level")?,
                description: get(row, "description")?,
                permissions: permission.into_iter().collect(),
            }),
        }
    }
    Ok(roles)
}
