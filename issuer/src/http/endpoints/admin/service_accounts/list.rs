//! `GET /v1/admin/service-accounts`: list service accounts.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::searchable;
use super::ServiceAccountItem;
use crate::app::App;
use crate::db::entitlements::HeldRole;
use crate::db::service_accounts::{self, ServiceAccount};
use crate::http::extract::{AdminCaller, Query};
use crate::http::page::{Limit, Paged};
use crate::problem::Problem;

/// Which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Lists service accounts by name.
///
/// # Errors
/// 401 and 403 for whoever is no administrator, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Query(page): Query<Page>,
) -> Result<Json<Paged<ServiceAccountItem>>, Problem> {
    let limit = Limit::parse(page.limit)?;
    searchable("cursor", &page.cursor)?;
    let after = page.cursor.unwrap_or_default();
    let mut connection = app.db.read().await?;
    let found = service_accounts::list(&mut connection, &after, limit.to_read()).await?;
    let cursor = |(last, _): &(ServiceAccount, Vec<HeldRole>)| last.name.clone();
    Ok(Json(Paged::of(found, limit, cursor, ServiceAccountItem::of)))
}
