//! `DELETE /v1/admin/hooks/{hook}`: remove an endpoint of events.

use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::events::hooks;
use crate::http::extract::{AdminCaller, Id, Path};
use crate::problem::Problem;

/// Removes an endpoint with what was to be sent to it: 204.
///
/// # Errors
/// 404, 403 below level 0.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(Id(id)): Path<Id>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    hooks::delete(&mut act, id).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
