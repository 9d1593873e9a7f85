//! Log-ins that wait for their second factor.

use sqlx::any::AnyRow;
use uuid::Uuid;

use super::row::{exactly_one, get, get_optional_uuid, get_uuid};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;
use crate::session::Way;

/// A log-in whose first step was good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingLogIn {
    /// Who logs in.
    pub user: Uuid,
    /// How they came so far.
    pub way: Way,
    /// The anonymous holder who came.
    pub holder: Option<Uuid>,
    /// What the client calls itself.
    pub client: Option<String>,
    /// Until when it waits.
    pub expires_at: UnixSeconds,
}

/// Writes one.
///
/// # Errors
/// The query failed.
pub async fn insert(
    db: &mut Connection,
    id_hash: &str,
    pending: &PendingLogIn,
) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO pending_log_ins (id_hash, user_id, way, attempts, holder, client, expires_at) \
         VALUES ($1, $2, $3, 0, $4, $5, $6)",
    )
    .bind(id_hash.to_owned())
    .bind(pending.user.to_string())
    .bind(pending.way.as_str())
    .bind(pending.holder.map(|id| id.to_string()))
    .bind(pending.client.clone())
    .bind(pending.expires_at)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Counts an attempt at the second step; `None` where there is no such log-in, or it has had `most`
/// attempts. One statement decides and counts.
///
/// # Errors
/// The query failed.
pub async fn attempt(
    db: &mut Connection,
    id_hash: &str,
    most: i64,
    now: UnixSeconds,
) -> Result<Option<PendingLogIn>, DbError> {
    let row = sqlx::query(
        "UPDATE pending_log_ins SET attempts = attempts + 1 \
         WHERE id_hash = $1 AND attempts < $2 AND expires_at > $3 \
         RETURNING user_id, way, holder, client, expires_at",
    )
    .bind(id_hash.to_owned())
    .bind(most)
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|row| pending(&row)).transpose()
}

/// Whose log-in waits, which has had fewer than `most` attempts.
///
/// # Errors
/// The query failed.
pub async fn user_of(
    db: &mut Connection,
    id_hash: &str,
    most: i64,
    now: UnixSeconds,
) -> Result<Option<Uuid>, DbError> {
    let row = sqlx::query(
        "SELECT user_id FROM pending_log_ins \
         WHERE id_hash = $1 AND attempts < $2 AND expires_at > $3",
    )
    .bind(id_hash.to_owned())
    .bind(most)
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|row| get_uuid(&row, "user_id")).transpose()
}

/// Takes a log-in that is complete; whether nobody was quicker.
///
/// # Errors
/// The query failed.
pub async fn remove(db: &mut Connection, id_hash: &str) -> Result<bool, DbError> {
    let result = sqlx::query("DELETE FROM pending_log_ins WHERE id_hash = $1")
        .bind(id_hash.to_owned())
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Removes every log-in of a user that waits: what its first step showed is worth nothing any more.
///
/// # Errors
/// The query failed.
pub async fn remove_of(db: &mut Connection, user: Uuid) -> Result<(), DbError> {
    sqlx::query("DELETE FROM pending_log_ins WHERE user_id = $1")
        .bind(user.to_string())
        .execute(db)
        .await?;
    Ok(())
}

/// Removes what has waited too long.
///
/// # Errors
/// The query failed.
pub async fn forget_expired(db: &mut Connection, now: UnixSeconds) -> Result<(), DbError> {
    sqlx::query("DELETE FROM pending_log_ins WHERE expires_at <= $1").bind(now).execute(db).await?;
    Ok(())
}

fn pending(row: &AnyRow) -> Result<PendingLogIn, DbError> {
    let way: &str = get(row, "way")?;
    Ok(PendingLogIn {
        user: get_uuid(row, "user_id")?,
        way: Way::from_name(way)
            .ok_or_else(|| DbError::Corrupt { what: "a way in", value: way.to_owned() })?,
        holder: get_optional_uuid(row, "holder")?,
        client: get(row, "client")?,
        expires_at: get(row, "expires_at")?,
    })
}
