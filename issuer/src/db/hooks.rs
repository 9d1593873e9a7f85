//! Endpoints of events.

use sqlx::any::AnyRow;
use uuid::Uuid;

use super::row::{exactly_one, get, get_uuid};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;
use crate::events::EventName;
use crate::outgoing::WrappedSecrets;

/// An endpoint that wants to know what happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Its id.
    pub id: Uuid,
    /// Where requests go.
    pub url: String,
    /// What it is for, in words.
    pub description: Option<String>,
    /// What it wants to know.
    pub events: Wanted,
    /// What signs.
    pub secrets: WrappedSecrets,
    /// Since when nothing is sent.
    pub disabled_at: Option<UnixSeconds>,
    /// When it was made.
    pub created_at: UnixSeconds,
}

/// Which events an endpoint wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Every one, also those there will be.
    All,
    /// These.
    Named(Vec<EventName>),
}

impl Wanted {
    /// The names, where it is not every one.
    #[must_use]
    pub fn names(self) -> Option<Vec<EventName>> {
        match self {
            Self::All => None,
            Self::Named(names) => Some(names),
        }
    }

    /// A space on both sides of each name, so that one is found in it whole.
    fn written(&self) -> String {
        match self {
            Self::All => "*".to_owned(),
            Self::Named(names) => {
                names.iter().fold(" ".to_owned(), |text, name| text + name.as_str() + " ")
            }
        }
    }

    fn read(text: &str) -> Result<Self, DbError> {
        if text == "*" {
            return Ok(Self::All);
        }
        let name = |name: &str| {
            EventName::from_name(name)
                .ok_or_else(|| DbError::Corrupt { what: "an event", value: name.to_owned() })
        };
        Ok(Self::Named(text.split_whitespace().map(name).collect::<Result<_, _>>()?))
    }
}

/// The columns of a [`Hook`].
macro_rules! columns {
    () => {
        "id, url, description, events, secret, old_secret, old_secret_until, disabled_at, created_at"
    };
}

/// Writes a new endpoint.
///
/// # Errors
/// The query failed.
pub async fn insert(db: &mut Connection, hook: &Hook) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO hooks (id, url, description, events, secret, disabled_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(hook.id.to_string())
    .bind(hook.url.clone())
    .bind(hook.description.clone())
    .bind(hook.events.written())
    .bind(hook.secrets.secret.clone())
    .bind(hook.disabled_at)
    .bind(hook.created_at)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// Changes everything but the secrets; whether there was such an endpoint.
///
/// # Errors
/// The query failed.
pub async fn update(db: &mut Connection, hook: &Hook) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE hooks SET url = $2, description = $3, events = $4, disabled_at = $5 WHERE id = $1",
    )
    .bind(hook.id.to_string())
    .bind(hook.url.clone())
    .bind(hook.description.clone())
    .bind(hook.events.written())
    .bind(hook.disabled_at)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Gives an endpoint another secret; the one it had signs as well until `until`. Whether there was
/// such an endpoint.
///
/// # Errors
/// The query failed.
pub async fn set_secret(
    db: &mut Connection,
    id: Uuid,
    secret: &str,
    until: UnixSeconds,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE hooks SET old_secret = secret, old_secret_until = $3, secret = $2 WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(secret)
    .bind(until)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// The endpoint with this id.
///
/// # Errors
/// The query failed.
pub async fn by_id(db: &mut Connection, id: Uuid) -> Result<Option<Hook>, DbError> {
    let row = sqlx::query(concat!("SELECT ", columns!(), " FROM hooks WHERE id = $1"))
        .bind(id.to_string())
        .fetch_optional(db)
        .await?;
    row.map(|row| hook(&row)).transpose()
}

/// Endpoints by id, `limit` of them after `after`.
///
/// # Errors
/// The query failed.
pub async fn list(db: &mut Connection, after: &str, limit: i64) -> Result<Vec<Hook>, DbError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM hooks WHERE id > $1 ORDER BY id LIMIT $2"
    ))
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(hook).collect()
}

/// How many endpoints there are.
///
/// # Errors
/// The query failed.
pub async fn count(db: &mut Connection) -> Result<i64, DbError> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM hooks").fetch_one(db).await?)
}

/// The endpoints that want to know of this event.
///
/// # Errors
/// The query failed.
pub async fn listeners(db: &mut Connection, name: EventName) -> Result<Vec<Uuid>, DbError> {
    let rows = sqlx::query(
        "SELECT id FROM hooks WHERE disabled_at IS NULL AND (events = '*' OR events LIKE $1)",
    )
    .bind(format!("% {name} %"))
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| get_uuid(row, "id")).collect()
}

/// The endpoints that requests are sent to.
///
/// # Errors
/// The query failed.
pub async fn enabled(db: &mut Connection) -> Result<Vec<Uuid>, DbError> {
    let rows = sqlx::query("SELECT id FROM hooks WHERE disabled_at IS NULL ORDER BY id")
        .fetch_all(db)
        .await?;
    rows.iter().map(|row| get_uuid(row, "id")).collect()
}

/// Removes an endpoint with what was to be sent to it; whether there was one.
///
/// # Errors
/// The query failed.
pub async fn delete(db: &mut Connection, id: Uuid) -> Result<bool, DbError> {
    let id = id.to_string();
    let result = sqlx::query("DELETE FROM hooks WHERE id = $1").bind(&id).execute(&mut *db).await?;
    sqlx::query("DELETE FROM deliveries WHERE endpoint = $1").bind(id).execute(db).await?;
    Ok(result.rows_affected() == 1)
}

fn hook(row: &AnyRow) -> Result<Hook, DbError> {
    let old: Option<String> = get(row, "old_secret")?;
    Ok(Hook {
        id: get_uuid(row, "id")?,
        url: get(row, "url")?,
        description: get(row, "description")?,
        events: Wanted::read(&get::<String>(row, "events")?)?,
        secrets: WrappedSecrets {
            secret: get(row, "secret")?,
            old: old.zip(get(row, "old_secret_until")?),
        },
        disabled_at: get(row, "disabled_at")?,
        created_at: get(row, "created_at")?,
    })
}
