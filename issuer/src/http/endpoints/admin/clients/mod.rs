//! `/v1/admin/clients`: applications that ask for tokens in the name of people.

pub mod create;
pub mod delete;
pub mod list;
pub mod read;
pub mod rename;
pub mod rotate;

use schemars::JsonSchema;
use serde::Serialize;

use crate::db::clients::{Client, ClientKind};
use crate::secret::Secret;

/// A client.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ClientItem {
    /// Claim `client_id` of the tokens it asks for.
    client_id: String,
    /// What people read.
    name: String,
    /// Whether it can keep a secret.
    kind: ClientKind,
    /// Unix seconds.
    created_at: i64,
}

/// A client that was made or got a new secret.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WithSecret {
    #[serde(flatten)]
    client: ClientItem,
    /// Shown this once; a public client has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl ClientItem {
    /// The client as it is shown.
    #[must_use]
    pub fn of(client: Client) -> Self {
        Self {
            client_id: client.client_id,
            name: client.name,
            kind: client.kind,
            created_at: client.created_at,
        }
    }
}

impl WithSecret {
    /// The client as it is shown this once.
    #[must_use]
    pub fn of(client: Client, secret: Option<&Secret>) -> Self {
        let secret = secret.map(|secret| secret.reveal().to_owned());
        Self { client: ClientItem::of(client), secret }
    }
}
