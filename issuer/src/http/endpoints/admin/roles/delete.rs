//! `DELETE /v1/admin/roles/{role}`: remove a role.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Path, RoleName};
use crate::problem::Problem;

/// Removes a role from everybody who holds it, and for good: 204.
///
/// # Errors
/// 404, 403 for a role that is not weaker, 409 for the role that every registered user gets, and
/// where nobody would be left at level 0.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(RoleName(role)): Path<RoleName>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::roles::delete(&mut act, &role).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
