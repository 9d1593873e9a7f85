//! `GET /v1/admin/hooks`: list endpoints of events.

use axum::Json;
use axum::extract::State;

use super::HookItem;
use crate::app::App;
use crate::db::hooks::{self, Hook};
use crate::http::extract::AdminCaller;
use crate::http::page::{ByName, Page, Paged};
use crate::problem::Problem;

/// Lists endpoints by id.
///
/// # Errors
/// 401 and 403 for whoever is no administrator, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Page { limit, after }: Page<ByName>,
) -> Result<Json<Paged<HookItem>>, Problem> {
    let mut connection = app.db.read().await?;
    let found = hooks::list(&mut connection, &after, limit.to_read()).await?;
    Ok(Json(Paged::of(found, limit, |last: &Hook| last.id.to_string(), HookItem::of)))
}
