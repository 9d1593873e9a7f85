//! `PUT /v1/admin/users/{user}/roles/{role}`: give a user a role.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Id, Path, RoleName};
use crate::problem::Problem;

/// Gives a user a role: 204, also where they have it.
///
/// # Errors
/// 404, 410 for a deleted account, 403 for a user or role that is not weaker, or where the role
/// grants what the administrator does not hold.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path((Id(user), RoleName(role))): Path<(Id, RoleName)>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::roles::assign(&mut act, user, &role).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
