//! `GET /v1/admin/users/{user}/sessions`: the sessions of a user.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::{by_age, read_by_age};
use super::{SessionItem, existing};
use crate::app::App;
use crate::db::sessions;
use crate::http::extract::{AdminCaller, Id, Path, Query};
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

/// Lists sessions that go on, youngest first.
///
/// # Errors
/// 404 where there is no such user, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Path(Id(user)): Path<Id>,
    Query(page): Query<Page>,
) -> Result<Json<Paged<SessionItem>>, Problem> {
    let limit = Limit::parse(page.limit)?;
    let after = page.cursor.as_deref().map(read_by_age).transpose()?;
    let mut connection = app.db.read().await?;
    existing(&mut connection, user).await?;
    let now = app.clock.now();
    let found =
        sessions::of_user(&mut connection, user, after.as_ref(), limit.to_read(), now).await?;
    let cursor = |last: &sessions::Session| by_age(last.created_at, last.id);
    Ok(Json(Paged::of(found, limit, cursor, SessionItem::of)))
}
