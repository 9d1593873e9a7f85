//! `PATCH /v1/admin/users/{user}/sessions/{session}`: set when a session will end.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::SessionItem;
use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Body, Id, Path};
use crate::http::patch::present;
use crate::problem::{FieldCode, Problem};

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Unix seconds; `null` takes the end away.
    #[serde(default, deserialize_with = "present")]
    ends_at: Option<Option<i64>>,
}

/// Sets an end that no rotation passes: the session since.
///
/// # Errors
/// 404, also for a session that has ended, 403 for a user who is not weaker, 422 for a moment that
/// has passed.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path((Id(user), Id(session))): Path<(Id, Id)>,
    Body(request): Body<Request>,
) -> Result<Json<SessionItem>, Problem> {
    let ends_at = request.ends_at.ok_or_else(|| {
        Problem::field("ends_at", FieldCode::Missing, "this field is needed; `null` takes it away")
    })?;
    let mut act = caller.act(&app).await?;
    let since = admin::sessions::schedule_end(&mut act, user, session, ends_at).await?;
    act.commit().await?;
    Ok(Json(SessionItem::of(since)))
}
