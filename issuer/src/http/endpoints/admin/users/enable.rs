//! `POST /v1/admin/users/{user}/enable`: open an account.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Id, Path};
use crate::problem::Problem;

/// Opens an account that was disabled: 204.
///
/// # Errors
/// 404, 410 for a deleted account, 403 for one that is not weaker.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(Id(user)): Path<Id>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::users::enable(&mut act, user).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
