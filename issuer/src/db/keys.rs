//! Signing keys, wrapped.

use sqlx::any::AnyRow;

use super::row::{exactly_one, get};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;
use crate::keys::Algorithm;

/// A signing key as it lies in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// What it is used for.
    pub state: KeyState,
    /// PKCS#8 under the master key; empty once it was revoked.
    pub wrapped: String,
    /// When it was made, and published.
    pub created_at: UnixSeconds,
    /// Since when it signs, or signed.
    pub activated_at: Option<UnixSeconds>,
    /// When another took its place.
    pub retired_at: Option<UnixSeconds>,
    /// When the last token of a retired key has expired.
    pub leaves_at: Option<UnixSeconds>,
    /// When it was revoked.
    pub revoked_at: Option<UnixSeconds>,
    /// The longest life in seconds that a token of it can have.
    pub token_life: i64,
}

/// What a key is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It is published and does not sign yet.
    Next,
    /// It signs.
    Active,
    /// It is published until its last token has expired.
    Retired,
    /// It is gone, and its tokens with it.
    Revoked,
}

impl KeyState {
    const ALL: [Self; 4] = [Self::Next, Self::Active, Self::Retired, Self::Revoked];

    /// As the database and the command line write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }

    /// Whether verifiers are told of the key.
    #[must_use]
    pub fn is_published(self) -> bool {
        match self {
            Self::Next | Self::Active | Self::Retired => true,
            Self::Revoked => false,
        }
    }

    fn parse(text: String) -> Result<Self, DbError> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or(DbError::Corrupt { what: "the state of a key", value: text })
    }
}

/// Writes a new key.
///
/// # Errors
/// [`DbError::Conflict`] where it is there already, or another of its algorithm has its state and
/// only one may.
pub async fn insert(db: &mut Connection, key: &StoredKey) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO signing_keys (kid, algorithm, state, wrapped, created_at, activated_at, \
         token_life) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(key.kid.clone())
    .bind(key.algorithm.as_str())
    .bind(key.state.as_str())
    .bind(key.wrapped.clone())
    .bind(key.created_at)
    .bind(key.activated_at)
    .bind(key.token_life)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// The columns of a [`StoredKey`].
macro_rules! columns {
    () => {
        "kid, algorithm, state, wrapped, created_at, activated_at, retired_at, leaves_at, revoked_at, \
         token_life"
    };
}

/// Every key, oldest first.
///
/// # Errors
/// The query failed.
pub async fn list(db: &mut Connection) -> Result<Vec<StoredKey>, DbError> {
    let rows =
        sqlx::query(concat!("SELECT ", columns!(), " FROM signing_keys ORDER BY created_at, kid"))
            .fetch_all(db)
            .await?;
    rows.iter().map(stored).collect()
}

/// Keys, oldest first, `limit` of them after the one of this time and name.
///
/// # Errors
/// The query failed.
pub async fn page(
    db: &mut Connection,
    (created_at, kid): (UnixSeconds, &str),
    limit: i64,
) -> Result<Vec<StoredKey>, DbError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM signing_keys WHERE created_at > $1 OR (created_at = $1 AND kid > $2) \
         ORDER BY created_at, kid LIMIT $3"
    ))
    .bind(created_at)
    .bind(kid)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(stored).collect()
}

/// Lets a key sign that waited for its turn.
///
/// # Errors
/// The query failed, or there is no such key in that state.
pub async fn activate(
    db: &mut Connection,
    kid: &str,
    token_life: i64,
    now: UnixSeconds,
) -> Result<(), DbError> {
    let result = sqlx::query(
        "UPDATE signing_keys SET state = 'active', activated_at = $2, token_life = $3 \
         WHERE kid = $1 AND state = 'next'",
    )
    .bind(kid)
    .bind(now)
    .bind(token_life)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Lets an active key sign no more; it stays published until `leaves_at`.
///
/// # Errors
/// The query failed, or there is no such key in that state.
pub async fn retire(
    db: &mut Connection,
    kid: &str,
    leaves_at: UnixSeconds,
    now: UnixSeconds,
) -> Result<(), DbError> {
    let result = sqlx::query(
        "UPDATE signing_keys SET state = 'retired', retired_at = $2, leaves_at = $3 \
         WHERE kid = $1 AND state = 'active'",
    )
    .bind(kid)
    .bind(now)
    .bind(leaves_at)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Takes a key back, and forgets its private half.
///
/// # Errors
/// The query failed, or there is no such key that is not revoked yet.
pub async fn revoke(db: &mut Connection, kid: &str, now: UnixSeconds) -> Result<(), DbError> {
    let result = sqlx::query(
        "UPDATE signing_keys SET state = 'revoked', revoked_at = $2, wrapped = '' \
         WHERE kid = $1 AND state <> 'revoked'",
    )
    .bind(kid)
    .bind(now)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Notes that tokens of the active keys may live for so long from now on.
///
/// # Errors
/// The query failed.
pub async fn lengthen(db: &mut Connection, token_life: i64) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE signing_keys SET token_life = $1 WHERE state = 'active' AND token_life < $1",
    )
    .bind(token_life)
    .execute(db)
    .await?;
    Ok(())
}

/// Removes the retired keys whose last token has expired; how many there were.
///
/// # Errors
/// The query failed.
pub async fn forget_left(db: &mut Connection, now: UnixSeconds) -> Result<u64, DbError> {
    let result =
        sqlx::query("DELETE FROM signing_keys WHERE state = 'retired' AND leaves_at <= $1")
            .bind(now)
            .execute(db)
            .await?;
    Ok(result.rows_affected())
}

fn stored(row: &AnyRow) -> Result<StoredKey, DbError> {
    let algorithm: String = get(row, "algorithm")?;
    Ok(StoredKey {
        kid: get(row, "kid")?,
        algorithm: Algorithm::from_name(&algorithm)
            .ok_or(DbError::Corrupt { what: "algorithm", value: algorithm })?,
        state: KeyState::parse(get(row, "state")?)?,
        wrapped: get(row, "wrapped")?,
        created_at: get(row, "created_at")?,
        activated_at: get(row, "activated_at")?,
        retired_at: get(row, "retired_at")?,
        leaves_at: get(row, "leaves_at")?,
        revoked_at: get(row, "revoked_at")?,
        token_life: get(row, "token_life")?,
    })
}
