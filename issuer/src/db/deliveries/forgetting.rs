//! What is over, removed.

use super::Endpoint;
use crate::clock::UnixSeconds;
use crate::db::{Connection, DbError};

/// Removes deliveries that ended well before `before` and dead ones that did before `long_before`,
/// events that nobody waits for, and streams that are empty; a thousand of each at most.
///
/// # Errors
/// The query failed.
pub async fn forget_old(
    db: &mut Connection,
    before: UnixSeconds,
    long_before: UnixSeconds,
) -> Result<u64, DbError> {
    let gone = sqlx::query(
        "DELETE FROM deliveries WHERE (event, endpoint) IN (SELECT event, endpoint FROM deliveries \
         WHERE (state = 'delivered' AND ended_at <= $1) OR (state = 'dead' AND ended_at <= $2) \
         LIMIT 1000)",
    )
    .bind(before)
    .bind(long_before)
    .execute(&mut *db)
    .await?;
    let lost = sqlx::query(
        "DELETE FROM events WHERE id IN (SELECT e.id FROM events e WHERE NOT EXISTS \
         (SELECT 1 FROM deliveries d WHERE d.event = e.id) AND e.occurred_at <= $1 LIMIT 1000)",
    )
    .bind(before)
    .execute(&mut *db)
    .await?;
    // Not one that was written to a moment ago, whose delivery may not be seen from here yet.
    let empty = sqlx::query(
        "DELETE FROM event_streams WHERE name IN (SELECT s.name FROM event_streams s \
         WHERE s.emitted_at <= $1 AND NOT EXISTS \
         (SELECT 1 FROM deliveries d WHERE d.stream = s.name) LIMIT 1000) AND emitted_at <= $1",
    )
    .bind(before)
    .execute(db)
    .await?;
    Ok(gone.rows_affected() + lost.rows_affected() + empty.rows_affected())
}

/// Removes what was told to a hook while that was being removed: nobody can name it any more.
///
/// # Errors
/// The query failed.
pub async fn forget_gone(db: &mut Connection) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM deliveries WHERE endpoint <> $1 AND endpoint NOT IN (SELECT id FROM hooks)",
    )
    .bind(Endpoint::Amqp.to_string())
    .execute(db)
    .await?;
    Ok(())
}

/// Removes what ended of a stream, such as of a person who is to be forgotten.
///
/// # Errors
/// The query failed.
pub async fn forget_stream(db: &mut Connection, stream: &str) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM events WHERE id IN \
         (SELECT event FROM deliveries WHERE stream = $1 AND state <> 'waiting') \
         AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event = events.id \
         AND d.state = 'waiting')",
    )
    .bind(stream)
    .execute(db)
    .await?;
    Ok(())
}
