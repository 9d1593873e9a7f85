//! `DELETE /v1/admin/users/{user}`: delete an account.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Id, Path};
use crate::problem::Problem;

/// Deletes an account: 204. Its sessions end, name and e-mail stay reserved.
///
/// # Errors
/// 404, 410 where it was deleted before, 403 for one that is not weaker, 409 for the last
/// administrator.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(Id(user)): Path<Id>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::users::delete(&mut act, user).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
