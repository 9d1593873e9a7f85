//! Invitations: single-use codes that give a role at registration.

use uuid::Uuid;

use super::row::exactly_one;
use super::{Connection, DbError};
use crate::app::ADMINISTRATOR;
use crate::clock::UnixSeconds;

/// How many invitations to one role stay open, and how many to the first administrator; a service
/// that starts again and again must not fill the table.
const MOST_OPEN: i64 = 20;

/// What an invitation leads to.
#[derive(Debug, Clone, Copy)]
pub enum Invited<'r> {
    /// This role, which somebody handed out.
    To(&'r str),
    /// The role `administrator`, while nobody is at level 0.
    First,
}

impl<'r> Invited<'r> {
    /// The role, and whether nobody may have it yet.
    fn columns(self) -> (&'r str, i64) {
        match self {
            Self::To(role) => (role, 0),
            Self::First => (ADMINISTRATOR, 1),
        }
    }
}

/// Writes an invitation that is open until `expires_at`, and removes those to the same that nobody used
/// in time.
///
/// # Errors
/// The query failed.
pub async fn add(
    db: &mut Connection,
    invited: Invited<'_>,
    code_hash: &str,
    now: UnixSeconds,
    expires_at: UnixSeconds,
) -> Result<(), DbError> {
    let (role, to_the_first) = invited.columns();
    sqlx::query("DELETE FROM invitations WHERE role = $1 AND used_at IS NULL AND expires_at <= $2")
        .bind(role)
        .bind(now)
        .execute(&mut *db)
        .await?;
    let result = sqlx::query(
        "INSERT INTO invitations (code_hash, role, to_the_first, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(code_hash)
    .bind(role)
    .bind(to_the_first)
    .bind(now)
    .bind(expires_at)
    .execute(&mut *db)
    .await?;
    exactly_one(&result)?;
    sqlx::query(
        "DELETE FROM invitations WHERE role = $1 AND to_the_first = $2 AND used_at IS NULL \
         AND code_hash <> $3 AND code_hash NOT IN (SELECT code_hash FROM invitations \
         WHERE role = $1 AND to_the_first = $2 AND used_at IS NULL \
         ORDER BY created_at DESC, code_hash LIMIT $4)",
    )
    .bind(role)
    .bind(to_the_first)
    .bind(code_hash)
    .bind(MOST_OPEN)
    .execute(db)
    .await?;
    Ok(())
}

/// Withdraws the invitations to the first administrator that nobody used: there is one. Those that
/// somebody made stay open.
///
/// # Errors
/// The query failed.
pub async fn withdraw_to_the_first(db: &mut Connection) -> Result<(), DbError> {
    sqlx::query("DELETE FROM invitations WHERE to_the_first = 1 AND used_at IS NULL")
        .execute(db)
        .await?;
    Ok(())
}

/// Which invitations are open at `$2`: nobody used them yet, their time is not up, and those to the
/// first administrator while there is none, however one came.
macro_rules! open {
    () => {
        "used_at IS NULL AND (expires_at IS NULL OR expires_at > $2) AND (to_the_first = 0 \
         OR NOT EXISTS (SELECT 1 FROM user_roles ur JOIN roles r ON r.name = ur.role \
         JOIN users u ON u.id = ur.user_id \
         WHERE r.service IS NULL AND r.level = 0 AND u.status = 'active'))"
    };
}

/// The role of an invitation that is open.
///
/// # Errors
/// The query failed.
pub async fn role_of_unused(
    db: &mut Connection,
    code_hash: &str,
    now: UnixSeconds,
) -> Result<Option<String>, DbError> {
    Ok(sqlx::query_scalar(concat!(
        "SELECT role FROM invitations WHERE code_hash = $1 AND ",
        open!()
    ))
    .bind(code_hash)
    .bind(now)
    .fetch_optional(db)
    .await?)
}

/// Uses an invitation; whether it was still open.
///
/// # Errors
/// The query failed.
pub async fn redeem(
    db: &mut Connection,
    code_hash: &str,
    user: Uuid,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(concat!(
        "UPDATE invitations SET used_at = $2, used_by = $3 WHERE code_hash = $1 AND ",
        open!()
    ))
    .bind(code_hash)
    .bind(now)
    .bind(user.to_string())
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}
