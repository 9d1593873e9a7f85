//! `DELETE /v1/admin/users/{user}/sessions`: end a user's sessions.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Id, Path};
use crate::problem::Problem;

/// Ends every session of a user: 204.
///
/// # Errors
/// 404, 403 for a user who is not weaker.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(Id(user)): Path<Id>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::sessions::end_all(&mut act, user).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
