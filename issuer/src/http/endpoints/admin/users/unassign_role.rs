//! `DELETE /v1/admin/users/{user}/roles/{role}`: take a role from a user.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Id, Path, RoleName};
use crate::problem::Problem;

/// Takes a role from a user: 204. What they lose is refused everywhere within seconds.
///
/// # Errors
/// 404, also where they do not have it, 403 for a user or role that is not weaker, 409 for the
/// last administrator.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path((Id(user), RoleName(role))): Path<(Id, RoleName)>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::roles::unassign(&mut act, user, &role).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
