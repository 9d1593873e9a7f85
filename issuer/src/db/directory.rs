//! Users as administrators find and change them: searched, listed by role, erased.

use uuid::Uuid;

use super::row::{exactly_one, get};
use super::users::{User, UserStatus, columns, user};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// Which users to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The user of this name, by its key.
    pub username: Option<String>,
    /// The user of this e-mail, by its key.
    pub email: Option<String>,
    /// Names or e-mails that begin like this, by their keys.
    pub prefix: Option<String>,
    /// Accounts in this state.
    pub status: Option<UserStatus>,
    /// Holders of this role.
    pub role: Option<String>,
}

/// Users, youngest first, `limit` of them after the one made at this time, with this id.
///
/// # Errors
/// The query failed.
pub async fn search(
    db: &mut Connection,
    filter: &Filter,
    after: Option<&(UnixSeconds, String)>,
    limit: i64,
) -> Result<Vec<User>, DbError> {
    let first = (UnixSeconds::MAX, String::new());
    let (created_at, id) = after.unwrap_or(&first);
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM users u WHERE (u.created_at < $1 OR (u.created_at = $1 AND u.id < $2)) \
         AND ($3 = '' OR u.username_key = $3) AND ($4 = '' OR u.email_key = $4) \
         AND ($5 = '' OR u.username_key LIKE $5 ESCAPE '!' OR u.email_key LIKE $5 ESCAPE '!') \
         AND ($6 = '' OR u.status = $6) AND ($7 = '' OR EXISTS \
         (SELECT 1 FROM user_roles ur WHERE ur.user_id = u.id AND ur.role = $7)) \
         ORDER BY u.created_at DESC, u.id DESC LIMIT $8"
    ))
    .bind(*created_at)
    .bind(id.clone())
    .bind(filter.username.clone().unwrap_or_default())
    .bind(filter.email.clone().unwrap_or_default())
    .bind(filter.prefix.as_deref().map(begins_with).unwrap_or_default())
    .bind(filter.status.map(UserStatus::as_str).unwrap_or_default())
    .bind(filter.role.clone().unwrap_or_default())
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| user(row)).collect()
}

/// A pattern for texts that begin with `prefix`.
fn begins_with(prefix: &str) -> String {
    let mut pattern = String::with_capacity(prefix.len() + 1);
    for character in prefix.chars() {
        if matches!(character, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// Locks a user until the transaction ends; whether there is one. Mintings for the user, and other
/// changes to the user, wait.
///
/// # Errors
/// The query failed.
pub async fn lock(db: &mut Connection, id: Uuid) -> Result<bool, DbError> {
    let result = sqlx::query("UPDATE users SET epoch = epoch WHERE id = $1")
        .bind(id.to_string())
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Removes everything about a person but the id: the account is deleted, its name and e-mail are
/// free again.
///
/// # Errors
/// The query failed.
pub async fn erase(db: &mut Connection, id: Uuid, now: UnixSeconds) -> Result<(), DbError> {
    let result = sqlx::query(
        "UPDATE users SET username = NULL, username_key = NULL, username_changed_at = NULL, \
         email = NULL, email_key = NULL, email_verified_at = NULL, password_hash = NULL, \
         description = NULL, avatar_url = NULL, public = 0, last_login_at = NULL, \
         status = 'deleted', deleted_at = COALESCE(deleted_at, $2), erased_at = $2 WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(now)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// When the data of a user was removed for good, if it was.
///
/// # Errors
/// The query failed.
pub async fn erased_at(db: &mut Connection, id: Uuid) -> Result<Option<UnixSeconds>, DbError> {
    let row = sqlx::query("SELECT erased_at FROM users WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(db)
        .await?;
    row.map_or(Ok(None), |row| get(&row, "erased_at"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Email, Username};
    use crate::db::connect::tests::scratch;

    #[tokio::test]
    async fn what_is_searched_for_is_text_and_no_pattern() {
        let (db, _folder) = scratch().await;
        let mut tx = db.write().await.unwrap();
        for (id, name) in [(1, "a_b"), (2, "axb"), (3, "laika")] {
            let email = Email::parse(&format!("{name}@example.com")).unwrap();
            let name = Username::parse(name).unwrap();
            let id = Uuid::from_u128(id);
            crate::db::users::insert(&mut tx, id, &name, &email, "x", 5).await.unwrap();
        }
        for (prefix, found) in [("a", 2), ("a_", 1), ("%", 0), ("!", 0), ("laika@", 1), ("", 3)] {
            let filter = Filter { prefix: Some(prefix.to_owned()), ..Filter::default() };
            let users = search(&mut tx, &filter, None, 10).await.unwrap();
            assert_eq!(users.len(), found, "{prefix}");
        }
    }
}
