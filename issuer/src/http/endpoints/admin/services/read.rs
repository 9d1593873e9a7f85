//! `GET /v1/admin/services/{service}`: one service.

use axum::Json;
use axum::extract::State;

use super::ServiceItem;
use crate::admin::services::by_name;
use crate::app::App;
use crate::http::extract::{AdminCaller, Path, ServiceName};
use crate::problem::Problem;

/// Reads a service.
///
/// # Errors
/// 404 where there is no such service.
pub async fn handle(
    State(app): State<App>,
    _: AdminCaller,
    Path(ServiceName(service)): Path<ServiceName>,
) -> Result<Json<ServiceItem>, Problem> {
    let mut connection = app.db.read().await?;
    Ok(Json(ServiceItem::of(by_name(&mut connection, &service).await?)))
}
