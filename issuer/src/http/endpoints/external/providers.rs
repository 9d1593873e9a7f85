//! `GET /v1/providers`: where people may log in besides here.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::external::provider::Provider;
use crate::http::extract::Query;
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

/// A provider.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Item {
    /// Its name, for `GET /v1/login/{provider}`.
    name: String,
    /// What a button says.
    title: String,
    /// Where a browser begins, with `next` and `code_challenge`.
    login_url: String,
}

/// Lists the providers that are configured, by name.
///
/// # Errors
/// 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    Query(page): Query<Page>,
) -> Result<Json<Paged<Item>>, Problem> {
    let limit = Limit::parse(page.limit)?;
    let after = page.cursor.as_deref().unwrap_or_default();
    let most = usize::try_from(limit.to_read()).unwrap_or_default();
    let listed = app.providers.iter().filter(|provider| provider.name.as_str() > after).take(most);
    let listed = listed.cloned().collect();
    let item = |provider: Provider| Item {
        login_url: format!("{}/v1/login/{}", app.issuer.as_str(), provider.name),
        name: provider.name,
        title: provider.title,
    };
    Ok(Json(Paged::of(listed, limit, |last: &Provider| last.name.clone(), item)))
}
