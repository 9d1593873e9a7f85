//! Services: what accepts micro tokens.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use super::row::{exactly_one, get};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;
use crate::keys::Family;
use crate::outgoing::WrappedSecrets;

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
    pub algorithm: Option<Family>,
    /// The template of further claims: a JSON object.
    pub claim_template: Option<String>,
    /// Where its permissions come from.
    pub permission_provider: PermissionProvider,
    /// Whether a permission, role or level that a holder loses makes its tokens stale.
    pub stale: bool,
    /// Life of the tokens of anonymous holders in seconds; absent: they get nothing here.
    pub anonymous_lifetime: Option<i64>,
}

/// Where the permissions of a service come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PermissionProvider {
    /// From the roles of its holders.
    #[default]
    Roles,
    /// From whoever answers at a URL.
    Http(HttpProvider),
}

/// Whoever is asked by HTTP what a holder may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpProvider {
    /// Where: `https`, to an address that is public or listed.
    pub url: String,
    /// What happens where it does not answer.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// Seconds for which an answer is taken again; 0 to 300.
    #[serde(default = "HttpProvider::default_cache")]
    #[schemars(range(min = 0, max = 300))]
    pub cache: i64,
    /// Milliseconds it may take; 10 to 5000.
    #[serde(default = "HttpProvider::default_timeout")]
    #[schemars(range(min = 10, max = 5000))]
    pub timeout: i64,
}

/// What happens where a permission provider does not answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// No token is made.
    #[default]
    Deny,
    /// The last answer counts, for ten minutes at most; then no token is made.
    LastKnown,
    /// The holder may do nothing there.
    Empty,
}

impl HttpProvider {
    fn default_cache() -> i64 {
        30
    }

    fn default_timeout() -> i64 {
        1000
    }
}

impl PermissionProvider {
    /// As the database writes it: the kind, and what belongs to it as JSON.
    fn written(&self) -> Result<(&'static str, Option<String>), DbError> {
        match self {
            Self::Roles => Ok(("roles", None)),
            Self::Http(provider) => {
                let text = serde_json::to_string(provider).map_err(|error| DbError::Corrupt {
                    what: "a permission provider",
                    value: error.to_string(),
                })?;
                Ok(("http", Some(text)))
            }
        }
    }

    fn read(kind: String, settings: Option<String>) -> Result<Self, DbError> {
        let found = match (kind.as_str(), &settings) {
            ("roles", _) => Some(Self::Roles),
            ("http", Some(text)) => serde_json::from_str(text).ok().map(Self::Http),
            _ => None,
        };
        let value = settings.unwrap_or(kind);
        found.ok_or(DbError::Corrupt { what: "a permission provider", value })
    }
}

/// A set of texts that a service has: permissions, or names of services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// The catalogue: every permission it knows.
    Catalogue,
    /// The services that a token of this one may also be for.
    Sharing,
    /// What anonymous holders may do.
    Anonymous,
}

/// The columns of a [`Service`].
macro_rules! columns {
    () => {
        "name, audience, token_lifetime, algorithm, claim_template, permission_provider, \
         provider_settings, stale, anonymous_lifetime"
    };
}

/// Writes a service, new or changed.
///
/// # Errors
/// [`DbError::Conflict`] where the audience belongs to another service.
pub async fn put(db: &mut Connection, service: &Service, now: UnixSeconds) -> Result<(), DbError> {
    let (provider, settings) = service.permission_provider.written()?;
    let result = sqlx::query(
        "INSERT INTO services (name, audience, token_lifetime, algorithm, claim_template, \
         permission_provider, stale, anonymous_lifetime, created_at, provider_settings) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (name) DO UPDATE SET \
         audience = excluded.audience, token_lifetime = excluded.token_lifetime, \
         algorithm = excluded.algorithm, claim_template = excluded.claim_template, \
         permission_provider = excluded.permission_provider, stale = excluded.stale, \
         anonymous_lifetime = excluded.anonymous_lifetime, \
         provider_settings = excluded.provider_settings",
    )
    .bind(service.name.clone())
    .bind(service.audience.clone())
    .bind(service.token_lifetime)
    .bind(service.algorithm.map(Family::as_str))
    .bind(service.claim_template.clone())
    .bind(provider)
    .bind(i64::from(service.stale))
    .bind(service.anonymous_lifetime)
    .bind(now)
    .bind(settings)
    .execute(&mut *db)
    .await?;
    exactly_one(&result)?;
    raise_generation(db).await
}

