//! What owners change about their accounts: name, e-mail, password, profile.

use uuid::Uuid;

use super::row::{exactly_one, get, get_uuid};
use super::{Connection, DbError};
use crate::accounts::{Email, Username};
use crate::clock::UnixSeconds;

/// The profile that an owner writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// What they say about themselves.
    pub description: Option<String>,
    /// Address of their picture.
    pub avatar_url: Option<String>,
    /// Whether anybody may read it.
    pub public: bool,
}

/// The hash of a user's password, if they have one.
///
/// # Errors
/// The query failed.
pub async fn password_hash(db: &mut Connection, id: Uuid) -> Result<Option<String>, DbError> {
    let hash: Option<Option<String>> =
        sqlx::query_scalar("SELECT password_hash FROM users WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(db)
            .await?;
    Ok(hash.flatten())
}

/// Keeps others from changing a user until the transaction ends; the hash of their password, where they
/// have one and the account may be used.
///
/// # Errors
/// The query failed.
pub async fn hold_password_hash(db: &mut Connection, id: Uuid) -> Result<Option<String>, DbError> {
    // A write that changes nothing is the lock that both databases have.
    let hash: Option<Option<String>> = sqlx::query_scalar(
        "UPDATE users SET epoch = epoch WHERE id = $1 AND status = 'active' RETURNING password_hash",
    )
    .bind(id.to_string())
    .fetch_optional(db)
    .await?;
    Ok(hash.flatten())
}

/// Sets the hash of a user's password; none: no way in by password.
///
/// # Errors
/// The query failed.
pub async fn set_password(
    db: &mut Connection,
    id: Uuid,
    hash: Option<&str>,
) -> Result<(), DbError> {
    let result = sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(hash.map(str::to_owned))
        .execute(db)
        .await?;
    exactly_one(&result)
}

/// Makes an anonymous holder a user; whether there still was such a holder.
///
/// # Errors
/// [`DbError::Conflict`] where the name or e-mail is taken.
pub async fn register_holder(
    db: &mut Connection,
    id: Uuid,
    username: &Username,
    email: &Email,
    password_hash: &str,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE users SET username = $2, username_key = $3, email = $4, email_key = $5, \
         password_hash = $6 WHERE id = $1 AND username IS NULL AND status = 'active'",
    )
    .bind(id.to_string())
    .bind(username.as_str())
    .bind(username.key())
    .bind(email.as_str())
    .bind(email.key())
    .bind(password_hash)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Gives an anonymous holder a name and a picture, and so makes them a user; whether there still was
/// such a holder.
///
/// # Errors
/// [`DbError::Conflict`] where the name is taken.
pub async fn name_holder(
    db: &mut Connection,
    id: Uuid,
    username: &Username,
    picture: Option<&str>,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE users SET username = $2, username_key = $3, avatar_url = $4 \
         WHERE id = $1 AND username IS NULL AND status = 'active'",
    )
    .bind(id.to_string())
    .bind(username.as_str())
    .bind(username.key())
    .bind(picture.map(str::to_owned))
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Closes an anonymous holder who has turned out to have an account; whether there still was such a
/// holder.
///
/// # Errors
/// The query failed.
pub async fn close_holder(
    db: &mut Connection,
    id: Uuid,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE users SET status = 'deleted', deleted_at = $2 \
         WHERE id = $1 AND username IS NULL AND status = 'active'",
    )
    .bind(id.to_string())
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Changes a name that was never changed, and keeps the old one from others; whether it was changed.
///
/// # Errors
/// [`DbError::Conflict`] where the name is taken.
pub async fn rename(
    db: &mut Connection,
    id: Uuid,
    username: &Username,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    // First, while the old name is still in the user's row.
    sqlx::query(
        "INSERT INTO reserved_usernames (username_key, reserved_at) \
         SELECT username_key, $2 FROM users \
         WHERE id = $1 AND username_changed_at IS NULL AND username_key <> $3 \
         AND username_key NOT IN (SELECT username_key FROM reserved_usernames)",
    )
    .bind(id.to_string())
    .bind(now)
    .bind(username.key())
    .execute(&mut *db)
    .await?;
    let result = sqlx::query(
        "UPDATE users SET username = $2, username_key = $3, username_changed_at = $4 \
         WHERE id = $1 AND username_changed_at IS NULL",
    )
    .bind(id.to_string())
    .bind(username.as_str())
    .bind(username.key())
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// When a user changed their name, if they did.
///
/// # Errors
/// The query failed.
pub async fn renamed_at(db: &mut Connection, id: Uuid) -> Result<Option<UnixSeconds>, DbError> {
    let found: Option<Option<UnixSeconds>> =
        sqlx::query_scalar("SELECT username_changed_at FROM users WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(db)
            .await?;
    Ok(found.flatten())
}

/// Whether a name was given up before, and so nobody may have it.
///
/// # Errors
/// The query failed.
pub async fn is_given_up(db: &mut Connection, username_key: &str) -> Result<bool, DbError> {
    let found: Option<String> =
        sqlx::query_scalar("SELECT username_key FROM reserved_usernames WHERE username_key = $1")
            .bind(username_key)
            .fetch_optional(db)
            .await?;
    Ok(found.is_some())
}

/// Gives a user another e-mail.
///
/// # Errors
/// [`DbError::Conflict`] where it is taken.
pub async fn set_email(
    db: &mut Connection,
    id: Uuid,
    email: &Email,
    verified_at: Option<UnixSeconds>,
) -> Result<(), DbError> {
    let result = sqlx::query(
        "UPDATE users SET email = $2, email_key = $3, email_verified_at = $4 WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(email.as_str())
    .bind(email.key())
    .bind(verified_at)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Notes that a user has proved their e-mail; whether it still is theirs.
///
/// # Errors
/// The query failed.
pub async fn prove_email(
    db: &mut Connection,
    id: Uuid,
    email_key: &str,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE users SET email_verified_at = COALESCE(email_verified_at, $3) \
         WHERE id = $1 AND email_key = $2 AND status = 'active'",
    )
    .bind(id.to_string())
    .bind(email_key)
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Who has proved this e-mail, or lost it so recently that they may still take it back.
///
/// # Errors
/// The query failed.
pub async fn prover_of(
    db: &mut Connection,
    email_key: &str,
    now: UnixSeconds,
) -> Result<Option<Uuid>, DbError> {
    let row = sqlx::query(
        "SELECT id FROM users WHERE email_key = $1 AND email_verified_at IS NOT NULL \
         UNION ALL SELECT user_id AS id FROM mail_codes \
         WHERE email_key = $1 AND purpose = 'undo' AND expires_at > $2 \
         UNION ALL SELECT user_id AS id FROM mails \
         WHERE recipient_key = $1 AND kind = 'undo' AND state = 'queued' LIMIT 1",
    )
    .bind(email_key)
    .bind(now)
    .fetch_optional(db)
    .await?;
    row.map(|row| get_uuid(&row, "id")).transpose()
}

/// Takes an e-mail away from everybody but `except` who holds it without having proved it, and the
/// password that was chosen with it; who they were.
///
/// # Errors
/// The query failed.
pub async fn drop_unproved(
    db: &mut Connection,
    email_key: &str,
    except: Option<Uuid>,
) -> Result<Vec<Uuid>, DbError> {
    let rows = sqlx::query(
        "UPDATE users SET email = NULL, email_key = NULL, password_hash = NULL \
         WHERE email_key = $1 AND email_verified_at IS NULL AND id <> $2 RETURNING id",
    )
    .bind(email_key)
    .bind(except.map_or_else(String::new, |id| id.to_string()))
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| get_uuid(row, "id")).collect()
}

/// Writes a profile.
///
/// # Errors
/// The query failed.
pub async fn set_profile(db: &mut Connection, id: Uuid, profile: &Profile) -> Result<(), DbError> {
    let result = sqlx::query(
        "UPDATE users SET description = $2, avatar_url = $3, public = $4 WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(profile.description.clone())
    .bind(profile.avatar_url.clone())
    .bind(i64::from(profile.public))
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Replaces the picture of a user by another; whether it still was `old`.
///
/// # Errors
/// The query failed.
pub async fn replace_picture(
    db: &mut Connection,
    id: Uuid,
    old: Option<&str>,
    new: Option<&str>,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE users SET avatar_url = $3 \
         WHERE id = $1 AND COALESCE(avatar_url, '') = COALESCE($2, '')",
    )
    .bind(id.to_string())
    .bind(old.map(str::to_owned))
    .bind(new.map(str::to_owned))
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Notes that a user logged in.
///
/// # Errors
/// The query failed.
pub async fn logged_in(db: &mut Connection, id: Uuid, now: UnixSeconds) -> Result<(), DbError> {
    let result = sqlx::query("UPDATE users SET last_login_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(now)
        .execute(db)
        .await?;
    exactly_one(&result)
}

/// Deletes a user softly: name and e-mail stay, so that nobody else gets them; what the user wrote
/// and the password go. Whether the account was there to be deleted.
///
/// # Errors
/// The query failed.
pub async fn delete(db: &mut Connection, id: Uuid, now: UnixSeconds) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE users SET status = 'deleted', deleted_at = $2, password_hash = NULL, \
         description = NULL, avatar_url = NULL, public = 0 WHERE id = $1 AND status <> 'deleted'",
    )
    .bind(id.to_string())
    .bind(now)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Names of the roles of a user, and when each was given.
///
/// # Errors
/// The query failed.
pub async fn roles(db: &mut Connection, id: Uuid) -> Result<Vec<(String, UnixSeconds)>, DbError> {
    let rows =
        sqlx::query("SELECT role, granted_at FROM user_roles WHERE user_id = $1 ORDER BY role")
            .bind(id.to_string())
            .fetch_all(db)
            .await?;
    rows.iter().map(|row| Ok((get(row, "role")?, get(row, "granted_at")?))).collect()
}
