//! The audit log.

use uuid::Uuid;

use super::row::{exactly_one, get};
use super::{Connection, DbError};
use crate::audit::Entry;
use crate::clock::UnixSeconds;

/// An entry as it was written, for the eyes of whom it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// When.
    pub at: UnixSeconds,
    /// Who, as [`crate::audit::Actor`] is written.
    pub actor: String,
    /// What.
    pub action: String,
    /// To whom, as [`crate::audit::Subject`] is written.
    pub subject: String,
    /// As it was, JSON.
    pub before: Option<String>,
    /// As it is since, JSON.
    pub after: Option<String>,
    /// Address the request came from.
    pub address: Option<String>,
}

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

/// Every entry about a user or by them, oldest first.
///
/// # Errors
/// The query failed.
pub async fn about_user(db: &mut Connection, user: Uuid) -> Result<Vec<Written>, DbError> {
    let rows = sqlx::query(
        "SELECT at, actor, action, subject, before, after, address FROM audit \
         WHERE subject = $1 OR actor = $1 ORDER BY at, id",
    )
    .bind(format!("user:{user}"))
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Written {
                at: get(row, "at")?,
                actor: get(row, "actor")?,
                action: get(row, "action")?,
                subject: get(row, "subject")?,
                before: get(row, "before")?,
                after: get(row, "after")?,
                address: get(row, "address")?,
            })
        })
        .collect()
}
