//! Who somebody is at other providers.

use sqlx::any::AnyRow;
use uuid::Uuid;

use super::row::{exactly_one, get, get_uuid};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;
use crate::external::Assertion;

/// An identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its id here.
    pub id: Uuid,
    /// Whose account it opens.
    pub user_id: Uuid,
    /// The provider's name in the settings.
    pub provider: String,
    /// Who says who somebody is there.
    pub authority: String,
    /// What never changes about the person there.
    pub subject: String,
    /// Their e-mail, as it was said last.
    pub email: Option<String>,
    /// What they are called, likewise.
    pub name: Option<String>,
    /// Address of their picture, likewise.
    pub picture: Option<String>,
    /// When it was linked.
    pub created_at: UnixSeconds,
    /// When it was last used.
    pub last_used_at: UnixSeconds,
}

/// The columns of an [`Identity`].
macro_rules! columns {
    () => {
        "id, user_id, provider, authority, subject, email, name, picture, created_at, last_used_at"
    };
}

/// Links an identity with a user.
///
/// # Errors
/// [`DbError::Conflict`] where it is linked already.
pub async fn insert(
    db: &mut Connection,
    id: Uuid,
    user: Uuid,
    said: &Assertion,
    now: UnixSeconds,
) -> Result<Identity, DbError> {
    let identity = Identity {
        id,
        user_id: user,
        provider: said.provider.clone(),
        authority: said.authority.clone(),
        subject: said.subject.clone(),
        email: said.email.as_ref().map(|email| email.address.clone()),
        name: said.name.clone(),
        picture: said.picture.clone(),
        created_at: now,
        last_used_at: now,
    };
    let result = sqlx::query(concat!(
        "INSERT INTO identities (",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    ))
    .bind(id.to_string())
    .bind(user.to_string())
    .bind(identity.provider.clone())
    .bind(identity.authority.clone())
    .bind(identity.subject.clone())
    .bind(identity.email.clone())
    .bind(identity.name.clone())
    .bind(identity.picture.clone())
    .bind(now)
    .bind(now)
    .execute(db)
    .await?;
    exactly_one(&result)?;
    Ok(identity)
}

/// The identity that an assertion is about, if it is linked.
///
/// # Errors
/// The query failed.
pub async fn find(db: &mut Connection, said: &Assertion) -> Result<Option<Identity>, DbError> {
    let row = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM identities WHERE provider = $1 AND authority = $2 AND subject = $3"
    ))
    .bind(said.provider.clone())
    .bind(said.authority.clone())
    .bind(said.subject.clone())
    .fetch_optional(db)
    .await?;
    row.map(|row| identity(&row)).transpose()
}

/// Notes that an identity was used, and what was said with it.
///
/// # Errors
/// The query failed.
pub async fn used(
    db: &mut Connection,
    id: Uuid,
    said: &Assertion,
    now: UnixSeconds,
) -> Result<(), DbError> {
    let result = sqlx::query(
        "UPDATE identities SET email = $2, name = $3, picture = $4, last_used_at = $5 \
         WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(said.email.as_ref().map(|email| email.address.clone()))
    .bind(said.name.clone())
    .bind(said.picture.clone())
    .bind(now)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Identities of a user by their ids, `limit` of them after `after`.
///
/// # Errors
/// The query failed.
pub async fn page(
    db: &mut Connection,
    user: Uuid,
    after: &str,
    limit: i64,
) -> Result<Vec<Identity>, DbError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM identities WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    ))
    .bind(user.to_string())
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(identity).collect()
}

/// Removes an identity of a user; whether they had it.
///
/// # Errors
/// The query failed.
pub async fn remove(db: &mut Connection, user: Uuid, id: Uuid) -> Result<bool, DbError> {
    let result = sqlx::query("DELETE FROM identities WHERE id = $1 AND user_id = $2")
        .bind(id.to_string())
        .bind(user.to_string())
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Removes every identity of a user.
///
/// # Errors
/// The query failed.
pub async fn remove_all(db: &mut Connection, user: Uuid) -> Result<u64, DbError> {
    let result = sqlx::query("DELETE FROM identities WHERE user_id = $1")
        .bind(user.to_string())
        .execute(db)
        .await?;
    Ok(result.rows_affected())
}

fn identity(row: &AnyRow) -> Result<Identity, DbError> {
    Ok(Identity {
        id: get_uuid(row, "id")?,
        user_id: get_uuid(row, "user_id")?,
        provider: get(row, "provider")?,
        authority: get(row, "authority")?,
        subject: get(row, "subject")?,
        email: get(row, "email")?,
        name: get(row, "name")?,
        picture: get(row, "picture")?,
        created_at: get(row, "created_at")?,
        last_used_at: get(row, "last_used_at")?,
    })
}
