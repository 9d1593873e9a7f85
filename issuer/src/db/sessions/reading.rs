//! Sessions, looked at.

use uuid::Uuid;

use super::super::row::get_uuid;
use super::super::{Connection, DbError};
use super::{Session, columns, session};
use crate::clock::UnixSeconds;

/// Where a page of sessions begins: after the session that began at this time, with this id.
pub type Cursor = (UnixSeconds, String);

/// Whose session this is, where it goes on.
///
/// # Errors
/// The query failed.
pub async fn holder_of_open(
    db: &mut Connection,
    id: Uuid,
    now: UnixSeconds,
) -> Result<Option<Uuid>, DbError> {
    let row = sqlx::query(
        "SELECT user_id FROM sessions WHERE id = $1 AND ended_at IS NULL AND expires_at > $2 \
         AND (ends_at IS NULL OR ends_at > $2)",
    )
    .bind(id.to_string())
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|row| get_uuid(&row, "user_id")).transpose()
}

/// A session of a user that goes on.
///
/// # Errors
/// The query failed.
pub async fn one_of_user(
    db: &mut Connection,
    user: Uuid,
    id: Uuid,
    now: UnixSeconds,
) -> Result<Option<Session>, DbError> {
    let row = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        ", s.user_id FROM sessions s \
         WHERE s.user_id = $1 AND s.id = $2 AND s.ended_at IS NULL AND s.expires_at > $3"
    ))
    .bind(user.to_string())
    .bind(id.to_string())
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|row| session(&row)).transpose()
}

/// Sessions of a user that go on, youngest first, `limit` of them after `after`.
///
/// # Errors
/// The query failed.
pub async fn of_user(
    db: &mut Connection,
    user: Uuid,
    after: Option<&Cursor>,
    limit: i64,
    now: UnixSeconds,
) -> Result<Vec<Session>, DbError> {
    let first = (UnixSeconds::MAX, String::new());
    let (created_at, id) = after.unwrap_or(&first);
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        ", s.user_id FROM sessions s WHERE s.user_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 \
         AND (s.ends_at IS NULL OR s.ends_at > $2) \
         AND (s.created_at < $3 OR (s.created_at = $3 AND s.id < $4)) \
         ORDER BY s.created_at DESC, s.id DESC LIMIT $5"
    ))
    .bind(user.to_string())
    .bind(now)
    .bind(*created_at)
    .bind(id.clone())
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| session(row)).collect()
}

/// Every session of a user that is kept, also those that have ended, youngest first.
///
/// # Errors
/// The query failed.
pub async fn every_of_user(db: &mut Connection, user: Uuid) -> Result<Vec<Session>, DbError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        ", s.user_id FROM sessions s WHERE s.user_id = $1 ORDER BY s.created_at DESC, s.id DESC"
    ))
    .bind(user.to_string())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| session(row)).collect()
}