/// Removes a service with its lists and roles; whether there was one.
///
/// # Errors
/// The query failed.
pub async fn delete(db: &mut Connection, name: &str) -> Result<bool, DbError> {
    let result =
        sqlx::query("DELETE FROM services WHERE name = $1").bind(name).execute(&mut *db).await?;
    raise_generation(db).await?;
    Ok(result.rows_affected() == 1)
}

/// Replaces one of a service's lists.
///
/// # Errors
/// The query failed.
pub async fn set_list(
    db: &mut Connection,
    service: &str,
    list: List,
    items: &[String],
) -> Result<(), DbError> {
    let (delete, insert) = list.writes();
    sqlx::query(delete).bind(service).execute(&mut *db).await?;
    for item in items {
        sqlx::query(insert).bind(service).bind(item.as_str()).execute(&mut *db).await?;
    }
    raise_generation(db).await
}

/// The service with this name.
///
/// # Errors
/// The query failed.
pub async fn by_name(db: &mut Connection, name: &str) -> Result<Option<Service>, DbError> {
    let row = sqlx::query(concat!("SELECT ", columns!(), " FROM services WHERE name = $1"))
        .bind(name)
        .fetch_optional(db)
        .await?;
    row.map(|row| service(&row)).transpose()
}

/// The service with this audience.
///
/// # Errors
/// The query failed.
pub async fn by_audience(db: &mut Connection, audience: &str) -> Result<Option<Service>, DbError> {
    let row = sqlx::query(concat!("SELECT ", columns!(), " FROM services WHERE audience = $1"))
        .bind(audience)
        .fetch_optional(db)
        .await?;
    row.map(|row| service(&row)).transpose()
}

/// The names of the services that sign with this.
///
/// # Errors
/// The query failed.
pub async fn of_family(db: &mut Connection, family: Family) -> Result<Vec<String>, DbError> {
    Ok(sqlx::query_scalar("SELECT name FROM services WHERE algorithm = $1 ORDER BY name")
        .bind(family.as_str())
        .fetch_all(db)
        .await?)
}

/// One of a service's lists, in order.
///
/// # Errors
/// The query failed.
pub async fn list_of(
    db: &mut Connection,
    service: &str,
    list: List,
) -> Result<Vec<String>, DbError> {
    let rows = sqlx::query(list.read_one()).bind(service).fetch_all(db).await?;
    rows.iter().map(|row| get(row, "item")).collect()
}

/// The lists of all services, by service and in order.
///
/// # Errors
/// The query failed.
pub async fn lists(
    db: &mut Connection,
    list: List,
) -> Result<BTreeMap<String, Vec<String>>, DbError> {
    let rows = sqlx::query(list.read_all()).fetch_all(db).await?;
    let mut lists = BTreeMap::<String, Vec<String>>::new();
    for row in &rows {
        lists.entry(get(row, "service")?).or_default().push(get(row, "item")?);
    }
    Ok(lists)
}

/// Services by name, `limit` of them after `after`.
///
/// # Errors
/// The query failed.
pub async fn list(db: &mut Connection, after: &str, limit: i64) -> Result<Vec<Service>, DbError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM services WHERE name > $1 ORDER BY name LIMIT $2"
    ))
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(service).collect()
}

/// The secrets that sign requests to permission providers, by service.
///
/// # Errors
/// The query failed.
pub async fn provider_secrets(
    db: &mut Connection,
) -> Result<BTreeMap<String, WrappedSecrets>, DbError> {
    let rows = sqlx::query(
        "SELECT name, provider_secret, provider_old_secret, provider_old_secret_until \
         FROM services WHERE provider_secret IS NOT NULL",
    )
    .fetch_all(db)
    .await?;
    let mut secrets = BTreeMap::new();
    for row in &rows {
        let old: Option<String> = get(row, "provider_old_secret")?;
        let old = old.zip(get(row, "provider_old_secret_until")?);
        let wrapped = WrappedSecrets { secret: get(row, "provider_secret")?, old };
        secrets.insert(get(row, "name")?, wrapped);
    }
    Ok(secrets)
}

