//! Signing keys, wrapped.

use super::row::{exactly_one, get};
use super::services::parse_algorithm;
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
    /// `next`, `active`, `retired` or `revoked`.
    pub state: String,
    /// PKCS#8 under the master key.
    pub wrapped: String,
    /// When it was made.
    pub created_at: UnixSeconds,
}

/// Writes a new key.
///
/// # Errors
/// The query failed.
pub async fn insert(db: &mut Connection, key: &StoredKey) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO signing_keys (kid, algorithm, state, wrapped, created_at) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(key.kid.clone())
    .bind(key.algorithm.as_str())
    .bind(key.state.clone())
    .bind(key.wrapped.clone())
    .bind(key.created_at)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Every key, oldest first.
///
/// # Errors
/// The query failed.
pub async fn list(db: &mut Connection) -> Result<Vec<StoredKey>, DbError> {
    let rows = sqlx::query(
        "SELECT kid, algorithm, state, wrapped, created_at FROM signing_keys \
         ORDER BY created_at, kid",
    )
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let algorithm: String = get(row, "algorithm")?;
            Ok(StoredKey {
                kid: get(row, "kid")?,
                algorithm: parse_algorithm(&algorithm)?,
                state: get(row, "state")?,
                wrapped: get(row, "wrapped")?,
                created_at: get(row, "created_at")?,
            })
        })
        .collect()
}
