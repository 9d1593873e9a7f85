//! `DELETE /v1/admin/grants/{holder}/{permission}`: take a permission away.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, GrantName, HolderName, Path};
use crate::problem::Problem;

/// Takes a permission from a holder that was granted directly: 204. What they lose is refused
/// everywhere within seconds.
///
/// # Errors
/// 404 where it was not granted, 403 for a holder that is not weaker.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path((HolderName(holder), GrantName(permission))): Path<(HolderName, GrantName)>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::grants::withdraw(&mut act, &holder, &permission).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
