//! `GET /v1/admin/users/{user}/sessions`: the sessions of a user.

use axum::Json;
use axum::extract::State;

use super::{SessionItem, existing};
use crate::app::App;
use crate::db::sessions;
use crate::http::extract::{AdminCaller, Id, Path};
use crate::http::page::{ByAge, Page, Paged, by_age};
use crate::problem::Problem;

/// Lists sessions that go on, youngest first.
///
/// # Errors
/// 404 where there is no such user, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Path(Id(user)): Path<Id>,
    Page { limit, after }: Page<ByAge>,
) -> Result<Json<Paged<SessionItem>>, Problem> {
    let mut connection = app.db.read().await?;
    existing(&mut connection, user).await?;
    let now = app.clock.now();
    let found =
        sessions::of_user(&mut connection, user, after.as_ref(), limit.to_read(), now).await?;
    let cursor = |last: &sessions::Session| by_age(last.created_at, last.id);
    Ok(Json(Paged::of(found, limit, cursor, SessionItem::of)))
}
