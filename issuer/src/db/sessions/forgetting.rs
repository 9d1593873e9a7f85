//! Sessions that nobody can use any more, and what need not be known of others.

use uuid::Uuid;

use super::super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// Forgets where the sessions of a user came from.
///
/// # Errors
/// The query failed.
pub async fn forget_origins(db: &mut Connection, user: Uuid) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE sessions SET client = NULL, address = NULL, user_agent = NULL WHERE user_id = $1",
    )
    .bind(user.to_string())
    .execute(db)
    .await?;
    Ok(())
}

/// Removes the sessions of a user that have expired; nothing can use them any more.
///
/// # Errors
/// The query failed.
pub async fn forget_expired(
    db: &mut Connection,
    user: Uuid,
    now: UnixSeconds,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND expires_at <= $2")
        .bind(user.to_string())
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes sessions that have expired, a thousand at most: a long transaction would keep others
/// from writing.
///
/// # Errors
/// The query failed.
pub async fn forget_all_expired(db: &mut Connection, now: UnixSeconds) -> Result<u64, DbError> {
    let result = sqlx::query(
        "DELETE FROM sessions WHERE id IN \
         (SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)",
    )
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}
