//! Rate limits: what is remembered of each thing that is counted.

use super::ask::{Ask, Parameter};
use super::row::get;
use super::{Connection, DbError};

/// Takes one from what `key` has left, unless its `empty_at` lies after `open_until`; whether there
/// was one. All times are Unix milliseconds.
///
/// One statement decides and writes, so requests that come at once are told apart by the row's
/// lock. An `empty_at` after `absurd` can't have been written by this limit under this clock; then
/// `full` is written instead.
///
/// # Errors
/// The query failed.
pub async fn take(db: &mut Connection, key: &str, take: &Take) -> Result<bool, DbError> {
    let result = sqlx::query(
        "INSERT INTO limits (key, empty_at) VALUES ($1, $2) \
         ON CONFLICT (key) DO UPDATE SET empty_at = CASE \
         WHEN limits.empty_at > $5 THEN $6 \
         WHEN limits.empty_at + $3 < $2 THEN $2 \
         ELSE limits.empty_at + $3 END \
         WHERE limits.empty_at <= $4 OR limits.empty_at > $5",
    )
    .bind(key.to_owned())
    .bind(take.fresh)
    .bind(take.interval)
    .bind(take.open_until)
    .bind(take.absurd)
    .bind(take.full)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// The numbers of one [`take`], in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Take {
    /// `empty_at` where nothing was remembered.
    pub fresh: i64,
    /// What one costs.
    pub interval: i64,
    /// The latest `empty_at` that leaves room for one more.
    pub open_until: i64,
    /// What lies beyond was not written by this limit under this clock.
    pub absurd: i64,
    /// `empty_at` of a limit that is used up.
    pub full: i64,
}

/// When there is nothing to remember of `key` any more, Unix milliseconds.
///
/// # Errors
/// The query failed.
pub async fn empty_at(db: impl Ask, key: &str) -> Result<Option<i64>, DbError> {
    let sql = "SELECT empty_at FROM limits WHERE key = $1";
    db.one(sql, &[Parameter::Text(key)], |row| get(row, "empty_at")).await
}

/// Gives one back to `key`.
///
/// # Errors
/// The query failed.
pub async fn give_back(db: &mut Connection, key: &str, interval: i64) -> Result<(), DbError> {
    // No row: it was forgotten in between, and there is nothing to give back.
    sqlx::query("UPDATE limits SET empty_at = empty_at - $2 WHERE key = $1")
        .bind(key.to_owned())
        .bind(interval)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes what need not be remembered at `now` (Unix milliseconds), a thousand rows at most; how
/// many there were.
///
/// # Errors
/// The query failed.
pub async fn forget_empty(db: &mut Connection, now: i64) -> Result<u64, DbError> {
    let result = sqlx::query(
        "DELETE FROM limits WHERE key IN \
         (SELECT key FROM limits WHERE empty_at <= $1 ORDER BY empty_at LIMIT 1000) \
         AND empty_at <= $1",
    )
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}
