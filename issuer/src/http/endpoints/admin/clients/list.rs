//! `GET /v1/admin/clients`: list clients.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::searchable;
use super::ClientItem;
use crate::app::App;
use crate::db::clients::{self, Client};
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

/// Lists clients by id.
///
/// # Errors
/// 401 and 403 for whoever is no administrator, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Query(page): Query<Page>,
) -> Result<Json<Paged<ClientItem>>, Problem> {
    let limit = Limit::parse(page.limit)?;
    searchable("cursor", &page.cursor)?;
    let after = page.cursor.unwrap_or_default();
    let mut connection = app.db.read().await?;
    let found = clients::list(&mut connection, &after, limit.to_read()).await?;
    Ok(Json(Paged::of(found, limit, |last: &Client| last.client_id.clone(), ClientItem::of)))
}
