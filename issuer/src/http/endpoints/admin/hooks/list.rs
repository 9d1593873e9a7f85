//! `GET /v1/admin/hooks`: list endpoints of events.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::searchable;
use super::HookItem;
use crate::app::App;
use crate::db::hooks::{self, Hook};
use crate::http::extract::{AdminCaller, Query};
use crate::http::page::{Limit, Paged};
use crate::problem::Problem;

/// Which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    #[schemars(range(min = 1, max = 100))]
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Lists endpoints by id.
///
/// # Errors
/// 401 and 403 for whoever is no administrator, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Query(page): Query<Page>,
) -> Result<Json<Paged<HookItem>>, Problem> {
    let limit = Limit::parse(page.limit)?;
    searchable("cursor", &page.cursor)?;
    let after = page.cursor.unwrap_or_default();
    let mut connection = app.db.read().await?;
    let found = hooks::list(&mut connection, &after, limit.to_read()).await?;
    Ok(Json(Paged::of(found, limit, |last: &Hook| last.id.to_string(), HookItem::of)))
}
