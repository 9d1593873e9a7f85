//! Passkeys, and the challenges that they sign.

use sqlx::any::AnyRow;
use uuid::Uuid;

use super::row::{get, get_uuid};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;
use crate::webauthn::Backup;

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its id here.
    pub id: Uuid,
    /// Whose account it opens.
    pub user_id: Uuid,
    /// As the authenticator calls it, base64url.
    pub credential_id: String,
    /// Its public key in COSE, base64url.
    pub public_key: String,
    /// How often it signed, as it was said last; 0: it does not count.
    pub sign_count: i64,
    /// Where it is, as it was said last.
    pub backup: Backup,
    /// What its owner calls it.
    pub name: String,
    /// When it was enrolled.
    pub created_at: UnixSeconds,
    /// When it was last used.
    pub last_used_at: Option<UnixSeconds>,
}

/// The columns of a [`Passkey`].
macro_rules! columns {
    () => {
        "id, user_id, credential_id, public_key, sign_count, backup, name, created_at, last_used_at"
    };
}

/// Writes a passkey; whether no account has one of its id. One statement decides, so of two that
/// bring the same id one gets it.
///
/// # Errors
/// The query failed.
pub async fn insert(db: &mut Connection, passkey: &Passkey) -> Result<bool, DbError> {
    let result = sqlx::query(concat!(
        "INSERT INTO passkeys (",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (credential_id) DO NOTHING"
    ))
    .bind(passkey.id.to_string())
    .bind(passkey.user_id.to_string())
    .bind(passkey.credential_id.clone())
    .bind(passkey.public_key.clone())
    .bind(passkey.sign_count)
    .bind(passkey.backup.as_str())
    .bind(passkey.name.clone())
    .bind(passkey.created_at)
    .bind(passkey.last_used_at)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// The passkey that its authenticator calls by this id, in base64url.
///
/// # Errors
/// The query failed.
pub async fn by_credential(
    db: &mut Connection,
    credential_id: &str,
) -> Result<Option<Passkey>, DbError> {
    let row =
        sqlx::query(concat!("SELECT ", columns!(), " FROM passkeys WHERE credential_id = $1"))
            .bind(credential_id.to_owned())
            .fetch_optional(db)
            .await?;
    row.map(|row| passkey(&row)).transpose()
}

/// The passkey of a user that has this id here.
///
/// # Errors
/// The query failed.
pub async fn by_id(db: &mut Connection, user: Uuid, id: Uuid) -> Result<Option<Passkey>, DbError> {
    let row = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM passkeys WHERE id = $1 AND user_id = $2"
    ))
    .bind(id.to_string())
    .bind(user.to_string())
    .fetch_optional(db)
    .await?;
    row.map(|row| passkey(&row)).transpose()
}

/// Passkeys of a user by their ids, `limit` of them after `after`.
///
/// # Errors
/// The query failed.
pub async fn page(
    db: &mut Connection,
    user: Uuid,
    after: &str,
    limit: i64,
) -> Result<Vec<Passkey>, DbError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM passkeys WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    ))
    .bind(user.to_string())
    .bind(after.to_owned())
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(passkey).collect()
}

/// Notes that a passkey was used, and how often it has signed by now; whether that went on from what
/// it said before. One statement decides, so of two uses that say the same count one is good.
///
/// # Errors
/// The query failed.
pub async fn used(
    db: &mut Connection,
    id: Uuid,
    sign_count: i64,
    backup: Backup,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE passkeys SET sign_count = $2, backup = $3, last_used_at = $4 \
         WHERE id = $1 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))",
    )
    .bind(id.to_string())
    .bind(sign_count)
    .bind(backup.as_str())
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Gives a passkey of a user another name; whether they have it.
///
/// # Errors
/// The query failed.
pub async fn rename(
    db: &mut Connection,
    user: Uuid,
    id: Uuid,
    name: &str,
) -> Result<bool, DbError> {
    let result = sqlx::query("UPDATE passkeys SET name = $3 WHERE id = $1 AND user_id = $2")
        .bind(id.to_string())
        .bind(user.to_string())
        .bind(name.to_owned())
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Removes a passkey of a user; whether they had it.
///
/// # Errors
/// The query failed.
pub async fn remove(db: &mut Connection, user: Uuid, id: Uuid) -> Result<bool, DbError> {
    let result = sqlx::query("DELETE FROM passkeys WHERE id = $1 AND user_id = $2")
        .bind(id.to_string())
        .bind(user.to_string())
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Writes a challenge, in the place of one that was bound to the same. What is bound to nothing takes
/// nobody's place.
///
/// # Errors
/// The query failed.
pub async fn insert_challenge(
    db: &mut Connection,
    hash: &str,
    (purpose, bound_to): (&str, &str),
    expires_at: UnixSeconds,
) -> Result<(), DbError> {
    if !bound_to.is_empty() {
        sqlx::query("DELETE FROM passkey_challenges WHERE bound_to = $1 AND purpose = $2")
            .bind(bound_to.to_owned())
            .bind(purpose.to_owned())
            .execute(&mut *db)
            .await?;
    }
    let result = sqlx::query(
        "INSERT INTO passkey_challenges (challenge_hash, purpose, bound_to, expires_at) \
         VALUES ($1, $2, $3, $4)",
    )
    .bind(hash.to_owned())
    .bind(purpose.to_owned())
    .bind(bound_to.to_owned())
    .bind(expires_at)
    .execute(db)
    .await?;
    super::row::exactly_one(&result)
}

/// Uses a challenge up; whether it was there, for this purpose and bound to this, and in time.
///
/// # Errors
/// The query failed.
pub async fn take_challenge(
    db: &mut Connection,
    hash: &str,
    (purpose, bound_to): (&str, &str),
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "DELETE FROM passkey_challenges \
         WHERE challenge_hash = $1 AND purpose = $2 AND bound_to = $3 AND expires_at > $4",
    )
    .bind(hash.to_owned())
    .bind(purpose.to_owned())
    .bind(bound_to.to_owned())
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Removes challenges that nobody signed.
///
/// # Errors
/// The query failed.
pub async fn forget_expired(db: &mut Connection, now: UnixSeconds) -> Result<(), DbError> {
    sqlx::query("DELETE FROM passkey_challenges WHERE expires_at <= $1")
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

fn passkey(row: &AnyRow) -> Result<Passkey, DbError> {
    let backup: &str = get(row, "backup")?;
    Ok(Passkey {
        id: get_uuid(row, "id")?,
        user_id: get_uuid(row, "user_id")?,
        credential_id: get(row, "credential_id")?,
        public_key: get(row, "public_key")?,
        sign_count: get(row, "sign_count")?,
        backup: Backup::from_name(backup).ok_or_else(|| DbError::Corrupt {
            what: "where a passkey is",
            value: backup.to_owned(),
        })?,
        name: get(row, "name")?,
        created_at: get(row, "created_at")?,
        last_used_at: get(row, "last_used_at")?,
    })
}
