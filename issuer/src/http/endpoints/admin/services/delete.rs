//! `DELETE /v1/admin/services/{service}`: remove a service.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Path, ServiceName};
use crate::problem::Problem;

/// Removes a service: 204.
///
/// # Errors
/// 404, 403 below level 0, 409 while roles or direct grants need it.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(ServiceName(service)): Path<ServiceName>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::services::delete(&mut act, &service).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
