//! `PUT /v1/admin/service-accounts/{account}/roles`: replace the roles.

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Body, Path, RoleName, ServiceName};
use crate::problem::Problem;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The roles it has from now on.
    #[schemars(with = "Vec<RoleName>")]
    roles: Vec<String>,
}

/// Replaces the roles: 204. What is lost is refused everywhere within seconds.
///
/// # Errors
/// 404 for an account or role that does not exist, 403 for roles that may not be handed out.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(ServiceName(account)): Path<ServiceName>,
    Body(request): Body<Request>,
) -> Result<StatusCode, Problem> {
    let mut act = caller.act(&app).await?;
    admin::service_accounts::set_roles(&mut act, &account, &request.roles).await?;
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
