//! Services and their permission catalogues.

use sqlx::any::AnyRow;

use super::row::{exactly_one, get};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;
use crate::keys::Algorithm;

/// Something that accepts micro tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name: the first segment of its permissions.
    pub name: String,
    /// `aud` of its tokens.
    pub audience: String,
    /// Life of its micro tokens in seconds.
    pub token_lifetime: i64,
    /// Algorithm of its micro tokens; absent: the issuer's.
    pub algorithm: Option<Algorithm>,
}

/// Writes a service, new or changed.
///
/// # Errors
/// [`DbError::Conflict`] where the audience belongs to another service.
pub async fn put(db: &mut Connection, service: &Service, now: UnixSeconds) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO services (name, audience, token_lifetime, algorithm, created_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO UPDATE SET \
         audience = excluded.audience, token_lifetime = excluded.token_lifetime, \
         algorithm = excluded.algorithm",
    )
    .bind(service.name.clone())
    .bind(service.audience.clone())
    .bind(service.token_lifetime)
    .bind(service.algorithm.map(Algorithm::as_str))
    .bind(now)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Replaces the catalogue of a service.
///
/// # Errors
/// The query failed.
pub async fn set_catalogue(
    db: &mut Connection,
    service: &str,
    permissions: &[String],
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM service_permissions WHERE service = $1")
        .bind(service)
        .execute(&mut *db)
        .await?;
    for permission in permissions {
        sqlx::query(
            "INSERT INTO service_permissions (service, permission) VALUES ($1, $2) \
             ON CONFLICT DO NOTHING",
        )
        .bind(service)
        .bind(permission.as_str())
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Replaces the list of services that a token of this one may also be for.
///
/// # Errors
/// The query failed.
pub async fn set_sharing(
    db: &mut Connection,
    service: &str,
    others: &[String],
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM service_sharing WHERE service = $1")
        .bind(service)
        .execute(&mut *db)
        .await?;
    for other in others {
        sqlx::query(
            "INSERT INTO service_sharing (service, may_share_with) VALUES ($1, $2) \
             ON CONFLICT DO NOTHING",
        )
        .bind(service)
        .bind(other.as_str())
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Removes a service with its catalogue; whether there was one.
///
/// # Errors
/// The query failed.
pub async fn delete(db: &mut Connection, name: &str) -> Result<bool, DbError> {
    let result = sqlx::query("DELETE FROM services WHERE name = $1").bind(name).execute(db).await?;
    Ok(result.rows_affected() == 1)
}

/// The service with this name.
///
/// # Errors
/// The query failed.
pub async fn by_name(db: &mut Connection, name: &str) -> Result<Option<Service>, DbError> {
    let row = sqlx::query(
        "SELECT name, audience, token_lifetime, algorithm FROM services WHERE name = $1",
    )
    .bind(name)
    .fetch_optional(db)
    .await?;
    row.map(|row| service(&row)).transpose()
}

/// Every permission the service knows, in order.
///
/// # Errors
/// The query failed.
pub async fn catalogue(db: &mut Connection, service: &str) -> Result<Vec<String>, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT permission FROM service_permissions WHERE service = $1 ORDER BY permission",
    )
    .bind(service)
    .fetch_all(db)
    .await?)
}

/// The services that a token of this one may also be for.
///
/// # Errors
/// The query failed.
pub async fn sharing(db: &mut Connection, service: &str) -> Result<Vec<String>, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT may_share_with FROM service_sharing WHERE service = $1 ORDER BY may_share_with",
    )
    .bind(service)
    .fetch_all(db)
    .await?)
}

/// Services by name, `limit` of them after `after`.
///
/// # Errors
/// The query failed.
pub async fn list(db: &mut Connection, after: &str, limit: i64) -> Result<Vec<Service>, DbError> {
    let rows = sqlx::query(
        "SELECT name, audience, token_lifetime, algorithm FROM services WHERE name > $1 \
         ORDER BY name LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(service).collect()
}

fn service(row: &AnyRow) -> Result<Service, DbError> {
    let algorithm: Option<String> = get(row, "algorithm")?;
    Ok(Service {
        name: get(row, "name")?,
        audience: get(row, "audience")?,
        token_lifetime: get(row, "token_lifetime")?,
        algorithm: algorithm.as_deref().map(parse_algorithm).transpose()?,
    })
}

pub(super) fn parse_algorithm(text: &str) -> Result<Algorithm, DbError> {
    Algorithm::from_name(text)
        .ok_or_else(|| DbError::Corrupt { what: "algorithm", value: text.to_owned() })
}
