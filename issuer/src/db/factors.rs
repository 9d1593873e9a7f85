//! Second factors: authenticator apps and backup codes, and whether somebody has any factor at all.
//! Passkeys are in [`passkeys`](super::passkeys).

use uuid::Uuid;

use super::row::{exactly_one, get};
use super::{Connection, DbError, pending_log_ins};
use crate::clock::UnixSeconds;

/// What somebody can show besides their password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// Whether an authenticator app was confirmed.
    pub totp: bool,
    /// How many passkeys there are.
    pub passkeys: i64,
    /// How many backup codes are left.
    pub backup_codes: i64,
}

impl Held {
    /// Whether there is a factor. Backup codes stand in for one and are none by themselves.
    #[must_use]
    pub fn any(self) -> bool {
        self.totp || self.passkeys > 0
    }
}

/// An authenticator app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totp {
    /// Its secret, wrapped by the master key.
    pub secret: String,
    /// The step of the last code that was taken.
    pub last_step: i64,
    /// When its secret was shown.
    pub created_at: UnixSeconds,
    /// When its first code came; absent: it is no factor yet.
    pub confirmed_at: Option<UnixSeconds>,
    /// When its last code came.
    pub last_used_at: Option<UnixSeconds>,
}

/// What a user can show.
///
/// # Errors
/// The query failed.
pub async fn held(db: &mut Connection, user: Uuid) -> Result<Held, DbError> {
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM totp WHERE user_id = $1 AND confirmed_at IS NOT NULL) AS totp, \
         (SELECT COUNT(*) FROM passkeys WHERE user_id = $1) AS passkeys, \
         (SELECT COUNT(*) FROM backup_codes WHERE user_id = $1) AS backup_codes",
    )
    .bind(user.to_string())
    .fetch_one(db)
    .await?;
    Ok(Held {
        totp: get::<i64>(&row, "totp")? > 0,
        passkeys: get(&row, "passkeys")?,
        backup_codes: get(&row, "backup_codes")?,
    })
}

/// Writes the secret of an app that is to be confirmed, in the place of one that never was; whether
/// none was confirmed before.
///
/// # Errors
/// The query failed.
pub async fn offer_totp(
    db: &mut Connection,
    user: Uuid,
    secret: &str,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "INSERT INTO totp (user_id, secret, last_step, created_at) VALUES ($1, $2, 0, $3) \
         ON CONFLICT (user_id) DO UPDATE SET secret = $2, last_step = 0, created_at = $3 \
         WHERE totp.confirmed_at IS NULL",
    )
    .bind(user.to_string())
    .bind(secret.to_owned())
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// A user's app, confirmed or not.
///
/// # Errors
/// The query failed.
pub async fn totp(db: &mut Connection, user: Uuid) -> Result<Option<Totp>, DbError> {
    let row = sqlx::query(
        "SELECT secret, last_step, created_at, confirmed_at, last_used_at FROM totp \
         WHERE user_id = $1",
    )
    .bind(user.to_string())
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Totp {
            secret: get(&row, "secret")?,
            last_step: get(&row, "last_step")?,
            created_at: get(&row, "created_at")?,
            confirmed_at: get(&row, "confirmed_at")?,
            last_used_at: get(&row, "last_used_at")?,
        })
    })
    .transpose()
}

/// Confirms an app by the code of `step`; whether it still waited, with this secret.
///
/// # Errors
/// The query failed.
pub async fn confirm_totp(
    db: &mut Connection,
    user: Uuid,
    secret: &str,
    step: i64,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE totp SET confirmed_at = $4, last_step = $3, last_used_at = $4 \
         WHERE user_id = $1 AND secret = $2 AND confirmed_at IS NULL",
    )
    .bind(user.to_string())
    .bind(secret.to_owned())
    .bind(step)
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Uses up the code of `step`, and all before it; whether it was still good. One statement decides,
/// so of two that bring the same code one gets it, whichever replica they ask.
///
/// # Errors
/// The query failed.
pub async fn take_step(
    db: &mut Connection,
    user: Uuid,
    step: i64,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE totp SET last_step = $2, last_used_at = $3 \
         WHERE user_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2",
    )
    .bind(user.to_string())
    .bind(step)
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Removes a user's app; whether one was confirmed.
///
/// # Errors
/// The query failed.
pub async fn remove_totp(db: &mut Connection, user: Uuid) -> Result<bool, DbError> {
    let result = sqlx::query("DELETE FROM totp WHERE user_id = $1 AND confirmed_at IS NOT NULL")
        .bind(user.to_string())
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Puts these backup codes in the place of those there were.
///
/// # Errors
/// The query failed.
pub async fn set_backup_codes(
    db: &mut Connection,
    user: Uuid,
    hashes: &[String],
    now: UnixSeconds,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM backup_codes WHERE user_id = $1")
        .bind(user.to_string())
        .execute(&mut *db)
        .await?;
    for hash in hashes {
        let result = sqlx::query(
            "INSERT INTO backup_codes (user_id, code_hash, created_at) VALUES ($1, $2, $3)",
        )
        .bind(user.to_string())
        .bind(hash.clone())
        .bind(now)
        .execute(&mut *db)
        .await?;
        exactly_one(&result)?;
    }
    Ok(())
}

/// Uses a backup code up; whether the user had it.
///
/// # Errors
/// The query failed.
pub async fn take_backup_code(
    db: &mut Connection,
    user: Uuid,
    hash: &str,
) -> Result<bool, DbError> {
    let result = sqlx::query("DELETE FROM backup_codes WHERE user_id = $1 AND code_hash = $2")
        .bind(user.to_string())
        .bind(hash.to_owned())
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Removes the backup codes that a user has got since this moment; how many there were.
///
/// # Errors
/// The query failed.
pub async fn remove_backup_codes_since(
    db: &mut Connection,
    user: Uuid,
    since: UnixSeconds,
) -> Result<u64, DbError> {
    let result = sqlx::query("DELETE FROM backup_codes WHERE user_id = $1 AND created_at >= $2")
        .bind(user.to_string())
        .bind(since)
        .execute(db)
        .await?;
    Ok(result.rows_affected())
}

/// Removes everything that a user can show besides a password, and the log-ins that wait for it.
///
/// # Errors
/// The query failed.
pub async fn remove_all(db: &mut Connection, user: Uuid) -> Result<(), DbError> {
    for sql in [
        "DELETE FROM totp WHERE user_id = $1",
        "DELETE FROM passkeys WHERE user_id = $1",
        "DELETE FROM backup_codes WHERE user_id = $1",
    ] {
        sqlx::query(sql).bind(user.to_string()).execute(&mut *db).await?;
    }
    pending_log_ins::remove_of(db, user).await
}
