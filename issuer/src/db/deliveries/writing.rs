//! Events written down, each with its place in its stream.

use uuid::Uuid;

use super::Delivery;
use crate::clock::UnixSeconds;
use crate::db::row::exactly_one;
use crate::db::{Connection, DbError};
use crate::events::EventName;

/// Writes an event.
///
/// # Errors
/// The query failed.
pub async fn insert_event(
    db: &mut Connection,
    id: Uuid,
    name: EventName,
    body: &str,
    now: UnixSeconds,
) -> Result<(), DbError> {
    let result =
        sqlx::query("INSERT INTO events (id, name, body, occurred_at) VALUES ($1, $2, $3, $4)")
            .bind(id.to_string())
            .bind(name.as_str())
            .bind(body)
            .bind(now)
            .execute(db)
            .await?;
    exactly_one(&result)
}

/// The next place in a stream. Whoever else wants one waits until this transaction ends, so places
/// are in the order of commits.
///
/// # Errors
/// The query failed.
pub async fn advance(db: &mut Connection, stream: &str, now: UnixSeconds) -> Result<i64, DbError> {
    Ok(sqlx::query_scalar(
        "INSERT INTO event_streams (name, position, emitted_at) VALUES ($1, 1, $2) \
         ON CONFLICT (name) DO UPDATE SET position = event_streams.position + 1, \
         emitted_at = excluded.emitted_at RETURNING position",
    )
    .bind(stream)
    .bind(now)
    .fetch_one(db)
    .await?)
}

/// Writes a delivery at its place in the stream.
///
/// # Errors
/// The query failed.
pub async fn insert(
    db: &mut Connection,
    delivery: &Delivery,
    position: i64,
) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO deliveries (event, endpoint, stream, position, state, attempts, due_at, \
         give_up_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(delivery.event.to_string())
    .bind(delivery.endpoint.to_string())
    .bind(delivery.stream.clone())
    .bind(position)
    .bind(delivery.state.as_str())
    .bind(delivery.attempts)
    .bind(delivery.due_at)
    .bind(delivery.give_up_at)
    .bind(delivery.created_at)
    .execute(db)
    .await?;
    exactly_one(&result)
}
