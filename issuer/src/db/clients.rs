//! Registered clients: applications that ask for tokens in the name of people.

use sqlx::any::AnyRow;

use super::row::{exactly_one, get};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// An application that asks for tokens in the name of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// What it calls itself in requests: claim `client_id` of the tokens it asks for.
    pub client_id: String,
    /// What people read.
    pub name: String,
    /// Whether it can keep a secret.
    pub kind: ClientKind,
    /// SHA-256 of its secret, in hexadecimal.
    pub secret_hash: Option<String>,
    /// When it was registered.
    pub created_at: UnixSeconds,
}

/// Whether a client can keep a secret (RFC 6749 section 2.1).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// It can't: it runs in a browser or on somebody's device.
    Public,
    /// It can: it runs on a server.
    Confidential,
}

impl ClientKind {
    const ALL: [Self; 2] = [Self::Public, Self::Confidential];

    /// As the database and the command line write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Confidential => "confidential",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Writes a new client.
///
/// # Errors
/// [`DbError::Conflict`] where the id is taken.
pub async fn insert(db: &mut Connection, client: &Client) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO clients (client_id, name, kind, secret_hash, created_at) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(client.client_id.clone())
    .bind(client.name.clone())
    .bind(client.kind.as_str())
    .bind(client.secret_hash.clone())
    .bind(client.created_at)
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// The client with this id.
///
/// # Errors
/// The query failed.
pub async fn by_id(db: &mut Connection, client_id: &str) -> Result<Option<Client>, DbError> {
    let row = sqlx::query(
        "SELECT client_id, name, kind, secret_hash, created_at FROM clients WHERE client_id = $1",
    )
    .bind(client_id)
    .fetch_optional(db)
    .await?;
    row.map(|row| client(&row)).transpose()
}

/// Clients by id, `limit` of them after `after`.
///
/// # Errors
/// The query failed.
pub async fn list(db: &mut Connection, after: &str, limit: i64) -> Result<Vec<Client>, DbError> {
    let rows = sqlx::query(
        "SELECT client_id, name, kind, secret_hash, created_at FROM clients \
         WHERE client_id > $1 ORDER BY client_id LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(client).collect()
}

/// Changes what people read; whether there was such a client.
///
/// # Errors
/// The query failed.
pub async fn set_name(db: &mut Connection, client_id: &str, name: &str) -> Result<bool, DbError> {
    let result = sqlx::query("UPDATE clients SET name = $2 WHERE client_id = $1")
        .bind(client_id)
        .bind(name)
        .execute(db)
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Replaces the secret; whether there was such a confidential client.
///
/// # Errors
/// The query failed.
pub async fn set_secret(
    db: &mut Connection,
    client_id: &str,
    secret_hash: &str,
) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE clients SET secret_hash = $2 WHERE client_id = $1 AND kind = 'confidential'",
    )
    .bind(client_id)
    .bind(secret_hash)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Removes a client; whether there was one.
///
/// # Errors
/// The query failed.
pub async fn delete(db: &mut Connection, client_id: &str) -> Result<bool, DbError> {
    let result =
        sqlx::query("DELETE FROM clients WHERE client_id = $1").bind(client_id).execute(db).await?;
    Ok(result.rows_affected() == 1)
}

fn client(row: &AnyRow) -> Result<Client, DbError> {
    let kind: String = get(row, "kind")?;
    Ok(Client {
        client_id: get(row, "client_id")?,
        name: get(row, "name")?,
        kind: ClientKind::from_name(&kind)
            .ok_or(DbError::Corrupt { what: "kind of a client", value: kind })?,
        secret_hash: get(row, "secret_hash")?,
        created_at: get(row, "created_at")?,
    })
}
