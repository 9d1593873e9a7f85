//! Log-ins at providers that are under way: what was begun, and the codes at the end.

use sqlx::any::AnyRow;
use uuid::Uuid;

use super::row::{exactly_one, get, get_optional_uuid};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// A log-in that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Half of what it is tied to.
    pub salt: String,
    /// At which provider.
    pub provider: String,
    /// Where the way leads back to.
    pub next: String,
    /// PKCE's challenge of who will exchange the code; absent where there will be none.
    pub challenge: Option<String>,
    /// The session that asks for a link.
    pub session: Option<Uuid>,
    /// When it is given up.
    pub expires_at: UnixSeconds,
}

/// A one-time code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Where it was brought to.
    pub next: String,
    /// PKCE's challenge of who may exchange it.
    pub challenge: String,
    /// What the provider said, in JSON; absent once the code was used.
    pub assertion: Option<String>,
    /// The session that asked for a link.
    pub session: Option<Uuid>,
    /// The session that was made of it.
    pub made: Option<Uuid>,
    /// When it stops working, or is forgotten.
    pub expires_at: UnixSeconds,
}

/// Writes a log-in that begins.
///
/// # Errors
/// The query failed.
pub async fn begin(
    db: &mut Connection,
    state_hash: &str,
    held_hash: &str,
    state: &State,
) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO external_states (state_hash, held_hash, salt, provider, next, challenge, \
         session_id, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(state_hash)
    .bind(held_hash)
    .bind(state.salt.clone())
    .bind(state.provider.clone())
    .bind(state.next.clone())
    .bind(state.challenge.clone())
    .bind(state.session.map(|id| id.to_string()))
    .bind(state.expires_at)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Takes a log-in that was begun by whoever holds this, at this provider: of two who try, one gets
/// it.
///
/// # Errors
/// The query failed.
pub async fn take(
    db: &mut Connection,
    state_hash: &str,
    held_hash: &str,
    provider: &str,
    now: UnixSeconds,
) -> Result<Option<State>, DbError> {
    let row = sqlx::query(
        "DELETE FROM external_states \
         WHERE state_hash = $1 AND held_hash = $2 AND provider = $3 AND expires_at > $4 \
         RETURNING salt, provider, next, challenge, session_id, expires_at",
    )
    .bind(state_hash)
    .bind(held_hash)
    .bind(provider)
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|row| state(&row)).transpose()
}

/// Writes a code.
///
/// # Errors
/// The query failed.
pub async fn insert_code(db: &mut Connection, code_hash: &str, code: &Code) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO external_codes (code_hash, next, challenge, assertion, session_id, \
         expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(code_hash)
    .bind(code.next.clone())
    .bind(code.challenge.clone())
    .bind(code.assertion.clone())
    .bind(code.session.map(|id| id.to_string()))
    .bind(code.expires_at)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Keeps others from a code until the transaction ends; the code, if it still works or was used.
///
/// # Errors
/// The query failed.
pub async fn hold_code(
    db: &mut Connection,
    code_hash: &str,
    now: UnixSeconds,
) -> Result<Option<Code>, DbError> {
    let row = sqlx::query(
        // A write that changes nothing is the lock that both databases have.
        "UPDATE external_codes SET next = next WHERE code_hash = $1 AND expires_at > $2 \
         RETURNING next, challenge, assertion, session_id, made, expires_at",
    )
    .bind(code_hash)
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|row| code(&row)).transpose()
}

/// Remembers a code that was used, with the session it became.
///
/// # Errors
/// The query failed.
pub async fn remember_used(
    db: &mut Connection,
    code_hash: &str,
    made: Uuid,
    until: UnixSeconds,
) -> Result<(), DbError> {
    let result = sqlx::query(
        "UPDATE external_codes SET assertion = NULL, made = $2, expires_at = $3 \
         WHERE code_hash = $1",
    )
    .bind(code_hash)
    .bind(made.to_string())
    .bind(until)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Removes a code that is worth nothing any more.
///
/// # Errors
/// The query failed.
pub async fn forget_code(db: &mut Connection, code_hash: &str) -> Result<(), DbError> {
    let result = sqlx::query("DELETE FROM external_codes WHERE code_hash = $1")
        .bind(code_hash)
        .execute(db)
        .await?;
    exactly_one(&result)
}

/// Removes what was given up, a thousand of each at most.
///
/// # Errors
/// The query failed.
pub async fn forget_expired(db: &mut Connection, now: UnixSeconds) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM external_states WHERE state_hash IN (SELECT state_hash FROM external_states \
         WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)",
    )
    .bind(now)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "DELETE FROM external_codes WHERE code_hash IN (SELECT code_hash FROM external_codes \
         WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)",
    )
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

fn state(row: &AnyRow) -> Result<State, DbError> {
    Ok(State {
        salt: get(row, "salt")?,
        provider: get(row, "provider")?,
        next: get(row, "next")?,
        challenge: get(row, "challenge")?,
        session: get_optional_uuid(row, "session_id")?,
        expires_at: get(row, "expires_at")?,
    })
}

fn code(row: &AnyRow) -> Result<Code, DbError> {
    Ok(Code {
        next: get(row, "next")?,
        challenge: get(row, "challenge")?,
        assertion: get(row, "assertion")?,
        session: get_optional_uuid(row, "session_id")?,
        made: get_optional_uuid(row, "made")?,
        expires_at: get(row, "expires_at")?,
    })
}
