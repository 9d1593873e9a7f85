//! `/v1/admin/hooks`: endpoints of events, and what is on its way to them.

pub mod change;
pub mod create;
pub mod delete;
pub mod deliveries;
pub mod list;
pub mod read;
pub mod repeat;
pub mod repeat_all;
pub mod rotate;

use schemars::JsonSchema;
use serde::Serialize;

use crate::db::hooks::Hook;
use crate::events::EventName;
use crate::secret::Secret;

/// An endpoint of events.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HookItem {
    id: String,
    /// Where requests go.
    url: String,
    /// What it is for, in words.
    description: Option<String>,
    /// What it is told; `null`: every event, also those there will be.
    events: Option<Vec<EventName>>,
    /// Whether anything is sent.
    enabled: bool,
    /// Until when the secret before also signs, Unix seconds.
    old_secret_until: Option<i64>,
    /// Unix seconds.
    created_at: i64,
}

/// An endpoint that was made or got a new secret.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WithSecret {
    #[serde(flatten)]
    hook: HookItem,
    /// What checks signatures, `whsec_` and base64; shown this once.
    secret: String,
}

impl HookItem {
    /// The endpoint as it is shown.
    #[must_use]
    pub fn of(hook: Hook) -> Self {
        Self {
            id: hook.id.to_string(),
            url: hook.url,
            description: hook.description,
            events: hook.events.names(),
            enabled: hook.disabled_at.is_none(),
            old_secret_until: hook.secrets.old.map(|(_, until)| until),
            created_at: hook.created_at,
        }
    }
}

impl WithSecret {
    /// The endpoint as it is shown this once.
    #[must_use]
    pub fn of(hook: Hook, secret: &Secret) -> Self {
        Self { hook: HookItem::of(hook), secret: secret.reveal().to_owned() }
    }
}
