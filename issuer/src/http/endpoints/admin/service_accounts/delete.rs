//! `DELETE /v1/admin/service-accounts/{account}`: delete an account.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Path, ServiceName};
use crate::problem::Problem;

/// Deletes the account: 204. Its name stays reserved.
///
/// # Errors
/// 404, 403 where what the account holds may not be handed out.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(ServiceName(account)): Path<ServiceName>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::service_accounts::delete(&mut act, &account).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
