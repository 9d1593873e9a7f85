//! Codes that mails carry, by their hash.

use sqlx::any::AnyRow;
use uuid::Uuid;

use super::row::{exactly_one, get, get_optional_uuid};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// What a code opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It completes a registration.
    Registration,
    /// It gives an account this e-mail.
    Change,
    /// It gives an account this e-mail back.
    Undo,
    /// It lets a new password be chosen.
    Reset,
}

impl Purpose {
    const ALL: [Self; 4] = [Self::Registration, Self::Change, Self::Undo, Self::Reset];

    /// As the database writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Change => "change",
            Self::Undo => "undo",
            Self::Reset => "reset",
        }
    }

    fn parse(text: &str) -> Result<Self, DbError> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
            .ok_or_else(|| DbError::Corrupt { what: "purpose of a code", value: text.to_owned() })
    }
}

/// A code that waits to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailCode {
    /// What it opens.
    pub purpose: Purpose,
    /// The account it is about; absent for a registration.
    pub user: Option<Uuid>,
    /// The registration it completes.
    pub registration: Option<Uuid>,
    /// The address it was sent to, as its owner writes it.
    pub email: String,
    /// The same without regard to case.
    pub email_key: String,
    /// When its mail was asked for.
    pub created_at: UnixSeconds,
    /// When it stops working.
    pub expires_at: UnixSeconds,
}

/// Writes a code.
///
/// # Errors
/// The query failed.
pub async fn insert(db: &mut Connection, code_hash: &str, code: &MailCode) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO mail_codes (code_hash, purpose, user_id, registration, email, email_key, \
         created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(code_hash)
    .bind(code.purpose.as_str())
    .bind(code.user.map(|id| id.to_string()))
    .bind(code.registration.map(|id| id.to_string()))
    .bind(code.email.clone())
    .bind(code.email_key.clone())
    .bind(code.created_at)
    .bind(code.expires_at)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// The code with this hash, if it still works.
///
/// # Errors
/// The query failed.
pub async fn find(
    db: &mut Connection,
    code_hash: &str,
    now: UnixSeconds,
) -> Result<Option<MailCode>, DbError> {
    let row = sqlx::query(
        "SELECT purpose, user_id, registration, email, email_key, created_at, expires_at \
         FROM mail_codes WHERE code_hash = $1 AND expires_at > $2",
    )
    .bind(code_hash)
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|row| mail_code(&row)).transpose()
}

/// Uses a code up: of two who try, one gets it. Undone with the transaction.
///
/// # Errors
/// The query failed.
pub async fn take(
    db: &mut Connection,
    code_hash: &str,
    now: UnixSeconds,
) -> Result<Option<MailCode>, DbError> {
    let row = sqlx::query(
        "DELETE FROM mail_codes WHERE code_hash = $1 AND expires_at > $2 \
         RETURNING purpose, user_id, registration, email, email_key, created_at, expires_at",
    )
    .bind(code_hash)
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|row| mail_code(&row)).transpose()
}

/// Every code that an account has, by when it stops working.
///
/// # Errors
/// The query failed.
pub async fn of_user(db: &mut Connection, user: Uuid) -> Result<Vec<MailCode>, DbError> {
    let rows = sqlx::query(
        "SELECT purpose, user_id, registration, email, email_key, created_at, expires_at FROM mail_codes \
         WHERE user_id = $1 ORDER BY expires_at, code_hash",
    )
    .bind(user.to_string())
    .fetch_all(db)
    .await?;
    rows.iter().map(mail_code).collect()
}

/// Withdraws the codes of one purpose that an account has.
///
/// # Errors
/// The query failed.
pub async fn withdraw(db: &mut Connection, user: Uuid, purpose: Purpose) -> Result<(), DbError> {
    sqlx::query("DELETE FROM mail_codes WHERE user_id = $1 AND purpose = $2")
        .bind(user.to_string())
        .bind(purpose.as_str())
        .execute(db)
        .await?;
    Ok(())
}

/// Withdraws every code that an account has.
///
/// # Errors
/// The query failed.
pub async fn remove_all(db: &mut Connection, user: Uuid) -> Result<(), DbError> {
    sqlx::query("DELETE FROM mail_codes WHERE user_id = $1")
        .bind(user.to_string())
        .execute(db)
        .await?;
    Ok(())
}

/// Whether a user can still take back another e-mail than this one.
///
/// # Errors
/// The query failed.
pub async fn can_undo_to_another(
    db: &mut Connection,
    user: Uuid,
    email_key: &str,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let found: Option<String> = sqlx::query_scalar(
        "SELECT email_key FROM mail_codes \
         WHERE user_id = $1 AND purpose = 'undo' AND email_key <> $2 AND expires_at > $3 \
         UNION ALL SELECT recipient_key FROM mails \
         WHERE user_id = $1 AND kind = 'undo' AND recipient_key <> $2 AND state = 'queued' LIMIT 1",
    )
    .bind(user.to_string())
    .bind(email_key)
    .bind(now)
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// When the first of the changes of e-mail was asked for that a user can still take back.
///
/// # Errors
/// The query failed.
pub async fn first_undo(db: &mut Connection, user: Uuid) -> Result<Option<UnixSeconds>, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT created_at FROM mail_codes WHERE user_id = $1 AND purpose = 'undo' \
         UNION ALL SELECT created_at FROM mails \
         WHERE user_id = $1 AND kind = 'undo' AND state = 'queued' ORDER BY created_at LIMIT 1",
    )
    .bind(user.to_string())
    .fetch_optional(db)
    .await?)
}

/// Withdraws every code that would prove this e-mail for anybody.
///
/// # Errors
/// The query failed.
pub async fn withdraw_proofs(db: &mut Connection, email_key: &str) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM mail_codes WHERE email_key = $1 \
         AND purpose IN ('registration', 'change')",
    )
    .bind(email_key)
    .execute(db)
    .await?;
    Ok(())
}

/// Removes codes that have expired, a thousand at most.
///
/// # Errors
/// The query failed.
pub async fn forget_expired(db: &mut Connection, now: UnixSeconds) -> Result<u64, DbError> {
    let result = sqlx::query(
        "DELETE FROM mail_codes WHERE code_hash IN \
         (SELECT code_hash FROM mail_codes WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000)",
    )
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

fn mail_code(row: &AnyRow) -> Result<MailCode, DbError> {
    Ok(MailCode {
        purpose: Purpose::parse(&get::<String>(row, "purpose")?)?,
        user: get_optional_uuid(row, "user_id")?,
        registration: get_optional_uuid(row, "registration")?,
        email: get(row, "email")?,
        email_key: get(row, "email_key")?,
        created_at: get(row, "created_at")?,
        expires_at: get(row, "expires_at")?,
    })
}
