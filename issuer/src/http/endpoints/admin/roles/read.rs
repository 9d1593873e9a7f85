//! `GET /v1/admin/roles/{role}`: one role.

use axum::Json;
use axum::extract::State;
use laika_claims::IssuerCode;

use super::RoleItem;
use crate::app::App;
use crate::db::roles;
use crate::http::extract::{AdminCaller, Path, RoleName};
use crate::problem::Problem;

/// Reads a role.
///
/// # Errors
/// 404 where there is no such role.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Path(RoleName(role)): Path<RoleName>,
) -> Result<Json<RoleItem>, Problem> {
    let mut connection = app.db.read().await?;
    match roles::by_name(&mut connection, &role).await? {
        Some(role) => Ok(Json(RoleItem::of(role))),
        None => Err(Problem::issuer(IssuerCode::NotFound, format!("there is no role `{role}`"))),
    }
}
