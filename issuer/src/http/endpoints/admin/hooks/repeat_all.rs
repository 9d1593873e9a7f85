//! `POST /v1/admin/hooks/{hook}/repeat`: have everything sent again that was given up.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::events::hooks;
use crate::http::extract::{AdminCaller, EndpointName, Path};
use crate::problem::Problem;

/// How many events are sent again.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    events: u64,
}

/// Has everything sent again that was given up, in order per user.
///
/// # Errors
/// 404 where there is no such endpoint, 403 below level 0.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(EndpointName(endpoint)): Path<EndpointName>,
) -> Result<Json<Answer>, Problem> {
    let mut act = caller.act(&app).await?;
    let events = hooks::repeat_all(&mut act, endpoint).await?;
    act.commit().await?;
    Ok(Json(Answer { events }))
}
