//! `GET /v1/admin/roles/{role}/users`: who holds a role.

use axum::Json;
use axum::extract::State;
use laika_claims::IssuerCode;

use super::super::users::UserItem;
use super::super::users::list::cursor;
use crate::app::App;
use crate::db::directory::{self, Filter};
use crate::db::roles;
use crate::http::extract::{AdminCaller, Path, RoleName};
use crate::http::page::{ByAge, Page, Paged};
use crate::problem::Problem;

/// Lists the holders of a role, youngest first.
///
/// # Errors
/// 404 where there is no such role, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Path(RoleName(role)): Path<RoleName>,
    Page { limit, after }: Page<ByAge>,
) -> Result<Json<Paged<UserItem>>, Problem> {
    let mut connection = app.db.read().await?;
    if roles::by_name(&mut connection, &role).await?.is_none() {
        let detail = format!("there is no role `{role}`");
        return Err(Problem::issuer(IssuerCode::NotFound, detail));
    }
    let filter = Filter { role: Some(role), ..Filter::default() };
    let found =
        directory::search(&mut connection, &filter, after.as_ref(), limit.to_read()).await?;
    Ok(Json(Paged::of(found, limit, cursor, UserItem::of)))
}
