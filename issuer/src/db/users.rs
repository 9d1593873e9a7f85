//! Users.

use uuid::Uuid;

use super::row::{Row, exactly_one, get, get_uuid};
use super::{Connection, DbError};
use crate::accounts::{Email, Username};
use crate::clock::UnixSeconds;

/// A person: somebody with an account, or an anonymous holder with a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// `sub` of this person's tokens.
    pub id: Uuid,
    /// As the person writes it; absent for an anonymous holder.
    pub username: Option<String>,
    /// As the person writes it; absent for an anonymous holder.
    pub email: Option<String>,
    /// When the person proved that the e-mail is theirs.
    pub email_verified_at: Option<UnixSeconds>,
    /// Whether this account may be used.
    pub status: UserStatus,
    /// Grows with every permission, role or level that the person loses.
    pub epoch: i64,
    /// What the person says about themselves.
    pub description: Option<String>,
    /// Address of the person's picture.
    pub avatar_url: Option<String>,
    /// Whether anybody may read the profile.
    pub public: bool,
    /// When the person last logged in.
    pub last_login_at: Option<UnixSeconds>,
    /// When the account was made.
    pub created_at: UnixSeconds,
}

impl User {
    /// Whether this is an anonymous holder: nobody proved who it is.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.username.is_none()
    }
}

/// The columns of a [`User`], of a table called `u`.
macro_rules! columns {
    () => {
        "u.id AS user_id, u.username, u.email, u.email_verified_at, u.status, u.epoch, \
         u.description, u.avatar_url, u.public, u.last_login_at, \
         u.created_at AS user_created_at"
    };
}
pub(super) use columns;

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserStatus {
    /// It may.
    Active,
    /// An administrator closed it; it can be opened again.
    Disabled,
    /// It is gone; name and e-mail stay reserved.
    Deleted,
}

impl UserStatus {
    const ALL: [Self; 3] = [Self::Active, Self::Disabled, Self::Deleted];

    /// As the database and the command line write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
        }
    }

    /// The status of that name.
    ///
    /// # Errors
    /// There is no such status.
    pub fn parse(text: &str) -> Result<Self, DbError> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| DbError::Corrupt { what: "status of a user", value: text.to_owned() })
    }
}

/// Writes a new user.
///
/// # Errors
/// [`DbError::Conflict`] where the name or e-mail is taken.
pub async fn insert(
    db: &mut Connection,
    id: Uuid,
    username: &Username,
    email: &Email,
    password_hash: &str,
    now: UnixSeconds,
) -> Result<User, DbError> {
    let result = sqlx::query(
        "INSERT INTO users (id, username, username_key, email, email_key, password_hash, status, \
         epoch, public, created_at) VALUES ($1, $2, $3, $4, $5, $6, 'active', 0, 0, $7)",
    )
    .bind(id.to_string())
    .bind(username.as_str())
    .bind(username.key())
    .bind(email.as_str())
    .bind(email.key())
    .bind(password_hash)
    .bind(now)
    .execute(db)
    .await?;
    exactly_one(&result)?;
    Ok(User {
        id,
        username: Some(username.as_str().to_owned()),
        email: Some(email.as_str().to_owned()),
        email_verified_at: None,
        status: UserStatus::Active,
        epoch: 0,
        description: None,
        avatar_url: None,
        public: false,
        last_login_at: None,
        created_at: now,
    })
}

/// Writes a new anonymous holder.
///
/// # Errors
/// The query failed.
pub async fn insert_anonymous(
    db: &mut Connection,
    id: Uuid,
    now: UnixSeconds,
) -> Result<User, DbError> {
    let result = sqlx::query(
        "INSERT INTO users (id, status, epoch, public, created_at) VALUES ($1, 'active', 0, 0, $2)",
    )
    .bind(id.to_string())
    .bind(now)
    .execute(db)
    .await?;
    exactly_one(&result)?;
    Ok(User {
        id,
        username: None,
        email: None,
        email_verified_at: None,
        status: UserStatus::Active,
        epoch: 0,
        description: None,
        avatar_url: None,
        public: false,
        last_login_at: None,
        created_at: now,
    })
}

