//! `PATCH /v1/admin/hooks/{hook}`: change an endpoint of events.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::HookItem;
use crate::app::App;
use crate::events::EventName;
use crate::events::hooks::{self, Change};
use crate::http::extract::{AdminCaller, Body, Id, Path};
use crate::http::patch::present;
use crate::problem::Problem;

/// What is sent; what is absent stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Where requests go.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    url: Option<String>,
    /// `null`: none.
    #[serde(default, deserialize_with = "present")]
    description: Option<Option<String>>,
    /// `null`: every event.
    #[serde(default, deserialize_with = "present")]
    events: Option<Option<Vec<EventName>>>,
    /// Whether anything is sent; what happens while nothing is, it is never told.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "bool")]
    enabled: Option<bool>,
}

/// Changes an endpoint: the endpoint since.
///
/// # Errors
/// 404, 403 below level 0, 422 for fields.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(Id(id)): Path<Id>,
    Body(request): Body<Request>,
) -> Result<Json<HookItem>, Problem> {
    let Request { url, description, events, enabled } = request;
    let mut act = caller.act(&app).await?;
    let change = Change { url, description, events, enabled };
    let since = hooks::change(&mut act, id, change).await?;
    act.commit().await?;
    Ok(Json(HookItem::of(since)))
}
