//! `GET /v1/admin/service-accounts/{account}`: one service account.

use axum::Json;
use axum::extract::State;

use super::ServiceAccountItem;
use crate::app::App;
use crate::http::extract::{AdminCaller, Path, ServiceName};
use crate::oauth2::service_accounts::find;
use crate::problem::Problem;

/// Reads a service account.
///
/// # Errors
/// 404 where there is no such account.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Path(ServiceName(account)): Path<ServiceName>,
) -> Result<Json<ServiceAccountItem>, Problem> {
    let mut connection = app.db.read().await?;
    Ok(Json(ServiceAccountItem::of(&*find(&mut connection, &account).await?)))
}