/// Removes anonymous holders without a session, a thousand at most: nobody can be them any more. Of
/// people who were erased the id stays.
///
/// # Errors
/// The query failed.
pub async fn forget_anonymous(db: &mut Connection) -> Result<u64, DbError> {
    let result = sqlx::query(
        "DELETE FROM users WHERE id IN (SELECT u.id FROM users u \
         WHERE u.username IS NULL AND u.status <> 'disabled' AND u.erased_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id) \
         ORDER BY u.created_at LIMIT 1000)",
    )
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

/// The user with this name.
///
/// # Errors
/// The query failed.
pub async fn by_username(db: &mut Connection, key: &str) -> Result<Option<User>, DbError> {
    let row =
        sqlx::query(concat!("SELECT ", columns!(), " FROM users u WHERE u.username_key = $1"))
            .bind(key)
            .fetch_optional(db)
            .await?;
    row.map(|row| user(&row)).transpose()
}

/// The user with this e-mail.
///
/// # Errors
/// The query failed.
pub async fn by_email(db: &mut Connection, key: &str) -> Result<Option<User>, DbError> {
    let row = sqlx::query(concat!("SELECT ", columns!(), " FROM users u WHERE u.email_key = $1"))
        .bind(key)
        .fetch_optional(db)
        .await?;
    row.map(|row| user(&row)).transpose()
}

/// The user whose name or e-mail this is, and the hash of the password. A name can't contain `@`
/// and an e-mail must, so at most one row fits.
///
/// # Errors
/// The query failed.
pub async fn by_login(
    db: &mut Connection,
    key: &str,
) -> Result<Option<(User, Option<String>)>, DbError> {
    let row = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        ", u.password_hash FROM users u WHERE u.username_key = $1 OR u.email_key = $1"
    ))
    .bind(key)
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok((user(&row)?, get(&row, "password_hash")?))).transpose()
}

/// The user with this id.
///
/// # Errors
/// The query failed.
pub async fn by_id(db: &mut Connection, id: Uuid) -> Result<Option<User>, DbError> {
    let row = sqlx::query(concat!("SELECT ", columns!(), " FROM users u WHERE u.id = $1"))
        .bind(id.to_string())
        .fetch_optional(db)
        .await?;
    row.map(|row| user(&row)).transpose()
}

/// Users by name, `limit` of them after `after`; anonymous holders have none and are not among
/// them.
///
/// # Errors
/// The query failed.
pub async fn list(db: &mut Connection, after: &str, limit: i64) -> Result<Vec<User>, DbError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM users u WHERE u.username_key > $1 ORDER BY u.username_key LIMIT $2"
    ))
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| user(row)).collect()
}

