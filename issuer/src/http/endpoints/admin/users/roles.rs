//! `GET /v1/admin/users/{user}/roles`: the roles of a user.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::existing;
use crate::app::App;
use crate::db::roles;
use crate::http::endpoints::admin::roles::RoleItem;
use crate::http::extract::{AdminCaller, Id, Path};
use crate::problem::Problem;

/// The roles of a user: all of them, since there are few.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    roles: Vec<RoleItem>,
}

/// Lists the roles of a user.
///
/// # Errors
/// 404 where there is no such user.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Path(Id(user)): Path<Id>,
) -> Result<Json<Answer>, Problem> {
    let mut connection = app.db.read().await?;
    existing(&mut connection, user).await?;
    let roles = roles::of_user(&mut connection, user).await?;
    Ok(Json(Answer { roles: roles.into_iter().map(RoleItem::of).collect() }))
}
