//! Sessions: the rows behind main tokens.

mod ending;
mod forgetting;
mod reading;

use uuid::Uuid;

pub use self::ending::{EndReason, end, end_all, end_scheduled, schedule_end, set_end};
pub use self::forgetting::{forget_all_expired, forget_expired, forget_origins};
pub use self::reading::{Cursor, every_of_user, holder_of_open, of_user, one_of_user};
use super::row::{Row, exactly_one, get, get_uuid};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// `sid` of its tokens.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// Rotation counter of the current main token.
    pub ctr: i64,
    /// When the current main token was made.
    pub rotated_at: UnixSeconds,
    /// Whether the current main token has been used.
    pub current_used: bool,
    /// When the session began.
    pub created_at: UnixSeconds,
    /// When its holder proved who they are.
    pub auth_time: UnixSeconds,
    /// How they proved it (RFC 8176).
    pub amr: Vec<String>,
    /// When it ends, unless it is rotated before.
    pub expires_at: UnixSeconds,
    /// An end that an administrator has set; no rotation passes it.
    pub ends_at: Option<UnixSeconds>,
    /// When it was last used, to within a few minutes.
    pub last_used_at: UnixSeconds,
    /// When it was ended, if it was.
    pub ended_at: Option<UnixSeconds>,
    /// Where it came from.
    pub origin: Origin,
}

impl Session {
    /// A session that begins now, of somebody who has proved nothing: that never passes for a recent
    /// log-in, and no token mentions it.
    #[must_use]
    pub fn unproved(
        id: Uuid,
        user_id: Uuid,
        now: UnixSeconds,
        expires_at: UnixSeconds,
        origin: Origin,
    ) -> Self {
        Self {
            id,
            user_id,
            ctr: 0,
            rotated_at: now,
            current_used: false,
            created_at: now,
            auth_time: 0,
            amr: Vec::new(),
            expires_at,
            ends_at: None,
            last_used_at: now,
            ended_at: None,
            origin,
        }
    }
}

/// Where a session came from, for its owner's eyes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// What the client calls itself.
    pub client: Option<String>,
    /// Address of the client.
    pub address: Option<String>,
    /// Its `User-Agent`.
    pub user_agent: Option<String>,
}

/// The columns of a [`Session`], of a table called `s`, but for `user_id`, which is among those of
/// its holder.
macro_rules! columns {
    () => {
        "s.id, s.ctr, s.rotated_at, s.current_used, s.created_at, s.auth_time, s.amr, \
         s.expires_at, s.ends_at, s.last_used_at, s.ended_at, s.client, s.address, s.user_agent"
    };
}
pub(super) use columns;

/// Writes a new session.
///
/// # Errors
/// The query failed.
pub async fn insert(db: &mut Connection, session: &Session) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO sessions (id, user_id, ctr, rotated_at, current_used, created_at, auth_time, \
         amr, expires_at, last_used_at, client, address, user_agent) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(session.id.to_string())
    .bind(session.user_id.to_string())
    .bind(session.ctr)
    .bind(session.rotated_at)
    .bind(i64::from(session.current_used))
    .bind(session.created_at)
    .bind(session.auth_time)
    .bind(session.amr.join(" "))
    .bind(session.expires_at)
    .bind(session.last_used_at)
    .bind(session.origin.client.clone())
    .bind(session.origin.address.clone())
    .bind(session.origin.user_agent.clone())
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Moves the counter from `session.ctr` to the next; whether it still stood there.
///
/// # Errors
/// The query failed.
pub async fn rotate(
    db: &mut Connection,
    session: &Session,
    expires_at: UnixSeconds,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE sessions SET ctr = ctr + 1, rotated_at = $3, current_used = 0, expires_at = $4, \
         last_used_at = $3 WHERE id = $1 AND ctr = $2 AND ended_at IS NULL",
    )
    .bind(session.id.to_string())
    .bind(session.ctr)
    .bind(now)
    .bind(expires_at)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Notes that the token with counter `ctr` was used, and when.
///
/// # Errors
/// The query failed.
pub async fn mark_used(
    db: &mut Connection,
    id: Uuid,
    ctr: i64,
    now: UnixSeconds,
) -> Result<(), DbError> {
    // No row: the session was ended or rotated in between, and there is nothing left to note.
    sqlx::query(
        "UPDATE sessions SET current_used = 1, last_used_at = $3 \
         WHERE id = $1 AND ctr = $2 AND ended_at IS NULL",
    )
    .bind(id.to_string())
    .bind(ctr)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that the holder of a session has proved anew who they are, and how (RFC 8176).
///
/// # Errors
/// The query failed.
pub async fn authenticated(
    db: &mut Connection,
    id: Uuid,
    amr: &[String],
    now: UnixSeconds,
) -> Result<(), DbError> {
    let result = sqlx::query(
        "UPDATE sessions SET auth_time = $2, amr = $3 WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(id.to_string())
    .bind(now)
    .bind(amr.join(" "))
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Keeps others from ending a session until the transaction ends; whether it still goes on.
///
/// # Errors
/// The query failed.
pub async fn hold(db: &mut Connection, id: Uuid) -> Result<bool, DbError> {
    // A write that changes nothing is the lock that both databases have.
    let result = sqlx::query("UPDATE sessions SET ctr = ctr WHERE id = $1 AND ended_at IS NULL")
        .bind(id.to_string())
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// A session of a row with the columns of [`columns`].
pub(super) fn session(row: &dyn Row) -> Result<Session, DbError> {
    let amr: &str = get(row, "amr")?;
    Ok(Session {
        id: get_uuid(row, "id")?,
        user_id: get_uuid(row, "user_id")?,
        ctr: get(row, "ctr")?,
        rotated_at: get(row, "rotated_at")?,
        current_used: get::<i64>(row, "current_used")? != 0,
        created_at: get(row, "created_at")?,
        auth_time: get(row, "auth_time")?,
        amr: amr.split_whitespace().map(str::to_owned).collect(),
        expires_at: get(row, "expires_at")?,
        ends_at: get(row, "ends_at")?,
        last_used_at: get(row, "last_used_at")?,
        ended_at: get(row, "ended_at")?,
        origin: Origin {
            client: get(row, "client")?,
            address: get(row, "address")?,
            user_agent: get(row, "user_agent")?,
        },
    })
}