/// Changes whether an account may be used; whether there was such a user.
///
/// # Errors
/// The query failed.
pub async fn set_status(
    db: &mut Connection,
    id: Uuid,
    status: UserStatus,
) -> Result<bool, DbError> {
    let result = sqlx::query("UPDATE users SET status = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(status.as_str())
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Replaces the hash `old` of a password by another of the same password; whether it still was that.
///
/// # Errors
/// The query failed.
pub async fn replace_hash(
    db: &mut Connection,
    id: Uuid,
    old: &str,
    new: &str,
) -> Result<bool, DbError> {
    let result =
        sqlx::query("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2")
            .bind(id.to_string())
            .bind(old)
            .bind(new)
            .execute(db)
            .await?;
    Ok(result.rows_affected() == 1)
}

/// Raises the epoch of users who lost a permission, role or level; their micro tokens are stale
/// from then on. The rows stay locked until the transaction ends, so that no minting takes place
/// between what was lost and this.
///
/// # Errors
/// The query failed.
pub async fn raise_epoch(db: &mut Connection, id: Uuid) -> Result<Option<i64>, DbError> {
    Ok(sqlx::query_scalar("UPDATE users SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch")
        .bind(id.to_string())
        .fetch_optional(db)
        .await?)
}

/// Begins another epoch for all anonymous holders who have a session.
///
/// # Errors
/// The query failed.
pub async fn raise_anonymous_epochs(db: &mut Connection) -> Result<(), DbError> {
    sqlx::query("UPDATE users SET epoch = epoch + 1 WHERE username IS NULL").execute(db).await?;
    Ok(())
}

/// Keeps others from changing a user until the transaction ends; whether the account may be used and
/// is still at this epoch.
///
/// # Errors
/// The query failed.
pub async fn hold(db: &mut Connection, id: Uuid, epoch: i64) -> Result<bool, DbError> {
    // A write that changes nothing is the lock that both databases have.
    let result = sqlx::query(
        "UPDATE users SET epoch = epoch WHERE id = $1 AND epoch = $2 AND status = 'active'",
    )
    .bind(id.to_string())
    .bind(epoch)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Keeps others from changing a user until the transaction ends; whether the account may be used.
///
/// # Errors
/// The query failed.
pub async fn lock(db: &mut Connection, id: Uuid) -> Result<bool, DbError> {
    let result = sqlx::query("UPDATE users SET epoch = epoch WHERE id = $1 AND status = 'active'")
        .bind(id.to_string())
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// A user of a row with the columns of [`columns`].
pub(super) fn user(row: &dyn Row) -> Result<User, DbError> {
    Ok(User {
        id: get_uuid(row, "user_id")?,
        username: get(row, "username")?,
        email: get(row, "email")?,
        email_verified_at: get(row, "email_verified_at")?,
        status: UserStatus::parse(get(row, "status")?)?,
        epoch: get(row, "epoch")?,
        description: get(row, "description")?,
        avatar_url: get(row, "avatar_url")?,
        public: get::<i64>(row, "public")? != 0,
        last_login_at: get(row, "last_login_at")?,
        created_at: get(row, "user_created_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::connect::tests::scratch;
    use crate::db::{Constraint, Db};

    async fn add(db: &Db, id: u128, username: &str, email: &str) -> Result<User, DbError> {
        let mut tx = db.write().await?;
        let (username, email) = (Username::parse(username).unwrap(), Email::parse(email).unwrap());
        let user = insert(&mut tx, Uuid::from_u128(id), &username, &email, "x", 5).await?;
        tx.commit().await?;
        Ok(user)
    }

    #[tokio::test]
    async fn a_user_is_found_by_name_and_by_e_mail_without_regard_to_case() {
        let (db, _folder) = scratch().await;
        let user = add(&db, 1, "Laika", "Laika@Example.com").await.unwrap();
        let mut connection = db.read().await.unwrap();
        for key in ["laika", "laika@example.com"] {
            let (found, hash) = by_login(&mut connection, key).await.unwrap().unwrap();
            assert_eq!((found, hash.as_deref()), (user.clone(), Some("x")));
        }
        assert_eq!(by_username(&mut connection, "nobody").await.unwrap(), None);
        assert_eq!(by_email(&mut connection, "laika@example.com").await.unwrap(), Some(user));
    }

    #[tokio::test]
    async fn names_and_e_mails_are_unique_without_regard_to_case() {
        let (db, _folder) = scratch().await;
        add(&db, 1, "laika", "laika@example.com").await.unwrap();
        assert!(matches!(
            add(&db, 2, "LAIKA", "other@example.com").await,
            Err(DbError::Conflict(Constraint::Username))
        ));
        assert!(matches!(
            add(&db, 3, "belka", "LAIKA@example.com").await,
            Err(DbError::Conflict(Constraint::Email))
        ));
    }

    #[tokio::test]
    async fn an_account_is_disabled_once() {
        let (db, _folder) = scratch().await;
        let user = add(&db, 1, "laika", "laika@example.com").await.unwrap();
        let mut tx = db.write().await.unwrap();
        assert!(set_status(&mut tx, user.id, UserStatus::Disabled).await.unwrap());
        assert!(!set_status(&mut tx, Uuid::from_u128(99), UserStatus::Disabled).await.unwrap());
        tx.commit().await.unwrap();
        let mut connection = db.read().await.unwrap();
        let listed = list(&mut connection, "", 10).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].status, UserStatus::Disabled);
    }
}
