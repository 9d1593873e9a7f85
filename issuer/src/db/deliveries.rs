//! Events, and their way to each endpoint.

use std::fmt;

use sqlx::any::AnyRow;
use uuid::Uuid;

use super::row::{exactly_one, get, get_uuid};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;
use crate::events::EventName;

/// Where an event is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// A hook, by id.
    Hook(Uuid),
    /// The exchange that the settings name.
    Amqp,
}

/// What the endpoint that is no hook is called.
const AMQP: &str = "amqp";

impl Endpoint {
    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            AMQP => Some(Self::Amqp),
            _ => Uuid::parse_str(text).ok().map(Self::Hook),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hook(id) => write!(f, "{id}"),
            Self::Amqp => f.write_str(AMQP),
        }
    }
}

/// How far a delivery has got.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// To be sent, now or later.
    Waiting,
    /// The endpoint took it.
    Delivered,
    /// It was given up, and waits for an administrator.
    Dead,
}

impl State {
    const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Dead];

    /// As the database writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// An event on its way to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The event.
    pub event: Uuid,
    /// Its name.
    pub name: String,
    /// Where it goes.
    pub endpoint: Endpoint,
    /// What it is in order with.
    pub stream: String,
    /// How far it has got.
    pub state: State,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, unless another of its stream goes before it.
    pub due_at: UnixSeconds,
    /// When it is given up.
    pub give_up_at: UnixSeconds,
    /// HTTP status of the last answer.
    pub status: Option<i64>,
    /// What became of the last attempt that failed.
    pub error: Option<String>,
    /// When the event happened.
    pub created_at: UnixSeconds,
    /// When it was delivered or given up.
    pub ended_at: Option<UnixSeconds>,
}

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

/// Gives up what nobody sends any more, such as to an endpoint that is disabled.
///
/// # Errors
/// The query failed.
pub async fn give_up(
    db: &mut Connection,
    before: UnixSeconds,
    now: UnixSeconds,
) -> Result<u64, DbError> {
    let result = sqlx::query(
        "UPDATE deliveries SET state = 'dead', ended_at = $2, \
         error = COALESCE(error, 'never sent: the endpoint was disabled') \
         WHERE state = 'waiting' AND give_up_at <= $1",
    )
    .bind(before)
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

/// Which deliveries to list.
#[derive(Debug, Clone, Copy)]
pub struct Filter {
    /// Those to this endpoint.
    pub endpoint: Endpoint,
    /// Only those that have got this far.
    pub state: Option<State>,
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
