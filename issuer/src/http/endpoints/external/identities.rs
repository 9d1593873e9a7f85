//! `GET /v1/me/identities`: what the caller's account is linked with.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::title;
use crate::app::App;
use crate::db::identities::{self, Identity};
use crate::http::extract::MainCaller;
use crate::http::page::{ById, Page, Paged};
use crate::problem::Problem;

/// A log-in at a provider that opens the account; times in Unix seconds.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Identity")]
pub struct Item {
    id: String,
    /// The provider's name.
    provider: String,
    /// What its button says, while it is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Who answers for it there: the issuer of its ID tokens, or the origin of its API.
    authority: String,
    /// Whom the provider means.
    subject: String,
    /// The e-mail there, as it was said last.
    email: Option<String>,
    /// The name there, likewise.
    name: Option<String>,
    /// Address of the picture there, likewise.
    picture: Option<String>,
    created_at: i64,
    last_used_at: i64,
}

impl Item {
    /// As its owner sees it.
    #[must_use]
    pub fn of(identity: Identity) -> Self {
        Self {
            id: identity.id.to_string(),
            provider: identity.provider,
            title: None,
            authority: identity.authority,
            subject: identity.subject,
            email: identity.email,
            name: identity.name,
            picture: identity.picture,
            created_at: identity.created_at,
            last_used_at: identity.last_used_at,
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
    let found = identities::page(&mut connection, caller.user.id, &after, limit.to_read()).await?;
    let item = |identity: Identity| Item { title: title(&app, &identity), ..Item::of(identity) };
    Ok(Json(Paged::of(found, limit, |last| last.id.to_string(), item)))
}
