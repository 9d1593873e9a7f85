//! `DELETE /v1/admin/users/{user}/sessions/{session}`: end a session of a user.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Id, Path};
use crate::problem::Problem;

/// Ends a session: 204.
///
/// # Errors
/// 404, also for a session that has ended, 403 for a user who is not weaker.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path((Id(user), Id(session))): Path<(Id, Id)>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::sessions::end(&mut act, user, session).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
