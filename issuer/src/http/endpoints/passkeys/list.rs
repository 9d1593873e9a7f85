//! `GET /v1/me/passkeys`: the caller's passkeys.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::db::passkeys::{self, Passkey};
use crate::http::extract::MainCaller;
use crate::http::page::{ById, Page, Paged};
use crate::problem::Problem;
use crate::webauthn::Backup;

/// A passkey; times in Unix seconds.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Passkey")]
pub struct Item {
    id: String,
    name: String,
    /// Whether it is on more than one device, or backed up, as it said last.
    backed_up: bool,
    created_at: i64,
    last_used_at: Option<i64>,
}

impl Item {
    /// As its owner sees it.
    #[must_use]
    pub fn of(passkey: Passkey) -> Self {
        Self {
            id: passkey.id.to_string(),
            name: passkey.name,
            backed_up: match passkey.backup {
                Backup::Never | Backup::Possible => false,
                Backup::Done => true,
            },
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
        }
    }
}

/// Lists them, by id.
///
/// # Errors
/// 401 where the main token does not hold, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Page { limit, after }: Page<ById>,
) -> Result<Json<Paged<Item>>, Problem> {
    let mut connection = app.db.read().await?;
    let found = passkeys::page(&mut connection, caller.user.id, &after, limit.to_read()).await?;
    Ok(Json(Paged::of(found, limit, |last| last.id.to_string(), Item::of)))
}
