//! Direct grants: permissions that one holder has besides those of roles.

use std::fmt;

use laika_claims::Grant;
use sqlx::any::AnyRow;
use uuid::Uuid;

use super::row::get;
use super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// Who can be granted something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A person.
    User(Uuid),
    /// A service account, by name.
    ServiceAccount(String),
}

/// A permission that a holder was given directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectGrant {
    /// Whose it is, as it is stored: `user:<uuid>` or `svc:<name>`.
    pub holder: String,
    /// What it grants.
    pub permission: String,
    /// Since when.
    pub granted_at: UnixSeconds,
    /// Who gave it, as the audit log writes it.
    pub granted_by: String,
}

/// Which direct grants to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those of this holder.
    pub holder: Option<String>,
    /// Only those of exactly this permission.
    pub permission: Option<String>,
}

impl Holder {
    /// The holder of that name, as [`fmt::Display`] writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("user", id) => Uuid::parse_str(id).ok().map(Self::User),
            ("svc", name) => crate::accounts::service_name(name)
                .map(|name| Self::ServiceAccount(name.to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::ServiceAccount(name) => write!(f, "svc:{name}"),
        }
    }
}

/// Gives a holder a permission; whether it was not theirs before.
///
/// # Errors
/// The query failed.
pub async fn add(
    db: &mut Connection,
    holder: &Holder,
    permission: &Grant,
    by: &str,
    now: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "INSERT INTO grants (holder, permission, granted_at, granted_by) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING",
    )
    .bind(holder.to_string())
    .bind(permission.as_str())
    .bind(now)
    .bind(by)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Takes a permission from a holder; whether it was theirs.
///
/// # Errors
/// The query failed.
pub async fn remove(
    db: &mut Connection,
    holder: &Holder,
    permission: &Grant,
) -> Result<bool, DbError> {
    let result = sqlx::query("DELETE FROM grants WHERE holder = $1 AND permission = $2")
        .bind(holder.to_string())
        .bind(permission.as_str())
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Takes everything from a holder that was given directly.
///
/// # Errors
/// The query failed.
pub async fn remove_all(db: &mut Connection, holder: &Holder) -> Result<(), DbError> {
    sqlx::query("DELETE FROM grants WHERE holder = $1")
        .bind(holder.to_string())
        .execute(db)
        .await?;
    Ok(())
}

/// Direct grants by holder and permission, `limit` of them after `after`.
///
/// # Errors
/// The query failed.
pub async fn list(
    db: &mut Connection,
    filter: &Filter,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<DirectGrant>, DbError> {
    let rows = sqlx::query(
        "SELECT holder, permission, granted_at, granted_by FROM grants \
         WHERE (holder > $1 OR (holder = $1 AND permission > $2)) \
         AND ($3 = '' OR holder = $3) AND ($4 = '' OR permission = $4) \
         ORDER BY holder, permission LIMIT $5",
    )
    .bind(after.0)
    .bind(after.1)
    .bind(filter.holder.clone().unwrap_or_default())
    .bind(filter.permission.clone().unwrap_or_default())
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(direct_grant).collect()
}

/// What the permissions of a service are `LIKE`, with `!` as the escape.
pub(super) fn permissions_of(service: &str) -> String {
    // Names of services have no `%`; their `_` must not stand for any character.
    format!("{}:%", service.replace('_', "!_"))
}

/// How many direct grants name a permission of this service.
///
/// # Errors
/// The query failed.
pub async fn count_of_service(db: &mut Connection, service: &str) -> Result<i64, DbError> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM grants WHERE permission LIKE $1 ESCAPE '!'")
        .bind(permissions_of(service))
        .fetch_one(db)
        .await?)
}

/// Every grant a person holds, by any role and directly.
///
/// # Errors
/// The query failed, or a permission in the database is not one.
pub async fn of_person(db: &mut Connection, user: Uuid) -> Result<Vec<Grant>, DbError> {
    let texts: Vec<String> = sqlx::query_scalar(
        "SELECT rp.permission FROM user_roles ur \
         JOIN role_permissions rp ON rp.role = ur.role WHERE ur.user_id = $1 \
         UNION SELECT permission FROM grants WHERE holder = $2",
    )
    .bind(user.to_string())
    .bind(Holder::User(user).to_string())
    .fetch_all(db)
    .await?;
    texts
        .into_iter()
        .map(|text| {
            Grant::parse(&text).map_err(|_| DbError::Corrupt { what: "a permission", value: text })
        })
        .collect()
}

fn direct_grant(row: &AnyRow) -> Result<DirectGrant, DbError> {
    Ok(DirectGrant {
        holder: get(row, "holder")?,
        permission: get(row, "permission")?,
        granted_at: get(row, "granted_at")?,
        granted_by: get(row, "granted_by")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::connect::tests::scratch;

    #[test]
    fn a_holder_is_read_as_it_is_written() {
        for holder in [Holder::User(Uuid::from_u128(7)), Holder::ServiceAccount("depot".to_owned())]
        {
            assert_eq!(Holder::parse(&holder.to_string()), Some(holder));
        }
        for bad in ["", "user:", "user:laika", "svc:", "svc:A", "role:clerk", "laika"] {
            assert_eq!(Holder::parse(bad), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn grants_of_a_service_are_counted_and_not_those_of_one_with_a_similar_name() {
        let (db, _folder) = scratch().await;
        let mut tx = db.write().await.unwrap();
        let holder = Holder::User(Uuid::from_u128(7));
        for permission in ["a_b:read", "axb:read", "a_b:*"] {
            let permission = Grant::parse(permission).unwrap();
            assert!(add(&mut tx, &holder, &permission, "command-line", 1).await.unwrap());
            assert!(!add(&mut tx, &holder, &permission, "command-line", 2).await.unwrap());
        }
        assert_eq!(count_of_service(&mut tx, "a_b").await.unwrap(), 2);
        assert_eq!(count_of_service(&mut tx, "axb").await.unwrap(), 1);
        assert_eq!(count_of_service(&mut tx, "b").await.unwrap(), 0);
        assert_eq!(of_person(&mut tx, Uuid::from_u128(7)).await.unwrap().len(), 3);
    }
}
