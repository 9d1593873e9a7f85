//! Deliveries that are due: taken, and what became of them.

use uuid::Uuid;

use super::{Endpoint, State};
use crate::clock::UnixSeconds;
use crate::db::row::{get, get_uuid};
use crate::db::{Connection, DbError};

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The event.
    pub event: Uuid,
    /// Its name.
    pub name: String,
    /// What is sent.
    pub body: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is given up.
    pub give_up_at: UnixSeconds,
    /// When the event happened.
    pub created_at: UnixSeconds,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The endpoint took it.
    Delivered {
        /// HTTP status.
        status: Option<i64>,
    },
    /// It is tried again.
    Again {
        /// When.
        due_at: UnixSeconds,
        /// HTTP status, where there was an answer.
        status: Option<i64>,
        /// What happened.
        error: String,
    },
    /// It is given up.
    Dead {
        /// HTTP status, where there was an answer.
        status: Option<i64>,
        /// What happened.
        error: String,
    },
}

/// What is to be sent to an endpoint now: of each stream the first that waits, if it is due.
///
/// # Errors
/// The query failed.
pub async fn due(
    db: &mut Connection,
    endpoint: Endpoint,
    now: UnixSeconds,
    limit: i64,
) -> Result<Vec<Due>, DbError> {
    let rows = sqlx::query(
        "SELECT d.event, e.name, e.body, d.attempts, d.give_up_at, d.created_at FROM deliveries d \
         JOIN events e ON e.id = d.event \
         WHERE d.endpoint = $1 AND d.state = 'waiting' AND d.due_at <= $2 AND NOT EXISTS \
         (SELECT 1 FROM deliveries o WHERE o.endpoint = d.endpoint AND o.stream = d.stream \
         AND o.state = 'waiting' AND o.position < d.position) \
         ORDER BY d.due_at, d.event LIMIT $3",
    )
    .bind(endpoint.to_string())
    .bind(now)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Due {
                event: get_uuid(row, "event")?,
                name: get(row, "name")?,
                body: get(row, "body")?,
                attempts: get(row, "attempts")?,
                give_up_at: get(row, "give_up_at")?,
                created_at: get(row, "created_at")?,
            })
        })
        .collect()
}

/// Takes a delivery for one attempt, which counts even if the process ends in it; until `due_at`
/// nobody else takes it. Whether it was still there to be taken.
///
/// # Errors
/// The query failed.
pub async fn claim(
    db: &mut Connection,
    endpoint: Endpoint,
    due: &Due,
    due_at: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE deliveries SET attempts = attempts + 1, due_at = $4 \
         WHERE event = $1 AND endpoint = $2 AND attempts = $3 AND state = 'waiting'",
    )
    .bind(due.event.to_string())
    .bind(endpoint.to_string())
    .bind(due.attempts)
    .bind(due_at)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Notes what became of an attempt that was claimed; nothing where somebody else has taken it since,
/// which has the later word.
///
/// # Errors
/// The query failed.
pub async fn note(
    db: &mut Connection,
    endpoint: Endpoint,
    due: &Due,
    outcome: &Outcome,
    now: UnixSeconds,
) -> Result<(), DbError> {
    let (state, due_at, status, error, ended_at) = match outcome.clone() {
        Outcome::Delivered { status } => (State::Delivered, now, status, None, Some(now)),
        Outcome::Again { due_at, status, error } => {
            (State::Waiting, due_at, status, Some(error), None)
        }
        Outcome::Dead { status, error } => (State::Dead, now, status, Some(error), Some(now)),
    };
    sqlx::query(
        "UPDATE deliveries SET state = $4, due_at = $5, status = $6, error = $7, ended_at = $8 \
         WHERE event = $1 AND endpoint = $2 AND attempts = $3 AND state = 'waiting'",
    )
    .bind(due.event.to_string())
    .bind(endpoint.to_string())
    .bind(due.attempts + 1)
    .bind(state.as_str())
    .bind(due_at)
    .bind(status)
    .bind(error)
    .bind(ended_at)
    .execute(db)
    .await?;
    Ok(())
}

/// Gives up what nobody sends any more: to a hook that is disabled, or to the broker where there is none
/// (`amqp` says). To others each has its last attempt, however late.
///
/// # Errors
/// The query failed.
pub async fn give_up(
    db: &mut Connection,
    amqp: bool,
    before: UnixSeconds,
    now: UnixSeconds,
) -> Result<u64, DbError> {
    let result = sqlx::query(
        "UPDATE deliveries SET state = 'dead', ended_at = $2, \
         error = COALESCE(error, 'never sent: the endpoint was disabled') \
         WHERE state = 'waiting' AND give_up_at <= $1 AND endpoint <> $3 \
         AND endpoint NOT IN (SELECT id FROM hooks WHERE disabled_at IS NULL)",
    )
    .bind(before)
    .bind(now)
    .bind(if amqp { Endpoint::Amqp.to_string() } else { String::new() })
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}
