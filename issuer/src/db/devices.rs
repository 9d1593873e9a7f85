//! Browsers from which somebody has logged in before.

use uuid::Uuid;

use super::row::exactly_one;
use super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// Whether this browser is known for this user.
///
/// # Errors
/// The query failed.
pub async fn is_known(
    db: &mut Connection,
    token_hash: &str,
    user: Uuid,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let found: Option<String> = sqlx::query_scalar(
        "SELECT user_id FROM devices WHERE token_hash = $1 AND user_id = $2 AND expires_at > $3",
    )
    .bind(token_hash.to_owned())
    .bind(user.to_string())
    .bind(now)
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// Remembers this browser for this user, and forgets the one of theirs that was not seen for
/// longest where there would be more than `most`.
///
/// # Errors
/// The query failed.
pub async fn remember(
    db: &mut Connection,
    token_hash: &str,
    user: Uuid,
    expires_at: UnixSeconds,
    most: i64,
) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO devices (token_hash, user_id, expires_at) VALUES ($1, $2, $3) \
         ON CONFLICT (token_hash, user_id) DO UPDATE SET expires_at = $3",
    )
    .bind(token_hash.to_owned())
    .bind(user.to_string())
    .bind(expires_at)
    .execute(&mut *db)
    .await?;
    exactly_one(&result)?;
    sqlx::query(
        "DELETE FROM devices WHERE user_id = $1 AND token_hash IN \
         (SELECT token_hash FROM devices WHERE user_id = $1 \
         ORDER BY expires_at DESC, token_hash LIMIT 1000 OFFSET $2)",
    )
    .bind(user.to_string())
    .bind(most)
    .execute(db)
    .await?;
    Ok(())
}

/// Until when each browser of a user is known.
///
/// # Errors
/// The query failed.
pub async fn of_user(db: &mut Connection, user: Uuid) -> Result<Vec<UnixSeconds>, DbError> {
    Ok(sqlx::query_scalar("SELECT expires_at FROM devices WHERE user_id = $1 ORDER BY expires_at")
        .bind(user.to_string())
        .fetch_all(db)
        .await?)
}

/// Forgets every browser of a user but `except`.
///
/// # Errors
/// The query failed.
pub async fn remove_all(
    db: &mut Connection,
    user: Uuid,
    except: Option<&str>,
) -> Result<(), DbError> {
    // No hash is empty.
    sqlx::query("DELETE FROM devices WHERE user_id = $1 AND token_hash <> $2")
        .bind(user.to_string())
        .bind(except.unwrap_or_default().to_owned())
        .execute(db)
        .await?;
    Ok(())
}

/// Removes what has expired.
///
/// # Errors
/// The query failed.
pub async fn forget_expired(db: &mut Connection, now: UnixSeconds) -> Result<(), DbError> {
    sqlx::query("DELETE FROM devices WHERE expires_at <= $1").bind(now).execute(db).await?;
    Ok(())
}
