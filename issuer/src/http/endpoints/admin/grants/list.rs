//! `GET /v1/admin/grants`: who was granted what directly.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::GrantItem;
use crate::app::App;
use crate::db::grants::{self, DirectGrant, Filter};
use crate::http::extract::{AdminCaller, Query};
use crate::http::page::{Order, Page, Paged, bad_cursor, searchable};
use crate::problem::Problem;

/// Which grants.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Which {
    #[schemars(range(min = 1, max = 100))]
    limit: Option<i64>,
    cursor: Option<String>,
    /// Only those of this holder: `user:<uuid>` or `svc:<name>`.
    holder: Option<String>,
    /// Only those of exactly this permission.
    permission: Option<String>,
}

/// By holder, and of one holder by permission.
enum ByHolder {}

impl Order for ByHolder {
    type After = (String, String);

    fn start() -> Self::After {
        Self::After::default()
    }

    fn read(cursor: &str) -> Result<Self::After, Problem> {
        searchable("cursor", Some(cursor))?;
        // Neither a holder nor a permission has a space.
        let (holder, permission) = cursor.split_once(' ').ok_or_else(bad_cursor)?;
        Ok((holder.to_owned(), permission.to_owned()))
    }
}

/// Lists direct grants, by holder and permission.
///
/// # Errors
/// 401 and 403 for whoever is no administrator, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Query(which): Query<Which>,
) -> Result<Json<Paged<GrantItem>>, Problem> {
    let Page { limit, after } = Page::<ByHolder>::of(which.limit, which.cursor.as_deref())?;
    searchable("holder", which.holder.as_deref())?;
    searchable("permission", which.permission.as_deref())?;
    let after = (after.0.as_str(), after.1.as_str());
    let filter = Filter { holder: which.holder, permission: which.permission };
    let mut connection = app.db.read().await?;
    let found = grants::list(&mut connection, &filter, after, limit.to_read()).await?;
    let cursor = |last: &DirectGrant| format!("{} {}", last.holder, last.permission);
    Ok(Json(Paged::of(found, limit, cursor, GrantItem::of)))
}
