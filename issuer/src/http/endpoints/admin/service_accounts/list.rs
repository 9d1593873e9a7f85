//! `GET /v1/admin/service-accounts`: list service accounts.

use axum::Json;
use axum::extract::State;

use super::ServiceAccountItem;
use crate::app::App;
use crate::db::service_accounts::{self, ServiceAccount};
use crate::http::extract::AdminCaller;
use crate::http::page::{ByName, Page, Paged};
use crate::problem::Problem;

/// Lists service accounts by name.
///
/// # Errors
/// 401 and 403 for whoever is no administrator, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Page { limit, after }: Page<ByName>,
) -> Result<Json<Paged<ServiceAccountItem>>, Problem> {
    let mut connection = app.db.read().await?;
    let found = service_accounts::list(&mut connection, &after, limit.to_read()).await?;
    let cursor = |last: &ServiceAccount| last.name.clone();
    Ok(Json(Paged::of(found, limit, cursor, |account| ServiceAccountItem::of(&account))))
}
