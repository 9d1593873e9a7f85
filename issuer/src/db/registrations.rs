//! Accounts that wait for the proof of their e-mail.

use sqlx::any::AnyRow;
use uuid::Uuid;

use super::row::{exactly_one, get, get_optional_uuid, get_uuid};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// A registration that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its own id; the user gets another.
    pub id: Uuid,
    /// The name that is wanted.
    pub username: String,
    /// The e-mail to be proved.
    pub email: String,
    /// The hash of the password, as PHC string.
    pub password_hash: String,
    /// Hash of the invitation that is used up with the proof.
    pub invitation_hash: Option<String>,
    /// The anonymous holder whose `sub` the user keeps.
    pub holder: Option<Uuid>,
    /// When it is given up.
    pub expires_at: UnixSeconds,
}

/// The columns of a [`Pending`].
macro_rules! columns {
    () => {
        "id, username, email, password_hash, invitation_hash, holder, expires_at"
    };
}

/// Writes a registration; `username_key` and `email_key` are its folded name and e-mail.
///
/// # Errors
/// [`DbError::Conflict`] where another one waits for the name.
pub async fn insert(
    db: &mut Connection,
    pending: &Pending,
    username_key: &str,
    email_key: &str,
    now: UnixSeconds,
) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO registrations (id, username, username_key, email, email_key, password_hash, \
         invitation_hash, holder, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(pending.id.to_string())
    .bind(pending.username.clone())
    .bind(username_key)
    .bind(pending.email.clone())
    .bind(email_key)
    .bind(pending.password_hash.clone())
    .bind(pending.invitation_hash.clone())
    .bind(pending.holder.map(|id| id.to_string()))
    .bind(now)
    .bind(pending.expires_at)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// The registration with this id.
///
/// # Errors
/// The query failed.
pub async fn by_id(db: &mut Connection, id: Uuid) -> Result<Option<Pending>, DbError> {
    let row = sqlx::query(concat!("SELECT ", columns!(), " FROM registrations WHERE id = $1"))
        .bind(id.to_string())
        .fetch_optional(db)
        .await?;
    row.map(|row| pending(&row)).transpose()
}

/// The registration that waits for this name.
///
/// # Errors
/// The query failed.
pub async fn by_username(
    db: &mut Connection,
    key: &str,
    now: UnixSeconds,
) -> Result<Option<Pending>, DbError> {
    let row = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM registrations WHERE username_key = $1 AND expires_at > $2"
    ))
    .bind(key)
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|row| pending(&row)).transpose()
}

/// The youngest registration that waits for the proof of this e-mail.
///
/// # Errors
/// The query failed.
pub async fn youngest_by_email(
    db: &mut Connection,
    key: &str,
    now: UnixSeconds,
) -> Result<Option<Pending>, DbError> {
    let row = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM registrations WHERE email_key = $1 AND expires_at > $2 \
         ORDER BY created_at DESC, id DESC LIMIT 1"
    ))
    .bind(key)
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|row| pending(&row)).transpose()
}

/// Keeps a registration until `expires_at`, where it was to be given up before.
///
/// # Errors
/// The query failed.
pub async fn prolong(
    db: &mut Connection,
    id: Uuid,
    expires_at: UnixSeconds,
) -> Result<(), DbError> {
    // No row: it is kept longer already.
    sqlx::query("UPDATE registrations SET expires_at = $2 WHERE id = $1 AND expires_at < $2")
        .bind(id.to_string())
        .bind(expires_at)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes every registration that waits for the proof of this e-mail, codes and mails with it.
///
/// # Errors
/// The query failed.
pub async fn drop_by_email(db: &mut Connection, key: &str) -> Result<(), DbError> {
    sqlx::query("DELETE FROM registrations WHERE email_key = $1").bind(key).execute(db).await?;
    Ok(())
}

/// Removes the registration of this name where it was given up, so that the name is free again.
///
/// # Errors
/// The query failed.
pub async fn drop_expired_name(
    db: &mut Connection,
    key: &str,
    now: UnixSeconds,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM registrations WHERE username_key = $1 AND expires_at <= $2")
        .bind(key)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes registrations that were given up, a thousand at most.
///
/// # Errors
/// The query failed.
pub async fn forget_expired(db: &mut Connection, now: UnixSeconds) -> Result<u64, DbError> {
    let result = sqlx::query(
        "DELETE FROM registrations WHERE id IN \
         (SELECT id FROM registrations WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)",
    )
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

fn pending(row: &AnyRow) -> Result<Pending, DbError> {
    Ok(Pending {
        id: get_uuid(row, "id")?,
        username: get(row, "username")?,
        email: get(row, "email")?,
        password_hash: get(row, "password_hash")?,
        invitation_hash: get(row, "invitation_hash")?,
        holder: get_optional_uuid(row, "holder")?,
        expires_at: get(row, "expires_at")?,
    })
}
