//! The audit log.

use sqlx::any::AnyRow;
use uuid::Uuid;

use super::row::{exactly_one, get};
use super::{Connection, DbError};
use crate::audit::{Action, Entry};
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
    .bind(entry.action.as_str())
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
        "SELECT id, at, actor, action, subject, before, after, address FROM audit \
         WHERE subject = $1 OR actor = $1 ORDER BY at, id",
    )
    .bind(format!("user:{user}"))
    .fetch_all(db)
    .await?;
    rows.iter().map(written).collect()
}

/// Takes out of the log what names a person, and leaves who did what, to whom, when: what they or the
/// issuer wrote about them, and where they acted from. What others did to them stays whole, since it
/// names them by id only: nobody covers up what they did by erasing whom they did it to.
///
/// # Errors
/// The query failed.
pub async fn forget_user(db: &mut Connection, user: Uuid) -> Result<(), DbError> {
    let user = format!("user:{user}");
    sqlx::query(
        "UPDATE audit SET before = NULL, after = NULL \
         WHERE subject = $1 AND actor IN ($1, 'issuer')",
    )
    .bind(user.clone())
    .execute(&mut *db)
    .await?;
    sqlx::query("UPDATE audit SET address = NULL WHERE actor = $1").bind(user).execute(db).await?;
    Ok(())
}

/// An entry as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its id.
    pub id: String,
    /// When.
    pub at: UnixSeconds,
    /// Who, as [`crate::audit::Actor`] is written.
    pub actor: String,
    /// What.
    pub action: String,
    /// To whom, as [`crate::audit::Subject`] is written.
    pub subject: String,
    /// As it was, in JSON.
    pub before: Option<String>,
    /// As it is since, in JSON.
    pub after: Option<String>,
    /// Address the request came from.
    pub address: Option<String>,
}

/// Which entries to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only what this actor did.
    pub actor: Option<String>,
    /// Only what was done to this subject.
    pub subject: Option<String>,
    /// Only this action.
    pub action: Option<Action>,
    /// Not before this moment.
    pub from: Option<UnixSeconds>,
    /// Before this moment.
    pub to: Option<UnixSeconds>,
}

/// Entries, youngest first, `limit` of them after the one of this time and id.
///
/// # Errors
/// The query failed.
pub async fn list(
    db: &mut Connection,
    filter: &Filter,
    after: Option<&(UnixSeconds, String)>,
    limit: i64,
) -> Result<Vec<Written>, DbError> {
    let first = (UnixSeconds::MAX, String::new());
    let (at, id) = after.unwrap_or(&first);
    let rows = sqlx::query(
        "SELECT id, at, actor, action, subject, before, after, address FROM audit \
         WHERE (at < $1 OR (at = $1 AND id < $2)) AND ($3 = '' OR actor = $3) \
         AND ($4 = '' OR subject = $4) AND ($5 = '' OR action = $5) AND at >= $6 AND at < $7 \
         ORDER BY at DESC, id DESC LIMIT $8",
    )
    .bind(*at)
    .bind(id.clone())
    .bind(filter.actor.clone().unwrap_or_default())
    .bind(filter.subject.clone().unwrap_or_default())
    .bind(filter.action.map_or("", Action::as_str))
    .bind(filter.from.unwrap_or(UnixSeconds::MIN))
    .bind(filter.to.unwrap_or(UnixSeconds::MAX))
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(written).collect()
}

fn written(row: &AnyRow) -> Result<Written, DbError> {
    Ok(Written {
        id: get(row, "id")?,
        at: get(row, "at")?,
        actor: get(row, "actor")?,
        action: get(row, "action")?,
        subject: get(row, "subject")?,
        before: get(row, "before")?,
        after: get(row, "after")?,
        address: get(row, "address")?,
    })
}
