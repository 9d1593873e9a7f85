//! `GET /v1/me/permissions?service=`: what the caller may do at a service.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::http::extract::{MainCaller, Query, ServiceName};
use crate::mint::Holder;
use crate::mint::grants::reach;
use crate::mint::target::{self, check_names};
use crate::problem::Problem;

/// Which service.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Which {
    #[schemars(with = "ServiceName")]
    service: String,
}

/// What a micro token for the service would say.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    service: String,
    roles: Vec<String>,
    level: Option<i64>,
    permissions: Vec<String>,
}

/// Lists what a micro token for this service would carry now.
///
/// # Errors
/// 401 where the main token does not hold, 422 for what can't name a service.
pub async fn handle(
    State(app): State<App>,
    caller: MainCaller,
    Query(which): Query<Which>,
) -> Result<Json<Answer>, Problem> {
    let names = [which.service];
    check_names("service", &names)?;
    let target = target::resolve(&app, &names).await?;
    let reach = reach(&Holder::Person(&caller.held), &target);
    let [service] = names;
    Ok(Json(Answer {
        service,
        permissions: reach.permissions(),
        roles: reach.roles,
        level: reach.level,
    }))
}
