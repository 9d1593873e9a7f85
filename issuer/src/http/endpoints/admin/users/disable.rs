//! `POST /v1/admin/users/{user}/disable`: close an account.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Id, Path};
use crate::problem::Problem;

/// Closes an account until it is enabled again: 204. Its sessions end at once.
///
/// # Errors
/// 404, 410 for a deleted account, 403 for one that is not weaker, 409 for the last administrator.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(Id(user)): Path<Id>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::users::disable(&mut act, user).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
