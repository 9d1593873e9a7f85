//! `PATCH /v1/admin/roles/{role}`: change a role.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::RoleItem;
use crate::admin;
use crate::admin::roles::Change;
use crate::app::App;
use crate::config::MAX_LEVEL;
use crate::http::extract::{AdminCaller, Body, GrantName, Path, RoleName};
use crate::http::patch::present;
use crate::problem::Problem;

/// What is sent; what is absent stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "i64", range(min = 0, max = MAX_LEVEL))]
    level: Option<i64>,
    /// Instead of all it had.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Vec<GrantName>")]
    permissions: Option<Vec<String>>,
    /// `null` takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<String>")]
    description: Option<Option<String>>,
}

/// Changes a role, for everybody who holds it: the role since.
///
/// # Errors
/// 404, 403 for a role that is not weaker before and after, or that then grants what the
/// administrator does not hold, 409 where nobody would be left at level 0, 422 for fields.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(RoleName(role)): Path<RoleName>,
    Body(request): Body<Request>,
) -> Result<Json<RoleItem>, Problem> {
    let Request { level, permissions, description } = request;
    let mut act = caller.act(&app).await?;
    let change = Change { level, permissions, description };
    let since = admin::roles::change(&mut act, &role, change).await?;
    act.commit().await?;
    Ok(Json(RoleItem::of(since)))
}
