//! `DELETE /v1/admin/users/{user}/factors`: take a user's second factors off.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Id, Path};
use crate::problem::Problem;

/// Removes second factors and backup codes, and ends the user's sessions: 204.
///
/// # Errors
/// 404, 403 for a user who is not weaker, 410 for an account that was deleted.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(Id(user)): Path<Id>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::factors::reset(&mut act, user).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
