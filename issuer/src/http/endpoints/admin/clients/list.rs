//! `GET /v1/admin/clients`: list clients.

use axum::Json;
use axum::extract::State;

use super::ClientItem;
use crate::app::App;
use crate::db::clients::{self, Client};
use crate::http::extract::AdminCaller;
use crate::http::page::{ByName, Page, Paged};
use crate::problem::Problem;

/// Lists clients by id.
///
/// # Errors
/// 401 and 403 for whoever is no administrator, 422 for a page that can't be.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Page { limit, after }: Page<ByName>,
) -> Result<Json<Paged<ClientItem>>, Problem> {
    let mut connection = app.db.read().await?;
    let found = clients::list(&mut connection, &after, limit.to_read()).await?;
    Ok(Json(Paged::of(found, limit, |last: &Client| last.client_id.clone(), ClientItem::of)))
}
