//! Invitations: single-use codes that give a role at registration.

use uuid::Uuid;

use super::row::exactly_one;
use super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// Writes an invitation to `role`, and withdraws those to it that nobody used.
///
/// # Errors
/// The query failed.
pub async fn replace_unused(
    db: &mut Connection,
    role: &str,
    code_hash: &str,
    now: UnixSeconds,
) -> Result<(), DbError> {
    withdraw_unused(db, role).await?;
    insert(db, role, code_hash, now).await
}

/// Writes an invitation to `role`.
///
/// # Errors
/// The query failed, or there is no such role.
pub async fn insert(
    db: &mut Connection,
    role: &str,
    code_hash: &str,
    now: UnixSeconds,
) -> Result<(), DbError> {
    let result =
        sqlx::query("INSERT INTO invitations (code_hash, role, created_at) VALUES ($1, $2, $3)")
            .bind(code_hash)
            .bind(role)
            .bind(now)
            .execute(db)
            .await?;
    exactly_one(&result)
}

/// Withdraws the invitations to `role` that nobody used.
///
/// # Errors
/// The query failed.
pub async fn withdraw_unused(db: &mut Connection, role: &str) -> Result<(), DbError> {
    sqlx::query("DELETE FROM invitations WHERE role = $1 AND used_at IS NULL")
        .bind(role)
        .execute(db)
        .await?;
    Ok(())
}

/// The role of an invitation that nobody used yet.
///
/// # Errors
/// The query failed.
pub async fn role_of_unused(
    db: &mut Connection,
    code_hash: &str,
) -> Result<Option<String>, DbError> {
    Ok(sqlx::query_scalar("SELECT role FROM invitations WHERE code_hash = $1 AND used_at IS NULL")
        .bind(code_hash)
        .fetch_optional(db)
        .await?)
}

/// Uses an invitation; whether it was still unused.
///
/// # Errors
/// The query failed.
pub async fn redeem(
    db: &mut Connection,
    code_hash: &str,
    user: Uuid,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE invitations SET used_at = $2, used_by = $3 \
         WHERE code_hash = $1 AND used_at IS NULL",
    )
    .bind(code_hash)
    .bind(now)
    .bind(user.to_string())
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}
