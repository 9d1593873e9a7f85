//! `PATCH /v1/admin/clients/{client}`: change what people read.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use super::ClientItem;
use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Body, Path, ServiceName};
use crate::oauth2::clients::find;
use crate::problem::Problem;

/// What is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// What people read.
    #[schemars(length(min = 1, max = 128))]
    name: String,
}

/// Renames a client: the client since.
///
/// # Errors
/// 404, 403 below level 0, 422 for a name that can't be used.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(ServiceName(client)): Path<ServiceName>,
    Body(request): Body<Request>,
) -> Result<Json<ClientItem>, Problem> {
    let mut act = caller.act(&app).await?;
    admin::clients::rename(&mut act, &client, &request.name).await?;
    let since = find(act.db(), &client).await?;
    act.commit().await?;
    Ok(Json(ClientItem::of(since)))
}
