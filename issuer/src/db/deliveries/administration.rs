//! Deliveries listed, counted, and sent again.

use sqlx::any::AnyRow;
use uuid::Uuid;

use super::{Delivery, Endpoint, State};
use crate::clock::UnixSeconds;
use crate::db::row::{get, get_uuid};
use crate::db::{Connection, DbError};

/// Which deliveries to list.
#[derive(Debug, Clone, Copy)]
pub struct Filter {
    /// Those to this endpoint.
    pub endpoint: Endpoint,
    /// Only those that have got this far.
    pub state: Option<State>,
}

/// How much is on its way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// To be sent, now or later.
    pub waiting: i64,
    /// Given up, and not yet forgotten.
    pub dead: i64,
    /// When the oldest event happened that is to be sent.
    pub oldest: Option<UnixSeconds>,
}

/// Deliveries to an endpoint, youngest first, `limit` of them after the one of this time and event.
///
/// # Errors
/// The query failed.
pub async fn list(
    db: &mut Connection,
    filter: Filter,
    after: Option<&(UnixSeconds, String)>,
    limit: i64,
) -> Result<Vec<Delivery>, DbError> {
    let first = (UnixSeconds::MAX, String::new());
    let (at, event) = after.unwrap_or(&first);
    let rows = sqlx::query(
        "SELECT d.event, e.name, d.endpoint, d.stream, d.state, d.attempts, d.due_at, \
         d.give_up_at, d.status, d.error, d.created_at, d.ended_at \
         FROM deliveries d JOIN events e ON e.id = d.event \
         WHERE d.endpoint = $1 AND ($2 = '' OR d.state = $2) \
         AND (d.created_at < $3 OR (d.created_at = $3 AND d.event < $4)) \
         ORDER BY d.created_at DESC, d.event DESC LIMIT $5",
    )
    .bind(filter.endpoint.to_string())
    .bind(filter.state.map_or("", State::as_str))
    .bind(*at)
    .bind(event.clone())
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(delivery).collect()
}

/// Lets one be sent again, whatever became of it, or at once; whether there was one.
///
/// # Errors
/// The query failed.
pub async fn repeat(
    db: &mut Connection,
    endpoint: Endpoint,
    event: Uuid,
    now: UnixSeconds,
    give_up_at: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE deliveries SET state = 'waiting', due_at = $3, give_up_at = $4, ended_at = NULL \
         WHERE endpoint = $1 AND event = $2",
    )
    .bind(endpoint.to_string())
    .bind(event.to_string())
    .bind(now)
    .bind(give_up_at)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Lets all that were given up be sent again; how many.
///
/// # Errors
/// The query failed.
pub async fn repeat_all(
    db: &mut Connection,
    endpoint: Endpoint,
    now: UnixSeconds,
    give_up_at: UnixSeconds,
) -> Result<u64, DbError> {
    let result = sqlx::query(
        "UPDATE deliveries SET state = 'waiting', due_at = $2, give_up_at = $3, ended_at = NULL \
         WHERE endpoint = $1 AND state = 'dead'",
    )
    .bind(endpoint.to_string())
    .bind(now)
    .bind(give_up_at)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

/// How much is on its way, to all endpoints together.
///
/// # Errors
/// The query failed.
pub async fn load(db: &mut Connection) -> Result<Load, DbError> {
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN state = 'waiting' THEN 1 END) AS waiting, \
         COUNT(CASE WHEN state = 'dead' THEN 1 END) AS dead, \
         MIN(CASE WHEN state = 'waiting' THEN created_at END) AS oldest \
         FROM deliveries WHERE state IN ('waiting', 'dead')",
    )
    .fetch_one(db)
    .await?;
    Ok(Load {
        waiting: get(&row, "waiting")?,
        dead: get(&row, "dead")?,
        oldest: get(&row, "oldest")?,
    })
}

fn delivery(row: &AnyRow) -> Result<Delivery, DbError> {
    let (endpoint, state): (String, String) = (get(row, "endpoint")?, get(row, "state")?);
    Ok(Delivery {
        event: get_uuid(row, "event")?,
        name: get(row, "name")?,
        endpoint: Endpoint::parse(&endpoint)
            .ok_or(DbError::Corrupt { what: "an endpoint", value: endpoint })?,
        stream: get(row, "stream")?,
        state: State::from_name(&state)
            .ok_or(DbError::Corrupt { what: "state of a delivery", value: state })?,
        attempts: get(row, "attempts")?,
        due_at: get(row, "due_at")?,
        give_up_at: get(row, "give_up_at")?,
        status: get(row, "status")?,
        error: get(row, "error")?,
        created_at: get(row, "created_at")?,
        ended_at: get(row, "ended_at")?,
    })
}
