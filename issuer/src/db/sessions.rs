//! Sessions: the rows behind main tokens.

use uuid::Uuid;

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

/// Why a session was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// Its holder logged out.
    LogOut,
    /// A main token was used again after it had been replaced.
    Reuse,
    /// A main token was ahead of the row: the database is older than the token.
    Ahead,
    /// The account was disabled or deleted.
    UserGone,
    /// Its holder ended it from another session.
    Holder,
    /// An administrator ended it.
    Administrator,
    /// The password was changed or reset.
    Password,
}

impl EndReason {
    /// As the database and the audit log write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LogOut => "log_out",
            Self::Reuse => "reuse",
            Self::Ahead => "ahead",
            Self::UserGone => "user_gone",
            Self::Holder => "holder",
            Self::Administrator => "administrator",
            Self::Password => "password",
        }
    }
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

/// Where a page of sessions begins: after the session that began at this time, with this id.
pub type Cursor = (UnixSeconds, String);

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

/// Ends a session; whose it was, where it was still going on.
///
/// # Errors
/// The query failed.
pub async fn end(
    db: &mut Connection,
    id: Uuid,
    reason: EndReason,
    now: UnixSeconds,
) -> Result<Option<Uuid>, DbError> {
    let row = sqlx::query(
        "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL \
         RETURNING user_id",
    )
    .bind(id.to_string())
    .bind(now)
    .bind(reason.as_str())
    .fetch_optional(db)
    .await?;
    row.map(|row| get_uuid(&row, "user_id")).transpose()
}

/// Whose session this is, where it goes on.
///
/// # Errors
/// The query failed.
pub async fn holder_of_open(
    db: &mut Connection,
    id: Uuid,
    now: UnixSeconds,
) -> Result<Option<Uuid>, DbError> {
    let row = sqlx::query(
        "SELECT user_id FROM sessions WHERE id = $1 AND ended_at IS NULL AND expires_at > $2 \
         AND (ends_at IS NULL OR ends_at > $2)",
    )
    .bind(id.to_string())
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|row| get_uuid(&row, "user_id")).transpose()
}

/// Sets or takes back the end of a session; whether it goes on.
///
/// # Errors
/// The query failed.
pub async fn schedule_end(
    db: &mut Connection,
    id: Uuid,
    at: Option<UnixSeconds>,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE sessions SET ends_at = $2 WHERE id = $1 AND ended_at IS NULL AND expires_at > $3 \
         AND (ends_at IS NULL OR ends_at > $3)",
    )
    .bind(id.to_string())
    .bind(at)
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Ends sessions whose end was set and has passed, `limit` of them at most; their ids, and whose
/// they were.
///
/// # Errors
/// The query failed.
pub async fn end_scheduled(
    db: &mut Connection,
    now: UnixSeconds,
    limit: i64,
) -> Result<Vec<(Uuid, Uuid)>, DbError> {
    let rows = sqlx::query(
        "UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE ended_at IS NULL AND id IN \
         (SELECT id FROM sessions WHERE ends_at <= $1 AND ended_at IS NULL \
         ORDER BY ends_at LIMIT $3) RETURNING id, user_id",
    )
    .bind(now)
    .bind(EndReason::Administrator.as_str())
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((get_uuid(row, "id")?, get_uuid(row, "user_id")?))).collect()
}

/// Ends every session of a user that goes on, but for `except`; the ids of those it ended.
///
/// # Errors
/// The query failed.
pub async fn end_all(
    db: &mut Connection,
    user: Uuid,
    except: Option<Uuid>,
    reason: EndReason,
    now: UnixSeconds,
) -> Result<Vec<Uuid>, DbError> {
    let rows = sqlx::query(
        "UPDATE sessions SET ended_at = $2, end_reason = $3 \
         WHERE user_id = $1 AND ended_at IS NULL AND id <> $4 RETURNING id",
    )
    .bind(user.to_string())
    .bind(now)
    .bind(reason.as_str())
    .bind(except.map_or_else(String::new, |id| id.to_string()))
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| get_uuid(row, "id")).collect()
}

/// A session of a user that goes on.
///
/// # Errors
/// The query failed.
pub async fn one_of_user(
    db: &mut Connection,
    user: Uuid,
    id: Uuid,
    now: UnixSeconds,
) -> Result<Option<Session>, DbError> {
    let row = sqlx::query(
        "SELECT id, user_id, ctr, rotated_at, current_used, created_at, auth_time, amr, \
         expires_at, ends_at, last_used_at, ended_at, client, address, user_agent FROM sessions \
         WHERE user_id = $1 AND id = $2 AND ended_at IS NULL AND expires_at > $3",
    )
    .bind(user.to_string())
    .bind(id.to_string())
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|row| session(&row)).transpose()
}

/// Sets when a session will end, or that it will not; whether it was still going on.
///
/// # Errors
/// The query failed.
pub async fn set_end(
    db: &mut Connection,
    id: Uuid,
    ends_at: Option<UnixSeconds>,
) -> Result<bool, DbError> {
    let result = sqlx::query("UPDATE sessions SET ends_at = $2 WHERE id = $1 AND ended_at IS NULL")
        .bind(id.to_string())
        .bind(ends_at)
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Forgets where the sessions of a user came from.
///
/// # Errors
/// The query failed.
pub async fn forget_origins(db: &mut Connection, user: Uuid) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE sessions SET client = NULL, address = NULL, user_agent = NULL WHERE user_id = $1",
    )
    .bind(user.to_string())
    .execute(db)
    .await?;
    Ok(())
}

/// Removes the sessions of a user that have expired; nothing can use them any more.
///
/// # Errors
/// The query failed.
pub async fn forget_expired(
    db: &mut Connection,
    user: Uuid,
    now: UnixSeconds,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND expires_at <= $2")
        .bind(user.to_string())
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes sessions that have expired, a thousand at most: a long transaction would keep others
/// from writing.
///
/// # Errors
/// The query failed.
pub async fn forget_all_expired(db: &mut Connection, now: UnixSeconds) -> Result<u64, DbError> {
    let result = sqlx::query(
        "DELETE FROM sessions WHERE id IN \
         (SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)",
    )
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

/// Sessions of a user that go on, youngest first, `limit` of them after `after`.
///
/// # Errors
/// The query failed.
pub async fn of_user(
    db: &mut Connection,
    user: Uuid,
    after: Option<&Cursor>,
    limit: i64,
    now: UnixSeconds,
) -> Result<Vec<Session>, DbError> {
    let first = (UnixSeconds::MAX, String::new());
    let (created_at, id) = after.unwrap_or(&first);
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        ", s.user_id FROM sessions s WHERE s.user_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 \
         AND (s.ends_at IS NULL OR s.ends_at > $2) \
         AND (s.created_at < $3 OR (s.created_at = $3 AND s.id < $4)) \
         ORDER BY s.created_at DESC, s.id DESC LIMIT $5"
    ))
    .bind(user.to_string())
    .bind(now)
    .bind(*created_at)
    .bind(id.clone())
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| session(row)).collect()
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
