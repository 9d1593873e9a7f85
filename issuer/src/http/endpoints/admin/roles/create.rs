//! `POST /v1/admin/roles`: make a role.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::RoleItem;
use crate::admin;
use crate::admin::roles::Checked;
use crate::app::App;
use crate::config::MAX_LEVEL;
use crate::http::extract::{AdminCaller, Body, GrantName, RoleName};
use crate::problem::Problem;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `clerk` for a global role, `orders/clerk` for a role of a service.
    #[schemars(with = "RoleName")]
    name: String,
    /// How strong it is; lower is stronger.
    #[schemars(range(min = 0, max = MAX_LEVEL))]
    level: i64,
    #[serde(default)]
    #[schemars(with = "Vec<GrantName>")]
    permissions: Vec<String>,
    description: Option<String>,
}

/// Makes a role: 201.
///
/// # Errors
/// 403 for a role that is not weaker, or that grants what the administrator does not hold, 409
/// where there is one of this name, 422 for fields.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Body(request): Body<Request>,
) -> Result<(StatusCode, Json<RoleItem>), Problem> {
    let Request { name, level, permissions, description } = request;
    let checked = Checked::new(&name, level, &permissions, description)?;
    let mut act = caller.act(&app).await?;
    let role = admin::roles::create(&mut act, checked).await?;
    act.commit().await?;
    Ok((StatusCode::CREATED, Json(RoleItem::of(role))))
}
