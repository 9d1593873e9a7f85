//! `DELETE /v1/admin/clients/{client}`: remove a client.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Path, ServiceName};
use crate::problem::Problem;

/// Removes a client: 204.
///
/// # Errors
/// 404, 403 below level 0.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(ServiceName(client)): Path<ServiceName>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::clients::delete(&mut act, &client).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
