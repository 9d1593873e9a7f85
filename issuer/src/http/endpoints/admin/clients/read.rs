//! `GET /v1/admin/clients/{client}`: one client.

use axum::Json;
use axum::extract::State;

use super::ClientItem;
use crate::app::App;
use crate::http::extract::{AdminCaller, Path, ServiceName};
use crate::oauth2::clients::find;
use crate::problem::Problem;

/// Reads a client.
///
/// # Errors
/// 404 where there is no such client.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Path(ServiceName(client)): Path<ServiceName>,
) -> Result<Json<ClientItem>, Problem> {
    let mut connection = app.db.read().await?;
    Ok(Json(ClientItem::of(find(&mut connection, &client).await?)))
}
