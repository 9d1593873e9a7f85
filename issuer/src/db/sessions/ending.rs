//! The ends of sessions.

use uuid::Uuid;

use super::super::row::get_uuid;
use super::super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// Why a session was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// Its holder logged out.
    LogOut,
    /// A main token was used again after it had been replaced.
    Reuse,
    /// A main token was ahead of the row: the database is older than the token.
    Ahead,
    /// The account was disabled or deleted.
    UserGone,
    /// Its holder ended it from another session.
    Holder,
    /// An administrator ended it.
    Administrator,
    /// The password was changed or reset.
    Password,
}

impl EndReason {
    /// As the database and the audit log write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LogOut => "log_out",
            Self::Reuse => "reuse",
            Self::Ahead => "ahead",
            Self::UserGone => "user_gone",
            Self::Holder => "holder",
            Self::Administrator => "administrator",
            Self::Password => "password",
        }
    }
}

/// Ends a session; whose it was, where it was still going on.
///
/// # Errors
/// The query failed.
pub async fn end(
    db: &mut Connection,
    id: Uuid,
    reason: EndReason,
    now: UnixSeconds,
) -> Result<Option<Uuid>, DbError> {
    let row = sqlx::query(
        "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL \
         RETURNING user_id",
    )
    .bind(id.to_string())
    .bind(now)
    .bind(reason.as_str())
    .fetch_optional(db)
    .await?;
    row.map(|row| get_uuid(&row, "user_id")).transpose()
}

/// Ends every session of a user that goes on, but for `except`; the ids of those it ended.
///
/// # Errors
/// The query failed.
pub async fn end_all(
    db: &mut Connection,
    user: Uuid,
    except: Option<Uuid>,
    reason: EndReason,
    now: UnixSeconds,
) -> Result<Vec<Uuid>, DbError> {
    let rows = sqlx::query(
        "UPDATE sessions SET ended_at = $2, end_reason = $3 \
         WHERE user_id = $1 AND ended_at IS NULL AND id <> $4 RETURNING id",
    )
    .bind(user.to_string())
    .bind(now)
    .bind(reason.as_str())
    .bind(except.map_or_else(String::new, |id| id.to_string()))
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| get_uuid(row, "id")).collect()
}

/// Sets or takes back the end of a session; whether it goes on.
///
/// # Errors
/// The query failed.
pub async fn schedule_end(
    db: &mut Connection,
    id: Uuid,
    at: Option<UnixSeconds>,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE sessions SET ends_at = $2 WHERE id = $1 AND ended_at IS NULL AND expires_at > $3 \
         AND (ends_at IS NULL OR ends_at > $3)",
    )
    .bind(id.to_string())
    .bind(at)
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Sets when a session will end, or that it will not; whether it was still going on.
///
/// # Errors
/// The query failed.
pub async fn set_end(
    db: &mut Connection,
    id: Uuid,
    ends_at: Option<UnixSeconds>,
) -> Result<bool, DbError> {
    let result = sqlx::query("UPDATE sessions SET ends_at = $2 WHERE id = $1 AND ended_at IS NULL")
        .bind(id.to_string())
        .bind(ends_at)
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Ends sessions whose end was set and has passed, `limit` of them at most; their ids, and whose
/// they were.
///
/// # Errors
/// The query failed.
pub async fn end_scheduled(
    db: &mut Connection,
    now: UnixSeconds,
    limit: i64,
) -> Result<Vec<(Uuid, Uuid)>, DbError> {
    let rows = sqlx::query(
        "UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE ended_at IS NULL AND id IN \
         (SELECT id FROM sessions WHERE ends_at <= $1 AND ended_at IS NULL \
         ORDER BY ends_at LIMIT $3) RETURNING id, user_id",
    )
    .bind(now)
    .bind(EndReason::Administrator.as_str())
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((get_uuid(row, "id")?, get_uuid(row, "user_id")?))).collect()
}
