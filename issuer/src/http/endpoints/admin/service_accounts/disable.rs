//! `POST /v1/admin/service-accounts/{account}/disable`: let no secret count.

use axum::extract::State;
use http::StatusCode;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Path, ServiceName};
use crate::problem::Problem;

/// Disables the account: 204. Its tokens are refused everywhere within seconds.
///
/// # Errors
/// 404, 403 where what the account holds may not be handed out.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(ServiceName(account)): Path<ServiceName>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::service_accounts::set_disabled(&mut act, &account, true).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