/// Gives a service another secret for its permission provider; the one it had signs as well until
/// `until`. Whether there was such a service.
///
/// # Errors
/// The query failed.
pub async fn set_provider_secret(
    db: &mut Connection,
    service: &str,
    secret: &str,
    until: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE services SET provider_old_secret = provider_secret, \
         provider_old_secret_until = $3, provider_secret = $2 WHERE name = $1",
    )
    .bind(service)
    .bind(secret)
    .bind(until)
    .execute(&mut *db)
    .await?;
    raise_generation(db).await?;
    Ok(result.rows_affected() == 1)
}

/// A number that grows with every change of a service.
///
/// # Errors
/// The query failed.
pub async fn generation(db: &mut Connection) -> Result<i64, DbError> {
    Ok(sqlx::query_scalar("SELECT value FROM generations WHERE name = 'services'")
        .fetch_one(db)
        .await?)
}

/// Keeps others from changing services until the transaction ends; whether they still are of this
/// generation.
///
/// # Errors
/// The query failed.
pub async fn hold(db: &mut Connection, generation: i64) -> Result<bool, DbError> {
    let result =
        sqlx::query("UPDATE generations SET value = value WHERE name = 'services' AND value = $1")
            .bind(generation)
            .execute(db)
            .await?;
    Ok(result.rows_affected() == 1)
}

async fn raise_generation(db: &mut Connection) -> Result<(), DbError> {
    let result = sqlx::query("UPDATE generations SET value = value + 1 WHERE name = 'services'")
        .execute(db)
        .await?;
    exactly_one(&result)
}

impl List {
    fn writes(self) -> (&'static str, &'static str) {
        match self {
            Self::Catalogue => (
                "DELETE FROM service_permissions WHERE service = $1",
                "INSERT INTO service_permissions (service, permission) VALUES ($1, $2) \
                 ON CONFLICT DO NOTHING",
            ),
            Self::Sharing => (
                "DELETE FROM service_sharing WHERE service = $1",
                "INSERT INTO service_sharing (service, may_share_with) VALUES ($1, $2) \
                 ON CONFLICT DO NOTHING",
            ),
            Self::Anonymous => (
                "DELETE FROM service_anonymous_permissions WHERE service = $1",
                "INSERT INTO service_anonymous_permissions (service, permission) VALUES ($1, $2) \
                 ON CONFLICT DO NOTHING",
            ),
        }
    }

    fn read_one(self) -> &'static str {
        match self {
            Self::Catalogue => {
                "SELECT permission AS item FROM service_permissions WHERE service = $1 ORDER BY 1"
            }
            Self::Sharing => {
                "SELECT may_share_with AS item FROM service_sharing WHERE service = $1 ORDER BY 1"
            }
            Self::Anonymous => {
                "SELECT permission AS item FROM service_anonymous_permissions \
                 WHERE service = $1 ORDER BY 1"
            }
        }
    }

    fn read_all(self) -> &'static str {
        match self {
            Self::Catalogue => {
                "SELECT service, permission AS item FROM service_permissions ORDER BY 1, 2"
            }
            Self::Sharing => {
                "SELECT service, may_share_with AS item FROM service_sharing ORDER BY 1, 2"
            }
            Self::Anonymous => {
                "SELECT service, permission AS item FROM service_anonymous_permissions \
                 ORDER BY 1, 2"
            }
        }
    }
}

fn service(row: &AnyRow) -> Result<Service, DbError> {
    let algorithm: Option<String> = get(row, "algorithm")?;
    Ok(Service {
        name: get(row, "name")?,
        audience: get(row, "audience")?,
        token_lifetime: get(row, "token_lifetime")?,
        algorithm: algorithm.as_deref().map(parse_family).transpose()?,
        claim_template: get(row, "claim_template")?,
        permission_provider: PermissionProvider::read(
            get(row, "permission_provider")?,
            get(row, "provider_settings")?,
        )?,
        stale: get::<i64>(row, "stale")? != 0,
        anonymous_lifetime: get(row, "anonymous_lifetime")?,
    })
}

fn parse_family(text: &str) -> Result<Family, DbError> {
    Family::from_name(text)
        .ok_or_else(|| DbError::Corrupt { what: "algorithm", value: text.to_owned() })
}
