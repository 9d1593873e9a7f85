//! `GET /v1/admin/users/{user}/grants`: what a user was granted directly.

use axum::Json;
use axum::extract::State;

use super::existing;
use crate::app::App;
use crate::db::grants::{self, Filter, Holder};
use crate::http::endpoints::admin::grants::GrantItem;
use crate::http::extract::{AdminCaller, Id, Path};
use crate::http::page::{ByName, Page, Paged};
use crate::problem::Problem;

/// Lists the direct grants of a user, by permission.
///
/// # Errors
/// 404 where there is no such user, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Path(Id(user)): Path<Id>,
    Page { limit, after }: Page<ByName>,
) -> Result<Json<Paged<GrantItem>>, Problem> {
    let mut connection = app.db.read().await?;
    existing(&mut connection, user).await?;
    let holder = Holder::User(user).to_string();
    let filter = Filter { holder: Some(holder.clone()), permission: None };
    let after = (holder.as_str(), after.as_str());
    let found = grants::list(&mut connection, &filter, after, limit.to_read()).await?;
    Ok(Json(Paged::of(found, limit, |last| last.permission.clone(), GrantItem::of)))
}
