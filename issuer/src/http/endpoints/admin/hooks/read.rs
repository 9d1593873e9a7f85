//! `GET /v1/admin/hooks/{hook}`: one endpoint of events.

use axum::Json;
use axum::extract::State;

use super::HookItem;
use crate::app::App;
use crate::events::hooks;
use crate::http::extract::{AdminCaller, Id, Path};
use crate::problem::Problem;

/// Reads an endpoint.
///
/// # Errors
/// 404 where there is no such endpoint.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Path(Id(id)): Path<Id>,
) -> Result<Json<HookItem>, Problem> {
    let mut connection = app.db.read().await?;
    Ok(Json(HookItem::of(hooks::find(&mut connection, id).await?)))
}
