//! `POST /v1/admin/hooks/{hook}/deliveries/{event}/repeat`: have an event sent again.

use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::events::hooks;
use crate::http::extract::{AdminCaller, EndpointName, Id, Path};
use crate::problem::Problem;

/// Has an event sent again, whatever became of it: 204. It may come after later ones of the same user.
///
/// # Errors
/// 404 where there is no such endpoint or event, 403 below level 0.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path((EndpointName(endpoint), Id(event))): Path<(EndpointName, Id)>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    hooks::repeat(&mut act, endpoint, event).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
