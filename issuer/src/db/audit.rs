//! The audit log.

use uuid::Uuid;

use super::row::exactly_one;
use super::{Connection, DbError};
use crate::audit::Entry;
use crate::clock::UnixSeconds;

/// Writes an entry.
///
/// # Errors
/// The query failed.
pub async fn insert(
    db: &mut Connection,
    id: Uuid,
    entry: &Entry,
    now: UnixSeconds,
) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO audit (id, at, actor, action, subject, before, after, address) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id.to_string())
    .bind(now)
    .bind(entry.actor.to_string())
    .bind(entry.action)
    .bind(entry.subject.to_string())
    .bind(entry.before.as_ref().map(ToString::to_string))
    .bind(entry.after.as_ref().map(ToString::to_string))
    .bind(entry.address.clone())
    .execute(db)
    .await?;
    exactly_one(&result)
}
