//! `GET /v1/admin/roles`: list roles.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::RoleItem;
use crate::app::App;
use crate::db::roles::{self, Role};
use crate::http::extract::{AdminCaller, Query};
use crate::http::page::{ByName, Page, Paged, searchable};
use crate::problem::Problem;

/// Which roles.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Which {
    #[schemars(range(min = 1, max = 100))]
    limit: Option<i64>,
    cursor: Option<String>,
    /// Only those of this service; empty: only global ones.
    service: Option<String>,
}

/// Lists roles by name.
///
/// # Errors
/// 401 and 403 for whoever is no administrator, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Query(which): Query<Which>,
) -> Result<Json<Paged<RoleItem>>, Problem> {
    let Page { limit, after } = Page::<ByName>::of(which.limit, which.cursor.as_deref())?;
    searchable("service", which.service.as_deref())?;
    let mut connection = app.db.read().await?;
    let found =
        roles::page(&mut connection, which.service.as_deref(), &after, limit.to_read()).await?;
    Ok(Json(Paged::of(found, limit, |last: &Role| last.name.clone(), RoleItem::of)))
}
