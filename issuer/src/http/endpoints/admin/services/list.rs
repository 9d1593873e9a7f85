//! `GET /v1/admin/services`: list services.

use axum::Json;
use axum::extract::State;

use super::ServiceItem;
use crate::admin::services::{Whole, whole};
use crate::app::App;
use crate::db::services;
use crate::http::extract::AdminCaller;
use crate::http::page::{ByName, Page, Paged};
use crate::problem::Problem;

/// Lists services by name.
///
/// # Errors
/// 401 and 403 for whoever is no administrator, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Page { limit, after }: Page<ByName>,
) -> Result<Json<Paged<ServiceItem>>, Problem> {
    let mut connection = app.db.read().await?;
    let mut found = Vec::new();
    for service in services::list(&mut connection, &after, limit.to_read()).await? {
        found.push(whole(&mut connection, service).await?);
    }
    Ok(Json(Paged::of(found, limit, |last: &Whole| last.name.clone(), ServiceItem::of)))
}
